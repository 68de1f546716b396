//! What can go wrong with a call, and what it means for the row and for the run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::remedy::Remedy;
use super::status::RowStatus;
use super::stop::StopReason;
use super::text::worded::worded;

worded! {
    /// A call to the platform (PLATFORM.md, Calls).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Call {
        /// `GET /assistant/v1/get`
        Assistant = "assistant",
        /// `GET /agent/v1/get`
        Agent = "agent",
        /// `GET /agent/v1/models`
        Models = "models",
        /// `GET /agent/v1/list`
        List = "list",
        /// `GET /governance/v1/agents`
        Governance = "governance",
        /// `PATCH /assistant/v1/disable` with `disabled: true`
        Disable = "disable",
        /// `PATCH /assistant/v1/disable` with `disabled: false`
        Enable = "enable",
        /// `PATCH /agent/v1/disable` with `disabled: false`
        EnableAgent = "enable agent",
        /// `PATCH /agent/v1/update`
        Update = "update",
        /// `POST /agent/v1/publish`
        Publish = "publish",
        /// `POST /agent/v1/create`
        Create = "create",
        /// `PATCH /agent/v1/disable` with `disabled: true`
        DisableAgent = "disable agent",
    }
}

/// What became of a call that gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum FailureKind {
    /// 401: the key is missing, wrong or revoked, or the base URL lacks its path.
    Unauthorized,
    /// 403 that names missing scopes of the key.
    ScopeMissing {
        /// The scopes that the platform names; may be empty.
        missing: Vec<String>,
    },
    /// Any other 403.
    Forbidden,
    /// 404 as the platform answers it: JSON, text or no body.
    NotFound,
    /// A web page for an answer: this is not the API.
    NotTheApi {
        /// The status code that it came with: 200, 403 or 404.
        #[serde(default = "not_found")]
        status: u16,
        /// Whether it is the page with which a gateway wants to see a browser.
        #[serde(default)]
        is_challenge: bool,
    },
    /// 3xx; never followed.
    Redirect {
        /// The status code.
        status: u16,
        /// The `Location` header, if readable.
        location: Option<String>,
    },
    /// The API is switched off.
    Gone {
        /// The status code that says so: 410, or 404 for what is there as an agent.
        #[serde(default = "gone")]
        status: u16,
    },
    /// 429 ten times for one request.
    Throttled,
    /// 429 and nothing else for too long.
    ThrottledTooLong,
    /// `Retry-After` beyond what a run waits.
    RetryAfterTooLong {
        /// What the header asked for, in seconds.
        seconds: u64,
    },
    /// Any other 4xx.
    Refused {
        /// The status code.
        status: u16,
    },
    /// 5xx (or 408) after the last retry.
    Server {
        /// The status code of the last answer.
        status: u16,
    },
    /// No whole answer in time, after the last retry.
    Timeout,
    /// The connection failed or broke, after the last retry.
    Connection,
    /// The host's name leads to no address, and never did in this process: nothing was sent.
    Unresolved,
    /// An answer that makes no sense: not JSON, another id, a field of another type.
    Nonsense {
        /// The status code that it came with.
        status: u16,
    },
    /// The row was verified too long ago for the request to leave; nothing was sent.
    Outdated,
    /// The run's memory could not record that the request was about to leave.
    NotRecorded,
    /// This program itself failed at the row.
    Defect,
}

const fn not_found() -> u16 {
    404
}

const fn gone() -> u16 {
    410
}

worded! {
    /// A header by which a platform's support finds an answer again (PLATFORM.md, Calls).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum SupportHeader {
        /// Cloudflare's; support asks for it first.
        CfRay = "cf-ray",
        /// Vercel's.
        XVercelId = "x-vercel-id",
        /// The platform's own.
        XRequestId = "x-request-id",
    }
}

/// What the platform's support asks for to find an answer again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportId {
    /// The header that it stood in.
    pub header: SupportHeader,
    /// Its value: visible ASCII.
    pub value: String,
}

impl fmt::Display for SupportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.header, self.value)
    }
}

/// A call that gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// Which call.
    pub call: Call,
    /// What became of it.
    pub kind: FailureKind,
    /// The platform's own words, or ours where it said nothing; one line or many, raw.
    pub words: String,
    /// Of the answer, where there was one that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_id: Option<SupportId>,
}

impl CallFailure {
    /// A failure without an answer, or whose answer has no [`SupportId`].
    pub fn new(call: Call, kind: FailureKind, words: impl Into<String>) -> Self {
        Self { call, kind, words: words.into(), support_id: None }
    }

