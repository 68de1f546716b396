//! The table: every known field of the platform's object, what it is compared by, and its write name.

use jiff::Timestamp;

use super::json::{Json, Object};
use super::nonsense::Nonsense;
use super::path::Path;
use super::same::Key;

/// What a known field holds and when two of them are the same (DESIGN.md, What counts as the same).
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// What the record or the element is known by: read, not compared.
    Id,
    /// A time: reported, not compared.
    Time,
    /// A text, to the letter.
    Text,
    /// A number, within 1e-9.
    Number,
    /// `true`, or `false` and absent.
    Flag,
    /// A flag that the newer schema no longer carries: missing from the agent it is a note.
    FlagDroppedByPlatform,
    /// Texts whose order people see.
    OrderedTexts,
    /// Ids in any order.
    IdSet,
    /// The same for a field that assistants never had: only on the agent it is a note.
    IdSetOfAgents,
    /// Names of file types, as a list or in one text.
    FileTypes,
    /// Objects in any order, each known by a key where the answer shows it.
    Keyed(&'static Element),
}

pub(crate) struct Field {
    /// Its name in both `get` answers.
    pub(crate) name: &'static str,
    /// What it holds and how it is compared.
    pub(crate) rule: Rule,
    /// Its name for `create`; `None` for what cannot be written.
    pub(crate) write_name: Option<&'static str>,
}

/// What the elements of a keyed list are made of.
pub(crate) struct Element {
    /// The field that an element is known by.
    pub(crate) key: &'static str,
    /// Whether that field is an id, whose case does not matter.
    pub(super) is_known_by_id: bool,
    /// What they are known by where an answer leaves the key out; `None` where one without its key makes no sense.
    pub(crate) keyless: Option<&'static Keyless>,
    /// The known fields, the key among them.
    pub(crate) fields: &'static [Field],
}

/// Elements of which an answer may leave the key out.
pub(crate) struct Keyless {
    /// The field that tells them apart.
    pub(crate) order: &'static str,
    /// The one that does where the order does not, and that people know them by.
    pub(crate) label: &'static str,
    /// The fields that answers leave out together, the key among them.
    pub(crate) left_out: &'static [&'static str],
    /// What to say where no answer shows any of these.
    pub(crate) words: &'static str,
}

const fn field(name: &'static str, rule: Rule, write_name: &'static str) -> Field {
    Field { name, rule, write_name: Some(write_name) }
}

const fn read_only(name: &'static str, rule: Rule) -> Field {
    Field { name, rule, write_name: None }
}

/// The object of both `get` answers (PLATFORM.md, The object; Write names).
pub(crate) const FIELDS: &[Field] = &[
    read_only("id", Rule::Id),
    field("name", Rule::Text, "name"),
    field("description", Rule::Text, "description"),
    field("instruction", Rule::Text, "instruction"),
    field("emojiIcon", Rule::Text, "emoji"),
    field("model", Rule::Text, "model"),
    field("temperature", Rule::Number, "creativity"),
    field("conversationStarters", Rule::OrderedTexts, "conversationStarters"),
    field("inputType", Rule::Text, "inputType"),
    field("webSearchEnabled", Rule::Flag, "webSearch"),
    field("imageGenerationEnabled", Rule::Flag, "imageGeneration"),
    field("codeInterpreterEnabled", Rule::FlagDroppedByPlatform, "dataAnalyst"),
    field("canvasEnabled", Rule::Flag, "canvas"),
    field("extendedThinking", Rule::Flag, "extendedThinking"),
    field("actions", Rule::Keyed(&ACTION), "actions"),
    field("inputFields", Rule::Keyed(&INPUT_FIELD), "inputFields"),
    field("attachments", Rule::IdSet, "attachments"),
    field("knowledgeFolderIds", Rule::IdSetOfAgents, "knowledgeFolderIds"),
    read_only("createdAt", Rule::Time),
    read_only("updatedAt", Rule::Time),
];

const ACTION: Element = Element {
    key: "actionId",
    is_known_by_id: true,
    keyless: None,
    fields: &[
        field("actionId", Rule::Id, "actionId"),
        field("requiresConfirmation", Rule::Flag, "requiresConfirmation"),
    ],
};

