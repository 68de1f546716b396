//! `run --disable`, where the platform behaves: what goes off, in which order, and what the guard takes back.

use std::time::Duration;

use crate::support::office::{Office, mismatch, one_record, other, same, two_records, uuid};
use crate::support::{Ran, Report, id};
use agent_migrate::practice::{AgentList, SandboxOptions};

/// The report's own line about these, for the rows that are not at fault.
#[track_caller]
fn assert_all_have_a_remedy(report: &Report, state: &str) {
    for row in report.rows.iter().filter(|row| row["disabled"] == state) {
        assert!(!row["remedy"].is_empty(), "{row:?}");
    }
}

#[test]
fn of_two_records_exactly_the_verified_ones_go_off_those_with_another_agent_first_then_the_probe() {
    let entries = [same(3), mismatch(4), same(1), other(5, 105), same(2)];
    let office = Office::with(&entries, two_records()).and_lines(&format!("{},\nnonsense,\n", id(1)));
    let ran = office.disable(&[]).exits_with(3).says("agent-migrate rollback assistants.ledger");
    assert_eq!(office.deeds(), "read, list, off 5, off 1, list, off 2, off 3, list");
    assert_eq!((office.off(), office.agents_off()), (vec![1, 2, 3, 5], vec![]));
    let report = office.report();
    let statuses = ["verified", "mismatch", "verified", "verified", "verified", "duplicate", "invalid_id"];
    assert_eq!(report.column("status"), statuses);
    let disabled = ["disabled", "skipped", "disabled", "disabled", "disabled"];
    assert_eq!(report.disabled()[..5], disabled);
    assert!(ran.stderr.contains("Switching off 4 assistants"), "{}", ran.stderr);

    // Only the mismatch is asked for again.
    let before = office.requests();
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds_since(before), "read, list");
    assert_eq!(office.requests() - before, 3);
    assert_eq!(office.report().timeless(), report.timeless());
}

#[test]
fn a_run_after_which_everything_is_off_exits_with_0_and_the_next_one_asks_for_nothing() {
    let office = Office::with(&[same(1), same(2), other(3, 103)], two_records());
    office.disable(&[]).exits_with(0);
    assert_eq!(office.report().disabled(), ["disabled"; 3]);
    assert!(office.report().column("remedy").iter().all(|remedy| remedy.is_empty()));
    let before = office.requests();
    office.disable(&[]).exits_with(0);
    assert_eq!(office.deeds_since(before), "list");
    // Nor does a run that switches nothing forget it.
    office.run(&[]).exits_with(0);
    assert_eq!(office.report().disabled(), ["disabled"; 3]);
}

#[test]
fn what_an_earlier_run_verified_is_read_again_by_the_run_that_switches_it_off() {
    let office = Office::with(&[same(1), same(2)], two_records());
    office.run(&[]).exits_with(0);
    assert_eq!(office.report().disabled(), ["not_requested"; 2]);
    let before = office.requests();
    office.disable(&["--limit", "1"]).exits_with(0);
    assert_eq!(office.deeds_since(before), "read, list, off 1, list, list");
    assert_eq!(office.report().disabled(), ["disabled", "skipped"]);
}

#[test]
fn of_one_record_nothing_is_off_afterwards_and_only_the_probe_ever_was() {
    let office = Office::with(&[same(3), same(1), same(2), mismatch(4)], one_record());
    let ran = office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 1, list, on 1");
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    let report = office.report();
    assert_eq!(report.disabled(), ["skipped", "reverted", "skipped", "skipped"]);
    let has_remedy: Vec<_> = report.column("remedy").iter().map(|remedy| !remedy.is_empty()).collect();
    assert_eq!(has_remedy, [false, false, false, true], "only the mismatch is to be mended");
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("one record") && said.contains("--disable-shared"), "{said}");
    assert!(said.contains("Assistant 1"), "the probe is named before: {said}");

    // The verdict is not remembered: the same again finds the same.
    let before = office.requests();
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds_since(before), "read, list, off 1, list, on 1");
    assert_eq!(office.report().disabled(), ["skipped", "reverted", "skipped", "skipped"]);
}

