//! A table of texts as CSV, for what is no report: its cells are as harmless as the report's.

use std::io;

use super::csv_format::csv_writer;
use super::page::PageOptions;
use super::{Dialect, ReportSettings, cell};
use crate::base::InputFormat;

/// The rows under the names of their columns. There is no input whose shape [`Dialect::Input`] could mean: it is plain.
pub fn csv_table<'a>(
    dialect: Dialect,
    columns: &[&str],
    rows: impl Iterator<Item = impl AsRef<[&'a str]>>,
) -> io::Result<String> {
    let settings = ReportSettings {
        format: InputFormat::default(),
        dialect,
        redact: false,
        page: PageOptions::default(),
    };
    let mut table = Vec::new();
    if settings.byte_order_mark() {
        table.extend_from_slice("\u{FEFF}".as_bytes());
    }
    let mut writer = csv_writer(&settings, &mut table);
    writer.write_record(columns)?;
    for row in rows {
        let cells: Vec<_> = row.as_ref().iter().copied().map(cell::own).collect();
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    }
    writer.flush()?;
    drop(writer);
    String::from_utf8(table).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_harmless_cell_whatever_it_holds() {
        for (text, shown) in [
            ("Travel", "Travel"),
            ("a,b", "\"a,b\""),
            ("\"a\"", "\"\"\"a\"\"\""),
            ("a\r\nb\u{1b}[2J", "a  b [2J"),
            ("=1+1", "'=1+1"),
            ("\t@x", "' @x"),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
        ] {
            let table = csv_table(Dialect::Plain, &["id", "name"], [["1", text]].iter()).unwrap();
            assert_eq!(table, format!("id,name\n1,{shown}\n"), "{text:?}");
        }
    }

    #[test]
    fn excel_wants_a_byte_order_mark_and_its_own_line_ends() {
        let table = csv_table(Dialect::Excel, &["id"], [["ä"]].iter()).unwrap();
        assert_eq!(table, "\u{FEFF}id\r\nä\r\n");
    }
}
