//! From the rows of a ledger to reports: every command ends with what `report LEDGER` does.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::{Exit, Lang, SinceLast};
use crate::cli::arguments::report::{OutputArgs, PageArgs, ReportFormatArg};
use crate::cli::settings::{OutputPath, Outputs, UsageError};
use crate::engine::ledger::{LedgerError, LedgerReader, RowKey};
use crate::engine::report::page::{self, Objects, Overview, PageLine, PageOptions};
use crate::engine::report::{self, Access, Dialect, Renderer, ReportFileError, ReportSettings, Written};
use crate::engine::terminal::{self, Terminal, WhenGone};

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    File(#[from] ReportFileError),
    /// Nobody wants to see the rows that are left.
    #[error("enough was seen")]
    Enough,
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

impl RenderError {
    /// The same, told of the file that was being written.
    pub(crate) fn at(self, path: &Path) -> Self {
        match self {
            Self::Output(source) => ReportFileError::unwritable(path, source).into(),
            other => other,
        }
    }
}

/// Whether a file stands at `output` that is not replaced, since there is no answer yet that could take its place
/// (DESIGN.md, What is known stays known); says so.
fn stays(has_answers: bool, output: &OutputPath, terminal: &Terminal) -> bool {
    let there = output.file().filter(|path| !has_answers && path.is_file());
    there.inspect(|path| say_that_it_stays(path, terminal)).is_some()
}

pub(crate) fn say_that_it_stays(path: &Path, terminal: &Terminal) {
    terminal.error(&format!("{} stays as it was: no answer came that could take its place", path.display()));
}

/// A report out of a ledger does not replace what the ledger came from.
pub(crate) fn refuse_overwriting(path: &Path, ledger: &Path) -> Result<(), UsageError> {
    if !(path.exists() && may_be_the_input(path, ledger)) {
        return Ok(());
    }
    Err(UsageError(
        "the report would overwrite what may be the input of this ledger; give another --output.".into(),
    ))
}

/// A ledger stands beside its input and has its stem, unless somebody said otherwise.
pub(crate) fn may_be_the_input(path: &Path, ledger: &Path) -> bool {
    let folder = |path: &Path| path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let (Some(stem), Some(name)) = (path.file_stem(), ledger.file_name()) else { return false };
    let is_table = path.extension().is_some_and(|extension| extension == "csv");
    let rest = name.as_encoded_bytes().strip_prefix(stem.as_encoded_bytes()).filter(|_| is_table);
    rest.is_some_and(|rest| rest.starts_with(b".")) && folder(path) == folder(ledger)
}

/// Which rows of a ledger.
pub(crate) enum Of<'a, R> {
    All,
    /// Those with these keys, in this order.
    Keys(&'a [RowKey]),
    /// Those that were read before.
    Read(&'a [R]),
}

/// The rows of a ledger, a run's or an audit's, as every format shows them.
pub(crate) trait Rows<R: PageLine> {
    fn ledger(&self) -> &LedgerReader;

    /// Whether lengths stand in place of the platform's texts.
    fn redact(&self) -> bool;

    /// What is said of all of them.
    fn facts(&self) -> &R::Facts;

    /// Shows those with these keys, or all, to `visit`, in order; with the proposed agents where a format wants them.
    fn visit(
        &self,
        keys: Option<&[RowKey]>,
        wants_proposed: bool,
        visit: &mut dyn FnMut(&R) -> Result<(), RenderError>,
    ) -> Result<(), RenderError>;

    /// The row as other people may see it than those of the input.
    fn for_page<'r>(&self, row: &'r R) -> Cow<'r, R> {
        Cow::Borrowed(row)
    }

    /// What was read of the row, of so many bytes at most.
    fn objects(&self, _row: &R, _at_most: usize) -> Result<Objects, LedgerError> {
        Ok(Objects::default())
    }

    /// What is said of some of them, before any is counted.
    fn facts_of_none(&self) -> R::Facts;

    /// Counts one of these, where the page does not count for itself.
    fn count(_facts: &mut R::Facts, _row: &R) {}

    /// What else stands on a page of them.
    fn card(_facts: &R::Facts, _lang: Lang) -> Option<String> {
        None
    }

    /// What a report in that format is called.
    fn label(format: ReportFormatArg) -> &'static str {
        format.label()
    }
}

/// How a report is asked for, whatever its rows are.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) dialect: Dialect,
    pub(crate) page: PageOptions,
}

impl Asked {
    pub(crate) fn of(dialect: Dialect, page: &PageArgs) -> Self {
        Self { dialect, page: page.options() }
    }

