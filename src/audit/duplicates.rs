//! Which names and instructions stand in a list twice, in flat memory: a pair of 64-bit hashes a row, no text.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};
use uuid::Uuid;

use crate::engine::record::Record;

/// The trace of a text, and that of the id it belongs to.
type Trace = (u64, u64);

/// Takes records one after the other; then says what stood there twice.
#[derive(Debug, Default)]
pub struct Crowd {
    names: Vec<Trace>,
    instructions: Vec<Trace>,
}

/// How many records have the same name or the same instruction, where it is more than one.
#[derive(Debug, Default)]
pub struct Duplicates {
    names: HashMap<u64, usize>,
    instructions: HashMap<u64, usize>,
}

impl Crowd {
    /// Takes the traces of a record's name and instruction; the same record counts once, however often it comes.
    pub(super) fn add(&mut self, id: Uuid, name: Option<u64>, instruction: Option<u64>) {
        let (high, low) = id.as_u64_pair();
        let of_it = |text| (text, high.rotate_left(1) ^ low);
        self.names.extend(name.map(of_it));
        self.instructions.extend(instruction.map(of_it));
    }

    /// What stood there twice.
    pub fn duplicates(self) -> Duplicates {
        Duplicates { names: more_than_once(self.names), instructions: more_than_once(self.instructions) }
    }
}

/// For the trace of a name or an instruction how many records have it; 0 where no other has.
impl Duplicates {
    pub(super) fn same_name(&self, name: Option<u64>) -> usize {
        count(&self.names, name)
    }

    pub(super) fn same_instruction(&self, instruction: Option<u64>) -> usize {
        count(&self.instructions, instruction)
    }
}

/// The trace of the record's name: one for all that a person takes for the same, whatever their case and the blanks in
/// them.
pub(super) fn name_trace(record: &Record) -> Option<u64> {
    trace(&record.name().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}

pub(super) fn instruction_trace(record: &Record) -> Option<u64> {
    trace(record.text("instruction").unwrap_or_default().trim())
}

/// The same in every process, since it is kept. `None` for nothing: two that have no name have not the same one.
fn trace(text: &str) -> Option<u64> {
    let hash = digest(&SHA256, text.as_bytes());
    let first = hash.as_ref().first_chunk().filter(|_| !text.is_empty());
    // No more than 63 bits, which every reader of JSON takes.
    first.map(|bytes| u64::from_be_bytes(*bytes) >> 1)
}

fn more_than_once(mut traces: Vec<Trace>) -> HashMap<u64, usize> {
    traces.sort_unstable();
    traces.dedup();
    traces
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter(|group| group.len() > 1)
        .filter_map(|group| group.first().map(|(text, _)| (*text, group.len())))
        .collect()
}

fn count(doubled: &HashMap<u64, usize>, text: Option<u64>) -> usize {
    text.and_then(|text| doubled.get(&text)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::{Side, read};

    fn record(id: u128, name: &str, instruction: &str) -> Record {
        let id = Uuid::from_u128(id);
        let object = serde_json::json!({"id": id.to_string(), "name": name, "instruction": instruction});
        read(Side::Agent, serde_json::json!({"agent": object}).to_string().as_bytes(), id).unwrap()
    }

    #[test]
    fn the_same_name_or_instruction_of_another_record_counts_and_nothing_else_does() {
        let records = [
            record(1, "HR  Bot", "Answer."),
            record(2, " hr bot", "Answer politely."),
            record(3, "Legal", "Answer.\n"),
            record(4, "", ""),
            record(5, "", " "),
            record(1, "HR  Bot", "Answer."),
            record(6, "Hr Bot", "Never answer."),
        ];
        let mut crowd = Crowd::default();
        for record in &records {
            crowd.add(record.id(), name_trace(record), instruction_trace(record));
        }
        let duplicates = crowd.duplicates();
        let counts = records.each_ref().map(|record| {
            (duplicates.same_name(name_trace(record)), duplicates.same_instruction(instruction_trace(record)))
        });
        assert_eq!(counts, [(3, 2), (3, 0), (0, 2), (0, 0), (0, 0), (3, 2), (3, 0)]);
    }
}
