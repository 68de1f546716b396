//! Bytes to UTF-8 text: which encoding, and a reader that decodes as it goes.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::InputError;
use super::source::Source;
use crate::base::Encoding;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// Bytes that show the byte order mark or the kind of a spreadsheet.
const MAGIC: usize = 8;

/// How the bytes spell text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The encoding.
    pub(super) encoding: Encoding,
    /// Length of the byte order mark, 0 without one.
    pub(super) bom_length: usize,
    /// Whether it claims to be UTF-8 by its mark and is not throughout: those places become replacement characters.
    pub(super) flawed: bool,
}

/// Decides the encoding over the whole input, and refuses spreadsheets.
pub(super) fn spelling(source: &Source) -> Result<Spelling, InputError> {
    let mut reader = source.open()?;
    let mut magic = Vec::with_capacity(MAGIC);
    reader.by_ref().take(MAGIC as u64).read_to_end(&mut magic).map_err(InputError::Read)?;
    let spelling = |encoding, bom_length, flawed| Spelling { encoding, bom_length, flawed };
    match magic.as_slice() {
        [b'P', b'K', 3, 4, ..] => Err(InputError::Spreadsheet { format: ".xlsx" }),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] => Err(InputError::Spreadsheet { format: ".xls" }),
        [0xFF, 0xFE, ..] => Ok(spelling(Encoding::Utf16Le, 2, false)),
        [0xFE, 0xFF, ..] => Ok(spelling(Encoding::Utf16Be, 2, false)),
        start => {
            let marked = start.starts_with(&[0xEF, 0xBB, 0xBF]);
            let valid = is_utf8(start.chain(reader)).map_err(InputError::Read)?;
            Ok(match (marked, valid) {
                (true, valid) => spelling(Encoding::Utf8, 3, !valid),
                (false, true) => spelling(Encoding::Utf8, 0, false),
                (false, false) => spelling(Encoding::Windows1252, 0, false),
            })
        }
    }
}

/// Whether all of it is UTF-8; reads no further than the first place that is not.
fn is_utf8(mut reader: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; CHUNK];
    let mut kept = 0;
    loop {
        let free = buffer.get_mut(kept..).unwrap_or_default();
        let read = match reader.read(free) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if read == 0 {
            // What is kept is the beginning of a character that never ends.
            return Ok(kept == 0);
        }
        let filled = kept + read;
        kept = match std::str::from_utf8(buffer.get(..filled).unwrap_or_default()) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_some() => return Ok(false),
            Err(error) => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                filled - error.valid_up_to()
            }
        };
    }
}

/// The input as UTF-8 text without byte order mark. A flawed UTF-8 input passes as it is; cells are read lossily.
pub(super) enum TextReader {
    /// UTF-8 as it stands.
    Plain(BufReader<Box<dyn Read + Send>>),
    /// Anything else.
    Decoded(Box<Decoded>),
}

impl TextReader {
    /// Opens the source anew.
    pub(super) fn open(source: &Source, spelling: Spelling) -> Result<Self, InputError> {
        let mut reader = source.open()?;
        let mut bom = reader.by_ref().take(spelling.bom_length as u64);
        io::copy(&mut bom, &mut io::sink()).map_err(InputError::Read)?;
        let encoding = match spelling.encoding {
            Encoding::Utf8 => return Ok(Self::Plain(BufReader::with_capacity(CHUNK, reader))),
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Windows1252 => WINDOWS_1252,
        };
        let decoder = encoding.new_decoder_without_bom_handling();
        Ok(Self::Decoded(Box::new(Decoded {
            raw: BufReader::with_capacity(CHUNK, reader),
            decoder,
            text: vec![0; CHUNK],
            start: 0,
            end: 0,
            finished: false,
        })))
    }
}

/// A decoder with its buffers. Invalid pieces (lone surrogates) become replacement characters.
pub(super) struct Decoded {
    raw: BufReader<Box<dyn Read + Send>>,
    decoder: Decoder,
    text: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

impl Decoded {
    fn refill(&mut self) -> io::Result<()> {
        while self.start == self.end && !self.finished {
            let raw = match self.raw.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            let last = raw.is_empty();
            let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, last);
            self.raw.consume(read);
            (self.start, self.end) = (0, written);
            self.finished = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl Read for TextReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for TextReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(reader) => reader.fill_buf(),
            Self::Decoded(decoded) => {
                decoded.refill()?;
                Ok(decoded.text.get(decoded.start..decoded.end).unwrap_or_default())
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Self::Plain(reader) => reader.consume(amount),
            Self::Decoded(decoded) => decoded.start = (decoded.start + amount).min(decoded.end),
        }
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
        let mut text = Vec::new();
        TextReader::open(&source, spelling).unwrap().read_to_end(&mut text).unwrap();
        (spelling, String::from_utf8_lossy(&text).into_owned())
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
                (spelling.encoding, spelling.bom_length, spelling.flawed),
                (encoding, bom_length, false)
            );
            assert_eq!(read, text);
        }
    }

    #[test]
    fn what_is_not_utf8_is_windows_1252() {
        let (spelling, text) = decoded(b"Gr\xf6\xdfe \x80 \x81");
        assert_eq!(spelling.encoding, Encoding::Windows1252);
        assert_eq!(text, "Größe € \u{81}");
    }

    #[test]
    fn one_stray_byte_after_megabytes_of_utf8_still_decides() {
        let mut bytes = "ü".repeat(1_000_000).into_bytes();
        assert_eq!(decoded(&bytes).0.encoding, Encoding::Utf8);
        bytes.push(0xfc);
        let (spelling, text) = decoded(&bytes);
        assert_eq!(spelling.encoding, Encoding::Windows1252);
        assert!(text.ends_with("Ã¼ü"));
    }

    #[test]
    fn a_mark_that_promises_utf8_is_believed_and_flaws_are_replaced() {
        let (spelling, text) = decoded(b"\xef\xbb\xbfa\xfcb");
        assert_eq!((spelling.encoding, spelling.flawed), (Encoding::Utf8, true));
        assert_eq!(text, "a\u{fffd}b");
    }

    #[test]
    fn broken_utf16_becomes_replacement_characters() {
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0").1, "a\u{fffd}b");
        assert_eq!(decoded(b"\xff\xfea\0b").1, "a\u{fffd}");
        assert_eq!(decoded(b"\xff\xfe").1, "");
    }

    #[test]
    fn spreadsheets_are_refused_by_their_first_bytes() {
        for (bytes, expected) in
            [(&b"PK\x03\x04rest"[..], ".xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", ".xls")]
        {
            let error = spelling(&Source::Memory(Bytes::from_static(bytes))).unwrap_err();
            assert!(matches!(error, InputError::Spreadsheet { format } if format == expected));
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
            prop_assert_eq!(is_utf8(bytes.as_slice()).unwrap(), std::str::from_utf8(&bytes).is_ok());
        }
    }
}
