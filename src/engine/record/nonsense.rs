//! Why an answer makes no sense.

/// The deepest level that is read; the outermost object is level 1 (DESIGN.md, What counts as the same).
pub(super) const DEEPEST: usize = 128;

/// Why the body of a 200 answer makes no sense (DESIGN.md, What counts as the same).
///
/// The text follows `answer makes no sense:` in the report. What it quotes of the platform is escaped and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nonsense {
    /// Some byte is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// Not JSON, or something stands after it.
    #[error("not JSON: {words}")]
    NotJson {
        /// What the JSON reader said, with line and column.
        words: String,
    },
    /// A `\uD800`-like escape without its other half: such a text cannot be written again as it was.
    #[error("half of a surrogate pair in a text")]
    LoneSurrogate,
    /// Objects and lists stand in each other too deep; the outermost is level 1.
    #[error("more than {} levels", DEEPEST)]
    TooDeep,
    /// An object, at any depth, has one key twice: which of the values is meant?
    #[error("key {key} stands twice")]
    DoubledKey {
        /// The key, quoted.
        key: String,
    },
    /// The body is JSON, but not an object.
    #[error("{found}, not an object")]
    NotAnObject {
        /// What it is: `a list`.
        found: &'static str,
    },
    /// `status` is there and not `success`.
    #[error("\"status\" is {found}")]
    Status {
        /// Its value as JSON.
        found: String,
    },
    /// Neither of the two keys that may hold the object does (PLATFORM.md, The object).
    #[error("neither \"assistant\" nor \"agent\" holds an object")]
    NoObject,
    /// The object has no `id`.
    #[error("no id")]
    NoId,
    /// The object is another one than the one asked for.
    #[error("id {id} is not the one asked for")]
    OtherId {
        /// The object's id.
        id: String,
    },
    /// A known field holds JSON of another type.
    #[error("{place} is {found}, not {expected}")]
    OtherType {
        /// Where: `field "temperature"`, `actions[0].requiresConfirmation`.
        place: String,
        /// What stands there: `text`.
        found: &'static str,
        /// What should: `a number`.
        expected: &'static str,
    },
    /// An element lacks the key that it is known by.
    #[error("{place} has no \"{key}\"")]
    NoKey {
        /// Where: `actions[0]`.
        place: String,
        /// `actionId`.
        key: &'static str,
    },
}
