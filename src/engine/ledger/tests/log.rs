//! A copy without its log is noticed, and nothing else is taken for one.

use super::*;
use crate::engine::ledger::file::error::OpenError;

/// The file alone, elsewhere.
fn without_log(place: &Place) -> Place {
    let copy = Place::new();
    fs::copy(place.ledger(), copy.ledger()).unwrap();
    copy
}

/// Whether whoever would write it is told what is missing; nothing is changed.
fn is_refused(place: &Place) -> bool {
    let before = fs::read(place.ledger()).unwrap();
    let refusals = [
        Ledger::open(&place.ledger(), &langdock()).err(),
        Ledger::open_existing(&place.ledger()).err(),
        Ledger::to_set_aside(&place.ledger(), &langdock(), false).err().map(|error| match error {
            SetAsideError::Open(error) => error,
            SetAsideError::MayBeOff { .. } => panic!("{error}"),
        }),
    ];
    let refused = refusals.iter().flatten().count();
    for error in refusals.iter().flatten() {
        assert!(matches!(error, OpenError::LogMissing { .. }), "{error}");
        assert!(error.to_string().contains(": copy assistants.ledger-wal from where the run was"), "{error}");
    }
    assert!(refused == 0 || refused == refusals.len(), "{refusals:?}");
    assert_eq!(lacks_log(&place.ledger()).is_some(), refused > 0);
    assert!(refused == 0 || fs::read(place.ledger()).unwrap() == before);
    refused > 0
}

/// More than the log may hold before it is copied into the file.
fn much(number: u128) -> Outcome {
    Outcome {
        documents: Documents { assistant: Some(vec![b'x'; 2_500_000].into()), agent: None, inspection: None },
        ..outcome(pair(number), RowStatus::Verified)
    }
}

#[test]
fn a_copy_made_while_the_ledger_is_written_or_after_a_kill_is_whole_only_with_its_log() {
    let place = Place::new();
    let check = |after: &str| {
        assert!(is_refused(&without_log(&place)), "{after}");
        let killed = place.killed();
        assert!(!is_refused(&killed), "{after}");
        assert_eq!(killed.names(), ["assistants.ledger"], "{after}");
    };
    let ledger = place.open();
    check("opening");
    drop(ledger);
    assert!(!is_refused(&without_log(&place)), "at rest");
    let ledger = place.import(&rows(&[1, 2, 3, 4, 5, 6]));
    check("the import");
    let (writer, open_rows, thread) = start(ledger, Selection::default());
    // Whole logs are copied into the file on the way, which changes nothing.
    for number in 1..=5 {
        settle(&writer, much(number)).unwrap();
        settle(&writer, outcome(pair(6), RowStatus::Mismatch)).unwrap();
        check("a row");
    }
    assert!(fs::metadata(place.ledger()).unwrap().len() > 8_000_000, "the log was copied into the file");
    drop(open_rows);
    thread.finish(end()).unwrap();
    assert_eq!(place.names(), ["assistants.ledger"]);
    assert!(!is_refused(&without_log(&place)), "at rest again");
}

#[test]
fn a_reader_that_is_in_the_way_does_not_clear_the_mark_and_what_it_leaves_is_seen_to() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1, 2, 3])), Selection::default());
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    for number in 1..=3 {
        settle(&writer, Outcome { requests: 9, ..much(number) }).unwrap();
        settle(&writer, much(number)).unwrap();
    }
    assert!(is_refused(&without_log(&place)));
    drop(open_rows);
    thread.finish(end()).unwrap();
    assert!(is_refused(&without_log(&place)), "the log stays, and is needed");
    drop(reader);
    let killed = place.killed();
    assert_eq!(report(&LedgerReader::open(&killed.ledger()).unwrap()).len(), 3);
    assert!(!is_refused(&killed));
}

#[test]
fn another_program_that_copies_the_log_into_the_file_leaves_a_whole_ledger() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    settle(&writer, outcome(pair(1), RowStatus::Verified)).unwrap();
    let killed = place.killed();
    drop(open_rows);
    thread.finish(end()).unwrap();
    tamper(&killed.ledger(), "SELECT count(*) FROM result");
    assert_eq!(killed.names(), ["assistants.ledger", "assistants.ledger.lock"]);
    assert_eq!(killed.report()[0].status, RowStatus::Verified);
    assert!(!is_refused(&killed));
}

#[test]
fn who_only_looks_at_what_a_kill_has_left_leaves_the_log_where_it_is() {
    let place = Place::new();
    let ledger = place.open();
    // As a kill leaves it between the head of a log that was begun anew and its first page.
    let killed = place.killed();
    let log = fs::read(killed.file("assistants.ledger-wal")).unwrap();
    fs::write(killed.file("assistants.ledger-wal"), &log[..32]).unwrap();
    drop(ledger);
    drop(LedgerReader::open(&killed.ledger()).unwrap());
    let odeus = Identity { base_url: "https://api.odeus.ai".into(), ..langdock() };
    assert!(matches!(Ledger::open(&killed.ledger(), &odeus), Err(OpenError::OtherBaseUrl { .. })));
    assert!(killed.file("assistants.ledger-wal").exists());
    assert!(!is_refused(&killed));
}

#[test]
fn what_lacks_its_log_can_be_read_and_is_put_aside_on_request() {
    let place = Place::new();
    let ledger = place.import(&rows(&[1, 2]));
    let (killed, copy) = (place.killed(), without_log(&place));
    drop(ledger);
    assert_eq!((killed.report().len(), copy.report().len()), (2, 0));
    assert_eq!(copy.names(), ["assistants.ledger"], "it is left as it is");
    // Nor does another program make it whole by looking.
    fs::write(copy.file("assistants.ledger-wal"), "").unwrap();
    assert!(is_refused(&copy));
    tamper(&copy.ledger(), "SELECT count(*) FROM result");
    assert!(is_refused(&copy));
    assert!(set_aside(&copy.ledger(), true, time(0)).unwrap().is_some());
    // The log is all that it lacked.
    let whole = without_log(&killed);
    fs::copy(killed.file("assistants.ledger-wal"), whole.file("assistants.ledger-wal")).unwrap();
    assert_eq!(whole.open().backlog(&Selection::default()).unwrap().rows, 2);
}
