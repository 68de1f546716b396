//! An audit's ledger: never mixed up with a run's, and what it remembers beside its rows.

use super::*;
use crate::audit::{KnownModel, Source};
use crate::engine::ledger::file::error::OpenError;

fn an_audit() -> Identity {
    Identity { purpose: Purpose::Audit, ..langdock() }
}

#[test]
fn the_ledgers_of_a_run_and_of_an_audit_are_never_mixed_up() {
    let place = Place::new();
    drop(Ledger::open(&place.ledger(), &an_audit()).unwrap());
    let before = fs::read(place.ledger()).unwrap();
    let refused = [
        Ledger::open(&place.ledger(), &langdock()).unwrap_err(),
        Ledger::open_existing(&place.ledger()).unwrap_err(),
        LedgerReader::open(&place.ledger()).unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, OpenError::OtherPurpose { theirs: "audit", ours: "run", .. }), "{error}");
    }
    assert_eq!(fs::read(place.ledger()).unwrap(), before);
    assert_eq!(LedgerReader::open_audit(&place.ledger()).unwrap().identity().unwrap(), an_audit());
    assert_eq!(LedgerReader::open_either(&place.ledger()).unwrap().identity().unwrap(), an_audit());

    let other = Place::new();
    drop(other.open());
    assert_eq!(LedgerReader::open_either(&other.ledger()).unwrap().identity().unwrap(), langdock());
    for error in [
        Ledger::open(&other.ledger(), &an_audit()).unwrap_err(),
        LedgerReader::open_audit(&other.ledger()).unwrap_err(),
    ] {
        let words = error.to_string();
        assert!(
            words.ends_with("is the ledger of another kind of work (run, not audit): name another one"),
            "{words}"
        );
    }
}

#[test]
fn a_ledger_from_before_there_were_audits_is_a_runs() {
    let place = Place::new();
    drop(place.open());
    let connection = rusqlite::Connection::open(place.ledger()).unwrap();
    connection.execute("DELETE FROM meta WHERE key = 'purpose'", []).unwrap();
    drop(connection);
    assert_eq!(place.open().identity().unwrap(), langdock());
}

#[test]
fn only_a_change_between_agents_and_assistants_makes_earlier_rows_stale() {
    let place = Place::new();
    let mut ledger = Ledger::open(&place.ledger(), &an_audit()).unwrap();
    let mut since = |source, at| ledger.reads_from(source, time(at)).unwrap();
    assert_eq!(since(Source::Assistant, 1), None);
    assert_eq!(since(Source::Auto, 2), None);
    assert_eq!(since(Source::Agent, 3), Some(time(3)));
    assert_eq!(since(Source::Agent, 4), Some(time(3)), "a kill in between changes nothing");
    assert_eq!(since(Source::Auto, 5), Some(time(5)));
}

#[test]
fn what_was_read_last_stands_alone_and_a_failure_leaves_it() {
    let place = Place::new();
    let mut ledger = Ledger::open(&place.ledger(), &an_audit()).unwrap();
    import(&mut ledger, &rows(&[1]));
    assert!(!ledger.knows_models().unwrap());
    let (writer, open_rows, thread) = start(ledger, Selection::default());
    drop(open_rows);
    let models = vec![KnownModel { id: "gpt-5".into(), extended_thinking: None }];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(writer.keep_models(models.clone())).unwrap();
    let read = |assistant: Option<&'static str>, agent: Option<&'static str>| Outcome {
        documents: Documents {
            assistant: assistant.map(Bytes::from),
            agent: agent.map(Bytes::from),
            inspection: None,
        },
        ..outcome(pair(1), RowStatus::Verified)
    };
    settle(&writer, read(Some("one"), None)).unwrap();
    settle(&writer, read(None, Some("other"))).unwrap();
    settle(&writer, Outcome { documents: Documents::default(), ..outcome(pair(1), RowStatus::Failed) })
        .unwrap();
    thread.finish(end()).unwrap();
    let reader = LedgerReader::open_audit(&place.ledger()).unwrap();
    assert_eq!(reader.models().unwrap(), Some(models));
    let mut bodies = Vec::new();
    reader
        .for_each_row::<LedgerError>(None, true, |_, assistant, agent| {
            bodies.push((assistant.map(<[u8]>::to_vec), agent.map(<[u8]>::to_vec)));
            Ok(())
        })
        .unwrap();
    assert_eq!(bodies, [(None, Some(b"other".to_vec()))]);
}
