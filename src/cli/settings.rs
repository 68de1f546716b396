//! From what was typed, and the environment, to settings: which platform, which key, which files.

use std::path::{Path, PathBuf};

use super::arguments::apply::ApplyArgs;
use super::arguments::audit::AuditArgs;
use super::arguments::network::{EndpointArgs, Hosted, KeyArgs};
use super::arguments::report::{OutputArgs, ReportArgs, ReportFormatArg};
use super::arguments::rollback::RollbackArgs;
use super::arguments::tools::VerifyArgs;
use super::arguments::{DisablingArgs, RunArgs};
use crate::base::Disabling;

/// Stem of the output files when the built-in sample is the input.
const SAMPLE_STEM: &str = "assistants";

/// A usage error: one or two plain sentences; exit code 2.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub String);

/// The environment variables, passed in so that tests need not change the process's own.
pub(super) struct Environment<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// The process's own.
    pub(super) const OWN: Self = Self(&|name| std::env::var(name).ok());

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The variable's value; an empty one counts as not set.
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Hosted(Hosted),
    /// Any other base URL, as typed.
    BaseUrl(String),
    /// The practice workspace inside the program.
    Sandbox,
}

impl Endpoint {
    /// `None` for the practice workspace, which has an address only while it is there.
    pub(super) fn address(&self) -> Option<&str> {
        match self {
            Self::Hosted(hosted) => Some(hosted.base_url),
            Self::BaseUrl(typed) => Some(typed),
            Self::Sandbox => None,
        }
    }
}

/// The place that these options name, if they name one.
pub(super) fn named_endpoint(platform: Option<Hosted>, base_url: Option<&str>) -> Option<Endpoint> {
    platform.map(Endpoint::Hosted).or_else(|| base_url.map(|url| Endpoint::BaseUrl(url.to_owned())))
}

/// Decides where the platform is. A flag beats the environment; there is no default, since a key must never go to the
/// wrong company (DESIGN.md, Commands).
pub(super) fn typed_endpoint(
    typed: &EndpointArgs,
    environment: &Environment<'_>,
) -> Result<Endpoint, UsageError> {
    if typed.sandbox {
        return Ok(Endpoint::Sandbox);
    }
    named_endpoint(typed.platform, typed.base_url.as_deref())
        .or_else(|| environment.get("AGENT_MIGRATE_BASE_URL").map(Endpoint::BaseUrl))
        .ok_or_else(|| {
            UsageError(
                "which platform? Give --platform langdock, --platform odeus, --base-url URL for a dedicated \
                 deployment, or --sandbox to practise."
                    .into(),
            )
        })
}

/// The place that a ledger's base URL names.
pub(super) fn hosted_or_other(base_url: &str) -> Endpoint {
    Hosted::at(base_url).map_or_else(|| Endpoint::BaseUrl(base_url.to_owned()), Endpoint::Hosted)
}

/// What a run is to switch off: a dry run, alone or with `--disable`, only shows it.
pub(super) const fn disabling(arguments: &DisablingArgs) -> Disabling {
    match (arguments.dry_run, arguments.disable) {
        (true, _) => Disabling::DryRun,
        (false, true) => Disabling::Yes,
        (false, false) => Disabling::No,
    }
}

/// Where reports go, each in its format.
pub(super) type Outputs = Vec<(ReportFormatArg, OutputPath)>;

/// The CSV, and JSON Lines, a page and a workbook where they are asked for.
fn outputs(csv: &Path, OutputArgs { json, html, xlsx, .. }: &OutputArgs) -> Outputs {
    let asked = [(ReportFormatArg::Json, json), (ReportFormatArg::Html, html), (ReportFormatArg::Xlsx, xlsx)];
    let asked = asked.into_iter().filter_map(|(format, path)| Some((format, path.as_deref()?)));
    let all = [(ReportFormatArg::Csv, csv)].into_iter().chain(asked);
    all.map(|(format, path)| (format, OutputPath::parse(path))).collect()
}

/// Where `rollback` writes the report again: where `run` does without options.
pub(super) fn rollback_outputs(arguments: &RollbackArgs) -> Outputs {
    let csv = or_beside(arguments.report.as_ref(), &arguments.ledger, ".report.csv");
    vec![(ReportFormatArg::Csv, OutputPath::parse(&csv))]
}

