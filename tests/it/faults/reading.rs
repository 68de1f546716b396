//! What is held of every run that reads, whatever went wrong in it.

use std::time::Duration;

use crate::faults::cases::Case;
use crate::faults::workspace::{Answer, Asked, Call, Fault, Place, ROWS, Scene, Workspace};
use crate::support::{Desk, KEY, Ran, Report, files};

/// Seconds for an answer that is to come: more than the slowest machine needs.
pub(crate) const PATIENT: &str = "300";

/// Times that never end.
pub(crate) const ALWAYS: u32 = u32::MAX;

pub(crate) const READS: [Call; 2] = [Call::Assistant, Call::Agent];

pub(crate) fn each_read_at_each_place() -> impl Iterator<Item = (Call, Place)> {
    READS.into_iter().flat_map(|call| Place::ALL.map(|place| (call, place)))
}

pub(crate) fn case(
    name: &str,
    (call, place): (Call, Place),
    answer: Answer,
    times: u32,
    comes: Comes,
) -> Case<Reading> {
    let full_name = format!("{name}, {call:?}, {place:?} row: {comes:?}");
    Case::of(name, full_name, Reading { call, place, answer, times, arguments: &[], comes })
}

/// The beginning of a row's `error`, and what else stands in it.
pub(crate) fn error(call: Call, status: &str, words: &str) -> Vec<String> {
    vec![format!("{}: {status}", call.word()), words.to_owned()]
}

/// A `run` in which one answer, or every answer to one request, is another than it should be.
pub(crate) struct Reading {
    pub(crate) call: Call,
    pub(crate) place: Place,
    pub(crate) answer: Answer,
    /// How often it is answered so; what is asked for more often gets a good answer.
    pub(crate) times: u32,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) comes: Comes,
}

/// What has to come of it.
#[derive(Clone, Debug)]
pub(crate) struct Comes {
    /// The row's `status`.
    pub(crate) status: &'static str,
    /// Parts of its `error`, of which the first begins it; none: empty.
    pub(crate) error: Vec<String>,
    /// A part of its `remedy`.
    pub(crate) remedy: &'static str,
    /// 0 and 3: the run came to its end; else the rows behind it are not checked.
    pub(crate) code: i32,
    /// For so long nothing was asked.
    pub(crate) silence: Duration,
}

impl Comes {
    pub(crate) fn of(status: &'static str, error: Vec<String>, remedy: &'static str, code: i32) -> Self {
        Self { status, error, remedy, code, silence: Duration::ZERO }
    }

    /// The fault passed, and nothing is left of it.
    pub(crate) fn well() -> Self {
        Self::of("verified", Vec::new(), "", 0)
    }
}

impl Reading {
    pub(crate) fn workspace(&self) -> Workspace {
        let fault = Fault::at(self.call, self.place.row(), self.answer.clone());
        Workspace::new(vec![Fault { times: self.times, ..fault }])
    }

    pub(crate) fn check(&self) {
        check(&Scene::of(self.workspace()), self.place.row(), &self.comes, self.arguments);
    }
}

