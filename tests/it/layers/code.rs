//! The program's code as the tests on its structure see it: every module that `lib.rs` and `main.rs` declare, token by
//! token. What only tests see is left out, item by item; so are comments and what stands in strings.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::items::without_tests;

/// Files by their path from `src`, with `/` between its parts.
pub(super) type Files = BTreeMap<String, String>;

/// A module of the program.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its file.
    pub(super) file: String,
    /// Its tokens, a space before and behind each; those of modules inside it left out.
    pub(super) words: String,
    /// Every path that it names, those in `use` and in macros included.
    pub(super) paths: Vec<Vec<String>>,
    /// What `use` gives a name here, and by which path.
    names: BTreeMap<String, Vec<String>>,
    /// Modules that it declares.
    children: BTreeSet<String>,
}

/// The modules of the program by their path, such as `report::html`; the crate itself is the empty one.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) modules: BTreeMap<String, Module>,
    /// Files that belong to it, be it only for its tests.
    reached: BTreeSet<String>,
}

/// A module that is being read.
#[derive(Clone)]
struct Place {
    path: String,
    file: String,
    /// The folder in which its children lie.
    folder: String,
    is_test: bool,
}

impl Code {
    /// Reads all that the two roots declare.
    pub(super) fn of(files: &Files) -> Self {
        let mut code = Self::default();
        for (file, path) in [("lib.rs", ""), ("main.rs", "main")] {
            let folder = String::new();
            let place = Place { path: path.to_owned(), file: file.to_owned(), folder, is_test: false };
            code.read_file(files, &place);
        }
        code
    }

    /// Files that no module declares.
    pub(super) fn stray<'a>(&self, files: &'a Files) -> Vec<&'a String> {
        files.keys().filter(|file| !self.reached.contains(*file)).collect()
    }

    fn read_file(&mut self, files: &Files, place: &Place) {
        let Some(text) = files.get(&place.file) else { return };
        self.reached.insert(place.file.clone());
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{}: {error}", place.file));
        self.read(files, place, tokens);
    }

    fn read(&mut self, files: &Files, place: &Place, tokens: TokenStream) {
        let (product, tests) = without_tests(tokens);
        let mut module = Module { file: place.file.clone(), ..Module::default() };
        let mut words = vec![];
        for (trees, is_test) in [(product, place.is_test), (tests, true)] {
            let place = Place { is_test, ..place.clone() };
            let rest = self.read_children(files, &place, &mut module, trees);
            if !is_test {
                flatten(rest, &mut words);
            }
        }
        if !place.is_test {
            module.words = format!(" {} ", words.join(" "));
            module.take_paths(&words);
            self.modules.insert(place.path.clone(), module);
        }
    }

    /// Reads the modules that are declared among these tokens; gives the others.
    fn read_children(
        &mut self,
        files: &Files,
        place: &Place,
        module: &mut Module,
        trees: Vec<TokenTree>,
    ) -> Vec<TokenTree> {
        let mut rest = Vec::with_capacity(trees.len());
        let mut trees = trees.into_iter().peekable();
        let mut elsewhere = None;
        while let Some(tree) = trees.next() {
            if let TokenTree::Group(group) = &tree {
                elsewhere = path_attribute(group.stream()).or(elsewhere);
            }
            let name = match (&tree, trees.peek()) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => name.to_string(),
                _ => {
                    rest.push(tree);
                    continue;
                }
            };
            trees.next();
            let child = Place {
                path: joined(&place.path, &name),
                file: place.file.clone(),
                folder: format!("{}{name}/", place.folder),
                is_test: place.is_test,
            };
            if let Some(TokenTree::Group(group)) = trees.next() {
                self.read(files, &child, group.stream());
            } else {
                let file = file_of(files, place, &name, elsewhere.take());
                self.read_file(files, &Place { file, ..child });
            }
            if !place.is_test {
                module.children.insert(name);
            }
        }
        rest
    }

    /// The modules that `path`, named in module `from`, leads through; the last one is where the item is at home. Empty
    /// where it leads out of the program.
    pub(super) fn targets(&self, from: &str, path: &[String]) -> Vec<String> {
        self.follow(from, path, 0)
    }

    fn follow(&self, from: &str, path: &[String], depth: usize) -> Vec<String> {
        let (Some(module), Some(first), true) = (self.modules.get(from), path.first(), depth < 16) else {
            return Vec::new();
        };
        let (mut at, mut rest) = (from.to_owned(), path);
        match first.as_str() {
            "crate" | "agent_migrate" => (at, rest) = (String::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    at.truncate(parent(&at).len());
                    rest = &rest[1..];
                }
            }
            name if module.children.contains(name) => {}
            name => match module.names.get(name) {
                Some(path) if path.first() != Some(first) => {
                    return self.follow(from, &[path.as_slice(), &rest[1..]].concat(), depth + 1);
                }
                _ => return Vec::new(),
            },
        }
        let mut through = Vec::new();
        while let Some(name) = rest.first() {
            let Some(module) = self.modules.get(&at) else { break };
            rest = &rest[1..];
            if module.children.contains(name) {
                at = joined(&at, name);
                through.push(at.clone());
            } else if let Some(path) = module.names.get(name) {
                if through.is_empty() {
                    through.push(at.clone());
                }
                through.extend(self.follow(&at, &[path.as_slice(), rest].concat(), depth + 1));
                return through;
            } else {
                break;
            }
        }
        if through.is_empty() {
            through.push(at);
        }
        through
    }
}

