//! `list`: the agents that are shared with the key, as a CSV that `run` takes.

use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::json;

use super::command_line::{command_line, path_word, program, same_access, typed};
use super::place::Connection;
use super::signals::Signals;
use super::{CommandError, Exit, runtime};
use crate::api::{Client, ListWalk, ListedAgent, NoSendLog};
use crate::cli::{
    Environment, ListArgs, ListDialectArg, OutputPath, PlatformArg, UsageError, choose_key, typed_place,
};
use crate::domain::{CallFailure, terminal_safe};
use crate::report::{
    Access, Dialect, FileHead, ReportFileError, Written, check_writable, csv_table, write_atomically,
};
use crate::ui::{self, Terminal};

/// Columns of the CSV. `run` finds the assistants by the first: an assistant and its agent have the same UUID.
const COLUMNS: [&str; 6] = ["assistant_id", "name", "disabled", "owner", "model", "updated_at"];

/// What each object of the JSON Lines is.
const JSON_TYPE: &str = "agent";

/// How the walk over the list ended.
enum Listed {
    Agents(Vec<ListedAgent>),
    NoList,
    Failed(CallFailure),
    Signal,
}

/// Asks for every page, then writes them all: half a list is none.
pub(super) fn list(arguments: &ListArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let variable = |name: &str| std::env::var(name).ok();
    let environment = Environment(&variable);
    let place = typed_place(&arguments.place, &environment)?;
    let key = choose_key(&place, &arguments.key, &environment)?;
    let connection = Connection::prepare(&place, &key, &arguments.key, &environment)?;
    let output = OutputPath::parse(&arguments.output);
    if let OutputPath::File(path) = &output {
        check_writable(path).context("nothing was asked for: the list cannot be written")?;
        refuse_foreign(path)?;
    }
    let practice = connection.is_none();
    let base_url = connection.as_ref().map(|connection| connection.base_url.to_string());
    let asked = runtime()?.block_on(ask(arguments, connection))?;
    match asked {
        Listed::Agents(agents) => write(&agents, arguments, &output, practice, base_url.as_deref(), terminal),
        Listed::NoList => {
            terminal.show(&ui::no_list(practice));
            Ok(Exit::NeedsAttention)
        }
        Listed::Failed(failure) => {
            terminal.error(&terminal_safe(&words(&failure), 1_000));
            Ok(Exit::of_failed_call(&failure))
        }
        Listed::Signal => {
            terminal.say("stopped; nothing was written.");
            Ok(Exit::StoppedEarly)
        }
    }
}

/// Replaces nothing but a list of this program's to which nobody has added a column.
fn refuse_foreign(path: &Path) -> Result<(), UsageError> {
    if FileHead::of(path).is_none_or(|head| head.has_only(&COLUMNS, JSON_TYPE)) {
        return Ok(());
    }
    Err(UsageError(format!(
        "{} is there already, and no list as this program writes it; give another --output. Nothing was asked for.",
        path.display()
    )))
}

async fn ask(arguments: &ListArgs, connection: Option<Connection>) -> Result<Listed, CommandError> {
    let signals = Signals::listen().context("signals cannot be listened to")?;
    let connection = match connection {
        Some(connection) => connection,
        None => Connection::to_practice(Vec::new()).await?,
    };
    let (client, sandbox) = connection.client(&arguments.network, Arc::new(NoSendLog), &[])?;
    let listed = tokio::select! {
        biased;
        _ = signals.wait() => Listed::Signal,
        listed = walk(&client) => listed,
    };
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(listed)
}

/// Every agent once, even when the list shifts under the walk.
async fn walk(client: &Client) -> Listed {
    let mut agents = Vec::new();
    let mut seen = HashSet::new();
    let walked = client
        .all_agents(|agent| {
            if seen.insert(agent.id) {
                agents.push(agent);
            }
            ControlFlow::Continue(())
        })
        .await;
    match walked {
        Ok(ListWalk::Whole | ListWalk::Stopped) => Listed::Agents(agents),
        // Under a wrong address nothing is found either; there the models are not found as well.
        Ok(ListWalk::NoList) => match client.models().await {
            Err(failure) if failure.stop_reason().is_some() => Listed::Failed(failure),
            _ => Listed::NoList,
        },
        Err(failure) => Listed::Failed(failure),
    }
}

/// What went wrong, and what to do about it.
fn words(failure: &CallFailure) -> String {
    match failure.stop_reason() {
        Some(reason) => format!("no list: {reason}"),
        None => format!("no list: {failure}. {}", failure.remedy().sentence()),
    }
}

