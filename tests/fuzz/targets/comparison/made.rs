//! Two records made from bytes: the second is the first with a few changes, so that most of it is the same.

use std::collections::BTreeSet;

use uuid::Uuid;

/// The members of both, and the second with its sets in another order.
pub(super) struct Pair {
    pub(super) one: String,
    pub(super) other: String,
    pub(super) other_reordered: String,
}

/// JSON with its numbers as they are spelled.
#[derive(Clone)]
enum Node {
    /// A number, a flag, null.
    Plain(&'static str),
    Text(String),
    List(Vec<Node>, Order),
    Object(Vec<(&'static str, Node)>),
}

/// Whether the order of a list counts.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Counts,
    Free,
    /// Unknown lists are sets if they hold ids and nothing else.
    FreeForIds,
}

const TEXTS: [&str; 24] = [
    "",
    " ",
    "x",
    "Helper",
    "Helper ",
    "=1+1",
    "＝1",
    "-5",
    "+49 30 123456",
    "\u{0}\t\r\n",
    "a -> b; c",
    "(none)",
    "…",
    "caf\u{e9}",
    "cafe\u{301}",
    "\u{2764}\u{fe0f}",
    "a\u{202e}b",
    "<script>alert(1)</script>",
    "</script><!--",
    "\"\\",
    "Passwort: Sommer2024!",
    "one\ntwo\nthree\n",
    "one\ntwo\n3\n",
    "PROMPT",
];
const NUMBERS: [&str; 16] = [
    "0",
    "-0",
    "0.3",
    "0.30",
    "3e-1",
    "0.300000001",
    "0.3000000021",
    "1",
    "1.0",
    "10e-1",
    "9007199254740992",
    "9007199254740993",
    "1e400",
    "10e399",
    "-1",
    "1e-300",
];
const IDS: [&str; 7] = [
    "00000000-0000-0000-0000-0000000000ab",
    "00000000-0000-0000-0000-0000000000AB",
    "000000000000000000000000000000ab",
    "11111111-2222-3333-4444-555555555555",
    "99999999-2222-3333-4444-bbbbbbbbbbbb",
    "no id",
    "",
];
const FILE_TYPES: [&str; 8] = ["pdf", ".PDF", "pdf, docx", "docx;pdf", "docx", "", ",", "pdf docx"];
const FLAGS: [&str; 3] = ["true", "false", "null"];
const KEYS: [&str; 4] = ["a", "b", "odd key", "later"];

type Make = fn(&mut Bytes<'_>) -> Node;

const FIELDS: [(&str, Make); 21] = [
    ("name", text),
    ("description", text),
    ("instruction", long_text),
    ("emojiIcon", text),
    ("model", text),
    ("temperature", number),
    ("conversationStarters", texts),
    ("inputType", text),
    ("webSearchEnabled", flag),
    ("imageGenerationEnabled", flag),
    ("codeInterpreterEnabled", flag),
    ("canvasEnabled", flag),
    ("extendedThinking", flag),
    ("actions", actions),
    ("inputFields", input_fields),
    ("attachments", ids),
    ("createdAt", text),
    ("updatedAt", text),
    ("knowledgeFolderIds", folder_ids),
    ("settings", anything),
    ("later", anything),
];

/// Bytes to choose by; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() % from.len()]
    }

    fn list(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> Node) -> Vec<Node> {
        (0..self.next() % (most + 1)).map(|_| make(self)).collect()
    }
}

pub(super) fn pair(bytes: &[u8]) -> Pair {
    let mut bytes = Bytes(bytes);
    let mut one = Vec::new();
    for (name, make) in FIELDS {
        if bytes.next() % 3 > 0 {
            one.push((name, make(&mut bytes)));
        }
    }
    let mut other = Vec::new();
    for (name, make) in FIELDS {
        let own = one.iter().find(|(own, _)| *own == name).map(|(_, node)| node.clone());
        let node = match bytes.next() % 12 {
            9 => None,
            10 => Some(make(&mut bytes)),
            11 => own.map(|mut node| {
                node.change(&mut bytes);
                node
            }),
            _ => own,
        };
        other.extend(node.map(|node| (name, node)));
    }
    let mut reordered = other.clone();
    reordered.reverse();
    // Of elements that share a key, which belong together is told by their texts, and those by the order in them.
    let inside = !one.iter().chain(&other).any(|(_, node)| node.shares_keys());
    // Fields that nothing tells apart belong together by their place: then that counts, too.
    let forms = || one.iter().chain(&other).filter(|(name, _)| *name == "inputFields").map(|(_, node)| node);
    let is_loose = !forms().all(Node::has_slugs) && !forms().all(Node::is_told_apart);
    for (name, node) in &mut reordered {
        if *name != "inputFields" || !is_loose {
            node.reorder(inside);
        }
    }
    let [one, other, other_reordered] = [one, other, reordered].map(|members| {
        let object = Node::Object(members).json();
        object[1..object.len() - 1].to_owned()
    });
    Pair { one, other, other_reordered }
}

impl Node {
    fn json(&self) -> String {
        match self {
            Self::Plain(text) => (*text).to_owned(),
            Self::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
            Self::List(items, _) => {
                format!("[{}]", items.iter().map(Self::json).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let members: Vec<_> =
                    members.iter().map(|(name, node)| format!("\"{name}\":{}", node.json())).collect();
                format!("{{{}}}", members.join(", "))
            }
        }
    }

    /// One small change, somewhere inside.
    fn change(&mut self, bytes: &mut Bytes<'_>) {
        match self {
            Self::List(items, _) if !items.is_empty() => {
                let at = bytes.next() % items.len();
                match bytes.next() % 4 {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    _ => items[at].change(bytes),
                }
            }
            Self::Object(members) if !members.is_empty() => {
                let at = bytes.next() % members.len();
                let is_key = members[at].0 == "actionId";
                match bytes.next() % 4 {
                    0 if !is_key => drop(members.remove(at)),
                    1 if members.iter().all(|(name, _)| *name != "note") => {
                        members.push(("note", Self::Text("x".to_owned())));
                    }
                    _ => members[at].1.change(bytes),
                }
            }
            Self::Text(text) => match bytes.next() % 4 {
                0 => text.push(bytes.pick(&['x', ' ', '\u{301}', '\n', '\u{200b}'])),
                1 => drop(text.pop()),
                _ => bytes.pick(&TEXTS).clone_into(text),
            },
            Self::Plain("true") => *self = Self::Plain("false"),
            Self::Plain("false") => *self = Self::Plain("true"),
            Self::Plain(number) if *number != "null" => *number = bytes.pick(&NUMBERS),
            Self::List(..) | Self::Object(_) | Self::Plain(_) => {}
        }
    }

    /// Turns sets round; those in elements and further inside only if asked to.
    fn reorder(&mut self, inside: bool) {
        match self {
            Self::List(items, order) => {
                if inside {
                    for item in items.iter_mut() {
                        item.reorder(inside);
                    }
                }
                let is_id = |item: &Self| matches!(item, Self::Text(id) if Uuid::try_parse(id).is_ok());
                if *order == Order::Free || (*order == Order::FreeForIds && items.iter().all(is_id)) {
                    items.reverse();
                }
            }
            Self::Object(members) => {
                for (_, node) in members.iter_mut() {
                    node.reorder(inside);
                }
                members.reverse();
            }
            Self::Plain(_) | Self::Text(_) => {}
        }
    }

    fn shares_keys(&self) -> bool {
        let Self::List(items, _) = self else { return false };
        let keys: Vec<_> = items.iter().filter_map(Self::key).collect();
        keys.iter().collect::<BTreeSet<_>>().len() < keys.len()
    }

    /// The text or number in that member of every element; empty where there is none.
    fn each(&self, name: &str) -> Vec<&str> {
        let Self::List(items, _) = self else { return Vec::new() };
        let text = items.iter().map(|item| {
            let Self::Object(members) = item else { return "" };
            match members.iter().find(|(own, _)| *own == name) {
                Some((_, Self::Plain(text))) => text,
                Some((_, Self::Text(text))) => text.as_str(),
                _ => "",
            }
        });
        text.collect()
    }

    fn has_slugs(&self) -> bool {
        self.each("slug").iter().all(|slug| !slug.is_empty())
    }

    /// Whether every field has an order and a label of its own.
    fn is_told_apart(&self) -> bool {
        let orders: Vec<Option<f64>> = self.each("order").iter().map(|order| order.parse().ok()).collect();
        let labels = self.each("label");
        let are_distinct = |place: usize| {
            orders[place].is_some()
                && !["", "null"].contains(&labels[place])
                && (0..place).all(|other| orders[other] != orders[place] && labels[other] != labels[place])
        };
        (0..labels.len()).all(are_distinct)
    }

    /// What an element is known by; ids of any spelling are one.
    fn key(&self) -> Option<String> {
        let Self::Object(members) = self else { return None };
        members.iter().find_map(|(name, node)| match node {
            Self::Text(key) if *name == "slug" => Some(key.clone()),
            Self::Text(key) if *name == "actionId" => {
                Some(Uuid::try_parse(key).map_or_else(|_| key.clone(), |id| id.to_string()))
            }
            _ => None,
        })
    }
}

fn text(bytes: &mut Bytes<'_>) -> Node {
    match bytes.next() % 8 {
        0 => Node::Plain("null"),
        1 => {
            let length = bytes.next() % 16;
            let own: Vec<u8> = (0..length).filter_map(|_| u8::try_from(bytes.next()).ok()).collect();
            Node::Text(String::from_utf8_lossy(&own).into_owned())
        }
        _ => Node::Text(bytes.pick(&TEXTS).to_owned()),
    }
}

fn long_text(bytes: &mut Bytes<'_>) -> Node {
    let times = bytes.pick(&[1, 1, 7, 40]);
    let Node::Text(middle) = text(bytes) else { return Node::Plain("null") };
    Node::Text(format!("{}{middle}{}", "You are kind.\n".repeat(times), "Answer in German. ".repeat(times)))
}

fn number(bytes: &mut Bytes<'_>) -> Node {
    Node::Plain(bytes.pick(&NUMBERS))
}

fn flag(bytes: &mut Bytes<'_>) -> Node {
    Node::Plain(bytes.pick(&FLAGS))
}

fn texts(bytes: &mut Bytes<'_>) -> Node {
    Node::List(bytes.list(4, text), Order::Counts)
}

fn id(bytes: &mut Bytes<'_>) -> Node {
    Node::Text(bytes.pick(&IDS).to_owned())
}

fn ids(bytes: &mut Bytes<'_>) -> Node {
    Node::List(bytes.list(4, id), Order::Free)
}

fn folder_ids(bytes: &mut Bytes<'_>) -> Node {
    Node::List(bytes.list(4, id), Order::FreeForIds)
}

fn actions(bytes: &mut Bytes<'_>) -> Node {
    let items = bytes.list(3, |bytes| {
        let mut members = vec![("actionId", id(bytes)), ("requiresConfirmation", flag(bytes))];
        if bytes.next().is_multiple_of(3) {
            members.push(("connectionId", text(bytes)));
        }
        Node::Object(members)
    });
    Node::List(items, Order::Free)
}

fn input_fields(bytes: &mut Bytes<'_>) -> Node {
    const MEMBERS: [(&str, Make); 9] = [
        ("description", text),
        ("type", text),
        ("label", text),
        ("required", flag),
        ("order", number),
        ("options", texts),
        ("fileTypes", file_types),
        ("emailDomain", text),
        ("later", anything),
    ];
    // All have a slug, none has, or some.
    let shape = bytes.next() % 3;
    let items = bytes.list(3, |bytes| {
        let mut members = Vec::new();
        if shape == 0 || (shape == 2 && bytes.next().is_multiple_of(2)) {
            members.push(("slug", Node::Text(bytes.pick(&["topic", "topic 2", "", "a]"]).to_owned())));
        }
        for (name, make) in MEMBERS {
            if bytes.next().is_multiple_of(2) {
                members.push((name, make(bytes)));
            }
        }
        Node::Object(members)
    });
    Node::List(items, Order::Free)
}

fn file_types(bytes: &mut Bytes<'_>) -> Node {
    let one = |bytes: &mut Bytes<'_>| Node::Text(bytes.pick(&FILE_TYPES).to_owned());
    if bytes.next().is_multiple_of(2) { one(bytes) } else { Node::List(bytes.list(3, one), Order::Free) }
}

fn anything(bytes: &mut Bytes<'_>) -> Node {
    nested(bytes, 3)
}

fn nested(bytes: &mut Bytes<'_>, levels: usize) -> Node {
    match bytes.next() % 8 {
        0 | 1 if levels > 0 => {
            Node::List(bytes.list(3, |bytes| nested(bytes, levels - 1)), Order::FreeForIds)
        }
        2 | 3 if levels > 0 => {
            let members = KEYS.iter().filter(|_| bytes.next().is_multiple_of(2)).copied().collect::<Vec<_>>();
            Node::Object(members.into_iter().map(|name| (name, nested(bytes, levels - 1))).collect())
        }
        4 => number(bytes),
        5 => flag(bytes),
        6 => folder_ids(bytes),
        _ => text(bytes),
    }
}
