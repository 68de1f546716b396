//! Command lines for a person to type: every one that the program prints works, in the shell of the system, whatever the
//! files are called.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use crate::base::terminal_safe;

/// A byte of a name that is no text is this private character plus the byte, until it is quoted: so the words of a command
/// line are texts.
const RAW: u32 = 0x10_FF00;

/// The words of the process's own command line.
pub fn typed() -> Vec<String> {
    let mut words: Vec<String> = std::env::args_os().map(|argument| word(&argument)).collect();
    if let (Some(program), true) = (words.first_mut(), cfg!(windows)) {
        *program = without_quotes(program).to_owned();
    }
    words
}

/// A path as a word of a command line, where an option might stand as well; `-` alone is none.
pub fn path_word(path: &Path) -> String {
    let word = word(path.as_os_str());
    if word.starts_with('-') && word != "-" { format!("./{word}") } else { word }
}

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

/// A command line that has the key in its environment.
pub fn with_key(variable: &str, key: &str, line: &str) -> String {
    if cfg!(windows) {
        format!("set {variable}={key}\n  {line}\n(In PowerShell: $env:{variable} = '{key}')")
    } else {
        format!("{variable}={key} {line}")
    }
}

/// A line that the system's shell splits into these words again.
pub fn command_line(words: &mut dyn Iterator<Item = &str>) -> String {
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
    use super::*;

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
}
