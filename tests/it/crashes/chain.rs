//! A chain: runs of one command over one ledger, most of them killed, until one comes to its end; and after each, the
//! promises of DESIGN.md, "The ledger", held against the platform's own account.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::Command;

use super::around::Around;
use super::platform::{Assistant, Call, Kind, Off, Platform};
use super::victim::{Ended, Strike, Victim};
use crate::support::{Desk, Ran, Report, files, id};

/// What is done over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Read,
    Disable,
    Rollback,
    Audit,
}

/// A workspace and what is done in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) work: Work,
    /// Whether assistant and agent of one UUID are one record.
    pub(crate) one_record: bool,
    /// A few rows, so that every event can have its kill, or some of every kind.
    pub(crate) small: bool,
}

/// What changes between the runs of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) rpm: u32,
    pub(crate) concurrency: u16,
    pub(crate) limit: Option<u32>,
}

/// How the program records what it sends: from 2,000 a minute on in advance, and then a kill costs what was not sent
/// of it, so that a slow run after a quick one would wait for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    OneByOne,
    InAdvance,
}

impl Pace {
    /// The settings of an undisturbed run.
    pub(crate) const fn calm(self) -> Settings {
        Settings { rpm: self.rpms()[0], concurrency: 4, limit: None }
    }

    /// What `--rpm` may be, so that the runs of one chain need not wait long for each other.
    pub(crate) const fn rpms(self) -> [u32; 3] {
        match self {
            Self::OneByOne => [1_999, 300, 1_200],
            Self::InAdvance => [1_000_000, 60_000, 250_000],
        }
    }
}

impl Scene {
    fn assistants(self) -> Vec<Assistant> {
        let same = |number| Assistant { number, agent: number, kind: Kind::Same };
        let other = |number| Assistant { agent: number + 100, ..same(number) };
        let but = |number, kind| Assistant { kind, ..same(number) };
        if self.small {
            return vec![same(1), same(2), same(3), other(4), but(5, Kind::Differs)];
        }
        let few =
            [other(9), other(10), but(11, Kind::Differs), but(12, Kind::NoAccess), but(13, Kind::Missing)];
        (1..=8).map(same).chain(few).collect()
    }

    /// Those that were off before anybody asked; where assistant and agent are two records, nobody can see that, so
    /// that only one which is never asked for may be.
    fn off_before(self) -> Vec<u32> {
        let differs = if self.small { 5 } else { 11 };
        if self.one_record { vec![2, differs] } else { vec![differs] }
    }

    fn input(self) -> String {
        let mut input = "assistant_id,agent_id\n".to_owned();
        for assistant in self.assistants() {
            let agent = if assistant.agent == assistant.number { String::new() } else { id(assistant.agent) };
            input.extend([&id(assistant.number), ",", &agent, "\n"]);
        }
        if !self.small {
            input.extend(["not a UUID,\n", &id(1), ",\n"]);
        }
        input
    }
}

pub(crate) struct Chain {
    pub(crate) scene: Scene,
    pub(crate) pace: Pace,
    pub(crate) desk: Desk,
    pub(crate) platform: Platform,
    pub(crate) around: Around,
    said: PathBuf,
    /// The cells of the input, in order.
    cells: Vec<String>,
    off_before: Off,
    /// What earlier runs have settled: the status by the input's line.
    settled: BTreeMap<String, String>,
    /// Assistants that the ledger has off, and so a disabling run leaves alone.
    left_off: BTreeSet<u32>,
    /// Whether a report was seen to have rows.
    is_imported: bool,
    /// Rows that an audit has said it has read.
    read: BTreeSet<String>,
}

impl Chain {
    pub(crate) fn begin(scene: Scene, pace: Pace) -> Self {
        Self::begin_at(Desk::with_input(scene.input()), Around::Nothing, scene, pace)
    }

