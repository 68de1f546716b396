//! Bytes to UTF-8 text: which encoding, and a reader that decodes as it goes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{CoderResult, Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr_iter;

use super::error::{self, InputError};
use super::source::Source;
use crate::base::Encoding;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// Bytes that show what a file is.
const HEAD: u64 = 4 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    pub(super) encoding: Encoding,
    /// Length of the byte order mark, 0 without one.
    pub(super) bom_length: usize,
    /// The first line with bytes that are no UTF-8 in a file that else is: they become replacement characters.
    pub(super) flawed_line: Option<u64>,
}

/// Tells workbooks (`.xlsx`) from texts, and refuses what is neither.
pub(super) fn is_workbook(source: &Source) -> Result<bool, InputError> {
    let head = head(source)?;
    let refused = |what, advice| Err(InputError::OtherFormat { what, advice });
    match head.as_slice() {
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
            refused("an old workbook (.xls) or one with a password", error::SAVE_AS)
        }
        [b'P', b'K', 3, 4, ..] if holds(&head, b"mimetypeapplication/vnd.oasis.opendocument") => {
            refused("an OpenDocument file (.ods)", error::SAVE_AS)
        }
        [b'P', b'K', 3, 4, ..] => Ok(true),
        [b'%', b'P', b'D', b'F', ..] => {
            refused("a PDF", "ask for the list itself, as a file of one of the two")
        }
        _ if is_json(&head) => refused(
            "JSON",
            "put the ids into a CSV, one on each line, for instance with: jq -r '.[].id' list.json > ids.csv",
        ),
        _ => Ok(false),
    }
}

fn head(source: &Source) -> Result<Vec<u8>, InputError> {
    let mut head = Vec::new();
    source.open()?.take(HEAD).read_to_end(&mut head).map_err(InputError::Read)?;
    Ok(head)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A list or an object of JSON; a UUID in braces begins otherwise.
fn is_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut marks = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!(
        (marks.next(), marks.next()),
        (Some(b'['), Some(b'{' | b'[' | b'"' | b']')) | (Some(b'{'), Some(b'"' | b'}'))
    )
}

/// The byte order of a UTF-16 text without a mark: every other byte of most letters is NUL. Padding at the end is not looked at.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let end = head.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let nulls = |from| head.iter().take(end).skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nulls(0), nulls(1));
    let is_most = |nulls: usize, others: usize| nulls > end / 4 && others <= nulls / 8;
    match (is_most(even, odd), is_most(odd, even)) {
        (true, _) => Some(Encoding::Utf16Be),
        (_, true) => Some(Encoding::Utf16Le),
        _ => None,
    }
}

pub(super) fn spelling(source: &Source) -> Result<Spelling, InputError> {
    let head = head(source)?;
    let spelling = |encoding, bom_length| Spelling { encoding, bom_length, flawed_line: None };
    match head.as_slice() {
        [0xFF, 0xFE, ..] => return Ok(spelling(Encoding::Utf16Le, 2)),
        [0xFE, 0xFF, ..] => return Ok(spelling(Encoding::Utf16Be, 2)),
        head => {
            if let Some(encoding) = utf16_without_mark(head) {
                return Ok(spelling(encoding, 0));
            }
        }
    }
    let marked = head.starts_with(&[0xEF, 0xBB, 0xBF]);
    let look =
        Utf8Look::through(BufReader::with_capacity(CHUNK, source.open()?)).map_err(InputError::Read)?;
    // What reads as letters of UTF-8 by chance, in a text of another encoding, is rare.
    Ok(if marked || look.flaws <= look.letters {
        Spelling { flawed_line: look.flawed_line, ..spelling(Encoding::Utf8, if marked { 3 } else { 0 }) }
    } else {
        spelling(Encoding::Windows1252, 0)
    })
}

/// What a text looks like as UTF-8.
#[derive(Debug, Default, PartialEq, Eq)]
struct Utf8Look {
    letters: u64,
    flaws: u64,
    flawed_line: Option<u64>,
    /// Line feeds and carriage returns until then.
    breaks: (u64, u64),
}

