//! `report LEDGER --format html --proof`: what was done, when and with what.

use std::path::Path;

use crate::base::{Both, DisabledState, Lang, RowStatus, RunFacts};
use crate::cli::wiring::owners::Origin;
use crate::engine::ledger::{LedgerError, LedgerReader, Purpose, lacks_log};
use crate::engine::report::page::{Proof, ProofTable, label};
use crate::engine::report::{ReportSettings, sha256};

/// The hash of a ledger, taken before it is opened.
pub(crate) struct Fingerprints {
    ledger: Option<String>,
    report: Option<String>,
}

impl Fingerprints {
    /// Of the ledger and of the report beside it, where they can be read.
    pub(crate) fn of(ledger: &Path) -> Self {
        let report = ["report.csv", "csv"].map(|ending| ledger.with_extension(ending));
        let is_whole = lacks_log(ledger).is_none();
        Self {
            ledger: sha256(ledger).ok().filter(|_| is_whole),
            // `a.ledger` has `a.report.csv`, `a.audit.ledger` has `a.audit.csv`.
            report: report
                .iter()
                .find(|path| path.is_file() && !is_input(path))
                .and_then(|path| sha256(path).ok()),
        }
    }
}

/// Only an audit's report is the ledger's name with another ending; a run's input is that, too.
fn is_input(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| {
        let stem = Path::new(stem);
        stem.extension().is_none_or(|ending| ending != "audit" && ending != "report")
    })
}

pub(crate) fn proof(
    ledger: &LedgerReader,
    fingerprints: Fingerprints,
    settings: &ReportSettings,
) -> Result<Proof, LedgerError> {
    let lang = settings.page.lang;
    let facts = ledger.facts()?;
    Ok(Proof {
        lang,
        title: lang.of(["What was done, and when", "Was getan wurde, und wann"]),
        lead: lang.of([
            "From what the ledger has kept. Times are UTC. Who typed a command is not kept.",
            "Aus dem, was das Ledger behalten hat. Zeiten in UTC. Wer einen Befehl eingegeben hat, wird nicht gespeichert.",
        ]),
        is_practice: facts.practice,
        facts: known(ledger, &facts, fingerprints, lang)?,
        tables: vec![sessions(ledger, settings)?, switchings(ledger, settings)?, writes(ledger, settings)?],
    })
}

fn known(
    ledger: &LedgerReader,
    facts: &RunFacts,
    fingerprints: Fingerprints,
    lang: Lang,
) -> Result<Vec<(&'static str, String)>, LedgerError> {
    let not_kept = || lang.of(["not kept", "nicht gespeichert"]).to_owned();
    let not_readable = || lang.of(["not readable", "nicht lesbar"]).to_owned();
    let input = Origin::kept(ledger)?;
    let made_up = || lang.of(["practice, made up", "Übung, erfunden"]).to_owned();
    let counts = |counts: Vec<(&'static str, u64)>| {
        let counts = counts.into_iter().filter(|(_, rows)| *rows > 0);
        counts.map(|(word, rows)| format!("{} {word}", lang.number(rows))).collect::<Vec<_>>().join(", ")
    };
    let verified = match ledger.identity()?.purpose {
        Purpose::Run => RowStatus::Verified.as_str(),
        Purpose::Audit => "read",
    };
    let word = |status: RowStatus| if status == RowStatus::Verified { verified } else { status.as_str() };
    let mut known = vec![
        ("Workspace", facts.base_url.clone().unwrap_or_else(made_up)),
        (lang.of(["Program", "Programm"]), format!("agent-migrate {}", env!("CARGO_PKG_VERSION"))),
        (lang.of(["Rows", "Zeilen"]), lang.number(facts.rows())),
        ("Status", counts(RowStatus::ALL.map(|status| (word(status), facts.count(status))).to_vec())),
        (
            lang.of(["Switched off", "Abgeschaltet"]),
            counts(DisabledState::ALL.map(|state| (state.as_str(), facts.count_disabled(state))).to_vec()),
        ),
        (lang.of(["Input", "Eingabe"]), input.as_ref().map_or_else(not_kept, Origin::name)),
        (
            lang.of(["SHA-256 of the input", "SHA-256 der Eingabe"]),
            input.and_then(|input| input.sha256).unwrap_or_else(not_kept),
        ),
        (
            lang.of(["SHA-256 of the ledger", "SHA-256 des Ledgers"]),
            fingerprints.ledger.unwrap_or_else(not_readable),
        ),
        (
            lang.of(["SHA-256 of the CSV report", "SHA-256 des CSV-Berichts"]),
            fingerprints.report.unwrap_or_else(not_readable),
        ),
    ];
    known.retain(|(_, value)| !value.is_empty());
    Ok(known)
}