fn write(
    agents: &[ListedAgent],
    arguments: &ListArgs,
    output: &OutputPath,
    practice: bool,
    base_url: Option<&str>,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let content = if arguments.json {
        json_lines(agents)
    } else {
        csv(agents, arguments.dialect).context("the list was not written")?
    };
    let file = match output {
        OutputPath::Stdout => {
            ui::print_bytes(content.as_bytes()).context("standard output")?;
            None
        }
        OutputPath::File(path) => {
            let failed = |source: io::Error| ReportFileError::unwritable(path, source);
            let access = if arguments.json { Access::OwnerOnly } else { Access::ByUmask };
            let written = write_atomically(path, access, |out: &mut dyn Write| {
                out.write_all(content.as_bytes()).map_err(failed)
            });
            let written = written.map_err(|error| anyhow!(error).context("the list was not written"))?;
            if let Written::Beside { asked, .. } = &written {
                terminal.error(&format!(
                    "{} could not be replaced (is it open elsewhere?); the list stands beside it",
                    asked.display()
                ));
            }
            Some(written.path().to_owned())
        }
    };
    let off = agents.iter().filter(|agent| agent.disabled == Some(true)).count();
    let next = file.as_deref().filter(|_| !arguments.json && !agents.is_empty());
    let next = next.map(|file| run_with(file, arguments, base_url));
    let [agents, off] = [agents.len(), off].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    terminal.say(&ui::listed(agents, off, practice, file.as_deref(), next.as_deref()));
    Ok(Exit::Done)
}

/// The command line that checks what was listed. The practice workspace inside the program is no platform.
fn run_with(file: &Path, arguments: &ListArgs, base_url: Option<&str>) -> String {
    let typed = typed();
    let mut words = vec![program(&typed).to_owned(), "run".to_owned(), path_word(file)];
    let place = match (arguments.place.platform, base_url) {
        (Some(PlatformArg::Langdock), _) => vec!["--platform", "langdock"],
        (Some(PlatformArg::Odeus), _) => vec!["--platform", "odeus"],
        (None, Some(base_url)) => vec!["--base-url", base_url],
        (None, None) => vec!["--sandbox"],
    };
    words.extend(place.into_iter().map(str::to_owned));
    words.extend(same_access(&arguments.key));
    command_line(&mut words.iter().map(String::as_str))
}

fn csv(agents: &[ListedAgent], dialect: ListDialectArg) -> io::Result<String> {
    let dialect = match dialect {
        ListDialectArg::Excel => Dialect::Excel,
        ListDialectArg::Plain => Dialect::Plain,
    };
    let ids: Vec<String> = agents.iter().map(|agent| agent.id.to_string()).collect();
    let rows = ids.iter().zip(agents).map(|(id, agent)| {
        let disabled = agent.disabled.map_or("", |disabled| if disabled { "true" } else { "false" });
        [id, &agent.name, disabled, &agent.owner, &agent.model, &agent.updated_at].map(|text: &str| text)
    });
    csv_table(dialect, COLUMNS, rows)
}

fn json_lines(agents: &[ListedAgent]) -> String {
    agents.iter().fold(String::new(), |mut lines, agent| {
        let text = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
        let line = json!({
            "type": JSON_TYPE,
            "assistant_id": agent.id.to_string(),
            "name": agent.name,
            "disabled": agent.disabled,
            "owner": text(&agent.owner),
            "model": text(&agent.model),
            "updated_at": text(&agent.updated_at),
        });
        // Some readers split lines here, too; in JSON these can only stand in a text.
        let line = line.to_string().replace('\u{85}', "\\u0085");
        lines.push_str(&line.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"));
        lines.push('\n');
        lines
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::AgentId;

    fn agent(name: &str) -> ListedAgent {
        ListedAgent {
            id: AgentId(Uuid::from_u128(1)),
            name: name.into(),
            disabled: None,
            owner: String::new(),
            model: String::new(),
            updated_at: String::new(),
        }
    }

    #[test]
    fn what_the_platform_does_not_say_is_empty_in_csv_and_null_in_json() {
        insta::assert_snapshot!(csv(&[agent("Travel")], ListDialectArg::Plain).unwrap(), @r"
        assistant_id,name,disabled,owner,model,updated_at
        00000000-0000-0000-0000-000000000001,Travel,,,,
        ");
        assert!(csv(&[agent("x")], ListDialectArg::Excel).unwrap().starts_with("\u{FEFF}assistant_id,"));
        insta::assert_snapshot!(json_lines(&[agent("a\n\u{2028}b")]).trim_end(), @r#"{"type":"agent","assistant_id":"00000000-0000-0000-0000-000000000001","name":"a\n\u2028b","disabled":null,"owner":null,"model":null,"updated_at":null}"#);
    }
}
