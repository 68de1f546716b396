//! Holds the code against the layers that `src/lib.rs` promises: imports go one way, each outside concern has one owner,
//! an assistant is switched off in one place. The tables are all there is to change when folders move.

mod circles;
mod code;
mod items;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use code::{Code, Files};

/// What each layer may import. A layer is a module with all that is in it but for layers of their own: beside `engine` there
/// may be `engine::platform`. Whoever may import a layer may import those in it.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("practice", &[]),
    ("engine", &["base"]),
    ("engine::os", &["base"]),
    ("engine::record", &["base"]),
    ("engine::input", &["base"]),
    ("engine::platform", &["base"]),
    ("engine::ledger", &["base", "engine::os"]),
    ("engine::report", &["base", "engine::os"]),
    ("engine::terminal", &["base", "engine::os"]),
    ("engine::session", &["base", "engine"]),
    ("check", &["base", "engine"]),
    ("audit", &["base", "engine"]),
    ("disable", &["base", "engine", "check"]),
    ("apply", &["base", "engine", "check"]),
    ("inventory", &["base", "engine"]),
    ("cli", &["base", "engine", "check", "audit", "disable", "apply", "inventory", "practice"]),
    ("main", &["cli"]),
];

/// Crates that only these layers may name.
const CRATES: &[(&str, &[&str])] = &[
    ("rusqlite", &["engine::ledger", "audit::store", "disable::store", "apply::store"]),
    ("reqwest", &["engine::platform"]),
    ("axum", &["practice"]),
    ("indicatif", &["engine::terminal"]),
    ("calamine", &["engine::input", "engine::report"]),
    ("tempfile", &["engine::report"]),
    ("csv", &["engine::input", "engine::report", "audit", "apply::columns"]),
    ("anyhow", &["cli"]),
];

/// Tokens that only these layers may have, one behind the other.
const WORDS: &[(&str, &[&str])] = &[
    ("print !", &["engine::terminal"]),
    ("println !", &["engine::terminal"]),
    ("eprint !", &["engine::terminal"]),
    ("eprintln !", &["engine::terminal"]),
    ("dbg !", &[]),
    // Who can make one can switch an assistant off.
    ("RecordedIntent for", &["disable::store"]),
    ("RecordedIntent as", &[]),
    // Who can make one of these can write an agent.
    ("RecordedUpdate for", &["apply::store"]),
    ("RecordedPublish for", &["apply::store"]),
    ("RecordedCreate for", &["apply::store"]),
    ("RecordedRetreat for", &["apply::store"]),
];

/// The program's own files.
fn files() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Files::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(inside, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn program() -> Code {
    Code::of(&files())
}

/// The layer of a module: of those that it lies in, the innermost. `None` for the crate itself.
fn layer<'a>(layers: &'a [(&str, &[&str])], module: &str) -> Option<&'a (&'a str, &'a [&'a str])> {
    layers.iter().filter(|(layer, _)| is_in(module, layer)).max_by_key(|(layer, _)| layer.len())
}

fn is_in(module: &str, layer: &str) -> bool {
    module.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Imports that no layer is allowed, and modules of no layer.
fn wrong_imports(code: &Code, layers: &[(&str, &[&str])]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (path, module) in code.modules.iter().filter(|(path, _)| !path.is_empty()) {
        let Some((own, allowed)) = layer(layers, path) else {
            wrong.insert(format!("{} stands in no layer", module.file));
            continue;
        };
        for target in module.paths.iter().flat_map(|named| code.targets(path, named)) {
            let Some((imported, _)) = layer(layers, &target) else { continue };
            // The way to a neighbour within a layer leads through what it stands in.
            let is_near = is_in(imported, own) || is_in(own, &target);
            if !is_near && !allowed.iter().any(|allowed| is_in(imported, allowed)) {
                wrong.insert(format!("{} imports {target}", module.file));
            }
        }
    }
    wrong
}

/// Modules that name what is not theirs.
fn wrong_owners(code: &Code) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (path, module) in &code.modules {
        let is_owner = |owners: &[&str]| owners.iter().any(|owner| is_in(path, owner));
        for (name, owners) in CRATES {
            let is_named = module.paths.iter().any(|named| {
                named.first().is_some_and(|first| first == name) && code.targets(path, named).is_empty()
            });
            if is_named && !is_owner(owners) {
                wrong.insert(format!("{} names {name}", module.file));
            }
        }
        for (words, owners) in WORDS {
            if module.words.contains(&format!(" {words} ")) && !is_owner(owners) {
                wrong.insert(format!("{} has `{words}`", module.file));
            }
        }
    }
    wrong
}

