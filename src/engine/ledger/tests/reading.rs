//! What a report reads out of a ledger, and when it can.

use super::*;
use crate::base::{SupportHeader, SupportId};

#[test]
fn every_row_comes_back_as_it_was_given_in_input_order() {
    let place = Place::new();
    let two = Pair { assistant: AssistantId(Uuid::from_u128(3)), agent: AgentId(Uuid::from_u128(4)) };
    let input = vec![
        InputRow { carried: vec!["Sales \"EMEA\"".into(), String::new(), "a\nb\0c".into()], ..row(2, 1) },
        InputRow { line: 5, input: "  n/a\0".into(), target: Err(InvalidId::NoUuid), carried: vec![] },
        InputRow { input: "URN:UUID:1".into(), ..row(6, 1) },
        InputRow { target: Ok(two), ..row(9, 3) },
    ];
    place.run(&input, &[RowStatus::Verified]);
    let report = place.report();
    for (given, row) in input.iter().zip(&report) {
        assert_eq!((row.line, &row.input, &row.carried), (given.line, &given.input, &given.carried));
        assert_eq!(row.pair, given.target.ok());
        assert_eq!(row.invalid, given.target.err());
    }
    let statuses: Vec<_> = report.iter().map(|row| row.status).collect();
    assert_eq!(
        statuses,
        [RowStatus::Verified, RowStatus::InvalidId, RowStatus::Duplicate, RowStatus::NotChecked]
    );
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    assert_eq!(reader.format().unwrap(), Some(format()));
}

#[test]
fn a_verdict_comes_back_whole() {
    let place = Place::new();
    let json = |text: &str| JsonText::new(text.into());
    let given = Outcome {
        differences: vec![Difference {
            field: "temperature".into(),
            old: json("0.30000000000000000001"),
            new: None,
            short: "0.3 -> (nothing)".into(),
        }],
        notes: vec![Note {
            kind: NoteKind::OnlyOnAgent,
            field: "owner".into(),
            value: json("{\"b\":1,\"a\":2}"),
            new: None,
            short: "{…}".into(),
        }],
        failure: Some(CallFailure {
            call: Call::Assistant,
            kind: FailureKind::ScopeMissing { missing: vec!["AGENT_API".into()] },
            words: "two\nlines".into(),
            support_id: Some(SupportId { header: SupportHeader::CfRay, value: "8f1".into() }),
        }),
        name: Some("Ünïcode\0\u{202e}".into()),
        checked_at: "2026-11-22T07:55:00.123456789Z".parse().unwrap(),
        assistant_updated_at: Some(Timestamp::MAX),
        ..outcome(pair(1), RowStatus::Failed)
    };
    let (writer, open_rows, thread) = start(place.import(&rows(&[1, 1])), Selection::default());
    let settled = settle(&writer, given.clone()).unwrap();
    assert_eq!((settled.outcome(), settled.kept()), (&given, None));
    drop(open_rows);
    thread.finish(end()).unwrap();
    let report = place.report();
    let row = &report[0];
    assert_eq!((&row.differences, &row.notes), (&given.differences, &given.notes));
    assert_eq!((&row.failure, Some(&row.name)), (&given.failure, given.name.as_ref()));
    assert_eq!((row.status, row.disabled), (RowStatus::Failed, DisabledState::NotRequested));
    assert_eq!(row.assistant_updated_at, Some(Timestamp::MAX));
    assert_eq!((row.requests, row.elapsed_ms, row.checked_at), (2, 1, Some(given.checked_at)));
    // The duplicate names the first row and says what is known of it, but asks for nothing itself.
    let duplicate = &report[1];
    assert_eq!(duplicate.duplicate_of, Some((2, RowStatus::Failed)));
    assert_eq!((&duplicate.name, duplicate.agent_updated_at), (&row.name, row.agent_updated_at));
    assert_eq!((duplicate.requests, duplicate.checked_at, &duplicate.failure), (0, None, &None));
    assert_eq!(duplicate.differences, []);
}

#[test]
fn what_is_settled_can_be_read_at_once_while_the_run_goes_on() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1, 2])), Selection::default());
    let before = LedgerReader::open(&place.ledger()).unwrap();
    settle(&writer, outcome(pair(2), RowStatus::Mismatch)).unwrap();
    let facts = LedgerReader::open(&place.ledger()).unwrap().facts().unwrap();
    assert_eq!(facts.counts, [(RowStatus::Mismatch, 1), (RowStatus::NotChecked, 1)]);
    assert_eq!((facts.started_at, facts.finished_at), (Some(time(0)), None));
    assert_eq!((facts.program_version.as_str(), facts.practice), ("0.1.0", false));
    assert_eq!(facts.base_url.as_deref(), Some("https://api.langdock.com"));
    // A reader shows the moment at which it was opened.
    assert_eq!(before.facts().unwrap().counts, [(RowStatus::NotChecked, 2)]);
    drop((before, open_rows));
    thread
        .finish(RunEnd { stopped: Some(StopReason::Signal { signal: Signal::Interrupt }), ..end() })
        .unwrap();
    let facts = LedgerReader::open(&place.ledger()).unwrap().facts().unwrap();
    assert_eq!(facts.finished_at, Some(time(60)));
    assert_eq!(facts.stopped, Some(StopReason::Signal { signal: Signal::Interrupt }));
}