    /// The same at a desk with something around it. What stands around a folder hides what was in it.
    pub(crate) fn begin_at(desk: Desk, around: Around, scene: Scene, pace: Pace) -> Self {
        std::fs::write(around.path(&desk, "assistants.csv"), scene.input()).unwrap();
        let platform = Platform::serve(&scene.assistants(), scene.one_record, &scene.off_before());
        let input = scene.input();
        let cells = input.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned());
        let mut chain = Self {
            scene,
            pace,
            said: desk.path("said.txt"),
            cells: cells.collect(),
            off_before: platform.off(),
            desk,
            platform,
            around,
            settled: BTreeMap::new(),
            left_off: BTreeSet::new(),
            is_imported: false,
            read: BTreeSet::new(),
        };
        if scene.work == Work::Rollback {
            let disabled = chain.run_as(Work::Disable, pace.calm(), Strike::Never);
            assert!(disabled.code.is_some(), "{}", disabled.stderr);
            assert_ne!(chain.platform.off(), chain.off_before, "nothing to take back");
        }
        chain
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        let name =
            if self.scene.work == Work::Audit { "assistants.audit.ledger" } else { "assistants.ledger" };
        self.path(name)
    }

    /// A file on the desk.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.around.path(&self.desk, name)
    }

    /// The command line of a run.
    pub(crate) fn command(&self, work: Work, settings: Settings) -> Command {
        let mut command = self.around.program(&self.desk);
        let url = self.platform.url();
        match work {
            Work::Read => {
                command.args(["run", "assistants.csv", "--base-url", &url, "--probe-wait", "0"]);
            }
            Work::Disable => {
                command.args(["run", "assistants.csv", "--base-url", &url]);
                command.args(["--disable", "--yes", "--probe-wait", "0"]);
            }
            Work::Rollback => {
                command.args(["rollback", "assistants.ledger", "--yes"]);
            }
            Work::Audit => {
                command.args(["audit", "assistants.csv", "--base-url", &url, "--json", "a.json"]);
            }
        }
        if matches!(work, Work::Read | Work::Disable) {
            command.args(["--json", "a.json", "--html", "a.html"]);
        }
        command.args(["-v", "--rpm", &settings.rpm.to_string()]);
        command.args(["--concurrency", &settings.concurrency.to_string()]);
        if let Some(limit) = settings.limit.filter(|_| work != Work::Rollback) {
            command.args(["--limit", &limit.to_string()]);
        }
        command
    }

    /// A run that nobody disturbs, and that comes to its end.
    pub(crate) fn run_calmly(&mut self) -> Ended {
        let ended = self.run(self.pace.calm(), Strike::Never);
        assert!(matches!(ended.code, Some(0 | 3)), "{:?}: {}", ended.code, ended.stderr);
        ended
    }

    /// One run, its strike, and the promises.
    pub(crate) fn run(&mut self, settings: Settings, strike: Strike) -> Ended {
        self.run_as(self.scene.work, settings, strike)
    }

    pub(crate) fn run_as(&mut self, work: Work, settings: Settings, strike: Strike) -> Ended {
        let asked = self.platform.asked();
        let ended = self.start(work, settings).suffer(strike, &self.platform, &self.ledger());
        self.keeps_its_promises(work, &ended, asked);
        ended
    }

    /// A run that is under way.
    pub(crate) fn start(&self, work: Work, settings: Settings) -> Victim {
        Victim::start(self.command(work, settings), self.said.clone())
    }

    /// Takes back what was switched off. A ledger that no input has reached has nothing to take back.
    pub(crate) fn roll_back(&mut self) {
        if !self.is_imported {
            return;
        }
        let ended = self.run_as(Work::Rollback, self.pace.calm(), Strike::Never);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(self.platform.off(), self.off_before, "after a rollback");
    }

    /// What is promised whatever has happened to the run that asked for everything since `asked`.
    pub(crate) fn keeps_its_promises(&mut self, work: Work, ended: &Ended, asked: usize) {
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        let calls: Vec<Call> = self.platform.requests()[asked..].iter().map(|request| request.call).collect();
        assert!(!calls.contains(&Call::Elsewhere), "{calls:?}");
        self.nothing_done_is_asked_for_again(work, &calls);
        self.files_are_whole();
        if self.scene.work == Work::Audit {
            assert!(!calls.iter().any(|call| matches!(call, Call::Off(_) | Call::On(_))), "{calls:?}");
            let said = rows_said(&ended.stderr).into_iter().filter(|(_, status)| status == "read");
            self.read.extend(said.map(|(row, _)| row));
            return;
        }
        if !self.ledger().exists() {
            assert!(calls.is_empty(), "asked without a ledger: {calls:?}");
            return assert_eq!(self.platform.off(), self.off_before);
        }
        let report = self.reported();
        if report.rows.is_empty() {
            return assert!(!self.is_imported && self.platform.asked() == 0, "the rows are gone");
        }
        self.is_imported = true;
        assert_eq!(report.column("input"), self.cells, "a line for each row, in order");
        what_was_said_is_on_disk(&ended.stderr, &report);
        self.settled_rows_stay(&report);
        self.nothing_is_off_without_a_record(&report);
    }

    /// `report LEDGER`.
    pub(crate) fn reported(&self) -> Report {
        let ran =
            Ran::of(self.around.program(&self.desk).args(["report", "assistants.ledger"])).exits_with(0);
        Report::parse(&ran.stdout)
    }

    /// What earlier runs have settled, and whose assistant is off if that is what is asked for, costs no request.
    fn nothing_done_is_asked_for_again(&self, work: Work, calls: &[Call]) {
        for call in calls {
            let (Call::Assistant(number) | Call::Agent(number) | Call::Off(number)) = *call else { continue };
            let number = number % 100;
            let is_done = match work {
                Work::Read => self.settled.contains_key(&id(number)),
                // What is switched on again, by the guard's rules, is to be done again.
                Work::Disable => self.left_off.contains(&number) && !calls.contains(&Call::On(number)),
                Work::Rollback => true,
                Work::Audit => self.read.contains(&id(number)),
            };
            assert!(!is_done, "{work:?}: {call:?} was done already; now asked for: {calls:?}");
        }
    }

    fn settled_rows_stay(&mut self, report: &Report) {
        // A duplicate has the cell of another row.
        let is_settled = |status: &str| ["verified", "invalid_id"].contains(&status);
        let now: BTreeMap<String, String> = report
            .rows
            .iter()
            .filter(|row| is_settled(&row["status"]))
            .map(|row| (row["input"].clone(), row["status"].clone()))
            .collect();
        for (row, status) in &self.settled {
            assert_eq!(now.get(row), Some(status), "{row} was settled");
        }
        self.settled = now;
        let off = |row: &&HashMap<String, String>| {
            row["status"] == "verified"
                && ["disabled", "already_disabled"].contains(&row["disabled"].as_str())
        };
        self.left_off = report.rows.iter().filter(off).map(|row| number(&row["assistant_id"])).collect();
    }

    /// No assistant is off that the ledger does not hold as off or perhaps off.
    fn nothing_is_off_without_a_record(&self, report: &Report) {
        let may_be_off = |row: &&HashMap<String, String>| {
            ["disabled", "unknown", "revert_failed"].contains(&row["disabled"].as_str())
        };
        let known: BTreeSet<u32> =
            report.rows.iter().filter(may_be_off).map(|row| number(&row["assistant_id"])).collect();
        let off = self.platform.off();
        assert!(off.assistants.is_superset(&self.off_before.assistants), "{off:?} less than before");
        for number in off.assistants.difference(&self.off_before.assistants) {
            assert!(known.contains(number), "{number} is off and not in the ledger, which has {known:?}");
        }
        for number in off.agents.difference(&self.off_before.agents) {
            assert!(known.contains(number), "agent {number} is off and not in the ledger");
        }
    }

    /// A report is whole or absent, and the ledger is nobody else's to read.
    fn files_are_whole(&self) {
        for (path, bytes) in files(&self.path(".")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = String::from_utf8_lossy(&bytes);
            match name {
                "a.html" => assert!(text.trim_end().ends_with("</html>"), "half a page"),
                "a.json" => {
                    let lines: Result<Vec<serde_json::Value>, _> =
                        text.lines().map(serde_json::from_str).collect();
                    assert_eq!(lines.unwrap().len(), self.cells.len() + 1, "half a file");
                    assert!(text.ends_with('\n'));
                }
                name if name.ends_with(".report.csv") || name.ends_with(".audit.csv") => {
                    assert_eq!(Report::parse(&text).column("input"), self.cells, "half a report");
                    assert!(text.ends_with('\n'));
                }
                name if name.contains(".ledger") => {
                    use std::os::unix::fs::PermissionsExt;
                    // A file may go away while it is looked at: nothing of ours is running, so it stays.
                    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
                    assert_eq!(mode & 0o077, 0, "{name}");
                }
                _ => {}
            }
        }
    }

    /// The chain has come to its end: the same report and the same platform as without any kill, and nothing left
    /// lying about.
    pub(crate) fn ends_like(&self, calm: &Self) {
        let name =
            if self.scene.work == Work::Audit { "assistants.audit.csv" } else { "assistants.report.csv" };
        let [ours, theirs] = [self, calm]
            .map(|chain| Report::parse(&std::fs::read_to_string(chain.path(name)).unwrap()).timeless());
        assert_eq!(ours, theirs, "not the report of an undisturbed run");
        assert_eq!(self.platform.off(), calm.platform.off(), "not the end of an undisturbed run");
        assert_eq!(self.names(), calm.names(), "left behind, or missing");
    }

    /// The files on the desk, with what is in them.
    pub(crate) fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        files(&self.path("."))
    }

    /// The names of the files on the desk.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let names = std::fs::read_dir(self.path(".")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "said.txt").collect()
    }
}

