//! `list`: the agents that are shared with the key, or with `--governance` all of the workspace, as a CSV that `run` takes.

use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;

use super::runtime;
use crate::base::{AgentId, Call, CallFailure, Exit, FailureKind, StopReason, terminal_safe};
use crate::cli::arguments::tools::ListArgs;
use crate::cli::error::CommandError;
use crate::cli::reports::render::name_of;
use crate::cli::settings::{OutputPath, UsageError};
use crate::cli::wiring::command_line::{other_command, path_word, same_access, typed};
use crate::cli::wiring::connection::Connection;
use crate::cli::wiring::signals::Signals;
use crate::engine::platform::{Client, ListWalk, ListedAgent, Listing, NoSendLog};
use crate::engine::report::{
    Access, Dialect, FileHead, ReportFileError, check_writable, csv_table, write_atomically,
};
use crate::engine::terminal::{self, Terminal};
use crate::inventory::{self, ListCounts};
use crate::practice::SandboxOptions;

/// Columns of the CSV. `run` finds the assistants by the first: an assistant and its agent have the same UUID.
const COLUMNS: [&str; 6] = ["assistant_id", "name", "disabled", "owner", "model", "updated_at"];

/// The column behind them with `--governance`: what still has to be shared with the key.
const SHARED: &str = "shared";

/// What each object of the JSON Lines is.
const JSON_TYPE: &str = "agent";

struct List {
    agents: Vec<ListedAgent>,
    /// Which of them are shared with the key; `None` where only those are listed.
    shared: Option<Shared>,
}

/// The agents that are shared with the key, or why that is not known.
type Shared = Result<HashSet<AgentId>, String>;

/// Asks for every page, then writes them all: half a list is none.
pub(super) fn list(arguments: &ListArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let connection = Connection::typed(&arguments.platform)?;
    let output = OutputPath::parse(&arguments.output);
    if let OutputPath::File(path) = &output {
        check_writable(path).context("nothing was asked for: the list cannot be written")?;
        refuse_foreign(path)?;
    }
    let base_url = connection.as_ref().map(|connection| connection.base_url().to_string());
    match runtime()?.block_on(ask(arguments, connection, terminal))? {
        Ok(Some(list)) => write(&list, arguments, &output, base_url.as_deref(), terminal),
        Ok(None) => {
            let none = if arguments.governance { inventory::no_governance } else { inventory::no_list };
            terminal.show(none(base_url.is_none()));
            Ok(Exit::NeedsAttention)
        }
        Err(failure) => {
            terminal.error(&terminal_safe(&words(&failure), 1_000));
            Ok(Exit::of_failed_call(&failure))
        }
    }
}

/// Replaces nothing but a list of this program's to which nobody has added a column.
fn refuse_foreign(path: &Path) -> Result<(), UsageError> {
    let governance: Vec<_> = COLUMNS.into_iter().chain([SHARED]).collect();
    let is_ours = |head: FileHead| {
        [COLUMNS.as_slice(), &governance].iter().any(|columns| head.has_only(columns, JSON_TYPE))
    };
    if FileHead::of(path).is_none_or(is_ours) {
        return Ok(());
    }
    Err(UsageError(format!(
        "{} is there already, and no list as this program writes it; give another --output. Nothing was asked for.",
        path.display()
    )))
}

/// What there is; `None` when this deployment has no such list.
async fn ask(
    arguments: &ListArgs,
    connection: Option<Connection>,
    terminal: &Terminal,
) -> Result<Result<Option<List>, CallFailure>, CommandError> {
    let signals = Signals::listen()?;
    let practice = SandboxOptions { mix: arguments.platform.endpoint.mix, ..SandboxOptions::default() };
    let (connection, sandbox) = Connection::or_practice(connection, practice).await?;
    let client = connection.client(&arguments.platform.network, Arc::new(NoSendLog), &[])?;
    let listed = tokio::select! {
        biased;
        _ = signals.wait() => None,
        listed = listed(&client, arguments.governance) => Some(listed),
    };
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    listed.ok_or_else(|| {
        terminal.say("stopped; nothing was written.");
        CommandError::Told(Exit::StoppedEarly)
    })
}

