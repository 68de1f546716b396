//! The audit as CSV.

use std::io::{self, Write};

use csv::Writer;
use jiff::Timestamp;
use uuid::Uuid;

use super::row::{
    AUDIT_COLUMNS, AuditFacts, AuditRow, CAPABILITIES, Configuration, free_of_clashes, reading_word,
};
use crate::engine::report::{AuditRenderer, ReportSettings, cell, csv_writer, shield, whole_seconds};

/// What the column `advice` says first in the practice workspace.
const PRACTICE: &str = "PRACTICE: made-up workspace";

/// A renderer that writes the audit as CSV to `out`.
pub fn audit_csv<'a, W: Write + 'a>(settings: &ReportSettings, out: W) -> Box<dyn AuditRenderer + 'a> {
    Box::new(AuditCsv {
        writer: csv_writer(settings, out),
        byte_order_mark: settings.byte_order_mark(),
        carried_columns: free_of_clashes(&settings.format.carried_columns),
        practice: false,
    })
}

struct AuditCsv<W: Write> {
    writer: Writer<W>,
    byte_order_mark: bool,
    carried_columns: Vec<String>,
    practice: bool,
}

impl<W: Write> AuditRenderer for AuditCsv<W> {
    fn begin(&mut self, facts: &AuditFacts) -> io::Result<()> {
        self.practice = facts.run.practice;
        let mark = if self.byte_order_mark { "\u{FEFF}" } else { "" };
        for (index, column) in AUDIT_COLUMNS.into_iter().enumerate() {
            let mark = if index == 0 { mark } else { "" };
            self.writer.write_field(format!("{mark}{column}"))?;
        }
        for column in &self.carried_columns {
            self.writer.write_field(shield::carried(column).as_bytes())?;
        }
        self.end_record()
    }

    fn row(&mut self, row: &AuditRow) -> io::Result<()> {
        self.number(Some(row.row.line))?;
        self.own(&row.row.input)?;
        self.own(&row.row.name)?;
        self.own(&row.id().as_ref().map(Uuid::to_string).unwrap_or_default())?;
        self.own(row.read_from.map_or("", |read_from| read_from.as_str()))?;
        self.own(reading_word(row.row.status))?;
        self.configuration(row.configuration.as_ref())?;
        self.own(&row.row.error())?;
        self.number(Some(row.row.requests))?;
        self.time(row.row.checked_at.map(whole_seconds))?;
        self.own(&row.codes().join(";"))?;
        let mut advice = row.advice();
        if self.practice {
            advice.insert(0, PRACTICE.to_owned());
        }
        self.own(&cell::joined(&advice))?;
        for index in 0..self.carried_columns.len() {
            let carried = row.row.carried.get(index).map_or("", String::as_str);
            self.writer.write_field(shield::carried(carried).as_bytes())?;
        }
        self.end_record()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W: Write> AuditCsv<W> {
    /// The columns from `model` to `unchanged_days`; empty where nothing was read.
    fn configuration(&mut self, configuration: Option<&Configuration>) -> io::Result<()> {
        let of = |text: fn(&Configuration) -> &str| configuration.map_or("", text);
        self.own(of(|read| &read.model))?;
        self.own(of(|read| read.temperature.as_ref().map_or("", |temperature| temperature.get())))?;
        self.own(of(|read| &read.input_type))?;
        let counts: [fn(&Configuration) -> usize; 7] = [
            |read| read.description_length,
            |read| read.instruction_length,
            |read| read.starters,
            |read| read.actions,
            |read| read.actions_to_confirm,
            |read| read.fields,
            |read| read.attachments,
        ];
        for count in counts {
            self.number(configuration.map(count))?;
        }
        let flags = configuration.map_or([None; CAPABILITIES.len()], |read| read.capabilities);
        for flag in flags {
            self.own(flag.map_or("", |flag| if flag { "true" } else { "false" }))?;
        }
        self.time(configuration.and_then(|read| read.created_at))?;
        self.time(configuration.and_then(|read| read.updated_at))?;
        self.number(configuration.and_then(|read| read.age_days))?;
        self.number(configuration.and_then(|read| read.unchanged_days))
    }

    fn own(&mut self, text: &str) -> io::Result<()> {
        Ok(self.writer.write_field(cell::own(text).as_bytes())?)
    }

    fn number(&mut self, number: Option<impl ToString>) -> io::Result<()> {
        Ok(self.writer.write_field(number.map(|number| number.to_string()).unwrap_or_default())?)
    }

    fn time(&mut self, time: Option<Timestamp>) -> io::Result<()> {
        self.own(&time.map(|time| time.to_string()).unwrap_or_default())
    }

    fn end_record(&mut self) -> io::Result<()> {
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }
}
