//! Modules of one folder that import each other, in whatever roundabout way.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, parent};

/// For each folder the circles among what lies in it, files and folders alike: `ledger: open standing`. A folder's own
/// `mod.rs` is not part of any: what is named through it counts for the file in which it is at home.
pub(super) fn circles(code: &Code) -> BTreeSet<String> {
    let mut imports: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (path, module) in &code.modules {
        for target in module.paths.iter().flat_map(|named| code.targets(path, named)) {
            // In the folder where their ways part.
            let mut here = path.as_str();
            while !here.is_empty() && !is_below(&target, parent(here)) {
                here = parent(here);
            }
            let folder = parent(here);
            let there = child_towards(folder, &target);
            if let Some(there) = there.filter(|there| !here.is_empty() && *there != here) {
                imports.entry(folder).or_default().entry(here).or_default().insert(there.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    for (folder, imports) in imports {
        let reaches = |from: &str| {
            let mut seen = BTreeSet::new();
            let mut next = vec![from];
            while let Some(at) = next.pop() {
                for to in imports.get(at).into_iter().flatten() {
                    if seen.insert(to.as_str()) {
                        next.push(to);
                    }
                }
            }
            seen
        };
        let closure: BTreeMap<&str, BTreeSet<&str>> =
            imports.keys().map(|from| (*from, reaches(from))).collect();
        for (from, to) in closure.iter().filter(|(from, to)| to.contains(**from)) {
            let round = to.iter().filter(|to| closure.get(**to).is_some_and(|back| back.contains(from)));
            let names: Vec<_> = round.map(|path| path.rsplit("::").next().unwrap_or(path)).collect();
            let folder = if folder.is_empty() { "src" } else { folder };
            found.insert(format!("{folder}: {}", names.join(" ")));
        }
    }
    found
}

/// Whether the module lies in the folder.
fn is_below(module: &str, folder: &str) -> bool {
    child_towards(folder, module).is_some()
}

/// What of the folder leads to the module, which lies in it.
fn child_towards<'a>(folder: &str, module: &'a str) -> Option<&'a str> {
    let start = if folder.is_empty() {
        0
    } else {
        module.strip_prefix(folder)?.strip_prefix("::").map(|_| folder.len() + 2)?
    };
    let name = module[start..].split("::").next().filter(|name| !name.is_empty())?;
    Some(&module[..start + name.len()])
}

#[test]
fn a_circle_is_found_in_its_folder_through_a_re_export_and_through_a_third_one() {
    let found = |a: &str, b: &str, c: &str| {
        let code = super::made_up(&[
            ("x/mod.rs", "mod a; mod b; mod c; pub use b::B; pub struct Face; fn f() { a::f(); b::f() }"),
            ("x/a.rs", a),
            ("x/b.rs", b),
            ("x/c/mod.rs", "mod d;"),
            ("x/c/d.rs", c),
            ("y.rs", "use crate::x::B;"),
        ]);
        circles(&code).into_iter().collect::<Vec<_>>().join("; ")
    };
    assert_eq!(found("use super::B;", "fn f() { super::a::f() }", ""), "x: a b");
    assert_eq!(found("use super::b;", "use crate::x::c::d::D;", "use super::super::a::A;"), "x: a b c");
    assert_eq!(
        found("use super::B;", "use super::c::d::D;", "use crate::x::Face;"),
        "",
        "what is at home in its face"
    );
    assert_eq!(found("use crate::y::Y;", "", ""), "src: x y");
    assert_eq!(found("", "", "use super::super::b::B;"), "");
    assert_eq!(found("", "use super::{self, a};", "#[cfg(test)] mod tests { use crate::x::b; }"), "");
}
