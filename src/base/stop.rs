//! Why a run ends before its last row.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signal that asks a run to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
    /// `SIGHUP`: the terminal is gone.
    Hangup,
}

/// Why a run ended before its last row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum StopReason {
    /// A signal.
    Signal {
        /// Which.
        signal: Signal,
    },
    /// Twenty rows in a row without a sensible answer while others waited, or all there were; or a host's name that leads
    /// nowhere.
    OutOfReach,
    /// Ten minutes of nothing but 429.
    ThrottledTooLong,
    /// The platform asked for a wait longer than a run waits.
    RetryAfterTooLong {
        /// What it asked for, in seconds.
        seconds: u64,
    },
    /// The ledger could not be written: disk full, folder gone.
    LedgerUnwritable {
        /// The ledger's own words.
        words: String,
    },
    /// 401.
    KeyRefused,
    /// 403 that names missing scopes.
    ScopeMissing {
        /// The scopes that the platform names; may be empty.
        missing: Vec<String>,
    },
    /// A redirect or a web page: the base URL is not the API's.
    WrongBaseUrl {
        /// What was answered, from the status code on.
        #[serde(default)]
        answer: String,
    },
    /// A gateway in front of the platform wants to see a browser.
    Challenged {
        /// What was answered, from the status code on.
        answer: String,
    },
    /// The Assistants API is switched off: 410, or 404 for what is there as an agent.
    AssistantsApiGone,
    /// 403 to every request to disable: the key lacks the permission.
    MayNotDisable,
    /// The person did not say yes.
    Declined,
}

impl StopReason {
    /// Whether somebody asked for it from outside.
    pub const fn is_signal(&self) -> bool {
        matches!(self, Self::Signal { .. })
    }

    /// Whether something has to be mended before the same command can go on (exit code 5), rather than merely
    /// running it again (exit code 4).
    pub const fn must_be_mended(&self) -> bool {
        match self {
            Self::KeyRefused
            | Self::ScopeMissing { .. }
            | Self::WrongBaseUrl { .. }
            | Self::Challenged { .. }
            | Self::AssistantsApiGone
            | Self::MayNotDisable => true,
            Self::Declined
            | Self::Signal { .. }
            | Self::OutOfReach
            | Self::ThrottledTooLong
            | Self::RetryAfterTooLong { .. }
            | Self::LedgerUnwritable { .. } => false,
        }
    }

    /// Whether the Agents API still answers this key, so that agents can be looked at and assistants be switched on.
    pub const fn leaves_the_agents(&self) -> bool {
        match self {
            Self::MayNotDisable | Self::ScopeMissing { .. } | Self::AssistantsApiGone => true,
            Self::Signal { .. }
            | Self::OutOfReach
            | Self::ThrottledTooLong
            | Self::RetryAfterTooLong { .. }
            | Self::LedgerUnwritable { .. }
            | Self::KeyRefused
            | Self::WrongBaseUrl { .. }
            | Self::Challenged { .. }
            | Self::Declined => false,
        }
    }

    /// The same without the platform's own words.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::ScopeMissing { .. } => Self::ScopeMissing { missing: Vec::new() },
            Self::WrongBaseUrl { .. } => Self::WrongBaseUrl { answer: String::new() },
            Self::Challenged { .. } => Self::Challenged { answer: String::new() },
            reason => reason,
        }
    }
}

/// A wait of more than minutes, rounded up, in the largest unit that still tells it well.
pub fn long_wait(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        minutes @ 0..=180 => format!("{minutes} minutes"),
        minutes @ 181..=4_320 => format!("{} hours", minutes.div_ceil(60)),
        minutes => format!("{} days", super::text::grouped(minutes.div_ceil(1_440))),
    }
}

/// One or two plain sentences: what happened, and what to do.
impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { signal: Signal::Interrupt } => f.write_str("stopped by Ctrl-C"),
            Self::Signal { signal: Signal::Terminate } => f.write_str("stopped by SIGTERM"),
            Self::Signal { signal: Signal::Hangup } => f.write_str("stopped because the terminal closed (SIGHUP)"),
            Self::OutOfReach => f.write_str(
                "the server seems out of reach: the rows asked for last got no sensible answer. \
                 Check the connection and the platform's status page, then run the same command again.",
            ),
            Self::ThrottledTooLong => f.write_str(
                "the platform answered nothing but 429 (rate limit) for 10 minutes. \
                 Others use the workspace's limit too: run the same command again later, or with a lower --rpm.",
            ),
            Self::RetryAfterTooLong { seconds } => write!(
                f,
                "the platform asked to wait {} (Retry-After). Run the same command again after that.",
                long_wait(*seconds)
            ),
            Self::LedgerUnwritable { words } => write!(
                f,
                "the ledger cannot be written ({words}). Make room or give write access, then run the same command again."
            ),
            Self::KeyRefused => f.write_str(
                "the platform refused the key (401). It may be wrong, revoked, a personal key (those reach the chat \
                 calls only), or made by somebody who has left. On a dedicated deployment check also that the base URL \
                 ends in /api/public.",
            ),
            Self::ScopeMissing { missing } if missing.is_empty() => f.write_str(
                "the key lacks a scope. Give it the scope AGENT_API (older name ASSISTANT_API) in the \
                 workspace's API key settings.",
            ),
            Self::ScopeMissing { missing } => write!(
                f,
                "the key lacks a scope: {}. Give it that scope in the workspace's API key settings.",
                missing.join(", ")
            ),
            Self::WrongBaseUrl { answer } => write!(
                f,
                "this address is not the platform's API: it answered {}. On a dedicated deployment the base URL is \
                 <deployment-url>/api/public.",
                said_or(answer, "with a redirect or a web page")
            ),
            Self::Challenged { answer } => write!(
                f,
                "a gateway in front of this address wants to see a browser: it answered {}. Ask whoever runs it to let \
                 this program through. On a dedicated deployment check also that the base URL ends in /api/public.",
                said_or(answer, "with a challenge page")
            ),
            Self::AssistantsApiGone => f.write_str(
                "the Assistants API is switched off here; no assistant can be read any more. `audit --source agent` \
                 reads the agents. Where a ledger keeps assistants, `verify` compares the agents with them, `apply` makes the \
                 agents what they were, and `report` shows them.",
            ),
            Self::MayNotDisable => f.write_str(
                "the key may not switch assistants off (403). Share them with the key as editor. If they are, let a \
                 workspace admin make the key, or give it the permission. Then run the same command again.",
            ),
            Self::Declined => f.write_str("you did not say yes"),
        }
    }
}

fn said_or<'a>(answer: &'a str, nothing: &'a str) -> &'a str {
    if answer.is_empty() { nothing } else { answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_is_told_in_a_unit_that_people_can_grasp() {
        for (seconds, told) in [
            (901, "16 minutes"),
            (10_800, "180 minutes"),
            (10_801, "4 hours"),
            (259_201, "4 days"),
            (99_999_999, "1,158 days"),
        ] {
            assert_eq!(long_wait(seconds), told);
        }
    }
}
