//! The audit as JSON Lines: an `audit` line, then a `row` line per row (schema: `tests/schema/audit.schema.json`).

use std::io::{self, BufWriter, Write};

use serde_json::{Map, Value, json};

use super::row::{AuditFacts, AuditRow, CAPABILITIES, Configuration, Finding, free_of_clashes, reading_word};
use crate::base::{Call, JsonText, RowStatus};
use crate::engine::report::{AuditRenderer, ReportSettings, whole_seconds, write_line};

/// Version of the lines' shape; it grows when a key changes its meaning.
const SCHEMA: u32 = 1;

/// A renderer that writes the audit as JSON Lines to `out`.
pub fn audit_json_lines<'a, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn AuditRenderer + 'a> {
    Box::new(AuditJsonLines {
        out: BufWriter::with_capacity(64 * 1024, out),
        carried_columns: free_of_clashes(&settings.format.carried_columns),
        line: Vec::new(),
    })
}

struct AuditJsonLines<W: Write> {
    out: BufWriter<W>,
    carried_columns: Vec<String>,
    /// Reused for every line.
    line: Vec<u8>,
}

impl<W: Write> AuditRenderer for AuditJsonLines<W> {
    fn begin(&mut self, facts: &AuditFacts) -> io::Result<()> {
        let run = &facts.run;
        let counts: Map<String, Value> = RowStatus::ALL
            .into_iter()
            .map(|status| (reading_word(status).to_owned(), run.count(status).into()))
            .collect();
        let line = json!({
            "type": "audit",
            "schema": SCHEMA,
            "program_version": run.program_version,
            "base_url": run.base_url,
            "practice": run.practice,
            "started_at": run.started_at.map(|time| time.to_string()),
            "finished_at": run.finished_at.map(|time| time.to_string()),
            "stopped": run.stopped.as_ref().map(ToString::to_string),
            "models_known": facts.models_known,
            "rows": run.rows(),
            "counts": counts,
        });
        write_line(&mut self.line, &mut self.out, &line)
    }

    fn row(&mut self, row: &AuditRow) -> io::Result<()> {
        let line = self.object(row);
        write_line(&mut self.line, &mut self.out, &line)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> AuditJsonLines<W> {
    fn object(&self, row: &AuditRow) -> Value {
        let own = &row.row;
        let cells = own.carried.iter().map(String::as_str).chain(std::iter::repeat(""));
        let columns: Map<String, Value> =
            self.carried_columns.iter().cloned().zip(cells.map(Value::from)).collect();
        let mut object = json!({
            "type": "row",
            "line": own.line,
            "input": own.input,
            "name": own.name,
            "id": row.id().map(|id| id.to_string()),
            "read_from": row.read_from.map(Call::as_str),
            "status": reading_word(own.status),
        });
        let after = json!({
            "error": own.error(),
            "requests": own.requests,
            "checked_at": own.checked_at.map(|time| whole_seconds(time).to_string()),
            "findings": row.codes().join(";"),
            "advice": row.advice().join("; "),
            "support_id": own.support_id().map(|id| id.value.as_str()),
            "details": row.findings.iter().map(detail).collect::<Vec<_>>(),
            "columns": columns,
        });
        if let (Value::Object(object), Value::Object(after)) = (&mut object, after) {
            object.extend(configuration(row.configuration.as_ref()));
            object.extend(after);
        }
        object
    }
}

fn detail(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "weight": finding.weight.as_str(),
        "advice": finding.advice,
        "detail": finding.detail,
    })
}

/// The keys from `model` to `unchanged_days`; null where nothing was read.
fn configuration(configuration: Option<&Configuration>) -> Vec<(String, Value)> {
    let of = |value: &dyn Fn(&Configuration) -> Value| configuration.map_or(Value::Null, value);
    let mut keys = vec![
        ("model".to_owned(), of(&|read| read.model.as_str().into())),
        ("temperature".to_owned(), of(&|read| read.temperature.as_ref().map_or(Value::Null, number))),
        ("input_type".to_owned(), of(&|read| read.input_type.as_str().into())),
        ("description_length".to_owned(), of(&|read| read.description_length.into())),
        ("instruction_length".to_owned(), of(&|read| read.instruction_length.into())),
        ("starters".to_owned(), of(&|read| read.starters.into())),
        ("actions".to_owned(), of(&|read| read.actions.into())),
        ("actions_to_confirm".to_owned(), of(&|read| read.actions_to_confirm.into())),
        ("fields".to_owned(), of(&|read| read.fields.into())),
        ("attachments".to_owned(), of(&|read| read.attachments.into())),
    ];
    let flags = configuration.map_or([None; CAPABILITIES.len()], |read| read.capabilities);
    keys.extend(CAPABILITIES.into_iter().zip(flags).map(|(name, flag)| (name.to_owned(), flag.into())));
    keys.extend([
        ("created_at".to_owned(), of(&|read| read.created_at.map(|time| time.to_string()).into())),
        ("updated_at".to_owned(), of(&|read| read.updated_at.map(|time| time.to_string()).into())),
        ("age_days".to_owned(), of(&|read| read.age_days.into())),
        ("unchanged_days".to_owned(), of(&|read| read.unchanged_days.into())),
    ]);
    keys
}

/// A number beyond all bounds is given as it was spelled.
fn number(text: &JsonText) -> Value {
    serde_json::from_str(text.get()).unwrap_or_else(|_| text.get().into())
}