/// Where `apply` writes its reports: files of their own.
pub(super) fn apply_outputs(arguments: &ApplyArgs) -> Outputs {
    let ApplyArgs { ledger, report, output, .. } = arguments;
    outputs(&or_beside(report.as_ref(), ledger, ".apply.csv"), output)
}

/// Where `verify` writes its reports: files of their own, so that the run's stay.
pub(super) fn verify_outputs(arguments: &VerifyArgs) -> Outputs {
    let VerifyArgs { ledger, report, output, .. } = arguments;
    outputs(&or_beside(report.as_ref(), ledger, ".verify.csv"), output)
}

pub(super) fn report_output(arguments: &ReportArgs) -> OutputPath {
    arguments.output.as_deref().map_or(OutputPath::Stdout, OutputPath::parse)
}

/// The file that was given, else one beside this: its stem, then `ending`.
fn or_beside(given: Option<&PathBuf>, file: &Path, ending: &str) -> PathBuf {
    given.cloned().unwrap_or_else(|| {
        let mut name = file.file_stem().unwrap_or(file.as_os_str()).to_owned();
        name.push(ending);
        file.with_file_name(name)
    })
}

/// Where the key is to be had from. Not the key itself: reading it is I/O.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A file, or `-` for standard input.
    File(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// The practice workspace's own.
    Practice,
}

/// Decides where the key comes from: the file beats the environment; with a base URL only `AGENT_MIGRATE_API_KEY` or
/// the file count; in the sandbox none is read (DESIGN.md, Keys).
pub(super) fn choose_key(
    endpoint: &Endpoint,
    key: &KeyArgs,
    environment: &Environment<'_>,
) -> Result<Key, UsageError> {
    const OWN: &str = "AGENT_MIGRATE_API_KEY";
    let variables: &[&'static str] = match endpoint {
        Endpoint::Sandbox => return Ok(Key::Practice),
        Endpoint::Hosted(hosted) => &[OWN, hosted.key_variable],
        Endpoint::BaseUrl(_) => &[OWN],
    };
    if let Some(path) = &key.api_key_file {
        return Ok(Key::File(path.clone()));
    }
    variables.iter().find(|name| environment.get(name).is_some()).map(|name| Key::Variable(name)).ok_or_else(
        || {
            UsageError(format!(
                "no API key: set the environment variable {}, or give --api-key-file PATH.",
                variables.join(" or ")
            ))
        },
    )
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OutputPath {
    Stdout,
    File(PathBuf),
}

impl OutputPath {
    /// Reads `-`, and its name as a file, as standard output.
    pub(super) fn parse(path: &Path) -> Self {
        let is_stdout = path.as_os_str() == "-" || cfg!(unix) && path == Path::new("/dev/stdout");
        if is_stdout { Self::Stdout } else { Self::File(path.to_owned()) }
    }

    /// `None` for standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path),
        }
    }
}

/// The files of a run or an audit.
pub(super) struct WorkPaths {
    /// `None` for the built-in sample.
    pub input: Option<PathBuf>,
    /// The memory of a run, or of an audit: never of both.
    pub ledger: PathBuf,
    pub outputs: Outputs,
}

pub(super) fn audit_paths(arguments: &AuditArgs) -> WorkPaths {
    let AuditArgs { input, platform, ledger, report, output, .. } = arguments;
    let (beside, practice) = work_stem(input.as_deref(), platform.endpoint.sandbox);
    let csv = or_beside(report.as_ref(), beside, &format!("{practice}.audit.csv"));
    let ledger = or_beside(ledger.as_ref(), beside, &format!("{practice}.audit.ledger"));
    WorkPaths { input: input.clone(), ledger, outputs: outputs(&csv, output) }
}

pub(super) fn run_paths(arguments: &RunArgs) -> WorkPaths {
    let RunArgs { input, platform, ledger, report, output, .. } = arguments;
    let (beside, practice) = work_stem(input.as_deref(), platform.endpoint.sandbox);
    let csv = or_beside(report.as_ref(), beside, &format!("{practice}.report.csv"));
    let ledger = or_beside(ledger.as_ref(), beside, &format!("{practice}.ledger"));
    WorkPaths { input: input.clone(), ledger, outputs: outputs(&csv, output) }
}

