//! Command lines for a person to type: what was typed, and what another command needs of it.

use crate::cli::arguments::network::{EndpointArgs, Hosted, KeyArgs};
use crate::cli::arguments::shared::InputArgs;
pub(crate) use crate::engine::os::{command_line, path_word, typed, with_key};

/// How the program was called.
fn program(typed: &[String]) -> &str {
    typed.first().map_or("agent-migrate", String::as_str)
}

/// The command line that goes on with this run: the one that was typed, less what must not happen twice.
pub(crate) fn same_command(arguments: &[String]) -> String {
    let mut words = arguments.iter().map(String::as_str).filter(|word| !matches!(*word, "--fresh" | "--yes"));
    command_line(&mut words)
}

/// Another command of the program that was called like that.
pub(crate) fn other_command(typed: &[String], words: &[&str], rest: &[String]) -> String {
    let words = [program(typed)].into_iter().chain(words.iter().copied());
    command_line(&mut words.chain(rest.iter().map(String::as_str)))
}

/// The words of an audit with `--source agent` in place of another source.
pub(crate) fn of_agents(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::with_capacity(arguments.len() + 2);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--source" => drop(words.next()),
            word if word.starts_with("--source=") => {}
            _ => kept.push(word.clone()),
        }
    }
    kept.extend(["--source", "agent"].map(str::to_owned));
    kept
}

/// The options that another command needs to ask the same platform.
pub(crate) fn same_endpoint(endpoint: &EndpointArgs) -> Vec<String> {
    let mut words = Vec::new();
    for (option, value) in [
        ("--platform", endpoint.platform.map(|hosted| hosted.word)),
        ("--base-url", endpoint.base_url.as_deref()),
    ] {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value.to_owned()]));
    }
    for (option, is_given) in [("--sandbox", endpoint.sandbox), ("--mix", endpoint.mix)] {
        words.extend(is_given.then(|| option.to_owned()));
    }
    words
}

/// The same for a ledger's base URL; `None` is the practice workspace.
pub(crate) fn endpoint_of(base_url: Option<&str>) -> Vec<String> {
    let words = match (base_url, base_url.and_then(Hosted::at)) {
        (None, _) => vec!["--sandbox"],
        (_, Some(hosted)) => vec!["--platform", hosted.word],
        (Some(other), None) => vec!["--base-url", other],
    };
    words.into_iter().map(str::to_owned).collect()
}

/// The options that another command needs to read the same input in the same way.
pub(crate) fn same_reading(reading: &InputArgs) -> Vec<String> {
    let delimiter = reading.delimiter.map(|byte| match byte {
        b'\t' => "tab".to_owned(),
        byte => char::from(byte).to_string(),
    });
    let mut words = Vec::new();
    for (option, value) in [
        ("--column", &reading.column),
        ("--agent-column", &reading.agent_column),
        ("--delimiter", &delimiter),
    ] {
        // One word, since a value may begin with a hyphen.
        words.extend(value.iter().map(|value| format!("{option}={value}")));
    }
    words.extend(reading.no_header.then(|| "--no-header".to_owned()));
    words
}

/// The same for what a dry run has shown.
pub(crate) fn same_in_earnest(arguments: &[String]) -> String {
    let words = arguments.iter().map(String::as_str).filter(|word| *word != "--disable");
    let words: Vec<_> =
        words.map(|word| if word == "--dry-run" { "--disable" } else { word }.to_owned()).collect();
    same_command(&words)
}

/// The options that another command needs to reach the platform with the same key.
pub(crate) fn same_access(key: &KeyArgs) -> Vec<String> {
    let mut words = Vec::new();
    for (option, path) in [("--api-key-file", &key.api_key_file), ("--ca-cert", &key.ca_cert)] {
        if let Some(path) = path {
            words.extend([option.to_owned(), path_word(path)]);
        }
    }
    words.extend(key.allow_http.then(|| "--allow-http".to_owned()));
    words
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Cli, Command};

    #[test]
    fn agents_are_asked_for_in_place_of_whatever_source_was_typed() {
        for source in [&["--source", "assistant"][..], &["--source=assistant"], &[]] {
            let words: Vec<_> =
                ["audit"].iter().chain(source).chain(&["a.csv"]).copied().map(String::from).collect();
            assert_eq!(of_agents(&words), ["audit", "a.csv", "--source", "agent"]);
        }
    }

    #[test]
    fn another_command_reads_the_same_input_of_the_same_platform() {
        let line = "agent-migrate run a.csv --base-url https://ai.example/api/public --column -x --no-header \
                    --delimiter tab --agent-column=b";
        let Ok(Command::Run(run)) =
            Cli::try_parse_from(line.replace("--column -x", "--column=-x").split_whitespace())
                .map(|cli| cli.command)
        else {
            panic!("it is a run")
        };
        let words = [same_endpoint(&run.platform.endpoint), same_reading(&run.reading)].concat().join(" ");
        let endpoint = "--base-url https://ai.example/api/public";
        assert_eq!(words, format!("{endpoint} --column=-x --agent-column=b --delimiter=tab --no-header"));
        let again = Cli::try_parse_from(format!("agent-migrate audit a.csv {words}").split_whitespace());
        assert!(again.is_ok());
    }

    #[test]
    fn going_on_does_not_begin_afresh_again() {
        let typed = ["agent-migrate", "run", "a.csv", "--fresh", "--yes", "--sandbox"].map(String::from);
        assert_eq!(same_command(&typed), "agent-migrate run a.csv --sandbox");
    }
}
