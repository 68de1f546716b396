//! Kills, full disks and damage.

use super::*;
use crate::engine::ledger::file::error::OpenError;

#[test]
fn a_kill_loses_no_row_that_was_reported_as_done_and_no_request_that_was_sent() {
    let place = Place::new();
    let input = rows(&[1, 2, 3]);
    let (writer, open_rows, thread) = start(place.import(&input), Selection::default());
    settle(&writer, outcome(pair(2), RowStatus::Verified)).unwrap();
    block_on(writer.record_sent(time(5))).unwrap();
    let killed = place.killed();
    drop(open_rows);
    thread.finish(end()).unwrap();
    assert!(killed.names().contains(&"assistants.ledger.lock".to_owned()));
    let facts = LedgerReader::open(&killed.ledger()).unwrap().facts().unwrap();
    assert_eq!((facts.count(RowStatus::Verified), facts.finished_at), (1, None));
    assert_eq!(killed.open().sent_since(time(0)).unwrap(), [(time(5), 1)]);
    assert_eq!(killed.run(&input, &[]), [2, 4]);
}

#[test]
fn a_full_disk_is_told_to_everyone_who_waits_and_nothing_is_written_after_it() {
    let place = Place::new();
    let ledger = place.import(&rows(&[1, 2]));
    ledger.limit_pages(40);
    let (writer, open_rows, thread) = start(ledger, Selection::default());
    let big = |number| Outcome {
        documents: Documents { assistant: Some(vec![b'x'; 400_000].into()), agent: None, inspection: None },
        ..outcome(pair(number), RowStatus::Verified)
    };
    block_on(async {
        let (first, second) = tokio::join!(writer.settle(big(1)), writer.settle(big(2)));
        assert_eq!(first.unwrap_err(), LedgerError::DiskFull);
        assert_eq!(second.unwrap_err(), LedgerError::DiskFull);
        let small = writer.settle(outcome(pair(1), RowStatus::Verified)).await;
        assert_eq!(small.unwrap_err().to_string(), "no space is left on the disk");
        assert_eq!(writer.record_sent(time(0)).await, Err(LedgerError::DiskFull));
    });
    drop(open_rows);
    assert_eq!(thread.finish(end()), Err(LedgerError::DiskFull));
    let facts = LedgerReader::open(&place.ledger()).unwrap().facts().unwrap();
    assert_eq!((facts.count(RowStatus::NotChecked), facts.finished_at), (2, Some(time(60))));
}

#[test]
fn a_ledger_whose_log_was_copied_into_it_only_in_part_is_whole() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1, 2])), Selection::default());
    let big = Outcome {
        documents: Documents { assistant: Some(vec![b'x'; 400_000].into()), agent: None, inspection: None },
        ..outcome(pair(1), RowStatus::Verified)
    };
    settle(&writer, big).unwrap();
    let killed = place.killed();
    drop(open_rows);
    thread.finish(end()).unwrap();
    // The log goes into the file page by page, the first page first: what stands there when a kill or a full disk ends
    // that is a file that names more pages than it has. Everything else is in the log still.
    let copied = killed.file("whole");
    fs::copy(killed.ledger(), &copied).unwrap();
    fs::copy(killed.file("assistants.ledger-wal"), killed.file("whole-wal")).unwrap();
    tamper(&copied, "PRAGMA wal_checkpoint(TRUNCATE)");
    let whole = fs::read(&copied).unwrap();
    fs::write(killed.ledger(), &whole[..whole.len() / 2]).unwrap();

    assert_eq!(killed.run(&rows(&[1, 2]), &[]), [3], "only the row of line 3 is left");
    assert!(set_aside(&killed.ledger(), false, time(0)).unwrap().is_some());
}

#[test]
fn finishing_serves_whoever_is_queued_and_refuses_who_comes_later() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1, 2])), Selection::default());
    drop(open_rows);
    block_on(async {
        let queued: Vec<_> = (1..=2)
            .map(|number| {
                let writer = writer.clone();
                tokio::task::spawn(
                    async move { writer.settle(outcome(pair(number), RowStatus::Verified)).await },
                )
            })
            .collect();
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking(move || thread.finish(end())).await.unwrap().unwrap();
        for task in queued {
            task.await.unwrap().unwrap();
        }
        let late = writer.settle(outcome(pair(1), RowStatus::Failed)).await;
        assert_eq!(late.unwrap_err(), LedgerError::Closed);
    });
    let statuses: Vec<_> = place.report().iter().map(|row| row.status).collect();
    assert_eq!(statuses, [RowStatus::Verified, RowStatus::Verified]);
}

#[test]
fn a_row_that_nobody_waits_for_any_more_is_still_recorded() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    drop(open_rows);
    block_on(async {
        let task = tokio::spawn({
            let writer = writer.clone();
            async move { writer.settle(outcome(pair(1), RowStatus::Verified)).await.map(drop) }
        });
        tokio::task::yield_now().await;
        task.abort();
    });
    thread.finish(end()).unwrap();
    assert_eq!(place.report()[0].status, RowStatus::Verified);
}

#[test]
fn a_writer_that_is_never_finished_gives_the_lock_back_and_keeps_what_it_wrote() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    settle(&writer, outcome(pair(1), RowStatus::Verified)).unwrap();
    drop((writer, open_rows, thread));
    let mut tries = 0;
    while let Err(error) = Ledger::open(&place.ledger(), &langdock()) {
        assert!(matches!(error, OpenError::Locked { .. }) && tries < 400, "{error}");
        tries += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(place.report()[0].status, RowStatus::Verified);
}

#[test]
fn a_damaged_ledger_gives_a_sentence() {
    for sql in [
        "DROP TABLE meta",
        "DELETE FROM meta",
        "DROP TABLE result",
        "UPDATE result SET status = 'perfect'",
        "UPDATE result SET differences = '[{'",
        "UPDATE result SET assistant_updated_at = 'yesterday'",
        "UPDATE input_row SET agent = x'00'",
        "UPDATE input_row SET carried = '5'",
    ] {
        let place = Place::new();
        place.run(&rows(&[1]), &[RowStatus::Mismatch]);
        tamper(&place.ledger(), sql);
        let error = match LedgerReader::open(&place.ledger()) {
            Err(error) => error.to_string(),
            Ok(reader) => {
                reader.for_each_row::<LedgerError>(None, true, |_, _, _| Ok(())).unwrap_err().to_string()
            }
        };
        assert!(error.contains("is damaged"), "{sql}: {error}");
    }
}

#[test]
fn a_ledger_with_bytes_overwritten_never_makes_the_program_panic() {
    let place = Place::new();
    place.run(&rows(&(1..200).collect::<Vec<_>>()), &[RowStatus::Verified; 150]);
    let whole = fs::read(place.ledger()).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for _ in 0..60 {
        let mut bytes = whole.clone();
        let at = random.usize(100..bytes.len() - 64);
        random.fill(&mut bytes[at..at + 64]);
        fs::write(place.ledger(), bytes).unwrap();
        let read =
            LedgerReader::open(&place.ledger()).map_err(|error| error.to_string()).and_then(|reader| {
                reader.facts().map_err(|error| error.to_string())?;
                reader
                    .for_each_row(None, true, |_, _, _| Ok::<_, LedgerError>(()))
                    .map_err(|error| error.to_string())
            });
        refused += u32::from(read.is_err());
        let _ = Ledger::open(&place.ledger(), &langdock())
            .map(|mut ledger| ledger.backlog(&Selection::default()));
    }
    assert!(refused > 0);
}