    /// By a command that writes more than one.
    pub(crate) fn of_all(output: &OutputArgs) -> Self {
        Self::of(output.dialect, &output.page)
    }
}

/// What came of the reports of a command.
pub(crate) struct Reports {
    written: Vec<(&'static str, PathBuf)>,
    /// What broke that off.
    pub(crate) failed: Option<String>,
}

impl Reports {
    /// None, since the rows could not be read.
    pub(crate) fn failed(error: &RenderError) -> Self {
        Self { written: Vec::new(), failed: Some(error.to_string()) }
    }

    /// The files that were written, each with what it is called.
    pub(crate) fn files(&self) -> Vec<(&str, &Path)> {
        self.written.iter().map(|(what, file)| (*what, file.as_path())).collect()
    }

    /// The same and the ledger.
    pub(crate) fn files_and<'a>(&'a self, ledger: &'a Path) -> Vec<(&'a str, &'a Path)> {
        [self.files(), vec![("ledger", ledger)]].concat()
    }

    /// The exit code of a command that would end with `exit`. `report` is what was not written where that failed, `done` what
    /// is safe all the same.
    pub(crate) fn exit(&self, exit: Exit, [report, done]: [&str; 2], terminal: &Terminal) -> Exit {
        let Some(words) = &self.failed else { return exit };
        terminal
            .error(&format!("the {report} was not written: {words}; what was {done} is safe in the ledger"));
        exit.without_report()
    }
}

pub(crate) fn add<T: PartialEq>(counts: &mut Vec<(T, u64)>, found: T) {
    match counts.iter_mut().find(|(counted, _)| *counted == found) {
        Some((_, rows)) => *rows += 1,
        None => counts.push((found, 1)),
    }
}

/// Renders these rows to each of the outputs that has room for them and may be replaced; `count` sees each row once.
pub(crate) fn render_outputs<R: PageLine, S: Rows<R>>(
    rows: &S,
    outputs: &Outputs,
    asked: &Asked,
    has_answers: bool,
    terminal: &Terminal,
    count: &mut dyn FnMut(&R),
) -> Reports {
    let (mut written, mut is_counted) = (Vec::new(), false);
    let rendered = outputs.iter().try_for_each(|(format, output)| -> Result<(), RenderError> {
        if *format == ReportFormatArg::Xlsx
            && let Some(why) = report::too_many_rows(rows.ledger().facts()?.rows())
        {
            terminal.error(&why);
            return Ok(());
        }
        let is_first = !std::mem::replace(&mut is_counted, true);
        let mut count_once = |row: &R| {
            if is_first {
                count(row);
            }
        };
        if stays(has_answers, output, terminal) {
            if is_first {
                rows.visit(None, false, &mut |row| {
                    count_once(row);
                    Ok(())
                })?;
            }
            return Ok(());
        }
        let rendered = render_rows(rows, *format, asked, output, WhenGone::GoOn, &mut count_once)?;
        written.extend(rendered.map(|file| (S::label(*format), name_of(file, "report", terminal))));
        Ok(())
    });
    Reports { written, failed: rendered.err().map(|error| error.to_string()) }
}

/// Renders these rows; `count` sees each of them. `when_gone`: what becomes of standard output when nobody reads it any
/// more. Gives the file; `None` for standard output.
pub(crate) fn render_rows<R: PageLine, S: Rows<R>>(
    rows: &S,
    format: ReportFormatArg,
    asked: &Asked,
    output: &OutputPath,
    when_gone: WhenGone,
    count: &mut dyn FnMut(&R),
) -> Result<Option<Written>, RenderError> {
    let settings = settings(rows.ledger(), asked, rows.redact())?;
    let mut to = |out: &mut dyn Write| -> Result<(), RenderError> {
        let renderer: Box<dyn Renderer<R> + '_> = match format {
            ReportFormatArg::Csv => report::csv(&settings, out),
            ReportFormatArg::Json => report::json_lines(&settings, out),
            ReportFormatArg::Xlsx => report::workbook(&settings, out),
            ReportFormatArg::Html => {
                let overview = overview(rows, &settings, &Of::All, count)?;
                let renderer = page::html(&settings, overview, None, S::card, out);
                return feed(renderer, rows.facts(), rows, &Of::All, &mut |_| {});
            }
        };
        feed(renderer, rows.facts(), rows, &Of::All, count)
    };
    write_report(format, output, when_gone, &mut to)
}