/// What files of a run or an audit stand beside, and what their names have in front of their ending.
fn work_stem(input: Option<&Path>, sandbox: bool) -> (&Path, &'static str) {
    (input.unwrap_or(Path::new(SAMPLE_STEM)), if sandbox { ".sandbox" } else { "" })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Cli, Command};

    fn run_arguments(line: &str) -> RunArgs {
        let words = ["agent-migrate", "run"].into_iter().chain(line.split_whitespace());
        match Cli::try_parse_from(words).unwrap().command {
            Command::Run(arguments) => *arguments,
            other => panic!("{other:?}"),
        }
    }

    fn place_and_key(line: &str, variables: &[(&str, &str)]) -> Result<(Endpoint, Key), UsageError> {
        let arguments = run_arguments(line);
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let environment = Environment(&get);
        let endpoint = typed_endpoint(&arguments.platform.endpoint, &environment)?;
        let key = choose_key(&endpoint, &arguments.platform.key, &environment)?;
        Ok((endpoint, key))
    }

    #[test]
    fn the_key_comes_from_where_the_contract_says() {
        let all = [("AGENT_MIGRATE_API_KEY", "a"), ("LANGDOCK_API_KEY", "l"), ("ODEUS_API_KEY", "o")];
        let key = |line: &str, variables: &[(&str, &str)]| place_and_key(line, variables).map(|(_, key)| key);
        assert_eq!(key("x.csv --platform langdock", &all), Ok(Key::Variable("AGENT_MIGRATE_API_KEY")));
        assert_eq!(key("x.csv --platform langdock", &all[1..]), Ok(Key::Variable("LANGDOCK_API_KEY")));
        assert_eq!(key("x.csv --platform odeus", &all[1..]), Ok(Key::Variable("ODEUS_API_KEY")));
        assert_eq!(key("x.csv --platform odeus --api-key-file k", &all), Ok(Key::File("k".into())));
        assert_eq!(key("x.csv --sandbox", &all), Ok(Key::Practice));
        assert!(
            key("x.csv --base-url https://a.example", &all[1..]).is_err(),
            "only our own variable counts"
        );
        assert!(
            key("x.csv --platform langdock", &[("AGENT_MIGRATE_API_KEY", " ")]).is_err(),
            "empty is not set"
        );
    }

    #[test]
    fn a_flag_beats_the_environment_and_nothing_is_no_platform() {
        let variables = [("AGENT_MIGRATE_BASE_URL", "https://env.example"), ("AGENT_MIGRATE_API_KEY", "a")];
        let endpoint = |line: &str| place_and_key(line, &variables).map(|(endpoint, _)| endpoint);
        assert_eq!(endpoint("x.csv"), Ok(Endpoint::BaseUrl("https://env.example".into())));
        assert_eq!(
            endpoint("x.csv --base-url https://f.example"),
            Ok(Endpoint::BaseUrl("https://f.example".into()))
        );
        assert_eq!(endpoint("x.csv --sandbox"), Ok(Endpoint::Sandbox));
        assert!(place_and_key("x.csv", &variables[1..]).is_err());
    }

    #[test]
    fn outputs_stand_beside_the_input_and_practice_has_its_own() {
        let csv = |output| [(ReportFormatArg::Csv, output)];
        let paths = run_paths(&run_arguments("data/my.assistants.csv --platform odeus"));
        assert_eq!(paths.ledger, Path::new("data/my.assistants.ledger"));
        assert_eq!(paths.outputs, csv(OutputPath::File("data/my.assistants.report.csv".into())));
        let paths = run_paths(&run_arguments("data/a.csv --sandbox -o -"));
        assert_eq!(paths.ledger, Path::new("data/a.sandbox.ledger"));
        assert_eq!(paths.outputs, csv(OutputPath::Stdout));
        let paths = run_paths(&run_arguments("--sandbox"));
        assert_eq!(paths.outputs, csv(OutputPath::File("assistants.sandbox.report.csv".into())));
    }
}
