//! Opening, locking, refusing, putting aside.

use super::*;
use crate::engine::ledger::file::error::OpenError;

fn refusal(place: &Place, identity: &Identity) -> String {
    let error = Ledger::open(&place.ledger(), identity).unwrap_err();
    error.to_string().replace(&place.folder.path().canonicalize().unwrap().display().to_string(), "~")
}

#[test]
fn a_new_ledger_is_one_file_when_it_is_at_rest() {
    let place = Place::new();
    drop(place.open());
    assert_eq!(place.names(), ["assistants.ledger"]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_ledger_or_its_side_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let ledger = place.import(&rows(&[1]));
    for name in place.names() {
        let mode = fs::metadata(place.file(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        place.names(),
        ["assistants.ledger", "assistants.ledger-shm", "assistants.ledger-wal", "assistants.ledger.lock"]
    );
    drop(ledger);
    fs::set_permissions(place.ledger(), fs::Permissions::from_mode(0o644)).unwrap();
    drop(place.open());
    assert_eq!(fs::metadata(place.ledger()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_empty_file_becomes_a_ledger() {
    let place = Place::new();
    fs::write(place.ledger(), "").unwrap();
    assert_eq!(place.open().backlog(&Selection::default()).unwrap(), Backlog::default());
}

#[test]
fn a_second_run_on_one_ledger_is_refused_however_the_path_is_spelled() {
    let place = Place::new();
    let first = place.open();
    fs::create_dir(place.file("sub")).unwrap();
    for path in [place.ledger(), place.file("sub/../assistants.ledger")] {
        assert!(matches!(Ledger::open(&path, &langdock()), Err(OpenError::Locked { .. })));
        assert!(matches!(
            set_aside(&path, true, time(0)),
            Err(SetAsideError::Open(OpenError::Locked { .. }))
        ));
    }
    drop(first);
    place.open();
}

#[cfg(unix)]
#[test]
fn a_ledger_with_a_second_name_is_written_under_none() {
    let place = Place::new();
    place.run(&rows(&[1]), &[RowStatus::Verified]);
    fs::hard_link(place.ledger(), place.file("second.ledger")).unwrap();
    let before = fs::read(place.ledger()).unwrap();
    for path in [place.ledger(), place.file("second.ledger")] {
        let refusals = [
            Ledger::open(&path, &langdock()).unwrap_err().to_string(),
            Ledger::open_existing(&path).unwrap_err().to_string(),
            set_aside(&path, true, time(0)).unwrap_err().to_string(),
        ];
        assert!(refusals.iter().all(|said| said.contains("has another name (a hard link)")), "{refusals:?}");
        assert_eq!(report(&LedgerReader::open(&path).unwrap()).len(), 1, "it can be read");
    }
    assert_eq!(place.names(), ["assistants.ledger", "second.ledger"]);
    assert_eq!(fs::read(place.ledger()).unwrap(), before);
    fs::remove_file(place.file("second.ledger")).unwrap();
    place.open();
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_even_to_a_ledger_that_is_not_there_yet() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    fs::create_dir(place.file("share")).unwrap();
    symlink("share/one.ledger", place.ledger()).unwrap();
    symlink("assistants.ledger", place.file("link.ledger")).unwrap();
    let first = Ledger::open(&place.file("link.ledger"), &langdock()).unwrap();
    for path in [place.ledger(), place.file("share/one.ledger")] {
        assert!(matches!(Ledger::open(&path, &langdock()), Err(OpenError::Locked { .. })));
    }
    drop(first);
    assert!(fs::symlink_metadata(place.ledger()).unwrap().is_symlink());
    assert_eq!(place.names(), ["assistants.ledger", "link.ledger", "share"]);
    // A circle, and a folder that is not there, are refused.
    symlink("b", place.file("a")).unwrap();
    symlink("a", place.file("b")).unwrap();
    symlink("nowhere/x", place.file("c")).unwrap();
    for name in ["a", "c"] {
        let refused = Ledger::open(&place.file(name), &langdock());
        assert!(matches!(refused, Err(OpenError::Refused { .. })), "{name}: {refused:?}");
    }
}

#[test]
fn the_lock_is_held_until_the_writer_has_finished() {
    let place = Place::new();
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    assert!(matches!(Ledger::open(&place.ledger(), &langdock()), Err(OpenError::Locked { .. })));
    drop(open_rows);
    thread.finish(end()).unwrap();
    assert_eq!(place.names(), ["assistants.ledger"]);
    drop(writer);
    place.open();
}

#[test]
fn what_is_not_a_ledger_is_refused_and_left_as_it_was() {
    let database = Place::new();
    tamper(&database.ledger(), "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    let text = Place::new();
    fs::write(text.ledger(), "assistant_id\n1\n").unwrap();
    let long = Place::new();
    fs::write(long.ledger(), "x".repeat(10_000)).unwrap();
    for place in [database, text, long] {
        let before = fs::read(place.ledger()).unwrap();
        assert_eq!(
            refusal(&place, &langdock()),
            "~/assistants.ledger is not a ledger of this program, and was left untouched: name another file"
        );
        assert!(matches!(LedgerReader::open(&place.ledger()), Err(OpenError::NotALedger { .. })));
        assert!(set_aside(&place.ledger(), true, time(0)).is_err());
        assert_eq!(fs::read(place.ledger()).unwrap(), before);
    }
}

#[test]
fn a_folder_is_no_ledger() {
    let place = Place::new();
    fs::create_dir(place.ledger()).unwrap();
    assert!(matches!(Ledger::open(&place.ledger(), &langdock()), Err(OpenError::NotALedger { .. })));
    assert!(matches!(LedgerReader::open(&place.ledger()), Err(OpenError::NotALedger { .. })));
}

#[test]
fn a_ledger_of_a_newer_program_is_refused_and_left_as_it_was() {
    let place = Place::new();
    drop(place.import(&rows(&[1])));
    tamper(&place.ledger(), "PRAGMA user_version = 7");
    let before = fs::read(place.ledger()).unwrap();
    assert_eq!(
        refusal(&place, &langdock()),
        "~/assistants.ledger was written by a newer version of this program (ledger format 7, this one knows 3): \
         use that version"
    );
    assert!(matches!(LedgerReader::open(&place.ledger()), Err(OpenError::NewerProgram { theirs: 7, .. })));
    assert_eq!(fs::read(place.ledger()).unwrap(), before);
}

#[test]
fn a_ledger_of_an_older_program_is_refused_and_left_as_it_was() {
    let place = Place::new();
    drop(place.import(&rows(&[1])));
    tamper(&place.ledger(), "PRAGMA user_version = 1");
    let before = fs::read(place.ledger()).unwrap();
    assert_eq!(
        refusal(&place, &langdock()),
        "~/assistants.ledger was written by an older version of this program (ledger format 1, this one knows 3): \
         move it away, or name another ledger"
    );
    assert_eq!(fs::read(place.ledger()).unwrap(), before);
}

/// It may be all that somebody has.
#[test]
fn a_ledger_from_before_apply_is_read_and_taken_in() {
    let place = Place::new();
    drop(place.import(&rows(&[1])));
    tamper(&place.ledger(), "DROP TABLE apply_row; DROP TABLE apply_write; DROP TABLE inspection");
    assert_eq!(LedgerReader::open(&place.ledger()).unwrap().facts().unwrap().rows(), 1);
    assert_eq!(place.open().agents_as_left().unwrap(), []);
    assert_eq!(place.open().agents_as_left().unwrap(), [], "opened again");
}

#[test]
fn a_ledger_of_another_base_url_is_refused() {
    let place = Place::new();
    drop(place.open());
    let odeus = Identity { base_url: "https://api.odeus.ai".into(), practice: false, purpose: Purpose::Run };
    assert_eq!(
        refusal(&place, &odeus),
        "~/assistants.ledger belongs to https://api.langdock.com, not to https://api.odeus.ai: \
         name another ledger with --ledger, or put this one aside with --fresh"
    );
    let practice = Identity { base_url: "sandbox".into(), practice: true, purpose: Purpose::Run };
    assert!(refusal(&place, &practice).contains("not to the practice workspace (--sandbox)"));
    assert_eq!(LedgerReader::open(&place.ledger()).unwrap().identity().unwrap(), langdock());
}

#[test]
fn a_missing_folder_is_found_out_at_once() {
    let place = Place::new();
    let path = place.file("nowhere/a.ledger");
    assert!(matches!(Ledger::open(&path, &langdock()), Err(OpenError::Refused { .. })));
    assert!(matches!(LedgerReader::open(&place.ledger()), Err(OpenError::Missing { .. })));
}

#[test]
fn a_log_that_outlived_its_ledger_is_not_taken_for_the_new_ones() {
    let place = Place::new();
    let ledger = place.import(&rows(&[1, 2, 3]));
    fs::copy(place.file("assistants.ledger-wal"), place.file("old-wal")).unwrap();
    drop(ledger);
    fs::remove_file(place.ledger()).unwrap();
    fs::rename(place.file("old-wal"), place.file("assistants.ledger-wal")).unwrap();
    assert_eq!(place.open().backlog(&Selection::default()).unwrap().rows, 0);
}

#[test]
fn a_ledger_is_put_aside_under_the_time_and_never_over_another() {
    let place = Place::new();
    assert_eq!(set_aside(&place.ledger(), false, time(0)).unwrap(), None);
    for name in ["assistants.20261122T075500Z.ledger", "assistants.20261122T075500Z-2.ledger"] {
        place.run(&rows(&[1]), &[RowStatus::Verified]);
        let now = "2026-11-22T07:55:00.9Z".parse().unwrap();
        let aside = set_aside(&place.ledger(), false, now).unwrap().unwrap();
        assert_eq!(aside.file_name().unwrap(), name);
        assert_eq!(report(&LedgerReader::open(&aside).unwrap())[0].status, RowStatus::Verified);
    }
    assert_eq!(place.names(), ["assistants.20261122T075500Z-2.ledger", "assistants.20261122T075500Z.ledger"]);
}

#[test]
fn what_a_killed_run_left_in_the_log_goes_aside_with_the_ledger() {
    let (place, killed) = (Place::new(), Place::new());
    let (writer, open_rows, thread) = start(place.import(&rows(&[1])), Selection::default());
    settle(&writer, outcome(pair(1), RowStatus::Verified)).unwrap();
    // A copy of the files as they stand is what a kill leaves.
    for name in ["assistants.ledger", "assistants.ledger-wal", "assistants.ledger.lock"] {
        fs::copy(place.file(name), killed.file(name)).unwrap();
    }
    let aside = set_aside(&killed.ledger(), false, time(0)).unwrap().unwrap();
    assert_eq!(killed.names(), [aside.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(report(&LedgerReader::open(&aside).unwrap())[0].status, RowStatus::Verified);
    drop(open_rows);
    thread.finish(end()).unwrap();
}

#[test]
fn a_ledger_with_assistants_that_may_be_off_is_put_aside_only_on_request() {
    for state in DisabledState::ALL {
        let place = Place::new();
        place.run(&rows(&[1]), &[RowStatus::Verified]);
        tamper(&place.ledger(), &format!("UPDATE result SET disabled = '{state}'"));
        let refused = set_aside(&place.ledger(), false, time(0));
        if state.may_be_off() {
            assert!(matches!(refused, Err(SetAsideError::MayBeOff { rows: 1, .. })), "{state}");
            assert!(refused.unwrap_err().to_string().contains("record of 1 assistant that"));
            assert!(set_aside(&place.ledger(), true, time(0)).unwrap().is_some());
        } else {
            assert!(refused.unwrap().is_some(), "{state}");
        }
    }
}