/// Writes what `to` writes, a file whole or not at all and with the access that its format asks for.
pub(crate) fn write_report(
    format: ReportFormatArg,
    output: &OutputPath,
    when_gone: WhenGone,
    to: &mut dyn FnMut(&mut dyn Write) -> Result<(), RenderError>,
) -> Result<Option<Written>, RenderError> {
    let path = match output {
        OutputPath::Stdout => {
            to(&mut terminal::standard_output(when_gone))?;
            return Ok(None);
        }
        OutputPath::File(path) => path,
    };
    let access = match format {
        ReportFormatArg::Csv => Access::ByUmask,
        ReportFormatArg::Json | ReportFormatArg::Html | ReportFormatArg::Xlsx => Access::OwnerOnly,
    };
    report::write_atomically(path, access, |out| to(out).map_err(|error| error.at(path))).map(Some)
}

/// The file that holds a report or a list; where that is not the one asked for, it is said.
pub(crate) fn name_of(written: Written, what: &str, terminal: &Terminal) -> PathBuf {
    match written {
        Written::AsAsked(file) => file,
        Written::Beside { asked, written } => {
            terminal.error(&format!(
                "{} could not be replaced (is it open elsewhere?); the {what} stands beside it",
                asked.display()
            ));
            written
        }
    }
}

/// What has changed since the run before, or the audit (`of`); `None` where there is none to hold it against.
pub(crate) fn since_last<R: PageLine>(
    rows: &impl Rows<R>,
    of: &'static str,
) -> Result<Option<SinceLast>, RenderError> {
    let Some(at) = rows.ledger().earlier_at()? else { return Ok(None) };
    let mut since = SinceLast::new(of, at);
    rows.visit(None, false, &mut |row| {
        if row.own().duplicate_of.is_none() {
            since.take(row.own().before.as_ref(), &row.standing());
        }
        Ok(())
    })?;
    rows.ledger().for_each_gone(|before| since.lose(before))?;
    Ok(Some(since))
}

/// What a report of this ledger is to look like.
pub(crate) fn settings(
    ledger: &LedgerReader,
    asked: &Asked,
    redact: bool,
) -> Result<ReportSettings, LedgerError> {
    let Asked { dialect, page } = asked.clone();
    Ok(ReportSettings { format: ledger.format()?.unwrap_or_default(), dialect, redact, page })
}

/// Gives the renderer these rows; `count` sees each of them, unless the renderer has no place for any more.
pub(crate) fn feed<R: PageLine>(
    mut renderer: Box<dyn Renderer<R> + '_>,
    facts: &R::Facts,
    rows: &impl Rows<R>,
    of: &Of<'_, R>,
    count: &mut dyn FnMut(&R),
) -> Result<(), RenderError> {
    let (wants_proposed, is_page) = (renderer.wants_proposed(), renderer.rows_open());
    renderer.begin(facts)?;
    visit(rows, of, wants_proposed, &mut |row| {
        count(row);
        if is_page { renderer.row(&rows.for_page(row)) } else { renderer.row(row) }?;
        if renderer.is_full() { Err(RenderError::Enough) } else { Ok(()) }
    })?;
    if is_page {
        visit(rows, of, false, &mut |row| {
            let row = rows.for_page(row);
            if let Some(room) = renderer.opens(&row)? {
                renderer.opened(&row, rows.objects(&row, room)?)?;
            }
            if renderer.is_full() { Err(RenderError::Enough) } else { Ok(()) }
        })?;
    }
    Ok(renderer.finish()?)
}

/// What the top of a page says about these rows: a pass of its own, so that no row has to be kept. `count` sees each of them.
pub(crate) fn overview<R: PageLine>(
    rows: &impl Rows<R>,
    settings: &ReportSettings,
    of: &Of<'_, R>,
    count: &mut dyn FnMut(&R),
) -> Result<Overview, RenderError> {
    let mut overview = Overview::default();
    visit(rows, of, false, &mut |row| {
        overview.count(&*rows.for_page(row), settings);
        count(row);
        Ok(())
    })?;
    Ok(overview)
}

fn visit<R: PageLine>(
    rows: &impl Rows<R>,
    of: &Of<'_, R>,
    wants_proposed: bool,
    visit: &mut dyn FnMut(&R) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    match of {
        Of::All => rows.visit(None, wants_proposed, visit),
        Of::Keys(keys) => rows.visit(Some(keys), wants_proposed, visit),
        Of::Read(read) => read.iter().try_for_each(visit),
    }
    .or_else(|error| if matches!(error, RenderError::Enough) { Ok(()) } else { Err(error) })
}