fn what_was_said_is_on_disk(stderr: &str, report: &Report) {
    for (row, status) in rows_said(stderr) {
        assert_eq!(report.row(&row)["status"], status, "said of {row}, and not on disk");
    }
    for (assistant, state) in switches_said(stderr) {
        let on_disk = &report.row(&assistant)["disabled"];
        let is_kept = match state.as_str() {
            "disabled" => !["not_requested", "skipped", "would_disable"].contains(&on_disk.as_str()),
            state => {
                on_disk == state || on_disk == "skipped" || on_disk == "unknown" || on_disk == "disabled"
            }
        };
        assert!(is_kept, "said of {assistant}: {state}, on disk: {on_disk}");
    }
}

/// The number that a UUID of these tests stands for.
fn number(id: &str) -> u32 {
    u32::from_str_radix(&id[..8], 16).unwrap()
}

/// The rows that `-v` has said are done: UUID and status. The last line may have been cut off by the kill.
fn rows_said(stderr: &str) -> Vec<(String, String)> {
    let lines = stderr.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let rows = lines.filter(|line| line.starts_with("line "));
    rows.map(|line| {
        let mut words = line.split("  ").skip(1).map(|word| word.trim().to_owned());
        (words.next().unwrap(), words.next().unwrap())
    })
    .collect()
}

/// The assistants that `-v` has said were switched, each with the last word about it.
fn switches_said(stderr: &str) -> BTreeMap<String, String> {
    let lines = stderr.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let words = lines.map(|line| line.split("  ").collect::<Vec<_>>());
    words
        .filter(|words| {
            words.len() > 1 && words[0].len() == 36 && words[0].ends_with("-0000-4000-8000-000000000000")
        })
        .map(|words| (words[0].to_owned(), words[1].to_owned()))
        .collect()
}
