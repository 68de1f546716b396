//! A ledger part by part: a page and a CSV for each value of a column, and an index.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::render::{Asked, Of, RenderError, Reports, Rows, feed, overview, settings};
use super::split::{Groups, Split};
use crate::base::{ProgressCounts, grouped, quoted};
use crate::cli::error::CommandError;
use crate::engine::ledger::RowKey;
use crate::engine::report::page::{self, IndexHead, IndexLine, PageLine, PartOf};
use crate::engine::report::{self, Access, AtomicFile, ReportSettings, Written};
use crate::engine::terminal::{Terminal, counted};

/// What a split leaves in place in front of an error that meets it in its middle.
const HALF_DONE: &str = "not all parts were written; the same command begins again";

/// Files that are written before they take their places together.
const AT_ONCE: usize = 128;

/// Rows of a part that are read once and kept: a part of more is read anew for each of its files.
const KEPT: usize = 256;

/// The same behind the other reports of a command, unless one of these failed.
pub(crate) fn write_after<R: PageLine>(
    reports: &mut Reports,
    rows: &impl Rows<R>,
    split: Option<&Split<'_>>,
    asked: &Asked,
    has_answers: bool,
) {
    let wanted = split.filter(|split| reports.failed.is_none() && !split.stays(has_answers));
    if let Some(split) = wanted {
        reports.failed = write(rows, split, asked).err().map(|error| error.words());
    }
}

/// Writes every part and, last, the index.
pub(crate) fn write<R: PageLine>(
    rows: &impl Rows<R>,
    split: &Split<'_>,
    asked: &Asked,
) -> Result<(), CommandError> {
    let groups = split.groups(rows.ledger())?;
    let settings = settings(rows.ledger(), asked, rows.redact()).context("nothing was rendered")?;
    let title = R::about(rows.facts(), asked.page.lang).heading;
    let head = IndexHead::new(title, &groups.column, R::run(rows.facts()), &settings);
    split.make_room(&groups)?;
    let mut lines = Vec::with_capacity(groups.all.len());
    let mut written = Vec::with_capacity(AT_ONCE);
    for (group, [page, csv]) in groups.all.iter().zip(groups.files()) {
        let (of, page_path) = (groups.part_of(group), split.folder.join(&page));
        let mut files = [
            AtomicFile::create(&page_path, Access::OwnerOnly).context(HALF_DONE)?,
            AtomicFile::create(&split.folder.join(&csv), Access::ByUmask).context(HALF_DONE)?,
        ];
        let progress = write_part(rows, &settings, &of, &group.rows, &mut files);
        let progress = progress.map_err(|error| error.at(&page_path)).context(HALF_DONE)?;
        written.extend(files);
        if written.len() >= AT_ONCE {
            replace(std::mem::take(&mut written)).context(HALF_DONE)?;
        }
        lines.push(IndexLine { name: of.name(head.lang()), progress, page, csv });
    }
    replace(written).context(HALF_DONE)?;
    let own = lines.iter().flat_map(|line| [line.page.clone(), line.csv.clone()]).collect();
    let parts = lines.len() as u64;
    let mut file = AtomicFile::create(&split.index(), Access::OwnerOnly).context(HALF_DONE)?;
    page::index(&head, lines, &mut file).context(HALF_DONE)?;
    replace(vec![file]).context(HALF_DONE)?;
    tell(&groups, parts, &split.index(), &own, split.terminal);
    Ok(())
}

/// Writes some of the rows as a page and as CSV, and counts them.
fn write_part<R: PageLine, S: Rows<R>>(
    rows: &S,
    settings: &ReportSettings,
    of: &PartOf,
    keys: &[RowKey],
    [page, csv]: &mut [AtomicFile; 2],
) -> Result<ProgressCounts, RenderError> {
    let mut read: Vec<R> = Vec::new();
    let mut these = Of::Keys(keys);
    if keys.len() <= KEPT {
        rows.visit(Some(keys), false, &mut |row| {
            read.push(row.clone());
            Ok(())
        })?;
        these = Of::Read(&read);
    }
    let mut facts = rows.facts_of_none();
    let overview = overview(rows, settings, &these, &mut |row| S::count(&mut facts, row))?;
    let progress = overview.progress;
    let renderer = page::html(settings, overview, Some(of.clone()), S::card, page);
    feed(renderer, &facts, rows, &these, &mut |_| {})?;
    feed(report::csv(settings, csv), &facts, rows, &these, &mut |_| {})?;
    Ok(progress)
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

fn tell(groups: &Groups, parts: u64, index: &Path, own: &BTreeSet<String>, terminal: &Terminal) {
    let number = counted(parts, "part", "parts");
    terminal.say(format!("split by {}: {number}, a page and a CSV each", quoted(&groups.column)));
    terminal.say(format!("index: {}", index.display()));
    let folder = index.parent().unwrap_or(index).display();
    match others(index, own) {
        0 => {}
        1 => terminal.say(format!("1 other file in {folder} is not of this split")),
        many => terminal.say(format!("{} other files in {folder} are not of this split", grouped(many))),
    }
}

/// Files in the folder of the index that this split has not written, hidden ones aside.
fn others(index: &Path, own: &BTreeSet<String>) -> u64 {
    let Ok(entries) = fs::read_dir(index.parent().unwrap_or(index)) else { return 0 };
    let is_other = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let is_index = Some(name.as_os_str()) == index.file_name();
        let name = name.to_string_lossy();
        let is_own = own.contains(name.as_ref()) || is_index || name.starts_with('.');
        !is_own && entry.file_type().is_ok_and(|kind| !kind.is_dir())
    };
    entries.flatten().filter(is_other).count() as u64
}
