//! Command lines for a person to type: every one that the program prints works.

use crate::cli::KeyArgs;

/// The words of the process's own command line. A name that is no text can only be shown, not typed again; that is no
/// reason to fall over.
pub(super) fn typed() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// How the program was called.
pub(super) fn program(typed: &[String]) -> &str {
    typed.first().map_or("agent-migrate", String::as_str)
}

/// The command line that goes on with this run: the one that was typed, less what must not happen twice.
pub(super) fn same_command(arguments: &[String]) -> String {
    let mut words = arguments.iter().map(String::as_str).filter(|word| !matches!(*word, "--fresh" | "--yes"));
    command_line(&mut words)
}

/// The words without `--source`, so that its default is taken.
pub(super) fn without_source(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::with_capacity(arguments.len());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--source" => drop(words.next()),
            word if word.starts_with("--source=") => {}
            _ => kept.push(word.clone()),
        }
    }
    kept
}

/// The same for what a dry run has shown.
pub(super) fn same_in_earnest(arguments: &[String]) -> String {
    let words = arguments.iter().map(String::as_str).filter(|word| *word != "--disable");
    let words: Vec<_> =
        words.map(|word| if word == "--dry-run" { "--disable" } else { word }.to_owned()).collect();
    same_command(&words)
}

/// The options that another command needs to reach the platform with the same key.
pub(super) fn same_access(key: &KeyArgs) -> Vec<String> {
    let mut words = Vec::new();
    for (option, path) in [("--api-key-file", &key.api_key_file), ("--ca-cert", &key.ca_cert)] {
        if let Some(path) = path {
            words.extend([option.to_owned(), path.to_string_lossy().into_owned()]);
        }
    }
    words.extend(key.allow_http.then(|| "--allow-http".to_owned()));
    words
}

/// A line that a POSIX shell splits into these words again.
pub(super) fn command_line(words: &mut dyn Iterator<Item = &str>) -> String {
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_spaces_and_quotes_are_quoted_for_the_shell() {
        let line = command_line(&mut ["run", "my file.csv", "it's", "a$b", "", "ä=1"].into_iter());
        assert_eq!(line, r"run 'my file.csv' 'it'\''s' 'a$b' '' ä=1");
    }

    #[test]
    fn the_source_is_left_out_however_it_was_typed() {
        for source in [&["--source", "assistant"][..], &["--source=assistant"], &[]] {
            let words: Vec<_> =
                ["audit"].iter().chain(source).chain(&["a.csv"]).copied().map(String::from).collect();
            assert_eq!(without_source(&words), ["audit", "a.csv"]);
        }
    }

    #[test]
    fn going_on_does_not_begin_afresh_again() {
        let typed = ["agent-migrate", "run", "a.csv", "--fresh", "--yes", "--sandbox"].map(String::from);
        assert_eq!(same_command(&typed), "agent-migrate run a.csv --sandbox");
    }
}