impl Module {
    fn take_paths(&mut self, words: &[String]) {
        let mut at = 0;
        while at < words.len() {
            let before = at.checked_sub(1).map_or("", |before| words[before].as_str());
            if words[at] == "use" && words.get(at + 1).is_some_and(|next| next != "<") {
                at += 1;
                self.take_use(words, &mut at, &[]);
            } else if is_name(&words[at]) && !matches!(before, "::" | ".") {
                let mut path = vec![words[at].clone()];
                while words.get(at + 1).is_some_and(|word| word == "::")
                    && words.get(at + 2).is_some_and(|word| is_name(word))
                {
                    at += 2;
                    path.push(words[at].clone());
                }
                if path.len() > 1 {
                    self.paths.push(path);
                }
            }
            at += 1;
        }
    }

    /// One tree of a `use`, from `at` to the word before its end.
    fn take_use(&mut self, words: &[String], at: &mut usize, before: &[String]) {
        let mut path = before.to_vec();
        loop {
            let Some(word) = words.get(*at) else { return };
            match word.as_str() {
                "::" => {}
                "{" => {
                    while words.get(*at).is_some_and(|word| word != "}") {
                        *at += 1;
                        if words.get(*at).is_some_and(|word| word != "," && word != "}") {
                            self.take_use(words, at, &path);
                            *at += 1;
                        }
                    }
                    return;
                }
                "*" => break,
                name => path.push(name.to_owned()),
            }
            match words.get(*at + 1).map(String::as_str) {
                Some("::") => *at += 1,
                Some("as") => {
                    *at += 2;
                    let name = words.get(*at).cloned().unwrap_or_default();
                    self.names.insert(name, path.clone());
                    break;
                }
                _ if matches!(word.as_str(), "::") => {}
                _ => {
                    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                        path.pop();
                    }
                    if let Some(name) = path.last() {
                        self.names.insert(name.clone(), path.clone());
                    }
                    break;
                }
            }
            *at += 1;
        }
        self.paths.push(path);
    }
}

/// The tokens one after the other, groups opened; a literal is only that.
fn flatten(trees: impl IntoIterator<Item = TokenTree>, words: &mut Vec<String>) {
    let mut colon_before = false;
    for tree in trees {
        let mut is_colon = false;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                let (product, _) = without_tests(group.stream());
                flatten(product, words);
                words.push(close.to_owned());
            }
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Punct(sign) if sign.as_char() == ':' && colon_before => {
                words.pop();
                words.push("::".to_owned());
            }
            TokenTree::Punct(sign) => {
                is_colon = sign.as_char() == ':' && sign.spacing() == Spacing::Joint;
                words.push(sign.to_string());
            }
            TokenTree::Literal(_) => words.push("\"\"".to_owned()),
        }
        colon_before = is_colon;
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// The file of a module that is declared in `place`; `elsewhere` is what a `path` attribute says.
fn file_of(files: &Files, place: &Place, name: &str, elsewhere: Option<String>) -> String {
    let beside = place.file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    if let Some(file) = elsewhere {
        return format!("{beside}{file}");
    }
    let usual = [format!("{}{name}.rs", place.folder), format!("{}{name}/mod.rs", place.folder)];
    usual
        .into_iter()
        .find(|file| files.contains_key(file))
        .unwrap_or_else(|| panic!("{}: there is no file of {name}", place.file))
}

/// The file that a `[path = "…"]` names.
fn path_attribute(tokens: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Literal(file)] if word == "path" => {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

/// The module around it; the crate for one at its top.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}
