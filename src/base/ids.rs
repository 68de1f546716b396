//! The two ids of a row, kept apart by type so that neither can stand in for the other.

use std::fmt;

use uuid::Uuid;

/// UUID of an assistant (the deprecated Assistants API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssistantId(pub Uuid);

/// UUID of an agent (the Agents API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentId(pub Uuid);

/// What a row is known by: the assistant and the agent it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// The assistant to read.
    pub assistant: AssistantId,
    /// The agent to compare it with.
    pub agent: AgentId,
}

impl Pair {
    /// The usual case: assistant and agent share one UUID (PLATFORM.md, Calls).
    pub const fn same(id: Uuid) -> Self {
        Self { assistant: AssistantId(id), agent: AgentId(id) }
    }

    /// Whether both sides are the same UUID, and so possibly the same record on the platform.
    pub fn is_one_uuid(&self) -> bool {
        self.assistant.0 == self.agent.0
    }
}

impl fmt::Display for AssistantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
