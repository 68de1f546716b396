//! Takes the input into the ledger, in one transaction and next to flat memory: eight bytes a row.

use rusqlite::{Connection, Row, TransactionBehavior};
use uuid::Uuid;

use super::super::encode::{EncodedRow, blob, text, to_json};
use super::super::file::error::{ImportError, LedgerError};
use super::super::identity::set_meta;
use crate::base::{InputFormat, InputRow, InvalidId};

/// Replaces the input. Rows at the top that are the same as before are left as they are: going on with an unchanged
/// file, the usual case, then only reads.
pub(crate) fn replace_input<E>(
    connection: &mut Connection,
    format: &InputFormat,
    rows: impl Iterator<Item = Result<InputRow, E>>,
) -> Result<(), ImportError<E>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    set_meta(&transaction, "input_format", &to_json(format)?)?;
    let mut pairs = Vec::new();
    let mut rows = rows.inspect(|row| pairs.extend(row.as_ref().ok().and_then(fingerprint)));
    let same = skip_same(&transaction, &mut rows)?;
    let stale = transaction.execute("DELETE FROM input_row WHERE position > ?1", [same.rows])?;
    if stale > 0 || same.next.is_some() {
        transaction.execute("DELETE FROM duplicate", [])?;
        insert(&transaction, same, rows)?;
        if may_repeat(pairs) {
            mark_duplicates(&transaction)?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// How far the new input is the old one.
struct Same {
    /// Rows that are; their positions are 1 to this.
    rows: i64,
    /// The first row that is not.
    next: Option<EncodedRow>,
}

fn next_row<E>(
    rows: &mut impl Iterator<Item = Result<InputRow, E>>,
) -> Result<Option<EncodedRow>, ImportError<E>> {
    match rows.next() {
        Some(Ok(row)) => Ok(Some(EncodedRow::new(row)?)),
        Some(Err(error)) => Err(ImportError::Input(error)),
        None => Ok(None),
    }
}

fn skip_same<E>(
    connection: &Connection,
    rows: &mut impl Iterator<Item = Result<InputRow, E>>,
) -> Result<Same, ImportError<E>> {
    let mut statement = connection.prepare(
        "SELECT position, line, assistant, agent, invalid, cell, carried FROM input_row ORDER BY position",
    )?;
    let mut stored = statement.query([])?;
    let mut same = Same { rows: 0, next: None };
    while let Some(row) = next_row(rows)? {
        let is_same = match stored.next()? {
            Some(stored) => stored.get::<_, i64>(0)? == same.rows + 1 && is_stored(&row, stored)?,
            None => false,
        };
        if !is_same {
            same.next = Some(row);
            break;
        }
        same.rows += 1;
    }
    Ok(same)
}

fn is_stored(row: &EncodedRow, stored: &Row<'_>) -> Result<bool, LedgerError> {
    Ok(stored.get::<_, i64>(1)? == row.line
        && blob(stored.get_ref(2)?)? == row.assistant.as_ref().map(|id| id.as_bytes().as_slice())
        && blob(stored.get_ref(3)?)? == row.agent.as_ref().map(|id| id.as_bytes().as_slice())
        && text(stored.get_ref(4)?)? == row.invalid.map(InvalidId::as_str)
        && text(stored.get_ref(5)?)? == row.cell.as_deref()
        && text(stored.get_ref(6)?)? == row.carried.as_deref())
}

fn insert<E>(
    connection: &Connection,
    same: Same,
    mut rows: impl Iterator<Item = Result<InputRow, E>>,
) -> Result<(), ImportError<E>> {
    let mut statement = connection.prepare(
        "INSERT INTO input_row (position, line, assistant, agent, invalid, cell, carried) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let Same { rows: mut position, mut next } = same;
    while let Some(row) = next {
        position += 1;
        statement.execute((
            position,
            row.line,
            row.assistant.as_ref().map(Uuid::as_bytes),
            row.agent.as_ref().map(Uuid::as_bytes),
            row.invalid.map(InvalidId::as_str),
            row.cell.as_deref(),
            row.carried.as_deref(),
        ))?;
        next = next_row(&mut rows)?;
    }
    Ok(())
}

/// The same for two rows with the same pair of ids, and next to never for others.
fn fingerprint(row: &InputRow) -> Option<u64> {
    let pair = row.target.as_ref().ok()?;
    let [(a, b), (c, d)] = [pair.assistant.0.as_u64_pair(), pair.agent.0.as_u64_pair()];
    Some(a.rotate_left(1) ^ b.rotate_left(17) ^ c ^ d.rotate_left(32))
}

/// Whether two rows may ask for the same: usually none do, and all rows need not be sorted in the file to know it.
fn may_repeat(mut pairs: Vec<u64>) -> bool {
    pairs.sort_unstable();
    !pairs.is_sorted_by(|one, next| one < next)
}

/// Finds the rows whose pair of ids stands further up, by sorting (on disk, where it is much) rather than by an index,
/// whose random inserts would take longer than all the rest.
fn mark_duplicates(connection: &Connection) -> Result<(), LedgerError> {
    connection.execute(
        "INSERT INTO duplicate (position, first) \
         SELECT position, first FROM ( \
             SELECT position, first_value(position) OVER ( \
                 PARTITION BY assistant, agent ORDER BY position ROWS UNBOUNDED PRECEDING \
             ) AS first \
             FROM input_row WHERE assistant IS NOT NULL \
         ) WHERE first <> position ORDER BY position",
        [],
    )?;
    Ok(())
}
