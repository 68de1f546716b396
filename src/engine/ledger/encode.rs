//! Between the types of `base` and the values of a table.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::file::error::LedgerError;
use crate::base::{AgentId, AssistantId, InputRow, InvalidId, Pair};

/// A count or line as `SQLite` keeps it; beyond 2^63 it stays there.
pub(crate) fn to_integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`to_integer`]; negative, which only damage can make it, is 0.
pub(crate) fn to_count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Nanoseconds since 1970; a clock beyond the year 2262 stays there.
pub(crate) fn to_nanoseconds(time: Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

pub(crate) fn from_nanoseconds(nanoseconds: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_nanosecond(i128::from(nanoseconds))
        .map_err(|error| LedgerError::damaged(error.to_string()))
}

/// A time of the platform's, kept as text.
pub(crate) fn time_from_text(text: &str) -> Result<Timestamp, LedgerError> {
    text.parse().map_err(|error: jiff::Error| LedgerError::damaged(error.to_string()))
}

/// JSON text of a value of ours.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Unexpected { words: error.to_string() })
}

/// JSON text of a list; NULL when it is empty, as it nearly always is.
pub(crate) fn list_to_json<T: Serialize>(list: &[T]) -> Result<Option<String>, LedgerError> {
    if list.is_empty() { Ok(None) } else { to_json(list).map(Some) }
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::damaged(error.to_string()))
}

/// A word of one of our closed lists.
pub(crate) fn from_word<T>(word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, LedgerError> {
    parse(word).ok_or_else(|| LedgerError::damaged(format!("'{word}' is no word of the ledger")))
}

pub(crate) fn to_uuid(bytes: &[u8]) -> Result<Uuid, LedgerError> {
    Uuid::from_slice(bytes).map_err(|error| LedgerError::damaged(error.to_string()))
}

/// The ids of an input row: `agent` is NULL where it is the assistant's UUID.
pub(super) fn to_pair(assistant: &[u8], agent: Option<&[u8]>) -> Result<Pair, LedgerError> {
    let assistant = to_uuid(assistant)?;
    let agent = agent.map_or(Ok(assistant), to_uuid)?;
    Ok(Pair { assistant: AssistantId(assistant), agent: AgentId(agent) })
}

/// The text of a cell, or `None` for NULL.
pub(crate) fn text(value: ValueRef<'_>) -> Result<Option<&str>, LedgerError> {
    value.as_str_or_null().map_err(|error| LedgerError::damaged(error.to_string()))
}

/// The bytes of a cell, or `None` for NULL.
pub(crate) fn blob(value: ValueRef<'_>) -> Result<Option<&[u8]>, LedgerError> {
    value.as_blob_or_null().map_err(|error| LedgerError::damaged(error.to_string()))
}

/// An input row as its table keeps it.
#[derive(Debug)]
pub(super) struct EncodedRow {
    pub(super) line: i64,
    pub(super) assistant: Option<Uuid>,
    pub(super) agent: Option<Uuid>,
    pub(super) invalid: Option<InvalidId>,
    pub(super) cell: Option<String>,
    pub(super) carried: Option<String>,
}

impl EncodedRow {
    pub(super) fn new(row: InputRow) -> Result<Self, LedgerError> {
        let (pair, invalid) = match row.target {
            Ok(pair) => (Some(pair), None),
            Err(invalid) => (None, Some(invalid)),
        };
        let assistant = pair.map(|pair| pair.assistant.0);
        let is_plain_id = assistant.is_some_and(|id| {
            row.input.as_str() == &*id.hyphenated().encode_lower(&mut Uuid::encode_buffer())
        });
        Ok(Self {
            line: to_integer(row.line),
            assistant,
            agent: pair.filter(|pair| !pair.is_one_uuid()).map(|pair| pair.agent.0),
            invalid,
            cell: if is_plain_id { None } else { Some(row.input) },
            carried: list_to_json(&row.carried)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_cell_is_left_out() {
        let id = Uuid::from_u128(0xabc);
        let row = |input: String, target| {
            EncodedRow::new(InputRow { line: 2, input, target, carried: vec![] }).unwrap()
        };
        let usual = row(id.hyphenated().to_string(), Ok(Pair::same(id)));
        assert_eq!((usual.cell, usual.agent, usual.carried), (None, None, None));
        let upper = id.hyphenated().to_string().to_uppercase();
        assert_eq!(row(upper.clone(), Ok(Pair::same(id))).cell, Some(upper));
        let invalid = row(String::new(), Err(InvalidId::Empty));
        assert_eq!((invalid.cell, invalid.assistant), (Some(String::new()), None));
    }

    #[test]
    fn our_own_times_keep_every_nanosecond() {
        let time = Timestamp::new(1_795_334_100, 123_456_789).unwrap();
        assert_eq!(from_nanoseconds(to_nanoseconds(time)).unwrap(), time);
        assert_eq!(to_nanoseconds(Timestamp::MAX), i64::MAX);
    }
}
