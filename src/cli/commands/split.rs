//! `--split-by COLUMN --output-dir DIR`: a page and a CSV for each value of a carried-through column, and an index.
//!
//! What the rows are and how they are written is the caller's: see [`PartWriter`].

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::CommandError;
use super::render::{RenderError, may_be_the_input, say_that_it_stays};
use crate::base::{
    ProgressCounts, alike, grouped, listed, one_line, quoted, same_for_all_spellings, trimmed,
};
use crate::cli::files::CommandFiles;
use crate::cli::settings::UsageError;
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::page::{self, IndexHead, IndexLine, PartOf};
use crate::engine::report::{
    Access, AtomicFile, FileHead, FileNames, ReportFileError, Written, check_writable,
};
use crate::engine::terminal::Terminal;

/// A column with more different values than this is no list of people or teams.
const VALUES: usize = 2_000;

/// The index's name without its ending.
const INDEX: &str = "index";

/// What a split leaves in place in front of an error that meets it in its middle.
const HALF_DONE: &str = "not all parts were written; the same command begins again";

/// The same for one that nothing can be written in.
const UNWRITABLE: &str = "nothing was written; mend that, or give another --output-dir";

/// Some rows of a ledger, and whose they are.
pub(super) struct Part<'a> {
    /// Whose.
    pub(super) of: PartOf,
    /// Which rows, in input order.
    pub(super) rows: &'a [RowKey],
}

/// What a split needs to know of the rows that it splits: they may be a run's or an audit's.
pub(super) trait PartWriter<R> {
    /// Writes the part as a page and as CSV, and counts its rows.
    fn write(&mut self, part: &Part<'_>, files: [&mut dyn Write; 2]) -> Result<ProgressCounts, RenderError>;
}

/// Files that are written before they take their places together.
const AT_ONCE: usize = 128;

/// Where the parts go.
pub(super) struct Target<'a> {
    /// The folder; made if it is missing.
    pub(super) folder: &'a Path,
    /// The ledger that they come from.
    pub(super) ledger: &'a Path,
    /// The files of the command, which they never replace.
    pub(super) files: &'a CommandFiles,
    /// Who is told.
    pub(super) terminal: &'a Terminal,
}

impl Target<'_> {
    /// Whether the parts that are there stay, since there is no answer yet that could take their place; says so.
    pub(super) fn stays(&self, has_answers: bool) -> bool {
        let stays = !has_answers && fs::read_dir(self.folder).is_ok_and(|mut parts| parts.next().is_some());
        if stays {
            say_that_it_stays(self.folder, self.terminal);
        }
        stays
    }
}

/// The rows of a ledger, grouped by the values of a column.
pub(super) struct Split {
    at: usize,
    column: String,
    groups: Vec<Group>,
}

/// The rows of one value.
#[derive(Debug)]
struct Group {
    /// As it first appears; empty for the rows without one.
    value: String,
    rows: Vec<RowKey>,
}

/// The files of one group.
struct Files {
    page: String,
    csv: String,
}

impl Split {
    /// Finds the column and groups the rows, in one pass over its cells. Usage errors: no such column, or one of too
    /// many values.
    pub(super) fn of(ledger: &LedgerReader, typed: &str) -> Result<Self, CommandError> {
        let format = ledger.format().context("nothing was rendered")?;
        let names = format.map(|format| format.carried_columns).unwrap_or_default();
        let at = find_column(&names, typed)?;
        let column = names.get(at).cloned().unwrap_or_default();
        let mut groups = Groups::default();
        let grouped_all = ledger.for_each_carried(|key, cells| {
            if groups.take(cells.get(at).map_or("", String::as_str), key) {
                Ok(())
            } else {
                Err(GroupError::TooMany)
            }
        });
        match grouped_all {
            Ok(()) => Ok(Self { at, column, groups: groups.groups }),
            Err(GroupError::TooMany) => Err(UsageError(format!(
                "--split-by {}: this column has more than {} different values, so it is no list of people or teams; \
                 nothing was written.",
                quoted(&column),
                grouped(VALUES as u64)
            ))
            .into()),
            Err(GroupError::Ledger(error)) => Err(anyhow!(error).context("nothing was rendered").into()),
        }
    }

    /// The name of the column, as the input has it.
    pub(super) fn column(&self) -> &str {
        &self.column
    }