    /// The status that this failure gives its row.
    pub fn row_status(&self) -> RowStatus {
        match (&self.kind, self.call) {
            (FailureKind::Forbidden, _) => RowStatus::NoAccess,
            (FailureKind::NotFound, Call::Assistant) => RowStatus::AssistantNotFound,
            (FailureKind::NotFound, Call::Agent | Call::Update | Call::Publish) => RowStatus::AgentNotFound,
            _ => RowStatus::Failed,
        }
    }

    /// Why the whole run has to stop, if it has to: every further row would fail in the same way.
    pub fn stop_reason(&self) -> Option<StopReason> {
        match (&self.kind, self.call) {
            (FailureKind::Unauthorized, _) => Some(StopReason::KeyRefused),
            (FailureKind::ScopeMissing { missing }, _) => {
                Some(StopReason::ScopeMissing { missing: missing.clone() })
            }
            (FailureKind::NotTheApi { status: 404, .. } | FailureKind::Redirect { .. }, _) => {
                self.address_reason()
            }
            (FailureKind::Gone { .. }, Call::Assistant | Call::Disable) => {
                Some(StopReason::AssistantsApiGone)
            }
            (FailureKind::Unresolved, _) => Some(StopReason::OutOfReach),
            (FailureKind::ThrottledTooLong, _) => Some(StopReason::ThrottledTooLong),
            (FailureKind::RetryAfterTooLong { seconds }, _) => {
                Some(StopReason::RetryAfterTooLong { seconds: *seconds })
            }
            _ => None,
        }
    }

    /// Why to stop for what is answered at this address, if the platform is not behind it. A page with 200 or 403 says so
    /// only at the beginning of a run: later it may be about this one row.
    pub fn address_reason(&self) -> Option<StopReason> {
        match &self.kind {
            FailureKind::NotTheApi { status, is_challenge: true } => {
                Some(StopReason::Challenged { answer: format!("{status}: {}", self.said()) })
            }
            FailureKind::NotTheApi { status, is_challenge: false } | FailureKind::Redirect { status, .. } => {
                Some(StopReason::WrongBaseUrl { answer: format!("{status}: {}", self.words) })
            }
            _ => None,
        }
    }

    /// Whether the server gave no sensible answer at all: connection, timeout, 5xx, or a proxy that let nothing through
    /// (407). Twenty of these in a row stop a run.
    pub const fn is_out_of_reach(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Connection
                | FailureKind::Unresolved
                | FailureKind::Timeout
                | FailureKind::Server { .. }
                | FailureKind::Refused { status: 407 }
        )
    }

    /// Whether the answer was one of trouble on the server's side (5xx, 408), rather than silence.
    pub const fn is_server_trouble(&self) -> bool {
        matches!(self.kind, FailureKind::Server { .. })
    }

    /// Whether a request that sets a state may have been carried out all the same: 5xx, silence, or an answer that
    /// makes no sense (DESIGN.md, Disabling).
    pub const fn may_have_been_applied(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Connection
                | FailureKind::Timeout
                | FailureKind::Server { .. }
                | FailureKind::Nonsense { .. }
                | FailureKind::NotTheApi { status: 200, .. }
        )
    }

    /// What a person does about it.
    pub const fn remedy(&self) -> Remedy {
        match (&self.kind, self.call) {
            (FailureKind::Unauthorized, _) => Remedy::MendKey,
            (FailureKind::Forbidden, Call::Disable | Call::Enable | Call::EnableAgent) => {
                Remedy::AllowDisabling
            }
            (FailureKind::ScopeMissing { .. }, _) => Remedy::GiveScope,
            (
                FailureKind::Forbidden,
                Call::Agent | Call::Update | Call::Publish | Call::Create | Call::DisableAgent,
            ) => Remedy::ShareAgent,
            (FailureKind::Forbidden, _) => Remedy::ShareAssistant,
            (FailureKind::NotFound, Call::Agent | Call::Update | Call::Publish | Call::DisableAgent) => {
                Remedy::CreateOrShareAgent
            }
            (FailureKind::NotFound, Call::Assistant | Call::Models | Call::List | Call::Governance | Call::Disable | Call::Enable | Call::EnableAgent) => {
                Remedy::CheckAssistantId
            }
            (FailureKind::NotTheApi { is_challenge: true, .. }, _) => Remedy::PassGateway,
            (FailureKind::NotTheApi { .. } | FailureKind::Redirect { .. }, _) => Remedy::MendBaseUrl,
            (FailureKind::Gone { .. }, Call::Assistant | Call::Disable) => Remedy::WorkFromSavedRun,
            (FailureKind::Gone { .. }, Call::Enable | Call::EnableAgent) => Remedy::SwitchOnByHand,
            (
                FailureKind::Throttled
                | FailureKind::ThrottledTooLong
                | FailureKind::RetryAfterTooLong { .. },
                _,
            ) => Remedy::RunAgainSlower,
            (FailureKind::Refused { status: 407 }, _) => Remedy::MendProxy,
            (FailureKind::Refused { .. } | FailureKind::Gone { .. }, _) => Remedy::ReadTheRefusal,
            (FailureKind::Server { .. } | FailureKind::Timeout, _)
            // Making one is flaky (PLATFORM.md, Write names).
            | (FailureKind::NotFound, Call::Create) => Remedy::RunAgainLater,
            (FailureKind::Connection | FailureKind::Unresolved, _) => Remedy::CheckConnection,
            (FailureKind::Nonsense { .. }, _) => Remedy::ReportNonsense,
            (FailureKind::NotRecorded, _) => Remedy::FreeDisk,
            (FailureKind::Outdated, _) => Remedy::RunAgainToDisable,
            (FailureKind::Defect, _) => Remedy::ReportDefect,
        }
    }

    /// The words, and behind them what support asks for, where support can help: a server in trouble, a gateway.
    fn said(&self) -> String {
        let helps = matches!(
            self.kind,
            FailureKind::Server { status: 500.. } | FailureKind::NotTheApi { is_challenge: true, .. }
        );
        let id = self.support_id.as_ref().filter(|_| helps).map(ToString::to_string);
        let parts = [Some(self.words.clone()).filter(|words| !words.is_empty()), id];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn code(&self) -> Option<u16> {
        match &self.kind {
            FailureKind::Unauthorized => Some(401),
            FailureKind::ScopeMissing { .. } | FailureKind::Forbidden => Some(403),
            FailureKind::NotFound => Some(404),
            FailureKind::Throttled | FailureKind::ThrottledTooLong => Some(429),
            FailureKind::NotTheApi { status, .. }
            | FailureKind::Gone { status }
            | FailureKind::Redirect { status, .. }
            | FailureKind::Refused { status }
            | FailureKind::Server { status }
            | FailureKind::Nonsense { status } => Some(*status),
            FailureKind::RetryAfterTooLong { .. }
            | FailureKind::Timeout
            | FailureKind::Connection
            | FailureKind::Unresolved
            | FailureKind::Outdated
            | FailureKind::NotRecorded
            | FailureKind::Defect => None,
        }
    }
}