#[test]
fn of_one_record_no_row_is_left_to_do_and_the_end_says_why_nothing_went_off() {
    let office = Office::with(&[same(1), same(2), same(3)], one_record());
    let ran = office.disable(&["--html", "page.html"]).exits_with(3);
    assert!(!ran.stderr.contains("What to do:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Leave the rest on"), "{}", ran.stderr);
    let report = office.report();
    assert_eq!(report.column("remedy"), [""; 3]);
    assert_eq!(report.column("notes"), ["disabled: to stay on (one record with the agent)"; 3]);
    let page = office.desk.read("page.html");
    for words in [
        "None</span> of 3 assistants needs you.",
        ">3 done.<",
        "Nothing is left to do.",
        "Leave the rest on.",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn what_is_left_over_is_open_for_terminal_page_and_index_and_no_reason_for_exit_code_3() {
    let office = Office::with(&[same(1), same(2), same(3)], two_records());
    let input = format!("id,owner\n{},joe\n{},ann\n{},ann\n{},joe\n", id(1), id(2), id(3), id(1));
    std::fs::write(office.desk.path("assistants.csv"), input).unwrap();
    let ran = office.disable(&["--max-disable", "1", "--html", "page.html"]).exits_with(0);
    assert!(ran.stderr.contains("2 rows: Run the same command again to switch it off."), "{}", ran.stderr);
    let page = office.desk.read("page.html");
    assert!(page.contains(">2 done, 2 not come to yet.<"), "{page}");
    assert!(!page.contains("class=\"needs\""));
    let split = ["report", "assistants.ledger", "--split-by", "owner", "--output-dir", "parts"];
    Ran::of(office.desk.program().args(split)).exits_with(0);
    let index = office.desk.read("parts/index.html");
    assert!(index.contains(">Open</th>") && index.contains("data-label=\"Open\">2</td>"), "{index}");
}

#[test]
fn of_one_record_those_with_an_agent_of_another_uuid_are_off_all_the_same() {
    let office = Office::with(&[same(1), other(2, 102), same(3)], one_record());
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 2, off 1, list, on 1");
    assert_eq!((office.off(), office.agents_off()), (vec![2], vec![]));
    assert_eq!(office.report().disabled(), ["reverted", "disabled", "skipped"]);
}

#[test]
fn a_list_that_lags_less_than_the_probe_is_watched_still_betrays_one_record() {
    let lagging = AgentList::Lagging(Duration::from_secs(1));
    let office = Office::with(&[same(1), same(2), same(3)], SandboxOptions { list: lagging, ..one_record() });
    office.disable_watching(2, &[]).exits_with(3).says("after 2 s: the agent is off, too");
    assert_eq!(office.deeds(), "read, list, off 1, list, list, on 1");
    assert_eq!((office.off(), office.agents_off()), (vec![], vec![]));
    assert_eq!(office.report().disabled(), ["reverted", "skipped", "skipped"]);
}

#[test]
fn an_agent_that_stays_on_is_looked_at_as_often_as_the_plan_says() {
    let office = Office::with(&[same(1), same(2)], two_records());
    office.disable_watching(1, &[]).exits_with(0);
    assert_eq!(office.deeds(), "read, list, off 1, list, list, off 2, list");
}

#[test]
fn agents_that_flip_only_before_the_last_look_take_everything_back() {
    let entries: Vec<_> = (1..=8).map(same).chain([other(9, 109)]).collect();
    // Slow answers: the first look comes long before the lag is over, the last one after it.
    let options = SandboxOptions {
        list: AgentList::Lagging(Duration::from_secs(1)),
        latency: Duration::from_millis(150),
        ..one_record()
    };
    let office = Office::with(&entries, options);
    let ran = office
        .disable(&[])
        .exits_with(3)
        .says("Not every agent was seen on: 8 assistants are switched on again.");
    let off = "off 9, off 1, list, off 2, off 3, off 4, off 5, off 6, off 7, off 8, list";
    let deeds = office.deeds();
    let (until_the_look, back) = deeds.split_at(deeds.rfind("list").unwrap() + "list".len());
    assert_eq!(until_the_look, format!("read, list, {off}"));
    assert_eq!((office.switches(false), back.matches(", on ").count()), (8, 8), "{back}");
    assert_eq!((office.off(), office.agents_off()), (vec![9], vec![]));
    let report = office.report();
    assert_eq!(report.disabled(), [["reverted"; 8].as_slice(), &["disabled"]].concat());
    assert!(ran.stderr.contains("one record"), "{}", ran.stderr);
}

#[test]
fn where_the_list_tells_nothing_the_probe_is_on_again_and_yes_is_no_answer() {
    type Case = (&'static str, SandboxOptions);
    let cases: [Case; 5] = [
        ("no list", SandboxOptions { list: AgentList::Missing, ..two_records() }),
        ("not in it", SandboxOptions { unlisted: vec![uuid(1)], ..two_records() }),
        ("no `disabled` in it", SandboxOptions { list_without_disabled: true, ..two_records() }),
        ("500 at once", SandboxOptions { list_fails_after: Some(0), ..two_records() }),
        ("500 at the look", SandboxOptions { list_fails_after: Some(1), ..two_records() }),
    ];
    for (what, options) in cases {
        let office = Office::with(&[same(2), same(1), same(3)], options);
        let ran = office.disable(&[]).exits_with(3);
        let deeds = office.deeds();
        assert_eq!(deeds, "read, list, off 1, list, on 1", "{what}");
        assert_eq!((office.off(), office.agents_off()), (vec![], vec![]), "{what}");
        let report = office.report();
        assert_eq!(report.disabled(), ["skipped", "reverted", "skipped"], "{what}");
        assert_all_have_a_remedy(&report, "skipped");
        assert!(ran.stderr.contains("--disable-shared"), "{what}: {}", ran.stderr);
    }
}

#[test]
fn an_agent_missing_from_the_last_look_while_others_are_on_takes_its_own_row_back_alone() {
    let entries: Vec<_> = (1..=4).map(same).chain([other(9, 109)]).collect();
    let office = Office::with(&entries, SandboxOptions { unlisted: vec![uuid(3)], ..two_records() });
    let ran = office.disable(&[]).exits_with(3).says("1 assistant is switched on again");
    assert_eq!(office.deeds(), "read, list, off 9, off 1, list, off 2, off 3, off 4, list, on 3");
    assert_eq!((office.off(), office.agents_off()), (vec![1, 2, 4, 9], vec![]));
    let report = office.report();
    assert_eq!(report.disabled(), ["disabled", "disabled", "reverted", "disabled", "disabled"]);
    let told = &report.row(&id(3))["remedy"];
    assert!(told.contains("Archived") && report.row(&id(2))["remedy"].is_empty(), "{told}");
    // The plan forewarns, the last look names it, the end says how it stands.
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the last look will miss it, and its assistant is switched on again"), "{said}");
    assert!(said.contains(&format!("Agent {} is not in the agent list", id(3))), "{said}");
    assert!(said.contains("1 assistant is on again. 4 assistants are off because of this program"), "{said}");

    // Back in the list, it goes off with the same command, and the others are not asked for again.
    office.change(|options| options.unlisted.clear());
    let before = office.requests();
    office.disable(&[]).exits_with(0);
    assert_eq!(office.deeds_since(before), "read, list, off 3, list, list");
    assert_eq!(office.off(), [1, 2, 3, 4, 9]);
}

#[test]
fn what_the_last_look_makes_of_what_is_off_is_a_table() {
    type Case = (&'static str, fn(&mut SandboxOptions), [&'static str; 3]);
    let (back, off) = ("reverted", "disabled");
    let cases: [Case; 5] = [
        ("all on", |_| {}, [off; 3]),
        ("one missing", |options| options.unlisted = vec![uuid(2)], [off, back, off]),
        ("the probe's missing", |options| options.unlisted = vec![uuid(1)], [back, off, off]),
        ("all but one missing", |options| options.unlisted = vec![uuid(1), uuid(3)], [back, off, back]),
        ("all missing", |options| options.unlisted = [1, 2, 3].map(uuid).to_vec(), [back; 3]),
    ];
    for (what, change, disabled) in cases {
        // A slow list, so that the change comes between the look at the probe and the last one.
        let latency = Duration::from_millis(100);
        let office = Office::with(&[same(1), same(2), same(3)], SandboxOptions { latency, ..two_records() });
        let running = office.disabling(0, &[]);
        office.wait_until(|office| office.switches(true) == 2);
        office.change(change);
        let code = if disabled == [off; 3] { 0 } else { 3 };
        running.ends().exits_with(code);
        assert_eq!(office.report().disabled(), disabled, "{what}");
        let is_off = (1..=3).zip(disabled).filter(|(_, state)| *state == off).map(|(row, _)| row);
        assert_eq!(office.off(), is_off.collect::<Vec<_>>(), "{what}");
        assert_eq!(office.agents_off(), Vec::<u32>::new(), "{what}");
    }
}

#[test]
fn the_agents_are_found_on_whatever_page_of_the_list_they_stand() {
    let entries: Vec<_> = (1..=5).map(same).collect();
    let office = Office::with(&entries, SandboxOptions { page_limit: Some(2), ..two_records() });
    office.disable(&[]).exits_with(0);
    let off = "off 2, off 3, off 4, off 5";
    assert_eq!(office.deeds(), format!("read, list, list, list, off 1, list, {off}, list, list, list"));
}

#[test]
fn disable_shared_switches_everything_off_and_looks_at_nothing() {
    let office = Office::with(&[same(1), other(2, 102), same(3), mismatch(4)], one_record());
    office.disable(&["--disable-shared"]).exits_with(3).says("NO PROBE (--disable-shared)");
    assert_eq!(office.deeds(), "read, list, off 2, off 1, off 3");
    assert_eq!((office.off(), office.agents_off()), (vec![1, 2, 3], vec![1, 3]));
    assert_eq!(office.report().disabled(), ["disabled", "disabled", "disabled", "skipped"]);
    // Nor does the next run look at them, or switch any of them on.
    let before = office.requests();
    office.run(&[]).exits_with(3);
    assert_eq!(office.deeds_since(before), "read");
}

#[test]
fn max_disable_takes_the_next_ones_each_time_and_its_leftovers_are_no_trouble() {
    let entries: Vec<_> = (1..=5).map(same).collect();
    let office = Office::with(&entries, two_records());
    for (off, states) in [
        (vec![1, 2], ["disabled", "disabled", "skipped", "skipped", "skipped"]),
        (vec![1, 2, 3, 4], ["disabled", "disabled", "disabled", "disabled", "skipped"]),
        (vec![1, 2, 3, 4, 5], ["disabled"; 5]),
    ] {
        office.disable(&["--max-disable", "2"]).exits_with(0);
        assert_eq!((office.off(), office.report().disabled()), (off, states.to_vec()));
    }
    assert_eq!(office.switches(true), 5);
    office.disable(&["--max-disable", "0"]).exits_with(0);
    assert_eq!(office.switches(true), 5);
}

#[test]
fn a_dry_run_shows_the_plan_and_switches_nothing() {
    let office = Office::with(&[same(2), same(1), other(3, 103)], two_records());
    let ran = office.run(&["--dry-run"]).exits_with(0);
    assert!(ran.stderr.contains("this is a dry run") && ran.stderr.contains("Assistant 1"), "{}", ran.stderr);
    assert_eq!(office.deeds(), "read, list");
    assert_eq!(office.report().disabled(), ["would_disable"; 3]);
    // With --disable beside it, too.
    office.disable(&["--dry-run"]).exits_with(0);
    office.run(&["--dry-run", "--max-disable", "1"]).exits_with(0);
    assert_eq!(office.report().disabled(), ["skipped", "skipped", "would_disable"]);
    assert_eq!((office.switches(true), office.off()), (0, vec![]));
    // What it says comes true.
    office.disable(&[]).exits_with(0);
    assert_eq!(office.off(), [1, 2, 3]);
}

#[test]
fn a_dry_run_of_rows_that_would_not_all_be_off_exits_with_3() {
    let office = Office::with(&[same(1), mismatch(2)], two_records());
    office.run(&["--dry-run"]).exits_with(3);
    assert_eq!(office.report().disabled(), ["would_disable", "skipped"]);
    assert_eq!(office.switches(true), 0);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_asked_and_nothing_written() {
    let office = Office::with(&[same(1)], two_records());
    office.run(&["--disable"]).exits_with(2).says("--dry-run").says("--yes");
    assert_eq!(office.requests(), 0);
    let mut names: Vec<_> =
        crate::support::files(office.desk.folder.path()).into_iter().map(|(path, _)| path).collect();
    names.sort();
    assert_eq!(names, ["assistants.csv", "workspace.json"].map(|name| office.desk.path(name)));
    // The options of switching off are nothing without it.
    office.run(&["--max-disable", "1"]).exits_with(2);
    office.run(&["--disable-shared", "--yes"]).exits_with(2);
    assert_eq!(office.requests(), 0);
}

#[test]
fn what_was_off_before_is_no_probe_is_asked_for_nothing_and_stays_off() {
    let office = Office::with(
        &[same(1), same(2), same(3)],
        SandboxOptions { disabled: vec![uuid(1)], ..one_record() },
    );
    office.disable(&[]).exits_with(3);
    assert_eq!(office.deeds(), "read, list, off 2, list, on 2");
    assert_eq!(office.report().disabled(), ["already_disabled", "reverted", "skipped"]);
    assert_eq!(office.off(), [1]);

    office.disable(&["--disable-shared"]).exits_with(0);
    assert_eq!(office.report().disabled(), ["already_disabled", "disabled", "disabled"]);
    office.rollback(&[]).exits_with(0).says("off before this program came");
    assert_eq!(office.report().disabled(), ["already_disabled", "re_enabled", "re_enabled"]);
    assert_eq!((office.off(), office.agents_off()), (vec![1], vec![1]));
    assert!(!office.deeds().contains("off 1") && !office.deeds().contains("on 1"), "{}", office.deeds());
}

#[test]
fn where_all_were_off_before_there_is_nothing_to_do_and_all_is_well() {
    let options = SandboxOptions { disabled: vec![uuid(1), uuid(2)], ..one_record() };
    let office = Office::with(&[same(1), same(2)], options);
    office.run(&["--dry-run"]).exits_with(0);
    office.disable(&[]).exits_with(0);
    assert_eq!(office.report().disabled(), ["already_disabled"; 2]);
    assert_eq!(office.switches(true), 0);
}

#[test]
fn fresh_refuses_while_assistants_are_off_unless_yes() {
    let office = Office::with(&[same(1), same(2)], two_records());
    office.disable(&[]).exits_with(0);
    let before = (office.requests(), std::fs::read(office.desk.path("assistants.ledger")).unwrap());
    office.run(&["--fresh"]).exits_with(1).says("--yes");
    let after = (office.requests(), std::fs::read(office.desk.path("assistants.ledger")).unwrap());
    assert_eq!(before, after);
    office.run(&["--fresh", "--yes"]).exits_with(0);
    assert_eq!(office.report().disabled(), ["not_requested"; 2]);
    // The old ledger is kept, and still takes back what it knows of.
    let mut ledgers: Vec<_> =
        crate::support::files(office.desk.folder.path()).into_iter().map(|(path, _)| path).collect();
    ledgers.retain(|path| path.extension().is_some_and(|end| end == "ledger"));
    ledgers.retain(|path| *path != office.desk.path("assistants.ledger"));
    assert_eq!(ledgers.len(), 1);
    let mut rollback = office.desk.program();
    Ran::of(rollback.arg("rollback").arg(&ledgers[0]).args(["--yes", "--rpm", "1000000"])).exits_with(0);
    assert_eq!(office.off(), Vec::<u32>::new());
}

#[test]
fn a_run_that_stops_while_it_reads_switches_nothing_off() {
    let entries: Vec<_> = (1..=5).map(same).collect();
    for options in [
        SandboxOptions { gone_after: Some(3), ..two_records() },
        SandboxOptions { unauthorized_after: Some(6), ..two_records() },
    ] {
        let office = Office::with(&entries, options);
        office.disable(&["--concurrency", "1"]).exits_with(5);
        assert_eq!(office.deeds(), "read");
        let report = office.report();
        assert!(report.disabled().iter().all(|state| *state == "skipped"), "{:?}", report.disabled());
    }
}

#[cfg(unix)]
#[test]
fn the_way_back_that_is_printed_works_as_it_stands() {
    let office = Office::with(&[same(1), same(2)], two_records());
    let ran = office.disable(&["--ledger", "it's a \"ledger\".ledger"]).exits_with(0);
    let printed = ran.stderr.lines().rfind(|line| line.contains(" rollback ")).unwrap().trim();
    let mut shell = office.desk.in_shell(&format!("{printed} --yes --rpm 1000000"));
    Ran::of(&mut shell).exits_with(0).says("2 assistants are on again");
    assert_eq!(office.off(), Vec::<u32>::new());
}
