//! How a practice workspace behaves: every switch of it, plain data.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

/// The key of a practice workspace that was given none. It opens nothing but practice workspaces.
pub const PRACTICE_KEY: &str = "sk-practice-0000-not-a-real-key-0000";

/// How a practice workspace behaves. The default is a well-behaved one: the embedded workspace, no limit, no delay,
/// assistant and agent as two records.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each of them a flag on the command line"
)]
pub struct SandboxOptions {
    /// TCP port on 127.0.0.1; 0 takes any free one. Fixed once the server runs.
    pub port: u16,
    /// The only key that is let in; `None` is the workspace file's, else [`PRACTICE_KEY`]. Must not start with `sk-ld-`, so that nobody types a
    /// real key here. Fixed once the server runs.
    pub key: Option<String>,
    /// Workspace file in place of the embedded `samples/workspace.json`; `two` is the other embedded one,
    /// `samples/workspace-two.json`. Fixed once the server runs.
    pub workspace: Option<PathBuf>,
    /// Whether a UUID that the workspace file does not name is answered 404 (otherwise: with an assistant made up from its
    /// bytes).
    pub no_made_up: bool,
    /// Whether some of those are made up as missing, not shared or senseless, by their UUIDs: every outcome for any CSV.
    pub mix: bool,
    /// Assistants that are off at the start, beside those that the workspace file says. Fixed once the server runs.
    pub disabled: Vec<Uuid>,
    /// Published agents, whole objects in read names: what earlier commands wrote or made. They take the place of those of
    /// the same id, or are added. Fixed once the server runs.
    pub agents: Vec<Value>,
    /// Whether everything that is not shared with the key is shared after all, with the key as editor: "they share them and
    /// run it again".
    pub share_all: bool,
    /// Whether assistant and agent of one UUID are one record: disabling either disables both (PLATFORM.md, Calls).
    pub one_record: bool,
    /// What `GET /agent/v1/list` does.
    pub list: AgentList,
    /// Agents that neither list shows, whatever else is true of them: they are archived.
    pub unlisted: Vec<Uuid>,
    /// Whether the list's entries lack their field `disabled`, so that they prove nothing.
    pub list_without_disabled: bool,
    /// After this many requests to the list, further ones are answered 500; 0 is at once.
    pub list_fails_after: Option<u64>,
    /// What `GET /governance/v1/agents` does.
    pub governance: Governance,
    /// Pages of either list hold at most this many agents (at least 1), whatever `limit` asks for: few agents, many pages.
    pub page_limit: Option<usize>,
    /// Requests in any 60 seconds, each counted when it is received, refused ones included; those beyond are
    /// answered 429. `None` is no limit, `Some(0)` refuses everything.
    pub rpm: Option<u32>,
    /// What a 429 of the limit says about waiting.
    pub retry_after: RetryAfter,
    /// Waiting time before every answer.
    pub latency: Duration,
    /// Seed of everything that happens to a share of the requests. What happens to a request hangs on the seed, its
    /// call, its id and how often that was asked before, not on the order in which requests come in.
    pub seed: u64,
    /// Share (0 to 1) of requests answered 500 (JSON), 502 (HTML), 503 (nothing), 504 (HTML) or 529 (JSON); not applied.
    pub fail_rate: f64,
    /// From this many requests on, every key is refused (401); 0 is at once.
    pub unauthorized_after: Option<u64>,
    /// From this many requests to `/assistant/v1/*` on, these answer 410; 0 is at once. The end of the Assistants API.
    pub gone_after: Option<u64>,
    /// Every request is redirected (302) to this address.
    pub redirect: Option<String>,
    /// Every request is answered with a web page and 404, as under a wrong base path.
    pub html_404: bool,
    /// The key lacks the scope `AGENT_API`: 403 to every call.
    pub missing_scope: bool,
    /// The key may not disable nor enable: 403 to both `PATCH` calls.
    pub disable_forbidden: bool,
    /// These alone may not be disabled: 403 to each request to disable them, as for one that is not shared with the key.
    /// They can still be read and enabled.
    pub refuse_disables: Vec<Uuid>,
    /// What happens to requests to disable an assistant or agent.
    pub disable: WriteTrouble,
    /// What happens to requests to enable one.
    pub enable: WriteTrouble,
    /// How an answer to a request that changes something is lost.
    pub lost_answer: LostAnswer,
    /// The key is editor of no agent: 403 to each request to update or publish one.
    pub edit_forbidden: bool,
    /// These alone are shared with the key for reading only.
    pub refuse_edits: Vec<Uuid>,
    /// What happens to requests to update an agent.
    pub update: WriteTrouble,
    /// What happens to requests to publish one.
    pub publish: WriteTrouble,
    /// What happens to requests to create one.
    pub create: WriteTrouble,
    /// Before which requests to publish somebody else publishes the same draft: 409.
    pub published_meanwhile: Times,
    /// Which valid requests to create are answered 404 all the same (PLATFORM.md, Write names).
    pub flaky_creates: Times,
    /// Whether such a request leaves no draft behind.
    pub flaky_creates_leave_nothing: bool,
    /// Whether error bodies repeat the `Authorization` header of the request, as careless gateways do.
    pub echo_key: bool,
    /// Whether requests are neither kept for [`Sandbox::log`](super::Sandbox::log) nor counted per id, which costs about
    /// 100 bytes a request: for long load runs.
    pub no_log: bool,
}