fn none() -> BTreeSet<String> {
    BTreeSet::new()
}

#[test]
fn imports_go_one_way() {
    assert_eq!(wrong_imports(&program(), LAYERS), none());
}

#[test]
fn no_folder_has_a_circle() {
    assert_eq!(circles::circles(&program()), none());
}

#[test]
fn each_outside_concern_has_one_owner() {
    assert_eq!(wrong_owners(&program()), none());
}

/// Where a function is defined (`false`) and called (`true`); it is named in no other way.
fn places_of(function: &str) -> BTreeSet<(String, bool)> {
    let mut found = BTreeSet::new();
    for module in program().modules.values() {
        for (at, name) in module.words.match_indices(&format!(" {function} ")) {
            let (before, after) = (&module.words[..at], &module.words[at + name.len()..]);
            let is_defined = before.ends_with(" pub async fn");
            // Named without a call, it could be handed on and called elsewhere.
            let is_called = before.ends_with(" .") && after.starts_with("( ");
            assert!(is_defined || is_called, "{} names {name} in passing", module.file);
            assert!(found.insert((module.file.clone(), is_called)), "{} calls {name} twice", module.file);
        }
    }
    found
}

#[test]
fn each_request_that_changes_something_for_others_is_sent_in_one_place_that_puts_the_intent_on_disk_first() {
    for (function, caller, client) in [
        ("disable_assistant", "disable/attempt.rs", "engine/platform/client.rs"),
        ("update_agent", "apply/write.rs", "engine/platform/writing.rs"),
        ("publish_agent", "apply/write.rs", "engine/platform/writing.rs"),
        ("create_agent", "apply/create.rs", "engine/platform/writing.rs"),
        ("disable_agent", "apply/undo.rs", "engine/platform/writing.rs"),
    ] {
        let expected = [(caller.to_owned(), true), (client.to_owned(), false)];
        assert_eq!(places_of(function), expected.into(), "{function}");
    }
}

#[test]
fn main_is_a_doorbell() {
    let code = program();
    let main = &code.modules["main"];
    assert_eq!(main.words.matches(" fn ").count(), 1, "{}", main.words);
    assert!(main.words.split_whitespace().count() <= 60, "{}", main.words);
}

/// Beneath every test module and behind every attribute the code goes on.
#[test]
fn every_file_is_read_to_its_end() {
    let mut files = files();
    let reached: BTreeSet<String> = program().modules.into_values().map(|module| module.file).collect();
    assert!(reached.len() > 100, "the sources were not found");
    assert_eq!(Code::of(&files).stray(&files), Vec::<&String>::new(), "no module declares these");
    for file in &reached {
        files
            .get_mut(file)
            .unwrap()
            .push_str("\nfn planted() { let _ = \"https://x\"; crate::cli::planted() }\n");
    }
    let code = Code::of(&files);
    let planted: Vec<String> = ["crate", "cli", "planted"].map(str::to_owned).into();
    let seen: BTreeSet<String> = code
        .modules
        .into_values()
        .filter(|module| module.paths.contains(&planted))
        .map(|module| module.file)
        .collect();
    assert_eq!(seen, reached);
}

/// Made-up sources, each file with its text.
fn made_up(files: &[(&str, &str)]) -> Code {
    let names: BTreeSet<_> = files.iter().filter_map(|(file, _)| file.split(['/', '.']).next()).collect();
    let root: Vec<_> = names.into_iter().map(|name| format!("pub mod {name};")).collect();
    let root = root.join("\n");
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    Code::of(&files.chain([("lib.rs".to_owned(), root)]).collect())
}

