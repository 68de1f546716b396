//! `--split-by COLUMN --output-dir DIR`: whose rows a ledger has, by a carried-through column, and the folder for them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::render::{may_be_the_input, say_that_it_stays};
use crate::base::{alike, grouped, listed, one_line, quoted, same_for_all_spellings, trimmed};
use crate::cli::arguments::report::SplitArgs;
use crate::cli::error::CommandError;
use crate::cli::files::CommandFiles;
use crate::cli::settings::UsageError;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::page::PartOf;
use crate::engine::report::{FileHead, FileNames, ReportFileError, check_writable};
use crate::engine::terminal::Terminal;

/// A column with more different values than this is no list of people or teams.
const VALUES: usize = 2_000;

/// The index's name without its ending.
const INDEX: &str = "index";

/// What a folder that nothing can be written in leaves in place, in front of the error.
const UNWRITABLE: &str = "nothing was written; mend that, or give another --output-dir";

/// What is asked for.
pub(crate) struct Split<'a> {
    /// As typed.
    column: &'a str,
    pub(crate) folder: &'a Path,
    ledger: &'a Path,
    /// The files of the command, which no part replaces.
    files: &'a CommandFiles,
    pub(crate) terminal: &'a Terminal,
}

impl<'a> Split<'a> {
    /// `None` where nothing is to be split.
    pub(crate) fn asked_for(
        typed: &'a SplitArgs,
        ledger: &'a Path,
        files: &'a CommandFiles,
        terminal: &'a Terminal,
    ) -> Option<Self> {
        let (column, folder) = typed.split_by.as_deref().zip(typed.output_dir.as_deref())?;
        Some(Self { column, folder, ledger, files, terminal })
    }

    /// What the input alone says of it is checked before anything is asked for.
    pub(crate) fn prepare(&self) -> Result<(), CommandError> {
        let ledger = LedgerReader::open_either(self.ledger).context("nothing was asked for")?;
        self.make_room(&self.groups(&ledger)?)
    }

    /// Whether the parts that are there stay, since there is no answer yet that could take their place; says so.
    pub(crate) fn stays(&self, has_answers: bool) -> bool {
        let stays = !has_answers && fs::read_dir(self.folder).is_ok_and(|mut parts| parts.next().is_some());
        if stays {
            say_that_it_stays(self.folder, self.terminal);
        }
        stays
    }

    /// The rows by the values of the column, in one pass over its cells. Usage errors: no such column, or one of too many
    /// values.
    pub(crate) fn groups(&self, ledger: &LedgerReader) -> Result<Groups, CommandError> {
        let format = ledger.format().context("nothing was rendered")?;
        let names = format.map(|format| format.carried_columns).unwrap_or_default();
        let at = find_column(&names, self.column)?;
        let column = names.get(at).cloned().unwrap_or_default();
        let mut groups = Groups { at, column, all: Vec::new(), places: HashMap::new() };
        match ledger.for_each_carried(|key, cells| groups.take(cells.get(at).map_or("", String::as_str), key)) {
            Ok(()) => Ok(groups),
            Err(GroupError::TooMany) => Err(UsageError(format!(
                "--split-by {}: this column has more than {} different values, so it is no list of people or teams; \
                 nothing was written.",
                quoted(&groups.column),
                grouped(VALUES as u64)
            ))
            .into()),
            Err(GroupError::Ledger(error)) => Err(anyhow!(error).context("nothing was rendered").into()),
        }
    }

    /// Makes the folder, unless something stands in the way of a part: no file is replaced that is not of a split, the
    /// ledger least of all.
    pub(crate) fn make_room(&self, groups: &Groups) -> Result<(), CommandError> {
        let index = self.index();
        if self.folder.is_dir() {
            let names = groups.files().into_iter().flatten();
            for path in names.map(|name| self.folder.join(name)).chain([index.clone()]) {
                self.files.refuse("a part of the split", &path)?;
                refuse_foreign(&path, self.ledger)?;
            }
        }
        make(self.folder)?;
        Ok(check_writable(&index).context(UNWRITABLE)?)
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.folder.join(format!("{INDEX}.html"))
    }
}

/// The rows of a ledger, grouped by the values of a column.
pub(crate) struct Groups {
    at: usize,
    /// As the input has it.
    pub(crate) column: String,
    pub(crate) all: Vec<Group>,
    /// Their places, by what is the same for two spellings of one value.
    places: HashMap<String, usize>,
}

/// The rows of one value, in input order.
pub(crate) struct Group {
    /// As it first appears; empty for the rows without one.
    value: String,
    pub(crate) rows: Vec<RowKey>,
}

/// Why rows could not be grouped.
#[derive(Debug, thiserror::Error)]
enum GroupError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("too many values")]
    TooMany,
}

impl Groups {
    /// Puts the row where its cell belongs: upper and lower case, spaces around and runs of spaces within make no
    /// difference.
    fn take(&mut self, cell: &str, key: RowKey) -> Result<(), GroupError> {
        let line = one_line(cell);
        let value = trimmed(&line);
        let at = *self.places.entry(same_for_all_spellings(value)).or_insert_with(|| {
            self.all.push(Group { value: value.to_owned(), rows: Vec::new() });
            self.all.len() - 1
        });
        if let Some(group) = self.all.get_mut(at) {
            group.rows.push(key);
        }
        if self.all.len() > VALUES { Err(GroupError::TooMany) } else { Ok(()) }
    }