impl Utf8Look {
    fn through(mut reader: impl BufRead) -> io::Result<Self> {
        let mut look = Self::default();
        let mut decoder = UTF_8.new_decoder_without_bom_handling();
        let mut text = String::with_capacity(CHUNK);
        loop {
            let raw = match reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            let last = raw.is_empty();
            text.clear();
            let (result, read) = decoder.decode_to_string_without_replacement(raw, &mut text, last);
            reader.consume(read);
            look.text(text.as_bytes());
            match result {
                DecoderResult::Malformed(..) => look.flaw(),
                DecoderResult::InputEmpty if last => return Ok(look),
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        if self.flawed_line.is_none() {
            self.breaks.0 += memchr_iter(b'\n', text).count() as u64;
            self.breaks.1 += memchr_iter(b'\r', text).count() as u64;
        }
        if !text.is_ascii() {
            self.letters += text.iter().filter(|byte| **byte >= 0xC0).count() as u64;
        }
    }

    fn flaw(&mut self) {
        self.flaws += 1;
        let breaks = if self.breaks.0 > 0 { self.breaks.0 } else { self.breaks.1 };
        self.flawed_line.get_or_insert(breaks + 1);
    }
}

pub(super) type Text = Box<dyn BufRead + Send>;

/// The input as UTF-8 text without byte order mark. A flawed UTF-8 input passes as it is; cells are read lossily.
pub(super) fn text(source: &Source, spelling: Spelling) -> Result<Text, InputError> {
    let mut raw = BufReader::with_capacity(CHUNK, source.open()?);
    let mut bom = raw.by_ref().take(spelling.bom_length as u64);
    io::copy(&mut bom, &mut io::sink()).map_err(InputError::Read)?;
    let encoding = match spelling.encoding {
        Encoding::Utf8 => return Ok(Box::new(raw)),
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Windows1252 => WINDOWS_1252,
    };
    let decoder = encoding.new_decoder_without_bom_handling();
    Ok(Box::new(Decoded { raw, decoder, text: Cursor::default(), finished: false }))
}

/// Decodes as it goes. Invalid pieces (lone surrogates) become replacement characters.
struct Decoded<R> {
    raw: BufReader<R>,
    decoder: Decoder,
    text: Cursor<String>,
    finished: bool,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.text.fill_buf()?.is_empty() && !self.finished {
            let raw = match self.raw.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            let last = raw.is_empty();
            let mut text = String::with_capacity(CHUNK);
            let (result, read, _) = self.decoder.decode_to_string(raw, &mut text, last);
            self.raw.consume(read);
            self.text = Cursor::new(text);
            self.finished = last && result == CoderResult::InputEmpty;
        }
        self.text.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.text.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> (Spelling, String) {
        let source = Source::Memory(Bytes::copy_from_slice(bytes));
        let spelling = spelling(&source).unwrap();
        let mut read = Vec::new();
        text(&source, spelling).unwrap().read_to_end(&mut read).unwrap();
        (spelling, String::from_utf8_lossy(&read).into_owned())
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once('\u{feff}')
            .chain(text.chars())
            .flat_map(|character| character.encode_utf16(&mut [0; 2]).to_vec())
            .flat_map(unit)
            .collect()
    }

    #[test]
    fn every_encoding_is_recognised_and_read() {
        let text = "Größe,ü😀\n";
        for (bytes, encoding, bom_length) in [
            (text.as_bytes().to_vec(), Encoding::Utf8, 0),
            (format!("\u{feff}{text}").into_bytes(), Encoding::Utf8, 3),
            (utf16(text, u16::to_le_bytes), Encoding::Utf16Le, 2),
            (utf16(text, u16::to_be_bytes), Encoding::Utf16Be, 2),
        ] {
            let (spelling, read) = decoded(&bytes);
            assert_eq!(
                (spelling.encoding, spelling.bom_length, spelling.flawed_line),
                (encoding, bom_length, None)
            );
            assert_eq!(read, text);
        }
    }

    #[test]
    fn utf16_is_known_without_its_mark_and_padding_is_not_taken_for_it() {
        let text = "assistant_id\tGröße\n";
        for (unit, encoding) in [
            (u16::to_le_bytes as fn(u16) -> [u8; 2], Encoding::Utf16Le),
            (u16::to_be_bytes, Encoding::Utf16Be),
        ] {
            let (spelling, read) = decoded(&utf16(text, unit)[2..]);
            assert_eq!((spelling.encoding, spelling.bom_length, read.as_str()), (encoding, 0, text));
        }
        for bytes in [format!("id\nx{}", "\0".repeat(500)), "a\0b,c\nd\0e\0".to_owned()] {
            assert_eq!(decoded(bytes.as_bytes()).0.encoding, Encoding::Utf8, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_windows_1252() {
        let (spelling, text) = decoded(b"Gr\xf6\xdfe \x80 \x81");
        assert_eq!(spelling.encoding, Encoding::Windows1252);
        assert_eq!(text, "Größe € \u{81}");
    }

    #[test]
    fn a_few_bytes_that_are_no_utf8_do_not_make_another_encoding_of_it() {
        let mut bytes = "ü\n".repeat(1_000_000).into_bytes();
        assert_eq!(decoded(&bytes).0.flawed_line, None);
        bytes.push(0xfc);
        let (spelling, text) = decoded(&bytes);
        assert_eq!((spelling.encoding, spelling.flawed_line), (Encoding::Utf8, Some(1_000_001)));
        assert!(text.ends_with("ü\n\u{fffd}"));
        for (bytes, flawed_line) in [
            (&b"\xef\xbb\xbfa\xfcb"[..], 1),
            (b"a\r\n\xc3\xa9\r\n\xfc", 3),
            (b"a\r\xc3\xa9\r\xfc", 3),
            (b"\xc3\xa9\n\xc3", 2),
        ] {
            let spelling = decoded(bytes).0;
            assert_eq!((spelling.encoding, spelling.flawed_line), (Encoding::Utf8, Some(flawed_line)));
        }
    }

    #[test]
    fn broken_utf16_becomes_replacement_characters() {
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0").1, "a\u{fffd}b");
        assert_eq!(decoded(b"\xff\xfea\0b").1, "a\u{fffd}");
        assert_eq!(decoded(b"\xff\xfe").1, "");
    }

    #[test]
    fn other_formats_are_known_by_their_first_bytes() {
        for (bytes, expected) in [
            (&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"[..], ".xls"),
            (b"PK\x03\x04rest of the headmimetypeapplication/vnd.oasis.opendocument.spreadsheet", ".ods"),
            (b"%PDF-1.7", "PDF"),
            (b"\xef\xbb\xbf [\n {\"id\": 1}]", "JSON"),
            (b"[\"550e8400-e29b-41d4-a716-446655440000\"]", "JSON"),
            (b"{\"data\": []}", "JSON"),
        ] {
            let error = is_workbook(&Source::Memory(Bytes::from_static(bytes))).unwrap_err();
            assert!(
                matches!(error, InputError::OtherFormat { what, .. } if what.contains(expected)),
                "{error}"
            );
        }
        for (text, expected) in [
            (&b"PK\x03\x04rest"[..], true),
            (b"{550e8400-e29b-41d4-a716-446655440000}\n", false),
            (b"[x],y\n", false),
            (b"", false),
        ] {
            assert_eq!(is_workbook(&Source::Memory(Bytes::from_static(text))).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_utf16(text in "(?s).{0,300}", repeat in 1_usize..300) {
            let text = text.repeat(repeat);
            prop_assert_eq!(decoded(&utf16(&text, u16::to_le_bytes)).1, text.clone());
            prop_assert_eq!(decoded(&utf16(&text, u16::to_be_bytes)).1, text);
        }

        #[test]
        fn utf8_is_recognised_as_the_standard_library_does(bytes in any::<Vec<u8>>()) {
            let look = Utf8Look::through(bytes.as_slice()).unwrap();
            prop_assert_eq!(look.flaws == 0, std::str::from_utf8(&bytes).is_ok());
            let letters = String::from_utf8_lossy(&bytes).chars().filter(|letter| !letter.is_ascii()).count();
            prop_assert_eq!(look.letters + look.flaws, letters as u64);
        }
    }
}
