//! How the rows stood at the end of the run before.

use super::*;

/// Whether there was an end of a run to remember.
fn remember(place: &Place) -> bool {
    let ledger = place.open();
    let Some(remembering) = ledger.remember().unwrap() else { return false };
    for row in report(&LedgerReader::open(&place.ledger()).unwrap()) {
        let now = Standing { status: row.status, progress: row.progress(), findings: vec!["code".into()] };
        remembering.take(&row, &now).unwrap();
    }
    remembering.keep().unwrap();
    true
}

fn before(reader: &LedgerReader) -> Vec<Option<RowStatus>> {
    report(reader).iter().map(|row| row.before.as_ref().map(|before| before.status)).collect()
}

#[test]
fn the_end_of_a_run_is_remembered_once_and_that_of_an_interrupted_one_never() {
    let place = Place::new();
    let invalid = |line, cell: &str| InputRow {
        line,
        input: cell.into(),
        target: Err(InvalidId::NoUuid),
        carried: vec![],
    };
    assert!(!remember(&place), "there was no run");
    let first = [rows(&[1, 2, 3, 1]), vec![invalid(6, "this one"), invalid(7, "that one")]].concat();
    place.run(&first, &[RowStatus::Verified, RowStatus::Mismatch, RowStatus::NoAccess]);
    assert!(remember(&place) && !remember(&place));
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    assert_eq!(
        (reader.earlier_at().unwrap(), before(&reader)),
        (None, vec![None; 6]),
        "nothing was asked for since"
    );
    drop(reader);

    let second = [rows(&[2, 4, 1, 2]), vec![invalid(6, "that one")]].concat();
    let (writer, open_rows, thread) = start(place.import(&second), Selection::default());
    drop((writer, open_rows));
    thread.finish(RunEnd { stopped: Some(StopReason::AssistantsApiGone), ..end() }).unwrap();
    for is_gone_on_with in [false, true] {
        let reader = LedgerReader::open(&place.ledger()).unwrap();
        let known = [RowStatus::Mismatch, RowStatus::Verified, RowStatus::InvalidId].map(Some);
        assert_eq!(before(&reader), [known[0], None, known[1], None, known[2]]);
        assert_eq!(reader.earlier_at().unwrap(), Some(time(60)));
        let mut gone = Vec::new();
        reader.for_each_gone(|standing| gone.push((standing.status, standing.findings.len()))).unwrap();
        gone.sort_unstable();
        assert_eq!(gone, [(RowStatus::NoAccess, 1), (RowStatus::InvalidId, 1)]);
        drop(reader);
        if !is_gone_on_with {
            assert!(!remember(&place), "that run did not come to its end");
            place.run(&second, &[RowStatus::Verified, RowStatus::Verified]);
        }
    }
    assert!(remember(&place));
}
