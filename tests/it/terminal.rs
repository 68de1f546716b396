//! Terminals and pipes that go away: a run does what it would have done, unless it is told to end.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::Duration;

use agent_migrate::practice::{AgentList, SandboxOptions};

use crate::support::office::{Office, one_record, other, same, two_records};
use crate::support::window::{Owner, Window};
use crate::support::{Desk, Ran, files, id};

/// What the contract gives a run between the closing of its terminal and its end.
const SOON: Duration = Duration::from_secs(3);

fn program(office: &Office, line: &str) -> Command {
    let mut command = office.desk.program();
    command.args(line.split_whitespace()).args(["--rpm", "1000000", "--retries", "0", "--concurrency", "1"]);
    command
}

fn run(office: &Office, options: &str) -> Command {
    program(office, &format!("run assistants.csv --base-url {} {options}", office.url))
}

fn slow(options: SandboxOptions) -> SandboxOptions {
    SandboxOptions { latency: Duration::from_millis(200), ..options }
}

/// Closes the terminal, as a window or a dropped connection does: shell and system both say so. The command then ends
/// soon with exit code 4, its report is written, and the ledger is one file.
#[track_caller]
fn closed(mut window: Window, office: &Office, report: &str) {
    window.close();
    std::thread::sleep(Duration::from_millis(50));
    window.hang_up();
    let (code, took) = window.ends();
    assert_eq!(code, Some(4), "{}", window.shown());
    assert!(took < SOON, "{took:?}: {}", window.shown());
    assert!(office.desk.path(report).exists(), "no {report}");
    for (path, _) in files(office.desk.folder.path()) {
        let name = path.to_string_lossy();
        assert!(!["-wal", "-shm", ".lock", ".tmp"].iter().any(|end| name.ends_with(end)), "{name} is left");
    }
}

#[test]
fn a_terminal_closed_while_rows_are_read_ends_the_command_as_ctrl_c_does() {
    let entries: Vec<_> = (1..=30).map(same).collect();
    for (work, report) in [
        ("run assistants.csv --fresh --base-url", "assistants.report.csv"),
        ("audit assistants.csv --base-url", "assistants.audit.csv"),
        ("verify assistants.ledger --base-url", "assistants.verify.csv"),
    ] {
        let office = Office::with(&entries, two_records());
        office.run(&[]).exits_with(0);
        std::fs::remove_file(office.desk.path("assistants.report.csv")).unwrap();
        office.change(|options| options.latency = Duration::from_millis(100));
        let before = office.requests();
        let line = format!("{work} {}", office.url);
        let window = Window::open(&program(&office, &line), Owner::Program);
        office.wait_until(|office| office.requests() >= before + 5);
        closed(window, &office, report);
        assert!(office.requests() < before + 20, "{work} went on");
    }
}

#[test]
fn a_terminal_closed_at_the_question_is_a_no() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let window = Window::open(&run(&office, "--disable"), Owner::Program);
    window.wait_until_shown("Type yes to go on");
    closed(window, &office, "assistants.report.csv");
    assert_eq!(office.switches(true), 0);

    office.disable(&[]).exits_with(0);
    std::fs::remove_file(office.desk.path("assistants.report.csv")).unwrap();
    let window = Window::open(&program(&office, "rollback assistants.ledger"), Owner::Program);
    window.wait_until_shown("Type yes to go on");
    closed(window, &office, "assistants.report.csv");
    assert_eq!((office.switches(false), office.off()), (0, vec![1, 2]));
}

#[test]
fn a_question_that_comes_when_the_terminal_is_gone_is_a_no_whatever_was_typed_ahead() {
    let office = Office::with(&[same(1), same(2)], slow(two_records()));
    let mut window = Window::open(&run(&office, "--disable"), Owner::Nohup);
    office.wait_until(|office| office.requests() >= 1);
    window.type_in("yes\n");
    window.close();
    assert_eq!(window.ends().0, Some(4), "{}", window.shown());
    assert_eq!(office.deeds(), "read, list");
    assert_eq!(office.report().disabled(), ["skipped"; 2]);
}

#[test]
fn a_terminal_closed_while_the_probe_is_watched_switches_it_on_again() {
    for options in [two_records(), SandboxOptions { list: AgentList::Lagging(SOON), ..one_record() }] {
        let office = Office::with(&[same(1), same(2), same(3)], slow(options));
        let window = Window::open(&run(&office, "--disable --yes --probe-wait 30"), Owner::Program);
        office.wait_until(|office| office.deeds().ends_with("off 1, list"));
        closed(window, &office, "assistants.report.csv");
        assert_eq!(office.deeds(), "read, list, off 1, list, on 1");
        assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
        assert_eq!(office.report().disabled(), ["reverted", "skipped", "skipped"]);
    }
}

