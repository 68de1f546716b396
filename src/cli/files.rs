//! The files that a command names, and that it writes none that it reads, nor one twice (DESIGN.md, Input).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments::network::KeyArgs;
use super::arguments::{Cli, Command};
use super::settings::{
    OutputPath, Outputs, UsageError, WorkPaths, apply_outputs, audit_paths, report_output, rollback_outputs,
    run_paths, verify_outputs,
};
use crate::engine::os;

/// What stands beside a ledger under its name, while it is open or after a crash.
const LEDGER_SIDE_FILES: [&str; 4] = ["-wal", "-shm", "-journal", ".lock"];

/// The files of one command.
#[derive(Debug, Default)]
pub(super) struct CommandFiles {
    files: Vec<CommandFile>,
    /// What goes to standard output.
    printed: Vec<&'static str>,
}

#[derive(Debug)]
struct CommandFile {
    /// As the person calls it.
    role: &'static str,
    path: PathBuf,
    is_written: bool,
}

impl CommandFiles {
    /// Every file that the command names; none is opened. A usage error when it would write one that it reads, or one
    /// twice.
    pub(super) fn of(cli: &Cli) -> Result<Self, UsageError> {
        let mut files = Self::default();
        match &cli.command {
            Command::Run(arguments) => files.work(&run_paths(arguments), &arguments.platform.key),
            Command::Audit(arguments) => files.work(&audit_paths(arguments), &arguments.platform.key),
            Command::Rollback(arguments) => {
                files.key(&arguments.key);
                files.ledger("LEDGER", &arguments.ledger);
                files.outputs(&rollback_outputs(arguments));
            }
            Command::Apply(arguments) => {
                files.key(&arguments.key);
                let to_key = arguments.to.to_api_key_file.as_deref();
                files.read("--to-api-key-file", to_key.filter(|path| path.as_os_str() != "-"));
                files.read("--map", arguments.to.map.as_deref());
                files.ledger("LEDGER", &arguments.ledger);
                files.outputs(&apply_outputs(arguments));
            }
            Command::Verify(arguments) => {
                files.key(&arguments.key);
                files.ledger("LEDGER", &arguments.ledger);
                files.outputs(&verify_outputs(arguments));
            }
            Command::Report(arguments) => {
                files.ledger("LEDGER", &arguments.ledger);
                files.output("--output", &report_output(arguments));
            }
            Command::List(arguments) => {
                files.key(&arguments.platform.key);
                files.output("--output", &OutputPath::parse(&arguments.output));
            }
            Command::Doctor(arguments) => files.key(&arguments.key),
            Command::Sandbox(arguments) => files.read("--workspace", arguments.workspace.as_deref()),
            Command::Completions { .. } | Command::Man { .. } => {}
        }
        if files.printed.contains(&"--xlsx") {
            return Err(UsageError("--xlsx: a workbook is a file: say where it goes, --xlsx PATH.".into()));
        }
        files.write("--log-file", cli.global.log_file.as_deref());
        if let [one, other, ..] = files.printed.as_slice() {
            return Err(UsageError(format!("{one} and {other} cannot both go to standard output.")));
        }
        for (at, file) in files.files.iter().enumerate() {
            files.files.iter().take(at).try_for_each(|other| other.refuse(file))?;
        }
        Ok(files)
    }

    /// Refuses a file that turns out only later to be written, when it is one of these.
    pub(super) fn refuse(&self, role: &'static str, path: &Path) -> Result<(), UsageError> {
        let file = CommandFile { role, path: path.to_owned(), is_written: true };
        self.files.iter().try_for_each(|other| other.refuse(&file))
    }

    fn work(&mut self, paths: &WorkPaths, key: &KeyArgs) {
        self.read("INPUT", paths.input.as_deref());
        self.key(key);
        self.ledger("--ledger", &paths.ledger);
        self.outputs(&paths.outputs);
    }

    fn key(&mut self, key: &KeyArgs) {
        // `-` is standard input.
        self.read("--api-key-file", key.api_key_file.as_deref().filter(|path| path.as_os_str() != "-"));
        self.read("--ca-cert", key.ca_cert.as_deref());
    }

