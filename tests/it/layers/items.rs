//! Which items of a file only tests see.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens of the items that the program is made of, and those of the items that only its tests are.
pub(super) fn without_tests(tokens: TokenStream) -> (Vec<TokenTree>, Vec<TokenTree>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut product, mut tests) = (Vec::with_capacity(trees.len()), Vec::new());
    let mut at = 0;
    while at < trees.len() {
        let mut item = at;
        let (mut is_test, mut is_all_test) = (false, false);
        while let Some((attribute, is_inner, end)) = attribute(&trees, item) {
            let only_tests = is_for_tests(attribute);
            is_test |= only_tests && !is_inner;
            is_all_test |= only_tests && is_inner;
            item = end;
        }
        let end = match (is_all_test, is_test) {
            (true, _) => trees.len(),
            (false, true) => end_of_item(&trees, item),
            (false, false) => item.max(at + 1),
        };
        let kept = if is_test || is_all_test { &mut tests } else { &mut product };
        kept.extend_from_slice(&trees[at..end]);
        at = end;
    }
    (product, tests)
}

/// The attribute that begins there, whether it is about what stands around it, and where it ends.
fn attribute(trees: &[TokenTree], at: usize) -> Option<(TokenStream, bool, usize)> {
    let is_sign =
        |at: usize, sign| matches!(trees.get(at), Some(TokenTree::Punct(found)) if found.as_char() == sign);
    let is_inner = is_sign(at + 1, '!');
    let group = at + 1 + usize::from(is_inner);
    match trees.get(group) {
        Some(TokenTree::Group(found)) if is_sign(at, '#') && found.delimiter() == Delimiter::Bracket => {
            Some((found.stream(), is_inner, group + 1))
        }
        _ => None,
    }
}

/// `test`, or a `cfg` that holds in a test build alone.
fn is_for_tests(attribute: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name)] => name == "test",
        [TokenTree::Ident(name), TokenTree::Group(of)] if name == "cfg" => holds(of.stream()) == Some(false),
        _ => false,
    }
}

/// Whether a predicate of `cfg` holds where nothing is tested; `None` where that depends.
fn holds(predicate: TokenStream) -> Option<bool> {
    let tokens: Vec<TokenTree> = predicate.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name)] if name == "test" => Some(false),
        [TokenTree::Ident(name), TokenTree::Group(of)] => {
            let of: Vec<TokenTree> = of.stream().into_iter().collect();
            let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ',');
            let parts: Vec<_> = of.split(is_comma).filter(|part| !part.is_empty()).collect();
            let parts: Vec<_> = parts.into_iter().map(|part| holds(part.iter().cloned().collect())).collect();
            match name.to_string().as_str() {
                "all" if parts.contains(&Some(false)) => Some(false),
                "any" if parts.iter().all(|part| *part == Some(false)) => Some(false),
                "not" => parts.first().copied().flatten().map(|holds| !holds),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Where the item that begins there, behind its attributes, is over.
fn end_of_item(trees: &[TokenTree], from: usize) -> usize {
    let word = |at: usize| match trees.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let mut first = from;
    if word(first) == "pub" {
        first += 1;
        if matches!(trees.get(first), Some(TokenTree::Group(of)) if of.delimiter() == Delimiter::Parenthesis)
        {
            first += 1;
        }
    }
    let kind = match word(first).as_str() {
        "use" | "static" | "type" | "let" => Kind::ToSemicolon,
        "const" if !matches!(word(first + 1).as_str(), "fn" | "unsafe" | "async" | "extern") => {
            Kind::ToSemicolon
        }
        "const" | "fn" | "mod" | "impl" | "struct" | "enum" | "union" | "trait" | "unsafe" | "async"
        | "extern" | "macro_rules" => Kind::ToBraces,
        _ if matches!(trees.get(first + 1), Some(TokenTree::Punct(sign)) if sign.as_char() == '!') => {
            Kind::ToBraces
        }
        _ => Kind::Part,
    };
    for (at, tree) in trees.iter().enumerate().skip(first) {
        let is_over = match tree {
            TokenTree::Punct(sign) => match sign.as_char() {
                ';' => true,
                ',' => kind == Kind::Part,
                _ => false,
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => match kind {
                Kind::ToBraces => true,
                Kind::ToSemicolon => false,
                // The arm of a `match`.
                Kind::Part => matches!(at.checked_sub(1).map(|before| &trees[before]),
                    Some(TokenTree::Punct(sign)) if sign.as_char() == '>'),
            },
            _ => false,
        };
        if is_over {
            return at + 1;
        }
    }
    trees.len()
}

/// How an item ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `use`, `const` and the like: braces may come before the end.
    ToSemicolon,
    /// A function and the like: by its braces, or by a semicolon.
    ToBraces,
    /// A field, a variant, an arm: by a comma.
    Part,
}
