//! The corpus of the fuzz targets (tests/fuzz), without a fuzzer: what they reach, and what was found once, is looked at
//! in every test run.

use std::panic::catch_unwind;

#[path = "../fuzz/targets/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz package has it as its library")]
mod targets;

/// Feeds every entry of a corpus to its target, which panics where something does not hold.
fn feed(corpus: &str, target: fn(&[u8])) {
    assert!(corpus.lines().count() > 10);
    let falls: Vec<_> =
        corpus.lines().filter(|line| catch_unwind(|| target(&unescaped(line))).is_err()).collect();
    assert!(falls.is_empty(), "does not hold for:\n{}", falls.join("\n"));
}

/// An entry: `\\`, `\n`, `\r`, `\t` and `\xNN`, which the shell's `printf %b` reads alike.
fn unescaped(line: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), line.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match (byte, if byte == b'\\' { rest.next() } else { None }) {
            (b'\\', Some(b'\\')) => b'\\',
            (b'\\', Some(b'n')) => b'\n',
            (b'\\', Some(b'r')) => b'\r',
            (b'\\', Some(b't')) => b'\t',
            (b'\\', Some(b'x')) => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            (b'\\', other) => panic!("\\{other:?} in {line}"),
            (plain, _) => plain,
        });
    }
    bytes
}

#[test]
fn the_corpus_of_inputs_holds() {
    feed(include_str!("../fuzz/input.corpus"), targets::input);
}

#[test]
fn the_corpus_of_answers_holds() {
    feed(include_str!("../fuzz/answers.corpus"), targets::answers);
}

#[test]
fn the_corpus_of_comparisons_holds() {
    feed(include_str!("../fuzz/comparison.corpus"), targets::comparison);
}
