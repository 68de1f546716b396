//! Whose a file is that stands in the way, by how it begins: nothing of a person's is replaced.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use csv::ReaderBuilder;

use super::workbook::AUTHOR;
use crate::base::COLUMNS_OF_EVERY_REPORT;

/// What every page of this program has in its head.
const PAGE_MARK: &[u8] = b"<meta name=\"generator\" content=\"agent-migrate\">";

/// How the JSON Lines of every command begin, and what stands behind the command's name there.
const JSON_MARKS: [&[u8]; 2] = [br#"{"type":""#, br#"","schema":"#];

/// So much of a file tells whose it is.
const HEAD_BYTES: u64 = 64 * 1024;

/// Delimiters that a spreadsheet leaves behind.
const DELIMITERS: &[u8] = b",;\t";

/// How a workbook begins, and where it says who has written it.
const ZIP_MARK: &[u8] = b"PK\x03\x04";
const PROPERTIES: &str = "docProps/core.xml";

/// How a file begins.
#[derive(Debug)]
pub struct FileHead {
    head: Vec<u8>,
    /// Whether it is a workbook of this program.
    is_workbook: bool,
}

impl FileHead {
    /// Of the file at that path; `None` where there is nothing to lose: no file, an empty one, a device or a pipe. One
    /// that cannot be read is nobody's.
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        if !found.is_file() || found.len() == 0 {
            return None;
        }
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
        let head = if read.is_ok() { head } else { Vec::new() };
        let is_workbook = head.starts_with(ZIP_MARK) && has_our_author(path).unwrap_or(false);
        Some(Self { head, is_workbook })
    }

    /// Whether it is a report of this program: the table, the workbook, the page or the JSON Lines of any command, whatever the order
    /// of its columns, with the input's own beside them.
    pub fn is_report(&self) -> bool {
        let is_page = self.head.windows(PAGE_MARK.len()).any(|part| part == PAGE_MARK);
        self.is_workbook || is_page || self.is_json_report() || self.is_report_table()
    }

    fn is_json_report(&self) -> bool {
        let [before, behind] = JSON_MARKS;
        self.head.strip_prefix(before).is_some_and(|rest| {
            let name = rest.iter().take_while(|letter| letter.is_ascii_lowercase()).count();
            rest.split_at(name).1.starts_with(behind)
        })
    }

    fn is_report_table(&self) -> bool {
        let is_report = |names: Vec<String>| {
            names.first().is_some_and(|first| first == "line")
                && COLUMNS_OF_EVERY_REPORT.iter().all(|own| names.iter().any(|name| name == own))
        };
        // Spreadsheets may save every text in quotes.
        let text = self.text();
        let behind = text.strip_prefix(b"line").or_else(|| text.strip_prefix(b"\"line\""));
        let delimiter = behind.and_then(<[u8]>::first);
        delimiter.and_then(|delimiter| self.columns(*delimiter)).is_some_and(is_report)
    }

    /// Whether it has these columns and no other, as a table of any dialect or as JSON Lines of that type.
    pub fn has_only(&self, columns: &[&str], json_type: &str) -> bool {
        DELIMITERS.iter().any(|delimiter| self.columns(*delimiter).is_some_and(|names| names == columns))
            || self.object_keys(json_type).is_some_and(|keys| {
                keys.iter().map(String::as_str).eq(columns.iter().copied().collect::<BTreeSet<_>>())
            })
    }

    /// The cells of the first record.
    fn columns(&self, delimiter: u8) -> Option<Vec<String>> {
        let text = self.text();
        let text = match text.strip_prefix(b"sep=") {
            Some(rest) => rest.splitn(2, |byte| *byte == b'\n').nth(1)?,
            None => text,
        };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(text);
        let first = reader.byte_records().next()?.ok()?;
        Some(first.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect())
    }

    /// The keys of the object in the first line, if it is of that type; `type` itself left out.
    fn object_keys(&self, json_type: &str) -> Option<BTreeSet<String>> {
        let line = self.head.split(|byte| *byte == b'\n').next()?;
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
        let is_of_type = object.get("type").is_some_and(|found| found == json_type);
        is_of_type.then(|| object.into_iter().map(|(key, _)| key).filter(|key| key != "type").collect())
    }

    fn text(&self) -> &[u8] {
        self.head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.head)
    }
}