async fn listed(client: &Client, governance: bool) -> Result<Option<List>, CallFailure> {
    let listing = if governance { Listing::Workspace } else { Listing::Shared };
    let Some(agents) = walk(client, listing).await? else {
        // Under a wrong address nothing is found either; there the models are not found as well.
        return match client.models().await.map_err(|failure| (failure.stop_reason(), failure)) {
            // A key for governance need not be one for agents.
            Err((Some(StopReason::ScopeMissing { .. }), _)) if governance => Ok(None),
            Err((Some(_), failure)) => Err(failure),
            Ok(_) | Err((None, _)) => Ok(None),
        };
    };
    if !governance {
        return Ok(Some(List { agents, shared: None }));
    }
    let shared = match walk(client, Listing::Shared).await {
        Ok(Some(shared)) => Ok(shared.into_iter().map(|agent| agent.id).collect()),
        Ok(None) => Err("this deployment has no agent list (404)".to_owned()),
        Err(failure) if is_refused(&failure) => {
            Err(format!("the key may not read the agent list ({failure})"))
        }
        Err(failure) => return Err(failure),
    };
    Ok(Some(List { agents, shared: Some(shared) }))
}

/// Whether the key may not do this, and may do other things.
const fn is_refused(failure: &CallFailure) -> bool {
    matches!(failure.kind, FailureKind::ScopeMissing { .. } | FailureKind::Forbidden)
}

/// Every agent once, even when the list shifts under the walk; `None` when this deployment has no such list.
async fn walk(client: &Client, listing: Listing) -> Result<Option<Vec<ListedAgent>>, CallFailure> {
    let mut agents = Vec::new();
    let mut seen = HashSet::new();
    let walked = client
        .all_agents(listing, |agent| {
            if seen.insert(agent.id) {
                agents.push(agent);
            }
            ControlFlow::Continue(())
        })
        .await?;
    Ok(match walked {
        ListWalk::Whole | ListWalk::Stopped => Some(agents),
        ListWalk::NoList => None,
    })
}

/// What went wrong, and what to do about it.
fn words(failure: &CallFailure) -> String {
    match failure.stop_reason() {
        _ if failure.call == Call::Governance && is_refused(failure) => {
            inventory::governance_refused(failure)
        }
        Some(reason) => format!("no list: {reason}"),
        None => format!("no list: {failure}. {}", failure.remedy().sentence()),
    }
}

fn write(
    list: &List,
    arguments: &ListArgs,
    output: &OutputPath,
    base_url: Option<&str>,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let content = if arguments.json {
        json_lines(list)
    } else {
        csv(list, arguments.dialect).context("the list was not written")?
    };
    let file = match output {
        OutputPath::Stdout => {
            terminal::print_bytes(content.as_bytes()).context("standard output")?;
            None
        }
        OutputPath::File(path) => {
            let access = if arguments.json { Access::OwnerOnly } else { Access::ByUmask };
            let written = write_atomically(path, access, |out: &mut dyn Write| {
                out.write_all(content.as_bytes()).map_err(|error| ReportFileError::unwritable(path, error))
            });
            Some(name_of(written.context("the list was not written")?, "list", terminal))
        }
    };
    let next = file.as_deref().filter(|_| !arguments.json && !list.agents.is_empty());
    let next = next.map(|file| run_with(file, arguments, base_url));
    let (counts, practice) = (list.counts(), base_url.is_none());
    terminal.say(&match &list.shared {
        None => inventory::listed(counts, practice, file.as_deref(), next.as_deref()),
        Some(shared) => {
            let unknown = shared.as_ref().err().map(String::as_str);
            inventory::governed(counts, unknown, practice, file.as_deref(), next.as_deref())
        }
    });
    Ok(Exit::Done)
}

impl List {
    fn counts(&self) -> ListCounts {
        let count = |wanted: &dyn Fn(&ListedAgent) -> bool| {
            u64::try_from(self.agents.iter().filter(|agent| wanted(agent)).count()).unwrap_or(u64::MAX)
        };
        ListCounts {
            agents: count(&|_| true),
            off: count(&|agent| agent.disabled == Some(true)),
            not_shared: count(&|agent| self.is_shared(agent) == Some(false)),
        }
    }

    /// Whether an agent is shared with the key; `None` where that is not known.
    fn is_shared(&self, agent: &ListedAgent) -> Option<bool> {
        match &self.shared {
            None => Some(true),
            Some(shared) => shared.as_ref().ok().map(|shared| shared.contains(&agent.id)),
        }
    }

    /// The same as a word; empty where that is not known.
    fn shared_word(&self, agent: &ListedAgent) -> &'static str {
        self.is_shared(agent).map_or("", |shared| if shared { "yes" } else { "no" })
    }
}

