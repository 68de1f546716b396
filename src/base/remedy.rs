//! What to do next, in one place, so that report, terminal and HTML say the same.

/// What a person does about a row; the report's `remedy` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Remedy {
    /// Nothing to do.
    Nothing,
    /// The agent differs.
    MendAgent,
    /// 404 for the assistant.
    CheckAssistantId,
    /// 404 for the agent.
    CreateOrShareAgent,
    /// 403 for the assistant.
    ShareAssistant,
    /// 403 for the agent.
    ShareAgent,
    /// No UUID in the cell.
    MendCell,
    /// The run did not come this far.
    RunAgain,
    /// 5xx or timeout.
    RunAgainLater,
    /// 429 to the end.
    RunAgainSlower,
    /// The connection broke.
    CheckConnection,
    /// A proxy wants credentials.
    MendProxy,
    /// Another 4xx.
    ReadTheRefusal,
    /// An answer that makes no sense.
    ReportNonsense,
    /// 401.
    MendKey,
    /// A scope is missing.
    GiveScope,
    /// Redirect or web page in place of the API.
    MendBaseUrl,
    /// A gateway wants to see a browser.
    PassGateway,
    /// The Assistants API has ended.
    WorkFromSavedRun,
    /// The ledger could not be written.
    FreeDisk,
    /// The key may not switch assistants off or on.
    AllowDisabling,
    /// Switching on again failed: the assistant may be off, and its agent with it.
    SwitchOnByHand,
    /// Asked to switch off, no answer, state not readable.
    SettleUnknown,
    /// The guard could not find out whether assistant and agent are one record.
    TryOneByHand,
    /// At the last look its agent was not in the agent list.
    FindAgent,
    /// Verified, and not switched off yet.
    RunAgainToDisable,
    /// This program failed at the row.
    ReportDefect,
}

impl Remedy {
    /// Whether nobody has to do anything but type the same command again.
    pub const fn is_another_run(self) -> bool {
        matches!(self, Self::RunAgain | Self::RunAgainLater | Self::RunAgainSlower | Self::RunAgainToDisable)
    }

    /// One plain sentence; empty for [`Remedy::Nothing`].
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::MendAgent => {
                "Bring the agent in line with the assistant (see differences), publish it, then run the same command again."
            }
            Self::CheckAssistantId => {
                "Check the id; if it is right, the assistant may be archived, deleted, a project, a template, or not shared with the API key: share it, then run the same command again."
            }
            Self::CreateOrShareAgent => {
                "Share the agent with the API key (it may also be archived, a project or a template), or name the right one in an agent_id column, or create it from `proposed` in the JSON report; then run the same command again."
            }
            Self::ShareAssistant => {
                "Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again."
            }
            Self::ShareAgent => {
                "Share this agent with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again."
            }
            Self::MendCell => {
                "Put exactly one UUID into this cell, or delete the row, then run the same command again."
            }
            Self::RunAgain => "Run the same command again; it goes on here.",
            Self::RunAgainLater => {
                "The platform was in trouble: run the same command again later; only what is not settled is asked for again."
            }
            Self::RunAgainSlower => {
                "Run the same command again later or with a lower --rpm; others share the rate limit."
            }
            Self::CheckConnection => {
                "Check network, proxy, certificate (--ca-cert) and the name of the host, then run the same command again."
            }
            Self::MendProxy => {
                "Give the proxy the credentials it wants (HTTPS_PROXY), then run the same command again."
            }
            Self::ReadTheRefusal => {
                "The platform refused this request: mend what its words name, then run the same command again."
            }
            Self::ReportNonsense => {
                "Open the assistant and its agent in the web app; if they look right, run the same command again, else tell the platform's support what `error` says."
            }
            Self::MendKey => {
                "Check the API key (it may be wrong, revoked or a personal one, or its maker has left) and the base URL, then run the same command again."
            }
            Self::GiveScope => {
                "Give the API key the scope that `error` names (AGENT_API, if it names none), then run the same command again."
            }
            Self::MendBaseUrl => {
                "Mend --base-url (a dedicated deployment's ends in /api/public), then run the same command again."
            }
            Self::PassGateway => {
                "A gateway wants to see a browser here: ask whoever runs it to let this program through, or mend --base-url (a dedicated deployment's ends in /api/public); then run the same command again."
            }
            Self::WorkFromSavedRun => {
                "The Assistants API has ended here: read the agent with `audit --source agent`; if an earlier run kept the assistant, compare the two with `verify`."
            }
            Self::AllowDisabling => {
                "Share the assistant with the API key as editor; if it is, let a workspace admin make the key, or give it the permission to disable assistants; then run the same command again."
            }
            Self::SwitchOnByHand => {
                "It may be off, and its agent with it: run `rollback` on the ledger now, or switch it on in the web app."
            }
            Self::SettleUnknown => {
                "Whether it is off is not known: run the same command again to switch it off, or `rollback` on the ledger to switch it on."
            }
            Self::TryOneByHand => {
                "Disable one assistant in the web app and look at its agent; if that stays on, run the same command with --disable-shared."
            }
            Self::FindAgent => {
                "It is on again, since its agent was not in the agent list any more: look for the agent under Archived and share it with the API key, then run the same command again."
            }
            Self::RunAgainToDisable => "Run the same command again to switch it off.",
            Self::ReportDefect => {
                "This program failed at this row: tell its makers what `error` says; the others are not affected."
            }
            Self::FreeDisk => "Make room on the disk that holds the ledger, then run the same command again.",
        }
    }
}
