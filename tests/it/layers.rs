//! Holds the code against the layers that `src/lib.rs` promises: imports go one way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("migrate", &["domain"]),
    ("input", &["domain"]),
    ("api", &["domain"]),
    ("ledger", &["domain"]),
    ("report", &["domain"]),
    ("ui", &["domain"]),
    ("sandbox", &[]),
    ("pipeline", &["domain", "migrate", "input", "api", "ledger", "report", "ui"]),
    ("cli", &["domain", "migrate", "input", "api", "ledger", "report", "ui", "pipeline"]),
    (
        "commands",
        &["domain", "migrate", "input", "api", "ledger", "report", "ui", "pipeline", "cli", "sandbox"],
    ),
];

/// Crates and other words that only one layer may name, and which.
const OWNERS: &[(&str, &str)] = &[
    ("rusqlite", "ledger"),
    ("reqwest", "api"),
    ("axum", "sandbox"),
    ("indicatif", "ui"),
    ("csv::", "input report"),
    ("anyhow", "commands"),
    ("println!(", "ui"),
    ("eprint!(", "ui"),
    ("print!(", "ui"),
    // Who can make one can switch an assistant off.
    ("RecordedWish for", "ledger"),
];

struct Source {
    path: PathBuf,
    layer: String,
    /// Without comments and without what follows `#[cfg(test)]`.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let is_test =
                    inside.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
                if inside.components().count() < 2 || is_test {
                    continue;
                }
                let layer = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
                let code = code_of(&fs::read_to_string(&path).unwrap());
                found.push(Source { path: inside.to_owned(), layer, code });
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn code_of(text: &str) -> String {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn imports_go_one_way() {
    let mut wrong = BTreeSet::new();
    for source in sources() {
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == source.layer) else {
            panic!("{} stands in a layer that this test does not know", source.path.display());
        };
        for imported in source.code.split("crate::").skip(1) {
            let imported: String =
                imported.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let is_layer = LAYERS.iter().any(|(layer, _)| *layer == imported);
            if is_layer && imported != source.layer && !allowed.contains(&imported.as_str()) {
                wrong.insert(format!("{} imports {imported}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_outside_concern_has_one_owner() {
    let mut wrong = BTreeSet::new();
    for source in sources() {
        for (word, owners) in OWNERS {
            if source.code.contains(word) && !owners.split(' ').any(|owner| owner == source.layer) {
                wrong.insert(format!("{} names {word}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_assistant_is_switched_off_in_one_place_that_puts_the_wish_on_disk_first() {
    let mut found = BTreeSet::new();
    for source in sources() {
        let path = source.path.to_string_lossy().replace('\\', "/");
        for (at, name) in source.code.match_indices("disable_assistant") {
            let (before, after) = (&source.code[..at], &source.code[at + name.len()..]);
            let is_defined = before.ends_with("pub async fn ");
            // Named without a call, it could be handed on and called elsewhere.
            let is_called = before.ends_with('.') && after.starts_with('(');
            assert!(is_defined || is_called, "{path} names {name} in passing");
            assert!(found.insert((path.clone(), is_called)), "{path} calls {name} twice");
        }
    }
    let expected = [("api/client.rs", false), ("pipeline/switching.rs", true)];
    assert_eq!(found, expected.map(|(path, is_called)| (path.to_owned(), is_called)).into());
}

#[test]
fn main_is_a_doorbell() {
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 30);
}
