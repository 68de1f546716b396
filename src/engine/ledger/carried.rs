//! The input's own columns as its file has them now: an owner that was changed there is shown without another run.
//!
//! Nothing is written but tables that go with the connection, so that a ledger in a folder of somebody else's will do.

use rusqlite::Connection;

use super::encode::{from_json, list_to_json, text, to_count};
use super::file::error::LedgerError;
use super::identity::set_meta;
use super::open::Ledger;
use crate::base::{InputFormat, InputRow};

/// What is kept of where the input came from, in `meta`; what it says is the command's.
pub(super) const ORIGIN: &str = "input_origin";

const TABLES: &str = "
    DROP TABLE IF EXISTS temp.fresh;
    DROP TABLE IF EXISTS temp.carried_now;
    CREATE TEMP TABLE fresh (id INTEGER PRIMARY KEY, assistant BLOB, agent BLOB, carried TEXT);
    CREATE TEMP TABLE carried_now (position INTEGER PRIMARY KEY, carried TEXT);
";

/// Rows are known by their ids, those of the same ids by which of them they are.
const JOIN: &str = "
    INSERT INTO temp.carried_now (position, carried)
    SELECT i.position, f.carried
    FROM (
        SELECT position, assistant, ifnull(agent, assistant) AS agent,
               row_number() OVER (PARTITION BY assistant, ifnull(agent, assistant) ORDER BY position) AS nth
        FROM input_row WHERE assistant IS NOT NULL
    ) AS i
    JOIN (
        SELECT carried, assistant, agent,
               row_number() OVER (PARTITION BY assistant, agent ORDER BY id) AS nth
        FROM temp.fresh
    ) AS f ON f.assistant = i.assistant AND f.agent = i.agent AND f.nth = i.nth
";

const CHANGED: &str = "SELECT count(*) FROM temp.carried_now AS n JOIN input_row AS i ON i.position = n.position \
     WHERE n.carried IS NOT i.carried";

impl Ledger {
    /// Keeps where the input came from, in the command's own words.
    pub fn remember_origin(&self, origin: &str) -> Result<(), LedgerError> {
        set_meta(self.connection(), ORIGIN, origin)
    }
}

/// The input's own columns as they are now.
#[derive(Debug)]
pub(super) struct CarriedNow {
    pub(super) format: InputFormat,
    /// For each of its columns, which one it was; `None` for one that was added.
    was: Vec<Option<usize>>,
}

impl CarriedNow {
    /// Takes in what the input holds now; gives it with the number of rows whose cells are others than they were.
    pub(super) fn read<E: From<LedgerError>>(
        connection: &Connection,
        before: &InputFormat,
        now: &InputFormat,
        rows: impl Iterator<Item = Result<InputRow, E>>,
    ) -> Result<(Self, u64), E> {
        connection.execute_batch(TABLES).map_err(LedgerError::from)?;
        let mut insert = connection
            .prepare("INSERT INTO temp.fresh (assistant, agent, carried) VALUES (?1, ?2, ?3)")
            .map_err(LedgerError::from)?;
        for row in rows {
            let InputRow { target: Ok(pair), carried, .. } = row? else { continue };
            let carried = list_to_json(&carried)?;
            insert
                .execute((pair.assistant.0.as_bytes(), pair.agent.0.as_bytes(), carried))
                .map_err(LedgerError::from)?;
        }
        connection.execute(JOIN, []).map_err(LedgerError::from)?;
        let changed = connection.query_row(CHANGED, [], |row| row.get(0)).map_err(LedgerError::from)?;
        let place = |name: &String| before.carried_columns.iter().position(|column| column == name);
        let was = now.carried_columns.iter().map(place).collect();
        Ok((Self { format: now.clone(), was }, to_count(changed)))
    }

    /// The cells of the row at that position, which were these; a row that the input no longer has keeps its own.
    pub(super) fn of(
        &self,
        connection: &Connection,
        position: i64,
        before: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let mut statement =
            connection.prepare_cached("SELECT carried FROM temp.carried_now WHERE position = ?1")?;
        let mut rows = statement.query([position])?;
        if let Some(row) = rows.next()? {
            return text(row.get_ref(0)?)?.map_or(Ok(Vec::new()), from_json);
        }
        let cell = |was: &Option<usize>| was.and_then(|was| before.get(was)).cloned();
        Ok(self.was.iter().map(|was| cell(was).unwrap_or_default()).collect())
    }
}