    fn ledger(&mut self, role: &'static str, path: &Path) {
        self.write(role, Some(path));
        let ledger = target(path);
        for suffix in LEDGER_SIDE_FILES {
            let mut name = OsString::from(&ledger);
            name.push(suffix);
            self.write("a side file of the ledger", Some(Path::new(&name)));
        }
    }

    fn outputs(&mut self, outputs: &Outputs) {
        for (format, output) in outputs {
            self.output(format.option(), output);
        }
    }

    fn output(&mut self, role: &'static str, output: &OutputPath) {
        match output {
            OutputPath::File(path) => self.write(role, Some(path)),
            OutputPath::Stdout => self.printed.push(role),
        }
    }

    fn read(&mut self, role: &'static str, path: Option<&Path>) {
        self.files.extend(path.map(|path| CommandFile { role, path: path.to_owned(), is_written: false }));
    }

    fn write(&mut self, role: &'static str, path: Option<&Path>) {
        self.files.extend(path.map(|path| CommandFile { role, path: path.to_owned(), is_written: true }));
    }
}

impl CommandFile {
    fn refuse(&self, other: &Self) -> Result<(), UsageError> {
        if !(self.is_written || other.is_written) || !is_same(&self.path, &other.path) {
            return Ok(());
        }
        let path = other.path.display();
        Err(UsageError(format!(
            "{} and {} are the same file, {path}; give another path.",
            self.role, other.role
        )))
    }
}

/// Whether both name one file, links of either kind followed. Devices and pipes are nobody's: what is written there
/// replaces nothing.
fn is_same(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(one_found), Ok(other_found)) => {
            one_found.is_file()
                && other_found.is_file()
                && os::is_one_file((one, &one_found), (other, &other_found))
        }
        (Err(_), Err(_)) => os::folded(&target(one)) == os::folded(&target(other)),
        _ => false,
    }
}

