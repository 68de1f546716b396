//! What a run tells whoever watches it.

use std::time::Duration;

use super::ids::{AgentId, Pair};
use super::remedy::Remedy;
use super::status::{DisabledState, RowStatus};
use super::writes::applying::{AgentDone, Writing};

/// The work before a run, counted after the input is in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows of the input.
    pub rows: u64,
    /// Rows without a usable id.
    pub invalid: u64,
    /// Rows that repeat an earlier one.
    pub duplicates: u64,
    /// Rows that earlier runs have settled and this run leaves alone.
    pub settled_before: u64,
    /// Rows that this run asks for, `--limit` considered.
    pub to_do: u64,
    /// Rows not settled that `--limit` leaves for another run.
    pub beyond_limit: u64,
}

/// Requests that go at once at the start, before the pace holds them back (DESIGN.md, Manners on the network).
pub const FIRST_AT_ONCE: u32 = 60;

/// Requests of a row that is not retried: the assistant and its agent.
pub const REQUESTS_PER_ROW: u64 = 2;

/// Why no request leaves just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// Our own pace (`--rpm`).
    Limiter,
    /// 429: the platform's rate limit.
    RateLimited,
    /// `Retry-After` on a 503.
    ServerAsked,
}

/// The state of the pace, for the display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimiterStatus {
    /// Requests sent in the last 60 seconds, restarts counted in.
    pub sent_last_minute: u32,
    /// Requests per minute allowed just now: `--rpm`, or less after a 429.
    pub allowed_per_minute: u32,
    /// Why and for how long nothing leaves; `None` while requests may go.
    pub waiting: Option<(WaitReason, Duration)>,
}

/// A row whose verdict is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDone {
    /// Line of the input.
    pub line: u64,
    /// What was asked for.
    pub pair: Pair,
    /// The assistant's name, raw from the platform: may hold anything.
    pub name: Option<String>,
    /// The verdict that stands: an earlier one, where this read said nothing about the row.
    pub status: RowStatus,
    /// What failed now, as the `error` text has it, raw; empty when there is none.
    pub error: String,
    /// What to do about it.
    pub remedy: Remedy,
    /// How many differences were found.
    pub differences: usize,
}

/// What the agent list shows of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sight {
    /// Enabled.
    On,
    /// Not in the list, no list, or a list that does not say.
    Untold,
    /// Disabled.
    Off,
}

/// What the last look at several agents shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookAtAll {
    /// All enabled.
    AllOn,
    /// This one is disabled.
    OneOff(AgentId),
    /// None is disabled and others are enabled, but these, sorted, are not in the list, or the list does not say.
    SomeMissing(Vec<AgentId>),
    /// The same of all of them.
    AllMissing(Vec<AgentId>),
    /// There was no list.
    NoList,
}

/// Which way assistants are being switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switching {
    /// Off, as the plan has it.
    Off,
    /// On again, since an earlier run ended between the request and its verdict.
    BackFromEarlierRun,
    /// On again, since the last look did not find every agent on.
    BackByGuard,
    /// On again, by `rollback`.
    Rollback,
}

/// An assistant that was switched off or on, or was not: what is on disk about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// Which.
    pub pair: Pair,
    /// Its name, raw from the platform: may hold anything.
    pub name: Option<String>,
    /// What is known now.
    pub state: DisabledState,
    /// The `error` text, raw; empty when there is none.
    pub error: String,
}

/// What the guard is about, step by step (DESIGN.md, Disabling).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardNews {
    /// The probe is off, now its agent is looked at.
    ProbeOff {
        /// The probe's name, raw.
        name: Option<String>,
        /// The probe.
        pair: Pair,
    },
    /// The agent list was looked at.
    Looked {
        /// So long after the probe was switched off.
        after: Duration,
        /// What it shows of the probe's agent.
        sight: Sight,
    },
    /// The platform refused the probe; the next one takes its place.
    NextProbe,
    /// The probe is on again.
    ProbeOnAgain,
    /// The probe's agent stays on without its assistant: the rest may go.
    GoOn {
        /// How many assistants that is.
        rest: u64,
    },
    /// Everything planned is done; all agents are looked at once more.
    LastLook {
        /// How many agents.
        agents: u64,
        /// So long from now, since the list may be behind.
        after: Duration,
    },
    /// They were looked at.
    LookedAtAll(LookAtAll),
    /// The last look was not finished (a signal): the next run or rollback does it first.
    LookOwed,
}

/// What a run tells whoever watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Assistants are about to be switched, one after the other.
    Switching {
        /// Which way.
        switching: Switching,
        /// How many, as far as is known.
        rows: u64,
    },
    /// One is done, and that is on disk.
    Switched(Switched),
    /// Agents are about to be written, one after the other.
    Writing {
        /// Which way.
        writing: Writing,
        /// How many, as far as is known.
        rows: u64,
    },
    /// One is done, and that is on disk.
    Written(AgentDone),
    /// News from the guard.
    Guard(GuardNews),
    /// A signal came while a request to switch was under way; it is waited for, at most so long.
    WaitingForAnswer(Duration),
    /// The first row is about to start.
    Started(Backlog),
    /// A row is on disk.
    RowDone(RowDone),
    /// Several times a second: how the pace stands.
    Limiter(LimiterStatus),
    /// No new row will start; what is under way is being ended.
    Stopping(super::stop::StopReason),
    /// The last row is over.
    Ended,
}

/// Whoever watches a run: the terminal, a log, a test.
pub trait Observer: Send {
    /// Takes the next event.
    fn observe(&mut self, event: &Event);
}