const INPUT_FIELD: Element = Element {
    key: "slug",
    is_known_by_id: false,
    keyless: Some(&Keyless {
        order: "order",
        label: "label",
        left_out: &["slug", "options", "fileTypes", "emailDomain"],
        words: "the API shows no choices, file types or slugs; compare the form in the web app",
    }),
    fields: &[
        field("slug", Rule::Id, "slug"),
        field("type", Rule::Text, "type"),
        field("label", Rule::Text, "label"),
        field("description", Rule::Text, "description"),
        field("required", Rule::Flag, "required"),
        field("order", Rule::Number, "order"),
        field("options", Rule::OrderedTexts, "options"),
        field("fileTypes", Rule::FileTypes, "fileTypes"),
        field("emailDomain", Rule::Text, "emailDomain"),
    ],
};

impl Rule {
    /// The type that the platform documents, in words that follow "not".
    const fn expected(self) -> &'static str {
        match self {
            Self::Id | Self::Time | Self::Text => "text",
            Self::Number => "a number",
            Self::Flag | Self::FlagDroppedByPlatform => "true or false",
            Self::OrderedTexts | Self::IdSet | Self::IdSetOfAgents | Self::Keyed(_) => "a list",
            Self::FileTypes => "text or a list",
        }
    }

    /// Whether the value is of the field's type; null always is.
    fn check(self, path: &Path<'_>, value: &Json) -> Result<(), Nonsense> {
        match (self, value) {
            (_, Json::Null)
            | (Self::Id | Self::Time | Self::Text | Self::FileTypes, Json::Text(_))
            | (Self::Number, Json::Number(_))
            | (Self::Flag | Self::FlagDroppedByPlatform, Json::Bool(_)) => Ok(()),
            (Self::OrderedTexts | Self::IdSet | Self::IdSetOfAgents | Self::FileTypes, Json::List(items)) => {
                each(path, items, |path, item| Self::Text.check(path, item))
            }
            (Self::Keyed(element), Json::List(items)) => {
                each(path, items, |path, item| element.check(path, item))
            }
            (_, other) => Err(other_type(path, other, self.expected())),
        }
    }
}

impl Element {
    /// What the element is known by; `None` where the answer does not show it.
    pub(crate) fn key_of<'a>(&self, item: &'a Json) -> Option<Key<'a>> {
        let value = item.member(self.key);
        let key = if self.is_known_by_id { Key::of_id(value) } else { Key::of_text(value) };
        (value.is_set() || self.keyless.is_none()).then_some(key)
    }

    fn check(&self, path: &Path<'_>, item: &Json) -> Result<(), Nonsense> {
        let Json::Object(object) = item else { return Err(other_type(path, item, "an object")) };
        check(self.fields, path, object)?;
        match object.get(self.key) {
            Json::Null if self.keyless.is_none() => {
                Err(Nonsense::NoKey { place: path.subject(), key: self.key })
            }
            _ => Ok(()),
        }
    }
}

impl Keyless {
    /// Whether the element shows any of the fields that answers leave out.
    pub(crate) fn is_shown_in(&self, item: &Json) -> bool {
        self.left_out.iter().any(|name| item.member(name).is_set())
    }
}

/// Whether every known field of the object is of its type, those of its elements included.
pub(super) fn check(fields: &[Field], path: &Path<'_>, object: &Object) -> Result<(), Nonsense> {
    fields
        .iter()
        .try_for_each(|field| field.rule.check(&Path::Member(path, field.name), object.get(field.name)))
}

fn each(
    path: &Path<'_>,
    items: &[Json],
    check: impl Fn(&Path<'_>, &Json) -> Result<(), Nonsense>,
) -> Result<(), Nonsense> {
    items.iter().enumerate().try_for_each(|(index, item)| check(&Path::Item(path, index), item))
}

fn other_type(path: &Path<'_>, found: &Json, expected: &'static str) -> Nonsense {
    Nonsense::OtherType { place: path.subject(), found: found.kind(), expected }
}

/// The instant that a time field names; `None` when it is empty or not RFC 3339.
pub(crate) fn instant(value: &Json) -> Option<Timestamp> {
    value.text()?.parse().ok()
}
