//! The corpus of the fuzz targets (tests/fuzz), without a fuzzer: what was found once is looked at in every test run.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[path = "../fuzz/targets/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz package has it as its library")]
mod targets;

/// Feeds every file of the target's corpus to it.
fn feed(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut fed = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let holds = std::panic::catch_unwind(|| target(&bytes)).is_ok();
        assert!(holds, "{name}: {}", path.display());
        fed += 1;
    }
    assert!(fed > 10, "{name}: {fed} files");
}

#[test]
fn the_corpus_of_inputs_holds() {
    feed("input", targets::input);
}

#[test]
fn the_corpus_of_answers_holds() {
    feed("answers", targets::answers);
}

#[test]
fn the_corpus_of_comparisons_holds() {
    feed("comparison", targets::comparison);
}

/// Pieces that an input is made of, in any order.
fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let pieces = select(vec![
        "550e8400-e29b-41d4-a716-446655440000",
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "assistant_id",
        "agent_id",
        "owner",
        ",",
        ",",
        ";",
        "\t",
        "|",
        "\"",
        "\"\"",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "#",
        "sep=;",
        " ",
        "'",
        "=1+1",
        "-5",
        "x",
        "ä",
        "\u{feff}",
        "\0",
        "status",
        "line,input,assistant_id,agent_id,name,status,disabled\n",
        "line,name,status,disabled,input,assistant_id,agent_id\n",
    ]);
    (any::<[u8; 2]>(), vec(pieces, 0..40))
        .prop_map(|(choice, pieces)| [&choice, pieces.concat().as_bytes()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_pieces_of_a_csv_hold_as_an_input(bytes in inputs()) {
        targets::input(&bytes);
    }

    #[test]
    fn any_two_records_hold_in_comparison(mut bytes in vec(any::<u8>(), 1..500)) {
        bytes[0] |= 0xF1;
        targets::comparison(&bytes);
    }
}
