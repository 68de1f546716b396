//! Which names and instructions stand in a list twice, in flat memory: a pair of 64-bit hashes a row, no text.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use crate::engine::record::Record;

/// The hash of a text, and that of the id it belongs to.
type Trace = (u64, u64);

/// Takes records one after the other; then says what stood there twice.
#[derive(Debug, Default)]
pub struct Crowd {
    hasher: RandomState,
    names: Vec<Trace>,
    instructions: Vec<Trace>,
}

/// How many records have the same name or the same instruction, where it is more than one.
#[derive(Debug, Default)]
pub struct Duplicates {
    hasher: RandomState,
    names: HashMap<u64, usize>,
    instructions: HashMap<u64, usize>,
}

impl Crowd {
    /// Takes a record; the same one (by its id) counts once, however often it comes.
    pub fn add(&mut self, record: &Record) {
        let id = self.hasher.hash_one(record.id());
        self.names.extend(hash(&self.hasher, &name_key(record)).map(|text| (text, id)));
        self.instructions.extend(hash(&self.hasher, instruction_key(record)).map(|text| (text, id)));
    }

    /// What stood there twice.
    pub fn duplicates(self) -> Duplicates {
        let Self { hasher, names, instructions } = self;
        Duplicates { hasher, names: more_than_once(names), instructions: more_than_once(instructions) }
    }
}

impl Duplicates {
    /// How many records have this one's name; 0 where no other has.
    pub fn same_name(&self, record: &Record) -> usize {
        count(&self.names, hash(&self.hasher, &name_key(record)))
    }

    /// How many records have this one's instruction; 0 where no other has.
    pub fn same_instruction(&self, record: &Record) -> usize {
        count(&self.instructions, hash(&self.hasher, instruction_key(record)))
    }
}

/// Names that a person takes for one: whatever their case and the blanks in them.
fn name_key(record: &Record) -> String {
    record.name().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn instruction_key(record: &Record) -> &str {
    record.text("instruction").unwrap_or_default().trim()
}

/// `None` for nothing: two that have no name have not the same one.
fn hash<T: Hash + AsRef<str> + ?Sized>(hasher: &RandomState, text: &T) -> Option<u64> {
    (!text.as_ref().is_empty()).then(|| hasher.hash_one(text.as_ref()))
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
    use uuid::Uuid;

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
            crowd.add(record);
        }
        let duplicates = crowd.duplicates();
        let counts = records
            .each_ref()
            .map(|record| (duplicates.same_name(record), duplicates.same_instruction(record)));
        assert_eq!(counts, [(3, 2), (3, 0), (0, 2), (0, 0), (0, 0), (3, 2), (3, 0)]);
    }
}