#[test]
fn an_import_is_seen_wherever_it_stands_and_however_it_is_spelled() {
    const LAYERS: &[(&str, &[&str])] = &[("a", &[]), ("b", &[])];
    for (text, is_seen) in [
        ("use crate::a::X;", true),
        ("use crate::{std, a::{self, X as Y}};", true),
        ("fn f() { crate::a::x() }", true),
        ("fn f() { println!(\"{}\", crate::a::x()) }", true),
        ("mod c { fn f() -> Vec<super::super::a::X> {} }", true),
        ("use super::a; fn f() { a::x() }", true),
        ("const LINK: &str = \"https://x\"; use crate::a::X;", true),
        ("#[cfg(test)]\nmod tests { use crate::a::X; }", false),
        ("#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::a::X;", true),
        ("#[cfg(test)]\nconst N: [u8; 2] = [1, 2];\nuse crate::a::X;", true),
        ("#[cfg(test)]\nuse crate::a::{X, Y};\nfn f() {}", false),
        ("#[cfg(all(test, unix))]\nimpl Z { fn f() { crate::a::x() } }", false),
        ("#[cfg(any(test, unix))]\nuse crate::a::X;", true),
        ("#[cfg(not(test))]\nuse crate::a::X;", true),
        ("struct S { #[cfg(test)] x: crate::a::X, y: u8 }", false),
        ("struct S { #[cfg(test)] x: u8, y: crate::a::X }", true),
        ("#[cfg(test)]\nproptest! { fn f() {} }\nuse crate::a::X;", true),
        ("#![cfg(test)]\nuse crate::a::X;", false),
        ("/// See [`crate::a::X`].\n// use crate::a::X;\nfn f() {}", false),
        ("const S: &str = \"use crate::a::X;\";", false),
    ] {
        let code = made_up(&[("a.rs", "pub struct X;"), ("b.rs", text)]);
        assert_eq!(!wrong_imports(&code, LAYERS).is_empty(), is_seen, "{text}");
    }
}

#[test]
fn what_belongs_to_one_layer_is_seen_under_another_name_and_in_a_macro() {
    for (text, wrong) in [
        ("use rusqlite::Connection as C;", "base.rs names rusqlite"),
        ("use rusqlite as sql;", "base.rs names rusqlite"),
        ("fn f() { json!({\"x\": csv::Reader::new()}) }", "base.rs names csv"),
        ("mod csv { pub fn f() {} }\nfn f() { csv::f() }", ""),
        ("fn f() { tokio::select! { _ = x => println!() } }", "base.rs has `println !`"),
        ("#[cfg(test)]\nmod tests;\nimpl crate::RecordedIntent for X {}", "base.rs has `RecordedIntent for`"),
        ("/// `println!` is for others.\nconst S: &str = \"println!()\";", ""),
    ] {
        let code = made_up(&[("base.rs", text), ("base/tests.rs", "use anyhow::Result;")]);
        assert_eq!(wrong_owners(&code).into_iter().collect::<Vec<_>>().join("; "), wrong, "{text}");
    }
}

#[test]
fn a_layer_within_a_layer_has_rules_of_its_own() {
    const LAYERS: &[(&str, &[&str])] = &[
        ("base", &[]),
        ("engine", &["base"]),
        ("engine::platform", &["base"]),
        ("check", &["base", "engine"]),
    ];
    let tree = |platform: &str, check: &str| {
        let code = made_up(&[
            ("base.rs", "pub struct Id;"),
            ("engine/mod.rs", "mod ledger; mod platform; pub use platform::Client;"),
            ("engine/ledger.rs", "use crate::base::Id;"),
            ("engine/platform/mod.rs", "pub mod key;"),
            ("engine/platform/key.rs", platform),
            ("check.rs", check),
        ]);
        wrong_imports(&code, LAYERS).into_iter().collect::<Vec<_>>().join("; ")
    };
    assert_eq!(tree("use crate::base::Id;", "use crate::engine::{Client, ledger::Row};"), "");
    assert_eq!(
        tree("use super::super::ledger::Row;", ""),
        "engine/platform/key.rs imports engine::ledger",
        "a folder in a folder does not know its neighbours"
    );
    assert_eq!(tree("", "use crate::cli;"), "", "what is not there is no layer");
    assert_eq!(tree("use crate::check;", ""), "engine/platform/key.rs imports check");
}

#[test]
fn every_heading_that_a_comment_cites_stands_in_the_document() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = BTreeSet::new();
    for (document, at) in [("DESIGN.md", "src/DESIGN.md"), ("PLATFORM.md", "src/engine/platform/PLATFORM.md")]
    {
        let text = fs::read_to_string(root.join(at)).unwrap();
        let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let cited = format!("{document}, ");
        for (file, code) in files() {
            for (at, _) in code.match_indices(&cited) {
                // A comment may break the line within a heading.
                let words = code[at + cited.len()..].split(['/', '!', '\n', ' ', '"']);
                let said = words.filter(|word| !word.is_empty()).take(8).collect::<Vec<_>>().join(" ");
                if !headings.iter().any(|heading| said.starts_with(heading)) {
                    wrong.insert(format!("{file}: {document}, {said}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