    pub(crate) fn part_of(&self, group: &Group) -> PartOf {
        PartOf { at: self.at, column: self.column.clone(), value: group.value.clone() }
    }

    /// The names of each group's page and CSV.
    pub(crate) fn files(&self) -> Vec<[String; 2]> {
        let mut names = FileNames::new(&[INDEX]);
        let name = |group: &Group| match group.value.as_str() {
            "" => names.name(&format!("without {}", self.column)),
            value => names.name(value),
        };
        self.all
            .iter()
            .map(name)
            .map(|stem| ["html", "csv"].map(|ending| format!("{stem}.{ending}")))
            .collect()
    }
}

/// The column by its exact name, else by one that is the same to a person; its place.
fn find_column(names: &[String], typed: &str) -> Result<usize, UsageError> {
    if let Some(at) = names.iter().position(|name| name == typed) {
        return Ok(at);
    }
    let like: Vec<_> = names.iter().enumerate().filter(|(_, name)| alike(name, typed)).collect();
    match like.as_slice() {
        [(at, _)] => Ok(*at),
        [] if names.is_empty() => Err(UsageError(format!(
            "--split-by {}: the input of this ledger has no column of its own to split by.",
            quoted(typed)
        ))),
        [] => Err(UsageError(format!(
            "--split-by {}: there is no such column; the input has {}.",
            quoted(typed),
            listed(names.iter().map(String::as_str))
        ))),
        several => Err(UsageError(format!(
            "--split-by {}: several columns are called like that: {}; type one as it is written there.",
            quoted(typed),
            listed(several.iter().map(|(_, name)| name.as_str()))
        ))),
    }
}

/// Makes the folder if it is missing, but not the one that it is to stand in: a slip of the hand there is not to make a
/// tree.
fn make(folder: &Path) -> Result<(), CommandError> {
    let error = match fs::create_dir(folder) {
        Ok(()) => return Ok(()),
        Err(_) if folder.is_dir() => return Ok(()),
        Err(error) => error,
    };
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists());
    Err(match (error.kind(), parent) {
        (io::ErrorKind::AlreadyExists, _) => anyhow!(
            "{} is a file, and --output-dir takes a folder: give another one; nothing was written",
            folder.display()
        ),
        (_, Some(parent)) => anyhow!(
            "{} cannot be made: there is no folder {}. Make that one first, or give another --output-dir; nothing was \
             written",
            folder.display(),
            parent.display()
        ),
        _ => anyhow!(
            "{} cannot be made ({error}): give another --output-dir; nothing was written",
            folder.display()
        ),
    }
    .into())
}

/// Whatever stands in the way must be a file that this program has written as a part or an index.
fn refuse_foreign(path: &Path, ledger: &Path) -> Result<(), CommandError> {
    let refused = |why: &str| {
        let shown = path.display();
        CommandError::Usage(UsageError(format!(
            "{shown} {why}; give another --output-dir. Nothing was written."
        )))
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(anyhow!(ReportFileError::unwritable(path, error)).context(UNWRITABLE).into()),
        Ok(_) if may_be_the_input(path, ledger) => Err(refused("may be the input of this ledger")),
        Ok(found) if found.is_file() && FileHead::of(path).is_none_or(|head| head.is_report()) => Ok(()),
        Ok(_) => Err(refused("is there already, and not of a split")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::REPORT_COLUMNS;

    #[test]
    fn a_column_is_found_by_its_exact_name_else_as_people_type_it() {
        let names = ["Owner", "OWNER", "Team-Lead", "a", "=x"].map(String::from);
        let find = |typed: &str| find_column(&names, typed).map_err(|UsageError(sentence)| sentence);
        assert_eq!(
            (find("OWNER"), find("Owner"), find("team lead"), find("=x")),
            (Ok(1), Ok(0), Ok(2), Ok(4))
        );
        insta::assert_snapshot!(find("owner").unwrap_err(), @"--split-by 'owner': several columns are called like that: 'Owner', 'OWNER'; type one as it is written there.");
        insta::assert_snapshot!(find("boss\u{202e}").unwrap_err(), @"--split-by 'boss ': there is no such column; the input has 'Owner', 'OWNER', 'Team-Lead', 'a', '=x'.");
        let none = find_column(&[], "owner").unwrap_err();
        insta::assert_snapshot!(none.0, @"--split-by 'owner': the input of this ledger has no column of its own to split by.");
    }

    #[test]
    fn only_what_this_program_has_written_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let table = format!("{}\n", REPORT_COLUMNS.join(";"));
        for (content, is_replaced) in [(table.as_str(), true), ("owner,assistant_id\n", false), ("", true)] {
            fs::write(&path, content).unwrap();
            let refused = refuse_foreign(&path, &folder.path().join("x.ledger")).is_err();
            assert_eq!(refused, !is_replaced, "{content}");
        }
        fs::write(&path, table).unwrap();
        for ledger in ["a.ledger", "a.sandbox.ledger", "a.csv"] {
            let ledger = folder.path().join(ledger);
            fs::OpenOptions::new().create(true).append(true).open(&ledger).unwrap();
            assert!(refuse_foreign(&path, &ledger).is_err(), "{}", ledger.display());
        }
    }
}