const TIME: Both = ["Time", "Zeit"];
const NAME: Both = ["Name", "Name"];
const OUTCOME: Both = ["Outcome", "Ausgang"];

/// `none`: what stands there where there is no row.
fn table(lang: Lang, title: Both, none: Both, columns: &[Both], rows: Vec<Vec<String>>) -> ProofTable {
    let columns = columns.iter().map(|column| lang.of(*column)).collect();
    ProofTable { title: lang.of(title), none: lang.of(none), columns, rows }
}

/// What came of a request, and what else there is to say of it.
fn outcome(lang: Lang, outcome: Option<String>, more: [Option<String>; 2]) -> String {
    let outcome = outcome.unwrap_or_else(|| lang.of(["not known", "nicht bekannt"]).to_owned());
    std::iter::once(outcome).chain(more.into_iter().flatten()).collect::<Vec<_>>().join(": ")
}

fn sessions(ledger: &LedgerReader, settings: &ReportSettings) -> Result<ProofTable, LedgerError> {
    let lang = settings.page.lang;
    let sessions = ledger.sessions()?.into_iter().map(|session| {
        let ended = session.finished_at.map(|time| lang.moment(time));
        let stopped = session.stopped.map(|reason| if settings.redact { reason.redacted() } else { reason });
        vec![
            session.command,
            session.program_version,
            lang.moment(session.started_at),
            ended.unwrap_or_else(|| lang.of(["not on record", "nicht verzeichnet"]).to_owned()),
            stopped.map(|reason| reason.to_string().replace('`', "")).unwrap_or_default(),
        ]
    });
    Ok(table(
        lang,
        ["Commands", "Befehle"],
        ["No command has written this ledger.", "Kein Befehl hat dieses Ledger geschrieben."],
        &[
            ["Command", "Befehl"],
            ["Version", "Version"],
            ["Begun", "Begonnen"],
            ["Ended", "Beendet"],
            ["Ended early because", "Vorzeitig beendet, weil"],
        ],
        sessions.collect(),
    ))
}

fn switchings(ledger: &LedgerReader, settings: &ReportSettings) -> Result<ProofTable, LedgerError> {
    let lang = settings.page.lang;
    let rows = ledger.switchings()?.into_iter().map(|switched| {
        let failure = switched.failure.map(|failure| settings.failure(&failure));
        vec![
            lang.moment(switched.began_at),
            switched.assistant.to_string(),
            settings.name(&switched.name),
            lang.of(if switched.is_on { ["on", "an"] } else { ["off", "aus"] }).to_owned(),
            outcome(lang, switched.outcome, [failure, None]),
        ]
    });
    Ok(table(
        lang,
        ["Assistants switched off and on", "Abgeschaltete und eingeschaltete Assistenten"],
        ["None was switched off or on.", "Keiner wurde ab- oder eingeschaltet."],
        &[TIME, ["Assistant", "Assistent"], NAME, ["Asked for", "Verlangt"], OUTCOME],
        rows.collect(),
    ))
}

fn writes(ledger: &LedgerReader, settings: &ReportSettings) -> Result<ProofTable, LedgerError> {
    let lang = settings.page.lang;
    let rows = ledger.writes()?.into_iter().map(|write| {
        let failure = write.failure.map(|failure| settings.failure(&failure));
        let taken_back = write.is_taken_back.then(|| lang.of(["taken back", "zurückgenommen"]).to_owned());
        let fields: Vec<_> = write.changed.iter().map(|field| label(field, lang)).collect();
        vec![
            lang.moment(write.began_at),
            write.agent.map(|agent| agent.to_string()).unwrap_or_default(),
            settings.name(&write.name),
            [write.kind.as_str(), &write.workspace].join(" ").trim().to_owned(),
            fields.join(", "),
            outcome(lang, write.outcome, [failure, taken_back]),
            write.version,
        ]
    });
    Ok(table(
        lang,
        ["Agents written", "Geschriebene Agenten"],
        ["None was written.", "Keiner wurde geschrieben."],
        &[
            TIME,
            ["Agent", "Agent"],
            NAME,
            ["Write", "Vorgang"],
            ["Fields", "Felder"],
            OUTCOME,
            ["Version", "Version"],
        ],
        rows.collect(),
    ))
}