#[test]
fn a_terminal_closed_while_the_rest_goes_off_finishes_what_is_under_way() {
    let office = Office::with(&[same(1), same(2), same(3)], slow(two_records()));
    let window = Window::open(&run(&office, "--disable --yes --probe-wait 0"), Owner::Program);
    office.wait_until(|office| office.deeds().ends_with("off 2"));
    closed(window, &office, "assistants.report.csv");
    assert_eq!(office.deeds(), "read, list, off 1, list, off 2, list");
    assert_eq!(office.report().disabled(), ["disabled", "disabled", "skipped"]);
}

#[test]
fn a_terminal_closed_before_the_last_look_has_it_taken_at_once() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let window = Window::open(&run(&office, "--disable --yes --probe-wait 3"), Owner::Program);
    office.wait_until(|office| office.deeds().ends_with("off 2"));
    window.wait_until_shown("look");
    closed(window, &office, "assistants.report.csv");
    assert!(office.deeds().ends_with("off 2, list"), "{}", office.deeds());
    assert_eq!(office.report().disabled(), ["disabled"; 2]);
}

#[test]
fn a_terminal_closed_during_a_rollback_finishes_the_request_under_way() {
    let office = Office::with(&[other(1, 101), other(2, 102), other(3, 103)], two_records());
    office.disable(&[]).exits_with(0);
    office.change(|options| options.latency = Duration::from_millis(200));
    let window = Window::open(&program(&office, "rollback assistants.ledger --yes"), Owner::Program);
    office.wait_until(|office| office.switches(false) == 1);
    closed(window, &office, "assistants.report.csv");
    let on = office.report().disabled().iter().filter(|state| **state == "re_enabled").count();
    assert_eq!((on, office.off().len()), (1, 2));
}

#[test]
fn a_run_that_hears_no_hangup_ends_as_if_somebody_had_watched_it() {
    for owner in [Owner::Other, Owner::Nohup] {
        let office = Office::with(&[same(1), same(2), same(3)], slow(two_records()));
        let mut window = Window::open(&run(&office, "-v --disable --yes --probe-wait 2"), owner);
        office.wait_until(|office| office.requests() >= 2);
        window.close();
        assert_eq!(window.ends().0, Some(0), "{owner:?}: {}", window.shown());
        assert_eq!(office.off(), [1, 2, 3]);
        assert_eq!(office.report().disabled(), ["disabled"; 3]);
    }
}

#[test]
fn a_pipe_that_nobody_reads_any_more_changes_neither_exit_code_nor_words() {
    let office = Office::with(&[same(1), same(2)], two_records());
    for line in [
        &*format!("run assistants.csv --base-url {} -o -", office.url),
        &format!("run assistants.csv --base-url {} --html /dev/stdout", office.url),
        &format!("audit assistants.csv --base-url {} --json -", office.url),
        "verify assistants.ledger -o -",
        "rollback assistants.ledger --yes -o -",
        "report assistants.ledger",
        "report assistants.audit.ledger --format html",
        &format!("list --base-url {}", office.url),
        "completions bash",
        "--help",
    ] {
        let command = || {
            let mut command = office.desk.program();
            command.args(line.split_whitespace());
            command
        };
        let read = Ran::of(&mut command());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let unread = Ran::of(command().stdout(writer.try_clone().unwrap())).exits_with(read.code);
        assert!(!unread.stderr.contains("error"), "{line}: {}", unread.stderr);
        let last = |ran: &Ran| ran.stderr.lines().last().unwrap_or_default().to_owned();
        assert_eq!(last(&unread), last(&read), "{line}");
        Ran::of(command().stdout(writer.try_clone().unwrap()).stderr(writer)).exits_with(read.code);
    }
    // More than is written at once.
    let desk = Desk::with_input(format!("assistant_id\n{}", "nobody\n".repeat(2_000)));
    let command = || desk.program();
    Ran::of(command().args(["run", "assistants.csv", "--sandbox"])).exits_with(3);
    for format in ["csv", "json", "html"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let line = ["report", "assistants.sandbox.ledger", "--format", format];
        let unread = Ran::of(command().args(line).stdout(writer)).exits_with(0);
        assert_eq!(unread.stderr, "", "{format}");
    }
    let desk = Desk::with_ids(&[id(1)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = desk.program();
    command.args(["run", "assistants.csv", "--sandbox", "-o", "-"]).stdout(full);
    Ran::of(&mut command).exits_with(4).says("the report was not written");
}