/// The command line that checks what was listed. The practice workspace inside the program is no platform.
fn run_with(file: &Path, arguments: &ListArgs, base_url: Option<&str>) -> String {
    let file = path_word(file);
    let words = match (arguments.platform.endpoint.platform, base_url) {
        (Some(hosted), _) => vec!["run", &file, "--platform", hosted.word],
        (None, Some(base_url)) => vec!["run", &file, "--base-url", base_url],
        (None, None) => vec!["run", &file, "--sandbox"],
    };
    other_command(&typed(), &words, &same_access(&arguments.platform.key))
}

fn csv(list: &List, dialect: Dialect) -> io::Result<String> {
    let mut columns = COLUMNS.to_vec();
    columns.extend(list.shared.as_ref().map(|_| SHARED));
    let ids: Vec<String> = list.agents.iter().map(|agent| agent.id.to_string()).collect();
    let rows = ids.iter().zip(&list.agents).map(|(id, agent)| {
        let disabled = agent.disabled.map_or("", |disabled| if disabled { "true" } else { "false" });
        let mut row: Vec<&str> =
            vec![id, &agent.name, disabled, &agent.owner, &agent.model, &agent.updated_at];
        row.extend(list.shared.as_ref().map(|_| list.shared_word(agent)));
        row
    });
    csv_table(dialect, &columns, rows)
}

fn json_lines(list: &List) -> String {
    list.agents.iter().fold(String::new(), |mut lines, agent| {
        let text = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
        let mut line = json!({
            "type": JSON_TYPE,
            "assistant_id": agent.id.to_string(),
            "name": agent.name,
            "disabled": agent.disabled,
            "owner": text(&agent.owner),
            "model": text(&agent.model),
            "updated_at": text(&agent.updated_at),
        });
        if list.shared.is_some() {
            line[SHARED] = json!(text(list.shared_word(agent)));
        }
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
    use crate::base::AgentId;

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

    fn list(agents: &[ListedAgent], shared: Option<Shared>) -> List {
        List { agents: agents.to_vec(), shared }
    }

    #[test]
    fn what_the_platform_does_not_say_is_empty_in_csv_and_null_in_json() {
        let one = list(&[agent("Travel")], None);
        insta::assert_snapshot!(csv(&one, Dialect::Plain).unwrap(), @r"
        assistant_id,name,disabled,owner,model,updated_at
        00000000-0000-0000-0000-000000000001,Travel,,,,
        ");
        assert!(csv(&one, Dialect::Excel).unwrap().starts_with("\u{FEFF}assistant_id,"));
        insta::assert_snapshot!(json_lines(&list(&[agent("a\n\u{2028}b")], None)).trim_end(), @r#"{"type":"agent","assistant_id":"00000000-0000-0000-0000-000000000001","name":"a\n\u2028b","disabled":null,"owner":null,"model":null,"updated_at":null}"#);
    }

    #[test]
    fn of_the_whole_workspace_it_says_what_is_shared_with_the_key_as_far_as_that_is_known() {
        let other = ListedAgent { id: AgentId(Uuid::from_u128(2)), ..agent("Bot") };
        let agents = [agent("Travel"), other];
        let known = list(&agents, Some(Ok([agents[1].id].into())));
        let unknown = list(&agents, Some(Err("no list".into())));
        insta::assert_snapshot!(csv(&known, Dialect::Plain).unwrap() + &csv(&unknown, Dialect::Plain).unwrap(), @r"
        assistant_id,name,disabled,owner,model,updated_at,shared
        00000000-0000-0000-0000-000000000001,Travel,,,,,no
        00000000-0000-0000-0000-000000000002,Bot,,,,,yes
        assistant_id,name,disabled,owner,model,updated_at,shared
        00000000-0000-0000-0000-000000000001,Travel,,,,,
        00000000-0000-0000-0000-000000000002,Bot,,,,,
        ");
        let shared = |list: &List| -> Vec<serde_json::Value> {
            let lines = json_lines(list);
            let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            lines.map(|line| line["shared"].clone()).collect()
        };
        assert_eq!(shared(&known), [json!("no"), json!("yes")]);
        assert_eq!(shared(&unknown), [json!(null), json!(null)]);
        assert_eq!((known.counts().not_shared, unknown.counts().not_shared), (1, 0));
    }
}