/// The report's `error`: which call, the code, the platform's own words: `assistant: 403 Not shared`; a 5xx ends with what
/// the platform's support asks for.
impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.call)?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        match &self.kind {
            FailureKind::Timeout => write!(f, " timeout:")?,
            FailureKind::Connection | FailureKind::Unresolved => write!(f, " connection:")?,
            FailureKind::Nonsense { .. } => write!(f, " answer makes no sense:")?,
            _ => {}
        }
        match self.said().as_str() {
            "" => Ok(()),
            said => write!(f, " {said}"),
        }
    }
}

impl std::error::Error for CallFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(call: Call, kind: FailureKind, words: &str) -> CallFailure {
        CallFailure::new(call, kind, words)
    }

    #[test]
    fn the_error_cell_names_call_code_and_the_platforms_words() {
        let shown = failure(Call::Assistant, FailureKind::Forbidden, "Not shared").to_string();
        assert_eq!(shown, "assistant: 403 Not shared");
        let shown = failure(Call::Agent, FailureKind::Timeout, "no answer within 30 s").to_string();
        assert_eq!(shown, "agent: timeout: no answer within 30 s");
        let shown = failure(Call::Agent, FailureKind::NotFound, "").to_string();
        assert_eq!(shown, "agent: 404");
    }

    #[test]
    fn what_support_asks_for_stands_behind_a_5xx_and_a_challenge_and_nothing_else() {
        let challenge = FailureKind::NotTheApi { status: 403, is_challenge: true };
        for (kind, words, shown) in [
            (
                FailureKind::Server { status: 502 },
                "Bad Gateway (5 tries)",
                "502 Bad Gateway (5 tries); cf-ray 8f1-FRA",
            ),
            (FailureKind::Server { status: 524 }, "", "524 cf-ray 8f1-FRA"),
            (FailureKind::Server { status: 408 }, "slow", "408 slow"),
            (challenge, "a challenge page", "403 a challenge page; cf-ray 8f1-FRA"),
            (FailureKind::Forbidden, "Not shared", "403 Not shared"),
        ] {
            let id = SupportId { header: SupportHeader::CfRay, value: "8f1-FRA".into() };
            let failure = CallFailure { support_id: Some(id), ..failure(Call::Agent, kind, words) };
            assert_eq!(failure.to_string(), format!("agent: {shown}"));
        }
    }

    #[test]
    fn what_an_older_program_has_kept_reads_as_what_it_was() {
        for (kept, kind) in [
            (r#"{"is":"gone"}"#, FailureKind::Gone { status: 410 }),
            (r#"{"is":"not_the_api"}"#, FailureKind::NotTheApi { status: 404, is_challenge: false }),
            (r#"{"is":"connection"}"#, FailureKind::Connection),
        ] {
            let kept = format!(r#"{{"call":"assistant","kind":{kept},"words":"x"}}"#);
            let read: CallFailure = serde_json::from_str(&kept).unwrap();
            assert_eq!(read, failure(Call::Assistant, kind, "x"));
        }
        let read: StopReason = serde_json::from_str(r#"{"why":"wrong_base_url"}"#).unwrap();
        assert!(read.to_string().contains("a redirect or a web page"), "{read}");
    }

    #[test]
    fn a_page_names_itself_when_it_ends_the_run() {
        let page = |is_challenge, words: &str| {
            let kind = FailureKind::NotTheApi { status: 403, is_challenge };
            let id = SupportId { header: SupportHeader::CfRay, value: "8f1-FRA".into() };
            let failure = CallFailure { support_id: Some(id), ..failure(Call::Assistant, kind, words) };
            failure.address_reason().unwrap().to_string()
        };
        insta::assert_snapshot!(page(false, "a web page (Sign in)"), @"this address is not the platform's API: it answered 403: a web page (Sign in). On a dedicated deployment the base URL is <deployment-url>/api/public.");
        insta::assert_snapshot!(page(true, "a challenge page (Just a moment...)"), @"a gateway in front of this address wants to see a browser: it answered 403: a challenge page (Just a moment...); cf-ray 8f1-FRA. Ask whoever runs it to let this program through. On a dedicated deployment check also that the base URL ends in /api/public.");
    }

    #[test]
    fn an_end_ends_the_run_only_when_it_is_the_assistants_apis() {
        assert_eq!(
            failure(Call::Assistant, FailureKind::Gone { status: 410 }, "").stop_reason(),
            Some(StopReason::AssistantsApiGone)
        );
        assert_eq!(failure(Call::Agent, FailureKind::Gone { status: 410 }, "").stop_reason(), None);
    }

    #[test]
    fn only_the_platforms_own_404_and_403_are_more_than_failed() {
        assert_eq!(failure(Call::Agent, FailureKind::Forbidden, "").row_status(), RowStatus::NoAccess);
        assert_eq!(failure(Call::Agent, FailureKind::NotFound, "").row_status(), RowStatus::AgentNotFound);
        assert_eq!(
            failure(Call::Assistant, FailureKind::NotFound, "").row_status(),
            RowStatus::AssistantNotFound
        );
        assert_eq!(
            failure(Call::Assistant, FailureKind::ScopeMissing { missing: vec![] }, "").row_status(),
            RowStatus::Failed
        );
    }

    #[test]
    fn whoever_may_not_disable_is_told_who_can_and_a_request_that_may_have_arrived_is_told_apart() {
        let missing = FailureKind::ScopeMissing { missing: vec!["AGENT_API".into()] };
        for (kind, remedy, applied) in [
            (FailureKind::Forbidden, Remedy::AllowDisabling, false),
            (missing, Remedy::GiveScope, false),
            (FailureKind::NotFound, Remedy::CheckAssistantId, false),
            (FailureKind::Refused { status: 409 }, Remedy::ReadTheRefusal, false),
            (FailureKind::Throttled, Remedy::RunAgainSlower, false),
            (FailureKind::NotRecorded, Remedy::FreeDisk, false),
            (FailureKind::Server { status: 500 }, Remedy::RunAgainLater, true),
            (FailureKind::Timeout, Remedy::RunAgainLater, true),
            (FailureKind::Connection, Remedy::CheckConnection, true),
            (FailureKind::Unresolved, Remedy::CheckConnection, false),
            (FailureKind::NotTheApi { status: 200, is_challenge: false }, Remedy::MendBaseUrl, true),
            (FailureKind::NotTheApi { status: 403, is_challenge: true }, Remedy::PassGateway, false),
            (FailureKind::Nonsense { status: 200 }, Remedy::ReportNonsense, true),
        ] {
            for call in [Call::Disable, Call::Enable, Call::EnableAgent] {
                let failure = failure(call, kind.clone(), "");
                assert_eq!(
                    (failure.remedy(), failure.may_have_been_applied()),
                    (remedy, applied),
                    "{failure}"
                );
            }
        }
        for call in [Call::Enable, Call::EnableAgent] {
            let gone = failure(call, FailureKind::Gone { status: 410 }, "");
            assert_eq!((gone.remedy(), gone.stop_reason()), (Remedy::SwitchOnByHand, None));
        }
    }
}
