//! Command lines for a person to type: every one that the program prints works, in the shell of the system, whatever the
//! files are called.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use crate::base::terminal_safe;
use crate::cli::network_arguments::{EndpointArgs, KeyArgs};
use crate::cli::shared_arguments::{InputArgs, PlatformArg};
use crate::engine::platform::{LANGDOCK, ODEUS};

/// A byte of a name that is no text is this private character plus the byte, until it is quoted: so the words of a command
/// line are texts.
const RAW: u32 = 0x10_FF00;

/// The words of the process's own command line.
pub(super) fn typed() -> Vec<String> {
    let mut words: Vec<String> = std::env::args_os().map(|argument| word(&argument)).collect();
    if let (Some(program), true) = (words.first_mut(), cfg!(windows)) {
        *program = without_quotes(program).to_owned();
    }
    words
}

/// A path as a word of a command line, where an option might stand as well; `-` alone is none.
pub(super) fn path_word(path: &Path) -> String {
    let word = word(path.as_os_str());
    if word.starts_with('-') && word != "-" { format!("./{word}") } else { word }
}

/// An argument as a word.
#[cfg(unix)]
fn word(argument: &OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut word = String::with_capacity(argument.len());
    for chunk in argument.as_bytes().utf8_chunks() {
        // What happens to be such a character is kept byte by byte, too.
        for letter in chunk.valid().chars() {
            if u32::from(letter) < RAW {
                word.push(letter);
            } else {
                word.extend(letter.encode_utf8(&mut [0; 4]).bytes().filter_map(raw));
            }
        }
        word.extend(chunk.invalid().iter().copied().filter_map(raw));
    }
    word
}

#[cfg(not(unix))]
fn word(argument: &OsStr) -> String {
    argument.to_string_lossy().into_owned()
}

#[cfg(unix)]
fn raw(byte: u8) -> Option<char> {
    char::from_u32(RAW + u32::from(byte))
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

/// The words of an audit with `--source agent` in place of another source.
pub(super) fn of_agents(arguments: &[String]) -> Vec<String> {
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
pub(super) fn same_endpoint(endpoint: &EndpointArgs) -> Vec<String> {
    let platform = endpoint.platform.map(|platform| match platform {
        PlatformArg::Langdock => "langdock",
        PlatformArg::Odeus => "odeus",
    });
    let mut words = Vec::new();
    for (option, value) in [("--platform", platform), ("--base-url", endpoint.base_url.as_deref())] {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value.to_owned()]));
    }
    words.extend(endpoint.sandbox.then(|| "--sandbox".to_owned()));
    words
}

/// The same for a ledger's base URL; `None` is the practice workspace.
pub(super) fn endpoint_of(base_url: Option<&str>) -> Vec<String> {
    let words = match base_url {
        None => vec!["--sandbox"],
        Some(LANGDOCK) => vec!["--platform", "langdock"],
        Some(ODEUS) => vec!["--platform", "odeus"],
        Some(other) => vec!["--base-url", other],
    };
    words.into_iter().map(str::to_owned).collect()
}

/// The options that another command needs to read the same input in the same way.
pub(super) fn same_reading(reading: &InputArgs) -> Vec<String> {
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
            words.extend([option.to_owned(), path_word(path)]);
        }
    }
    words.extend(key.allow_http.then(|| "--allow-http".to_owned()));
    words
}

/// A command line that has the key in its environment.
pub(super) fn with_key(variable: &str, key: &str, line: &str) -> String {
    if cfg!(windows) {
        format!("set {variable}={key}\n  {line}\n(In PowerShell: $env:{variable} = '{key}')")
    } else {
        format!("{variable}={key} {line}")
    }
}

