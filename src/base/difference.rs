//! What two records differ in, and what is worth a note without being a difference.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A piece of valid JSON as the platform spelled it, so that long numbers keep every digit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// Takes JSON text; `None` when it is not valid JSON.
    pub fn new(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for JsonText {}

/// One thing that the agent lacks or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where: a read name of the platform, with the place inside it: `temperature`, `inputFields[topic].label`
    /// (`inputFields["Topic"].label` where no slug is shown), `actions[<uuid>].requiresConfirmation`.
    pub field: String,
    /// The assistant's value, whole; `None` when it has none.
    pub old: Option<JsonText>,
    /// The agent's value, whole; `None` when it has none.
    pub new: Option<JsonText>,
    /// Both for a person, `old -> new`, long texts shortened around the first difference.
    pub short: String,
}

/// Why a note is only a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// An unknown field or key, or a slug, that only the agent has.
    OnlyOnAgent,
    /// A slug that only the assistant's answer shows.
    OnlyOnAssistant,
    /// What the API shows on neither side and nobody can compare from here.
    NotShown,
    /// The platform's newer schema no longer carries it (`codeInterpreterEnabled`; PLATFORM.md, The object).
    DroppedByPlatform,
    /// A difference that somebody has decided to live with (`--accept`).
    Accepted,
    /// A time that cannot be read; the report leaves its cell empty.
    UnreadableTime,
    /// Not about the two records but about the run before: what its verdict was, or why it still stands (`verify`).
    SinceTheRun,
}

/// Something that differs without harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Why it does no harm.
    pub kind: NoteKind,
    /// Where, as in [`Difference::field`].
    pub field: String,
    /// The value in question, whole; `None` where there is none to show.
    pub value: Option<JsonText>,
    /// For [`NoteKind::Accepted`]: the agent's value, whole, where `value` is the assistant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<JsonText>,
    /// The note for a person, without the field's name, long texts shortened.
    pub short: String,
}