impl SandboxOptions {
    /// The first share that is not between 0 and 1, by name.
    pub(super) fn bad_share(&self) -> Option<(&'static str, f64)> {
        let others = [
            ("fail_rate", Times::Share(self.fail_rate)),
            ("published_meanwhile", self.published_meanwhile),
            ("flaky_creates", self.flaky_creates),
        ];
        let calls = [
            ("disable", self.disable),
            ("enable", self.enable),
            ("update", self.update),
            ("publish", self.publish),
            ("create", self.create),
        ];
        let calls = calls
            .into_iter()
            .flat_map(|(name, call)| [call.failed, call.dropped, call.lost].map(|times| (name, times)));
        others.into_iter().chain(calls).find_map(|(name, times)| match times {
            Times::Share(share) if !(0.0..=1.0).contains(&share) => Some((name, share)),
            _ => None,
        })
    }
}

/// What `GET /agent/v1/list` does (PLATFORM.md, Calls).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentList {
    /// It is there and shows every change at once.
    #[default]
    Present,
    /// An older deployment: 404.
    Missing,
    /// It is there and shows a change only after this time.
    Lagging(Duration),
}

/// What `GET /governance/v1/agents` does (PLATFORM.md, Calls).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Governance {
    /// It shows every agent of the workspace.
    #[default]
    On,
    /// The key lacks the scope `GOVERNANCE_API`: 403.
    NoScope,
    /// It is not switched on in this workspace: 403.
    Off,
    /// A deployment without it: 404 with a web page, as for any path that it does not know.
    Missing,
}

/// What a 429 of the limit says about waiting (PLATFORM.md, Errors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing.
    #[default]
    Absent,
    /// `Retry-After` in seconds: until the oldest request leaves the window, at least 1.
    Seconds,
    /// The same moment as an HTTP date.
    Date,
    /// `Retry-After` in seconds, always this many.
    Fixed(u64),
}

/// What happens to the requests of a call that changes something; those that are refused are not counted. Those that are failed
/// are not counted among the dropped ones, nor these among the lost ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WriteTrouble {
    /// Answered 500 and not applied.
    pub failed: Times,
    /// Neither applied nor answered.
    pub dropped: Times,
    /// Applied, and never answered.
    pub lost: Times,
}

/// Which requests of a kind something happens to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Times {
    /// None.
    #[default]
    Never,
    /// This many, from the first.
    First(u32),
    /// This share of them, 0 to 1, chosen by the seed.
    Share(f64),
}

/// How the answer to an applied request is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LostAnswer {
    /// The connection is closed without an answer.
    #[default]
    Closed,
    /// The connection stays open and silent until the client gives up.
    Silent,
}