/// Runs, row by row, and holds the whole of the contract against what came.
pub(crate) fn check(scene: &Scene, row: usize, comes: &Comes, arguments: &[&str]) {
    let ran = scene.run(&[&["--concurrency", "1"], arguments].concat());
    let report = report(scene);
    assert_eq!(ran.code, comes.code, "errors {:?}\n{}", report.column("error"), ran.stderr);
    let stops = !matches!(comes.code, 0 | 3);
    for (other, line) in (1..).zip(&report.rows) {
        let status = match other {
            other if other == row => comes.status,
            other if other > row && stops => "not_checked",
            _ => "verified",
        };
        assert_eq!(line["status"], status, "row {other}: {line:?}\n{}", ran.stderr);
        assert_eq!(line["remedy"].is_empty(), status == "verified", "row {other}: {line:?}");
        assert_eq!(line["error"].is_empty(), other != row || comes.error.is_empty(), "row {other}: {line:?}");
        assert_eq!(line["disabled"], "not_requested", "row {other}: {line:?}");
    }
    let line = &report.rows[row - 1];
    assert!(comes.error.first().is_none_or(|begin| line["error"].starts_with(begin)), "{line:?}");
    assert!(comes.error.iter().all(|part| line["error"].contains(part)), "{:?} in {line:?}", comes.error);
    assert!(line["remedy"].contains(comes.remedy), "{:?} in {line:?}", comes.remedy);
    assert!(scene.workspace.longest_silence() >= comes.silence, "{:?}", scene.workspace.longest_silence());
    if stops {
        let has_ended = line["remedy"].contains("has ended");
        let next = ["run assistants.csv", "verify assistants.ledger", "audit assistants.csv --source agent"];
        let next = if has_ended { &next[1..] } else { &next[..1] };
        let is_said = next.iter().any(|next| ran.stderr.contains(&format!("agent-migrate {next}")));
        assert!(is_said, "how to go on:\n{}", ran.stderr);
        let late: Vec<_> = scene.workspace.asked().into_iter().filter(|asked| asked.row > row).collect();
        assert!(late.is_empty(), "asked for after the end: {late:?}");
    }
    goes_on(scene, &report, arguments);
}

/// Once the platform is as it should be, the same command asks for what is not settled, and for nothing else.
pub(crate) fn goes_on(scene: &Scene, before: &Report, arguments: &[&str]) {
    scene.workspace.heal();
    scene.workspace.asked();
    scene.run(arguments).exits_with(0);
    let after = written(scene);
    assert_eq!(after.column("status"), ["verified"; ROWS]);
    assert!(after.column("error").iter().chain(&after.column("remedy")).all(|cell| cell.is_empty()));
    let open = (1..).zip(&before.rows).filter(|(_, line)| line["status"] != "verified");
    let due: Vec<_> =
        open.flat_map(|(row, _)| [Call::Assistant, Call::Agent].map(|call| Asked { call, row })).collect();
    let mut asked = scene.workspace.asked();
    asked.sort_by_key(|asked| (asked.row, asked.call == Call::Agent));
    assert_eq!(asked, due, "what the same command asks for");
}

/// The report of the last run, which has a line for every row, in order.
pub(crate) fn written(scene: &Scene) -> Report {
    let report = scene.desk.report();
    let ids: Vec<_> = (1..=ROWS).map(|row| crate::support::id(u32::try_from(row).unwrap())).collect();
    assert_eq!(report.column("assistant_id"), ids, "a line for every row, in order");
    assert_eq!(scene.workspace.odd(), [""; 0]);
    report
}

/// The same, once more as `report` reads it out of the ledger.
pub(crate) fn report(scene: &Scene) -> Report {
    let report = written(scene);
    let mut again = scene.desk.program();
    let again = calm(&scene.desk, Ran::of(again.args(["report", "assistants.ledger"])).exits_with(0));
    assert_eq!(Report::parse(&again.stdout).timeless(), report.timeless(), "`report` of the ledger");
    report
}

/// What holds of every process: it did not panic, and the key stands nowhere.
pub(crate) fn calm(desk: &Desk, ran: Ran) -> Ran {
    assert!(!ran.stderr.contains("panicked") && (0..=5).contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    let texts = [("standard output", &ran.stdout), ("standard error", &ran.stderr)];
    for (name, text) in texts {
        assert!(!text.contains(KEY), "the key is in {name}:\n{text}");
    }
    for (path, content) in files(desk.folder.path()) {
        assert!(
            !content.windows(KEY.len()).any(|bytes| bytes == KEY.as_bytes()),
            "the key is in {}",
            path.display()
        );
    }
    ran
}

impl Scene {
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut program = self.desk.program();
        program.args(["run", "assistants.csv", "--base-url", &self.url, "--rpm", "1000000"]);
        if !arguments.contains(&"--retries") {
            program.args(["--retries", "0"]);
        }
        if !arguments.contains(&"--timeout") {
            program.args(["--timeout", PATIENT]);
        }
        program.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        calm(&self.desk, Ran::of(&mut program))
    }
}
