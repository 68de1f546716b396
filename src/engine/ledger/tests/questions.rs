//! Every question to a large ledger goes through an index: read from what `SQLite` says that it will do.

use super::*;
use crate::disable::store::plan::{
    FORGET_THOSE_ON_AGAIN, LISTED, leave_for_another_run, leave_to_another_row, mark_others, mark_ours,
    place_the_rest,
};
use crate::disable::store::recovery::{AGENTS_TO_LOOK_AT, LAST_TO_LOOK_AT, LONGEST_PROBE_WAIT, LOOKS};
use crate::disable::store::rollback::{HAS_ASSISTANT, may_be_off};
use crate::disable::store::{COLUMNS, Recovery};
use crate::engine::ledger::rows::{open_rows, reread, verdicts};
use crate::engine::ledger::{IN_STATE, read, set_aside};

/// What is asked of a ledger, less what names a row by its key.
fn questions() -> Vec<String> {
    let fixed = [
        AGENTS_TO_LOOK_AT,
        IN_STATE,
        LAST_TO_LOOK_AT,
        LONGEST_PROBE_WAIT,
        LOOKS,
        FORGET_THOSE_ON_AGAIN,
        HAS_ASSISTANT,
        set_aside::MAY_BE_OFF,
        verdicts::VERDICT_OF,
        read::DOCUMENTS_OF,
    ];
    let made = [
        may_be_off(),
        mark_ours(),
        mark_others(),
        leave_to_another_row(),
        leave_for_another_run(),
        place_the_rest(),
        open_rows::scan(),
        open_rows::page_of(open_rows::NEVER_CHECKED),
        open_rows::page_of(open_rows::CHECKED_BEFORE),
        open_rows::page_of(open_rows::AGAIN),
        read::with_assistant(),
        reread::read_before(),
        read::rows_query(true, "ORDER BY i.position"),
        read::rows_query(false, "WHERE i.position = ?1"),
    ];
    let owed = [Recovery::Revert, Recovery::Answer, Recovery::Rollback, Recovery::RollbackRest];
    let owed = owed.into_iter().flat_map(|owed| [owed.count(), owed.all(COLUMNS)]);
    fixed.into_iter().map(str::to_owned).chain(made).chain(owed).collect()
}

/// The steps of a question; its parameters are left open.
fn steps(connection: &rusqlite::Connection, question: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

/// Whether a step looks at every result or attempt, or for each row at all that the run has verified.
fn looks_at_all(step: &str) -> bool {
    // One that looks at an index alone, of switched rows, counts these.
    let counts = step == "SCAN result USING COVERING INDEX result_switched";
    let tables = ["result", "r", "pair", "other", "doc"];
    tables.into_iter().any(|table| step.split(' ').take(2).eq(["SCAN", table])) && !counts
        || step == "SCAN attempt"
        || step.starts_with("SEARCH other") && !step.contains("(assistant=?")
}

#[test]
fn no_question_looks_at_every_result() {
    let place = Place::new();
    drop(place.open());
    let connection = rusqlite::Connection::open(place.ledger()).unwrap();
    connection.execute_batch(LISTED).unwrap();
    for question in questions() {
        let steps = steps(&connection, &question);
        assert!(!steps.is_empty() && !steps.iter().any(|step| looks_at_all(step)), "{question}\n{steps:#?}");
        // A page costs as much as it has rows.
        let is_page = question.contains("id > ?1") || question.contains("position > ?1");
        let sorts = steps.iter().any(|step| step == "USE TEMP B-TREE FOR ORDER BY");
        assert!(!(is_page && sorts), "{question}\n{steps:#?}");
    }
}

#[test]
fn what_a_plan_and_a_recovery_look_for_is_found_through_the_index_made_for_it() {
    let place = Place::new();
    drop(place.open());
    let connection = rusqlite::Connection::open(place.ledger()).unwrap();
    connection.execute_batch(LISTED).unwrap();
    for (question, index) in [
        (mark_ours(), "result_verified"),
        (place_the_rest(), "result_verified"),
        (Recovery::Answer.count(), "result_switched"),
        (Recovery::Revert.count(), "result_owed"),
        (IN_STATE.to_owned(), "result_switched"),
        (FORGET_THOSE_ON_AGAIN.to_owned(), "result_switched"),
    ] {
        let steps = steps(&connection, &question);
        let step = format!(" INDEX {index} (");
        assert!(steps.iter().any(|found| found.contains(&step)), "{question}\n{steps:#?}");
    }
}