#[test]
fn counts_follow_the_order_in_which_a_person_reads_them() {
    let place = Place::new();
    let mut input = rows(&[1, 2, 3, 1]);
    input.push(InputRow { target: Err(InvalidId::TwoUuids), ..row(6, 9) });
    place.run(&input, &[RowStatus::Failed, RowStatus::Verified]);
    let facts = LedgerReader::open(&place.ledger()).unwrap().facts().unwrap();
    let expected = [
        (RowStatus::Verified, 1),
        (RowStatus::Failed, 1),
        (RowStatus::InvalidId, 1),
        (RowStatus::Duplicate, 1),
        (RowStatus::NotChecked, 1),
    ];
    assert_eq!(facts.counts, expected);
}

#[test]
fn a_ledger_without_a_run_can_be_read_too() {
    let place = Place::new();
    drop(place.open());
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    let facts = reader.facts().unwrap();
    assert_eq!((facts.started_at, facts.rows()), (None, 0));
    assert_eq!((reader.format().unwrap(), report(&reader)), (None, vec![]));
}

#[test]
fn reading_leaves_no_trace() {
    let place = Place::new();
    place.run(&rows(&[1]), &[RowStatus::Verified]);
    let before = fs::read(place.ledger()).unwrap();
    assert_eq!(place.report().len(), 1);
    assert_eq!(place.names(), ["assistants.ledger"]);
    assert_eq!(fs::read(place.ledger()).unwrap(), before);
}

#[test]
fn an_error_of_the_visitor_ends_the_reading() {
    let place = Place::new();
    drop(place.import(&rows(&[1, 2, 3])));
    let mut seen = 0;
    let ended =
        LedgerReader::open(&place.ledger()).unwrap().for_each_row::<LedgerError>(None, false, |_, _, _| {
            seen += 1;
            if seen == 2 { Err(LedgerError::DiskFull) } else { Ok(()) }
        });
    assert_eq!((ended, seen), (Err(LedgerError::DiskFull), 2));
}

/// As anyone but root finds it; root reads it the usual way.
#[cfg(unix)]
fn read_only<T>(place: &Place, read: impl FnOnce() -> T) -> T {
    use std::os::unix::fs::PermissionsExt;
    let allow = |mode| fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let read = read();
    allow(0o755);
    read
}

#[cfg(unix)]
#[test]
fn a_ledger_in_a_read_only_folder_can_be_read() {
    let place = Place::new();
    place.run(&rows(&[1]), &[RowStatus::Verified]);
    assert_eq!(read_only(&place, || place.report().len()), 1);
    // As if a reader had been in the way when the run ended: no log beside it, but still in WAL mode.
    tamper(&place.ledger(), "PRAGMA journal_mode = WAL");
    assert_eq!(place.names(), ["assistants.ledger"]);
    assert_eq!(read_only(&place, || place.report().len()), 1);
    // The way that is taken there, also for root.
    let immutable = crate::engine::ledger::file::schema::connect_immutable(&place.ledger()).unwrap();
    let results: i64 = immutable.query_row("SELECT count(*) FROM result", [], |row| row.get(0)).unwrap();
    assert_eq!(results, 1);
}

#[cfg(unix)]
#[test]
fn what_a_kill_left_in_a_read_only_folder_can_be_read_with_its_log() {
    let (place, killed) = (Place::new(), Place::new());
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    settle(&writer, outcome(pair(1), RowStatus::Verified)).unwrap();
    for name in place.names() {
        fs::copy(place.file(&name), killed.file(&name)).unwrap();
    }
    drop(open_rows);
    thread.finish(end()).unwrap();
    let statuses: Vec<_> = read_only(&killed, || killed.report()).iter().map(|row| row.status).collect();
    assert_eq!(statuses, [RowStatus::Verified]);
}

#[test]
fn some_rows_are_read_by_their_keys_as_they_are_among_all() {
    let place = Place::new();
    let owners = ["joe", "ann", "joe", ""];
    let mut input = rows(&[1, 2, 3, 1]);
    for (row, owner) in input.iter_mut().zip(owners) {
        row.carried = vec![owner.to_owned()];
    }
    input.push(InputRow { line: 9, input: "n/a".into(), target: Err(InvalidId::NoUuid), carried: vec![] });
    place.run(&input, &[RowStatus::Verified, RowStatus::Mismatch, RowStatus::Failed]);
    let reader = LedgerReader::open(&place.ledger()).unwrap();
    let (mut keys, mut cells) = (Vec::new(), Vec::new());
    reader
        .for_each_carried(|key, carried| {
            keys.push(key);
            cells.push(carried.to_vec());
            Ok::<_, LedgerError>(())
        })
        .unwrap();
    let all = report(&reader);
    assert_eq!(cells, all.iter().map(|row| row.carried.clone()).collect::<Vec<_>>());
    for want_documents in [false, true] {
        let mut some = Vec::new();
        reader
            .for_each_row(Some(&[keys[3], keys[0], keys[4]]), want_documents, |row, assistant, _| {
                assert_eq!(assistant.is_some(), want_documents && row.pair.is_some());
                some.push(row);
                Ok::<_, LedgerError>(())
            })
            .unwrap();
        assert_eq!(some, [all[3].clone(), all[0].clone(), all[4].clone()]);
    }
}