/// Whether the workbook says that this program has written it.
fn has_our_author(path: &Path) -> Option<bool> {
    let mut archive = zip::ZipArchive::new(File::open(path).ok()?).ok()?;
    let mut properties = String::new();
    archive.by_name(PROPERTIES).ok()?.take(HEAD_BYTES).read_to_string(&mut properties).ok()?;
    Some(properties.contains(&format!("<dc:creator>{AUTHOR}</dc:creator>")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::REPORT_COLUMNS;

    fn head(content: &str) -> FileHead {
        FileHead { head: content.as_bytes().to_vec(), is_workbook: false }
    }

    #[test]
    fn reports_of_every_command_are_known_and_a_persons_files_are_not() {
        let old_order =
            "line;input;assistant_id;agent_id;name;status;disabled;error;requests;checked_at;owner\n";
        let rows = "1,2\n".repeat(3);
        for (content, expected) in [
            (format!("{}\n{rows}", REPORT_COLUMNS.join(",")), true),
            (format!("\u{feff}{}\r\n", REPORT_COLUMNS.join(";")), true),
            (format!("{}\tOwner\tTeam\n", REPORT_COLUMNS.join("\t")), true),
            ("line,checked_at,requests,input,error,status,name,\"two\nlines\"\n".into(), true),
            (old_order.into(), true),
            (format!("\"{}\"\n", REPORT_COLUMNS.join("\";\"")), true),
            (r#"{"type":"run","schema":1,"rows":3}"#.into(), true),
            (r#"{"type":"apply","schema":1}"#.into(), true),
            ("<!DOCTYPE html><head><meta name=\"generator\" content=\"agent-migrate\">".into(), true),
            ("line,input,name\n1,a,b\n".into(), false),
            ("line,input;status".into(), false),
            ("line".into(), false),
            ("owner,assistant_id\n".into(), false),
            (format!("owner,{}\n", REPORT_COLUMNS.join(",")), false),
            (r#"{"type":"run"}"#.into(), false),
            ("<html>".into(), false),
            ("sk-the-key".into(), false),
        ] {
            assert_eq!(head(&content).is_report(), expected, "{content}");
        }
    }

    #[test]
    fn a_list_is_one_only_as_long_as_nobody_has_added_a_column() {
        for (content, expected) in [
            ("id,name\n1,a\n", true),
            ("\u{feff}id;name\r\n", true),
            ("\"id\"\t\"name\"\n", true),
            ("sep=;\r\nid;name\r\n", true),
            (r#"{"type":"agent","name":"a","id":"1"}"#, true),
            ("id,name,team\n", false),
            ("name,id\n", false),
            ("id\n", false),
            ("id name\n", false),
            (r#"{"type":"agent","name":"a","id":"1","team":"b"}"#, false),
            (r#"{"type":"row","name":"a","id":"1"}"#, false),
        ] {
            assert_eq!(head(content).has_only(&["id", "name"], "agent"), expected, "{content}");
        }
    }

    #[test]
    fn where_nothing_can_be_lost_there_is_nothing_to_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        assert!(FileHead::of(&path).is_none());
        fs::write(&path, "").unwrap();
        assert!(FileHead::of(&path).is_none());
        fs::write(&path, "mine").unwrap();
        assert!(FileHead::of(&path).is_some_and(|head| !head.is_report()));
        let workbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check/files/list.xlsx");
        assert!(FileHead::of(&workbook).is_some_and(|head| !head.is_report()));
        #[cfg(unix)]
        assert!(FileHead::of(Path::new("/dev/null")).is_none());
    }
}