    /// Writes every part and, last, the index. Nothing is written where that would replace a file that is not of a split,
    /// the ledger first of all.
    pub(super) fn write<R>(
        &self,
        head: &IndexHead,
        writer: &mut dyn PartWriter<R>,
        target: &Target<'_>,
    ) -> Result<(), CommandError> {
        self.prepare(target)?;
        let Target { folder, terminal, .. } = *target;
        let files = self.files();
        let index = index(folder);
        let mut lines = Vec::with_capacity(files.len());
        let mut written = Vec::with_capacity(AT_ONCE);
        for (group, Files { page, csv }) in self.groups.iter().zip(files) {
            let part = Part { of: self.part_of(group), rows: &group.rows };
            let parts = [(&page, Access::OwnerOnly), (&csv, Access::ByUmask)];
            let [page_file, csv_file] =
                parts.map(|(name, access)| AtomicFile::create(&folder.join(name), access));
            let mut files = [page_file.context(HALF_DONE)?, csv_file.context(HALF_DONE)?];
            let [page_file, csv_file] = &mut files;
            let progress = writer.write(&part, [page_file, csv_file]);
            let progress = progress.map_err(|error| error.at(&folder.join(&page))).context(HALF_DONE)?;
            written.extend(files);
            if written.len() >= AT_ONCE {
                replace(std::mem::take(&mut written)).context(HALF_DONE)?;
            }
            lines.push(IndexLine { name: part.of.name(head.lang()), progress, page, csv });
        }
        replace(written).context(HALF_DONE)?;
        let own: BTreeSet<String> =
            lines.iter().flat_map(|line| [line.page.clone(), line.csv.clone()]).collect();
        let parts = lines.len() as u64;
        let mut file = AtomicFile::create(&index, Access::OwnerOnly).context(HALF_DONE)?;
        page::index(head, lines, &mut file).context(HALF_DONE)?;
        replace(vec![file]).context(HALF_DONE)?;
        self.tell(parts, &index, others(folder, &own), terminal);
        Ok(())
    }

    /// Makes the folder, unless something stands in the way of a part.
    pub(super) fn prepare(&self, target: &Target<'_>) -> Result<(), CommandError> {
        let Target { folder, ledger, .. } = *target;
        let index = index(folder);
        if folder.is_dir() {
            let names = self.files().into_iter().flat_map(|files| [files.page, files.csv]);
            for path in names.map(|name| folder.join(name)).chain([index.clone()]) {
                target.files.refuse("a part of the split", &path)?;
                refuse_foreign(&path, ledger)?;
            }
        }
        make(folder)?;
        Ok(check_writable(&index).context(UNWRITABLE)?)
    }

    fn part_of(&self, group: &Group) -> PartOf {
        PartOf { at: self.at, column: self.column.clone(), value: group.value.clone() }
    }

    fn files(&self) -> Vec<Files> {
        let mut names = FileNames::new(&[INDEX]);
        let name = |group: &Group| match group.value.as_str() {
            "" => names.name(&format!("without {}", self.column)),
            value => names.name(value),
        };
        let stems = self.groups.iter().map(name);
        stems.map(|stem| Files { page: format!("{stem}.html"), csv: format!("{stem}.csv") }).collect()
    }

    fn tell(&self, parts: u64, index: &Path, others: u64, terminal: &Terminal) {
        let number = if parts == 1 { "1 part".to_owned() } else { format!("{} parts", grouped(parts)) };
        terminal.say(format!("split by {}: {number}, a page and a CSV each", quoted(&self.column)));
        terminal.say(format!("index: {}", index.display()));
        let folder = index.parent().unwrap_or(index).display();
        match others {
            0 => {}
            1 => terminal.say(format!("1 other file in {folder} is not of this split")),
            many => {
                terminal.say(format!("{} other files in {folder} are not of this split", grouped(many)));
            }
        }
    }
}

fn index(folder: &Path) -> PathBuf {
    folder.join(format!("{INDEX}.html"))
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

/// Why rows could not be grouped.
#[derive(Debug)]
enum GroupError {
    Ledger(LedgerError),
    TooMany,
}

impl From<LedgerError> for GroupError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

#[derive(Debug, Default)]
struct Groups {
    groups: Vec<Group>,
    /// Their places, by what is the same for two spellings of one value.
    at: HashMap<String, usize>,
}

impl Groups {
    /// Puts the row where its cell belongs: upper and lower case, spaces around and runs of spaces within make no
    /// difference. `false`: that is one value too many.
    fn take(&mut self, cell: &str, key: RowKey) -> bool {
        let line = one_line(cell);
        let value = trimmed(&line);
        let at = *self.at.entry(same_for_all_spellings(value)).or_insert_with(|| {
            self.groups.push(Group { value: value.to_owned(), rows: Vec::new() });
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(at) {
            group.rows.push(key);
        }
        self.groups.len() <= VALUES
    }
}

/// Lets files appear whole or not at all, under these very names: the index links to them, and the name beside one may be
/// another part's.
fn replace(files: Vec<AtomicFile>) -> anyhow::Result<()> {
    for written in AtomicFile::commit_all(files)? {
        if let Written::Beside { asked, written } = written {
            // Best effort: it is a file that nobody asked for.
            let _ = fs::remove_file(written);
            return Err(anyhow!(
                "{} could not be replaced: is it open elsewhere? Close it there",
                asked.display()
            ));
        }
    }
    Ok(())
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

/// Files in the folder that this split has not written, hidden ones aside.
fn others(folder: &Path, own: &BTreeSet<String>) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let is_other = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_own = own.contains(name.as_ref()) || name == format!("{INDEX}.html") || name.starts_with('.');
        !is_own && entry.file_type().is_ok_and(|kind| !kind.is_dir())
    };
    entries.flatten().filter(is_other).count() as u64
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