/// A line that the system's shell splits into these words again.
pub(super) fn command_line(words: &mut dyn Iterator<Item = &str>) -> String {
    let quoted = if cfg!(windows) { for_windows } else { for_posix };
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn is_plain(word: &str, also: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || also.contains(letter);
    !word.is_empty() && word.chars().all(is_plain)
}

/// For the shells of Unix. What a terminal would not show as it is stands as an escape: `$'…'`, which bash, zsh and ksh
/// know, and POSIX since 2024.
fn for_posix(word: &str) -> String {
    // zsh looks for a program after a first `=`.
    if is_plain(word, "-_./:=,@%+") && !word.starts_with('=') {
        return word.to_owned();
    }
    if word.chars().all(is_shown) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for letter in word.chars() {
        match letter {
            '\'' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            letter if is_shown(letter) => quoted.push(letter),
            letter => {
                let raw = u32::from(letter).checked_sub(RAW).and_then(|byte| u8::try_from(byte).ok());
                for byte in raw.map_or_else(|| letter.to_string().into_bytes(), |byte| vec![byte]) {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
        }
    }
    quoted.push('\'');
    quoted
}

fn is_shown(letter: char) -> bool {
    let text = letter.to_string();
    u32::from(letter) < RAW && terminal_safe(&text, text.len()) == text
}

/// For cmd and PowerShell alike: double quotes, of which a program's own start takes `\"` for one that belongs to the word,
/// and an even number of backslashes in front of a last one for the half of them. `%` and `$` cannot be kept from both.
fn for_windows(word: &str) -> String {
    if is_plain(word, r"-_./:=+\") {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => backslashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(letter);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}

/// The program as Windows starts it: PowerShell runs no quoted path, and by its bare name it is found again where it lies
/// on the path, or in cmd's own folder.
fn without_quotes(program: &str) -> &str {
    if for_windows(program) == program {
        return program;
    }
    program.rsplit(['\\', '/']).next().unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Cli, Command};

    #[test]
    fn words_are_quoted_for_the_shell_of_the_system() {
        for (word, posix, windows) in [
            ("run", "run", "run"),
            ("ä=1", "ä=1", "ä=1"),
            ("", "''", "\"\""),
            ("my file.csv", "'my file.csv'", "\"my file.csv\""),
            ("it's", r"'it'\''s'", "\"it's\""),
            ("a$b", "'a$b'", "\"a$b\""),
            ("a,b@c", "a,b@c", "\"a,b@c\""),
            ("=a", "'=a'", "=a"),
            (r"samples\a.csv", r"'samples\a.csv'", r"samples\a.csv"),
            (r"C:\my files\", r"'C:\my files\'", r#""C:\my files\\""#),
            (r#"a\"b c"#, r#"'a\"b c'"#, r#""a\\\"b c""#),
            ("two\nlines", r"$'two\nlines'", "\"two\nlines\""),
            ("it's\t\u{1b}[31m\\", r"$'it\'s\011\033[31m\\'", "\"it's\t\u{1b}[31m\\\\\""),
            ("a\u{202e}b", r"$'a\342\200\256b'", "\"a\u{202e}b\""),
        ] {
            assert_eq!((for_posix(word), for_windows(word)), (posix.into(), windows.into()), "{word:?}");
        }
    }

    #[test]
    fn windows_starts_no_program_whose_path_has_to_be_quoted() {
        for (program, shown) in [
            (r"C:\tools\agent-migrate.exe", r"C:\tools\agent-migrate.exe"),
            (r"C:\Program Files\agent-migrate.exe", "agent-migrate.exe"),
            ("agent-migrate", "agent-migrate"),
        ] {
            assert_eq!(without_quotes(program), shown);
        }
    }

    #[test]
    fn a_path_is_no_option() {
        assert_eq!(path_word(Path::new("-x.ledger")), "./-x.ledger");
        assert_eq!(path_word(Path::new("a-x.ledger")), "a-x.ledger");
        assert_eq!(path_word(Path::new("-")), "-", "standard input or output");
    }

    #[cfg(unix)]
    proptest::proptest! {
        #[test]
        fn a_shell_gives_every_name_back_byte_by_byte_and_a_terminal_shows_it(
            bytes in proptest::collection::vec(1_u8.., 1..40),
        ) {
            gives_back(&bytes);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_in_old_encodings_and_private_characters_are_given_back() {
        for name in
            [&b"M\xfcller.csv"[..], b"\xff1", "\u{10ffff}\u{10ff41}1".as_bytes(), b"\xe2\x80", b"'\\\x01"]
        {
            gives_back(name);
        }
    }

    #[cfg(unix)]
    #[track_caller]
    fn gives_back(bytes: &[u8]) {
        use std::os::unix::ffi::OsStrExt;
        let line = for_posix(&word(OsStr::from_bytes(bytes)));
        assert_eq!(terminal_safe(&line, 1_000), line);
        let printed = std::process::Command::new("bash").args(["-c", &format!("printf %s {line}")]).output();
        // Not every machine has it.
        if let Ok(printed) = printed {
            assert_eq!(printed.stdout, bytes, "{line}");
        }
    }

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
        let words = [same_endpoint(&run.endpoint), same_reading(&run.reading)].concat().join(" ");
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
