//! Rows and settings for the tests of the formats.

use crate::base::{
    AgentId, AssistantId, Call, CallFailure, Difference, DisabledState, Disabling, DisablingEnd, Encoding,
    FailureKind, InputFormat, InvalidId, JsonText, LineEnd, Note, NoteKind, Pair, ReportRow, RowStatus,
    RunFacts, SkipReason, StopReason,
};
use crate::engine::report::page::PageOptions;
use crate::engine::report::{Dialect, Line, Renderer, ReportSettings};

pub(crate) fn settings() -> ReportSettings {
    ReportSettings {
        format: InputFormat {
            encoding: Encoding::Utf8,
            bom: false,
            delimiter: b';',
            line_end: LineEnd::Lf,
            carried_columns: vec!["team".into(), "=phone".into()],
        },
        dialect: Dialect::Input,
        redact: false,
        page: PageOptions::default(),
    }
}

pub(crate) fn facts() -> RunFacts {
    RunFacts {
        program_version: "0.1.0".into(),
        base_url: Some("https://api.langdock.com".into()),
        practice: false,
        started_at: Some("2025-04-01T08:00:00Z".parse().unwrap()),
        finished_at: None,
        stopped: Some(StopReason::ScopeMissing { missing: vec!["AGENT_API".into()] }),
        counts: vec![
            (RowStatus::Verified, 5),
            (RowStatus::Mismatch, 1),
            (RowStatus::NoAccess, 1),
            (RowStatus::InvalidId, 1),
            (RowStatus::Duplicate, 1),
        ],
        disabling: Disabling::Yes,
        disabling_end: Some(DisablingEnd::OneRecord),
        disabled: vec![
            (DisabledState::NotRequested, 5),
            (DisabledState::Disabled, 1),
            (DisabledState::Skipped, 1),
            (DisabledState::Failed, 1),
            (DisabledState::RevertFailed, 1),
        ],
        skipped: vec![(SkipReason::OneRecord, 1)],
        ..RunFacts::default()
    }
}

pub(crate) fn json(text: &str) -> JsonText {
    JsonText::new(text.into()).unwrap()
}

/// A verified row, the base of the others.
pub(crate) fn verified() -> ReportRow {
    let pair = Pair {
        assistant: AssistantId("11111111-2222-3333-4444-AAAAAAAAAAAA".parse().unwrap()),
        agent: AgentId("99999999-2222-3333-4444-bbbbbbbbbbbb".parse().unwrap()),
    };
    let input = "11111111-2222-3333-4444-AAAAAAAAAAAA".into();
    ReportRow {
        name: "Helper".into(),
        assistant_updated_at: Some("2025-01-02T03:04:05.123Z".parse().unwrap()),
        agent_updated_at: Some("2025-01-02T04:04:05+01:00".parse().unwrap()),
        requests: 2,
        elapsed_ms: 412,
        checked_at: Some("2025-04-01T08:00:01.987654Z".parse().unwrap()),
        carried: vec!["Sales".into(), "+49 30 123456".into()],
        proposed: Some(json("{\"name\":\"Helper\",\n \"creativity\":0.30,\"model\":\"gpt-5\"}")),
        ..ReportRow::new(2, input, Some(pair), RowStatus::Verified)
    }
}

fn failure(call: Call, kind: FailureKind, words: &str) -> CallFailure {
    CallFailure::new(call, kind, words)
}

/// Verified rows, by what came of switching them off.
fn switched() -> [ReportRow; 4] {
    let row =
        |line, disabled| ReportRow { line, disabled, carried: Vec::new(), proposed: None, ..verified() };
    let words = "Only workspace\nadmins can disable assistants";
    let refused = failure(Call::Disable, FailureKind::Forbidden, words);
    let in_trouble = failure(Call::Enable, FailureKind::Server { status: 500 }, "Internal server error");
    [
        row(8, DisabledState::Disabled),
        ReportRow { skipped: Some(SkipReason::OneRecord), ..row(9, DisabledState::Skipped) },
        ReportRow { switch_failure: Some(refused), ..row(10, DisabledState::Failed) },
        ReportRow { switch_failure: Some(in_trouble), ..row(11, DisabledState::RevertFailed) },
    ]
}

/// A row of every kind.
pub(crate) fn rows() -> Vec<ReportRow> {
    let mismatch = ReportRow {
        line: 3,
        name: "=HYPERLINK(\"x\")\nBot".into(),
        status: RowStatus::Mismatch,
        differences: vec![
            Difference {
                field: "inputFields[topic].label".into(),
                old: Some(json(r#""Old\nlabel""#)),
                new: None,
                short: "Old… -> (none)".into(),
            },
            Difference {
                field: "temperature".into(),
                old: Some(json("0.30000000000000000001")),
                new: Some(json("1")),
                short: "0.3 -> 1".into(),
            },
        ],
        notes: vec![Note {
            kind: NoteKind::OnlyOnAgent,
            field: "owner".into(),
            value: Some(json(r#""Jane Doe""#)),
            new: None,
            short: "only on the agent: Jane…".into(),
        }],
        ..verified()
    };
    let no_access = ReportRow {
        line: 4,
        status: RowStatus::NoAccess,
        failure: Some(failure(Call::Assistant, FailureKind::Forbidden, "Not\nshared")),
        agent_updated_at: None,
        ..verified()
    };
    let invalid = ReportRow {
        invalid: Some(InvalidId::NoUuid),
        carried: vec!["-5".into(), "=1+1\nnext; line".into()],
        ..ReportRow::new(5, "-not an id".into(), None, RowStatus::InvalidId)
    };
    let duplicate = ReportRow {
        duplicate_of: Some((2, RowStatus::Verified)),
        carried: vec!["short row".into()],
        ..ReportRow::new(7, verified().input, verified().pair, RowStatus::Duplicate)
    };
    let mut rows = vec![verified(), mismatch, no_access, invalid, duplicate];
    rows.extend(switched());
    rows
}

/// The whole report as text.
pub(crate) fn rendered<R: Line>(mut renderer: Box<dyn Renderer<R> + '_>, facts: &R::Facts, rows: &[R]) {
    renderer.begin(facts).unwrap();
    for row in rows {
        renderer.row(row).unwrap();
    }
    renderer.finish().unwrap();
}