/// Where the file is, or is to be made: its links followed, dangling ones included, in its folder's one spelling.
fn target(path: &Path) -> PathBuf {
    let path = os::follow_links(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (os::canonical(folder.unwrap_or(Path::new("."))), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;

    /// What is said of the command line, in a folder of its own.
    fn said(folder: &Path, line: &str) -> Result<(), String> {
        let words = line.split(' ').map(|word| {
            // Options and numbers are no names of files.
            let is_file = word.contains('.') && !word.contains("://");
            if is_file { folder.join(word).into_os_string() } else { word.into() }
        });
        let cli = Cli::try_parse_from(std::iter::once("agent-migrate".into()).chain(words)).unwrap();
        CommandFiles::of(&cli).map(|_| ()).map_err(|UsageError(sentence)| sentence)
    }

    #[test]
    fn no_command_writes_a_file_that_it_reads_or_one_twice() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "key.txt", "ca.pem", "a.ledger", "w.json", "old.csv"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let key = "--platform langdock --api-key-file key.txt --ca-cert ca.pem";
        for (line, roles) in [
            (format!("run a.csv {key} -o a.csv"), "INPUT and --report"),
            (format!("run a.csv {key} -o key.txt"), "--api-key-file and --report"),
            (format!("run a.csv {key} --json key.txt"), "--api-key-file and --json"),
            (format!("run a.csv {key} --html ca.pem"), "--ca-cert and --html"),
            (format!("run a.csv {key} --ledger key.txt"), "--api-key-file and --ledger"),
            (format!("run a.csv {key} --xlsx key.txt"), "--api-key-file and --xlsx"),
            (format!("run a.csv {key} --log-file key.txt"), "--api-key-file and --log-file"),
            (format!("run a.csv {key} -o x.csv --json ./x.csv"), "--report and --json"),
            (format!("run a.csv {key} --html a.ledger"), "--ledger and --html"),
            (format!("run a.csv {key} --html a.ledger-wal"), "a side file of the ledger and --html"),
            (format!("run a.csv {key} --log-file a.ledger.lock"), "a side file of the ledger and --log-file"),
            (format!("audit a.csv {key} --json key.txt"), "--api-key-file and --json"),
            (format!("audit a.csv {key} --html a.audit.csv"), "--report and --html"),
            ("verify a.ledger --api-key-file key.txt -o key.txt".into(), "--api-key-file and --report"),
            ("verify a.ledger -o a.ledger".into(), "LEDGER and --report"),
            ("apply a.ledger -o a.ledger".into(), "LEDGER and --report"),
            ("apply a.ledger --json a.ledger".into(), "LEDGER and --json"),
            ("apply a.ledger --json x.xlsx --xlsx x.xlsx".into(), "--json and --xlsx"),
            ("apply a.ledger --html a.ledger-wal".into(), "a side file of the ledger and --html"),
            (
                "apply a.ledger --to-platform odeus --to-api-key-file key.txt --map old.csv -o key.txt"
                    .into(),
                "--to-api-key-file and --report",
            ),
            ("apply a.ledger --to-platform odeus --map old.csv -o old.csv".into(), "--map and --report"),
            ("rollback a.ledger --ca-cert ca.pem -o ca.pem".into(), "--ca-cert and --report"),
            ("report a.ledger -o a.ledger-shm".into(), "a side file of the ledger and --output"),
            ("report a.ledger --log-file a.ledger".into(), "LEDGER and --log-file"),
            (format!("list {key} -o ca.pem"), "--ca-cert and --output"),
            (format!("list {key} --log-file key.txt"), "--api-key-file and --log-file"),
            (format!("doctor {key} --log-file key.txt"), "--api-key-file and --log-file"),
            ("sandbox --workspace w.json --log-file w.json".into(), "--workspace and --log-file"),
        ] {
            let refused = said(folder.path(), &line).unwrap_err();
            assert!(refused.starts_with(&format!("{roles} are the same file, ")), "{line}: {refused}");
        }
        for line in [
            format!("run a.csv {key} -o old.csv --json x.json --html x.html --log-file x.log"),
            "run a.csv --platform langdock --api-key-file key.txt --ca-cert key.txt".into(),
            "run a.csv --sandbox -o - --json /dev/null --html /dev/null".into(),
            "completions bash".into(),
        ] {
            assert_eq!(said(folder.path(), &line), Ok(()), "{line}");
        }
    }

    #[test]
    fn a_file_that_is_found_later_is_held_against_all() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        let words = ["agent-migrate", "audit", "--sandbox", "--html"].map(OsString::from);
        let cli = Cli::try_parse_from(words.into_iter().chain([page.clone().into()])).unwrap();
        let files = CommandFiles::of(&cli).unwrap();
        assert!(files.refuse("a part", &page).unwrap_err().0.starts_with("--html and a part are the same"));
        assert!(files.refuse("a part", &folder.path().join("part.html")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_of_every_kind_are_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("key.txt"), "key").unwrap();
        fs::write(path("a.csv"), "").unwrap();
        fs::hard_link(path("key.txt"), path("hard.txt")).unwrap();
        symlink("key.txt", path("soft.txt")).unwrap();
        symlink("soon.csv", path("dangling.csv")).unwrap();
        symlink("dangling.csv", path("further.csv")).unwrap();
        symlink("circle.csv", path("circle.csv")).unwrap();
        fs::create_dir(path("real.d")).unwrap();
        symlink("real.d", path("link.d")).unwrap();
        let run = "run a.csv --platform odeus --api-key-file key.txt";
        for options in [
            "-o hard.txt",
            "--log-file soft.txt",
            "-o dangling.csv --json soon.csv",
            "-o further.csv --json soon.csv",
            "-o real.d/x.csv --json link.d/x.csv",
            "--ledger link.d/x.ledger --html real.d/x.ledger-wal",
        ] {
            assert!(said(folder.path(), &format!("{run} {options}")).is_err(), "{options}");
        }
        assert_eq!(said(folder.path(), &format!("{run} -o circle.csv")), Ok(()), "said elsewhere");
    }

    #[test]
    fn names_that_differ_in_case_are_one_where_file_systems_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let printed = said(folder.path(), "run --sandbox -o - --json /dev/stdout");
        assert_eq!(printed.is_err(), cfg!(unix), "{printed:?}");
        assert!(
            said(folder.path(), "audit --sandbox --json - --html -")
                .unwrap_err()
                .starts_with("--json and --html cannot both")
        );
        let refused = said(folder.path(), "run --sandbox --html Z1.html --json z1.HTML").is_err();
        assert_eq!(refused, cfg!(any(windows, target_os = "macos")));
    }
}
