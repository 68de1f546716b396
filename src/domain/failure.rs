//! What can go wrong with a call, and what it means for the row and for the run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Remedy, RowStatus, StopReason};

/// A call to the platform (PLATFORM.md, Calls).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `GET /assistant/v1/get`
    Assistant,
    /// `GET /agent/v1/get`
    Agent,
    /// `GET /agent/v1/models`
    Models,
    /// `GET /agent/v1/list`
    List,
    /// `PATCH /assistant/v1/disable` with `disabled: true`
    Disable,
    /// `PATCH /assistant/v1/disable` with `disabled: false`
    Enable,
    /// `PATCH /agent/v1/disable` with `disabled: false`
    EnableAgent,
}

impl Call {
    /// The word in front of the report's `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::Agent => "agent",
            Self::Models => "models",
            Self::List => "list",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::EnableAgent => "enable agent",
        }
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
    /// 404 with an HTML page: this is not the API.
    NotTheApi,
    /// 3xx; never followed.
    Redirect {
        /// The status code.
        status: u16,
        /// The `Location` header, if readable.
        location: Option<String>,
    },
    /// 410.
    Gone,
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
    /// An answer that makes no sense: not JSON, another id, a field of another type.
    Nonsense {
        /// The status code that it came with.
        status: u16,
    },
    /// The row was verified too long ago for the request to leave; nothing was sent.
    Outdated,
    /// The run's memory could not record that the request was about to leave.
    NotRecorded,
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
}

impl CallFailure {
    /// The status that this failure gives its row.
    pub fn row_status(&self) -> RowStatus {
        match (&self.kind, self.call) {
            (FailureKind::Forbidden, _) => RowStatus::NoAccess,
            (FailureKind::NotFound, Call::Assistant) => RowStatus::AssistantNotFound,
            (FailureKind::NotFound, Call::Agent) => RowStatus::AgentNotFound,
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
            (FailureKind::NotTheApi | FailureKind::Redirect { .. }, _) => Some(StopReason::WrongBaseUrl),
            (FailureKind::Gone, Call::Assistant | Call::Disable) => Some(StopReason::AssistantsApiGone),
            (FailureKind::ThrottledTooLong, _) => Some(StopReason::ThrottledTooLong),
            (FailureKind::RetryAfterTooLong { seconds }, _) => {
                Some(StopReason::RetryAfterTooLong { seconds: *seconds })
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
                | FailureKind::Timeout
                | FailureKind::Server { .. }
                | FailureKind::Refused { status: 407 }
        )
    }

    /// Whether a request that sets a state may have been carried out all the same: 5xx, silence, or an answer that
    /// makes no sense (DESIGN.md, Fine print, Disabling).
    pub const fn may_have_been_applied(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Connection
                | FailureKind::Timeout
                | FailureKind::Server { .. }
                | FailureKind::Nonsense { .. }
        )
    }

    /// What a person does about it.
    pub const fn remedy(&self) -> Remedy {
        match (&self.kind, self.call) {
            (FailureKind::Unauthorized, _) => Remedy::MendKey,
            (
                FailureKind::ScopeMissing { .. } | FailureKind::Forbidden,
                Call::Disable | Call::Enable | Call::EnableAgent,
            ) => Remedy::AllowDisabling,
            (FailureKind::ScopeMissing { .. }, _) => Remedy::GiveScope,
            (FailureKind::Forbidden, Call::Agent) => Remedy::ShareAgent,
            (FailureKind::Forbidden, _) => Remedy::ShareAssistant,
            (FailureKind::NotFound, Call::Agent) => Remedy::CreateOrShareAgent,
            (FailureKind::NotFound, _) => Remedy::CheckAssistantId,
            (FailureKind::NotTheApi | FailureKind::Redirect { .. }, _) => Remedy::MendBaseUrl,
            (FailureKind::Gone, Call::Assistant | Call::Disable) => Remedy::WorkFromSavedRun,
            (FailureKind::Gone, Call::Enable | Call::EnableAgent) => Remedy::SwitchOnByHand,
            (
                FailureKind::Throttled
                | FailureKind::ThrottledTooLong
                | FailureKind::RetryAfterTooLong { .. },
                _,
            ) => Remedy::RunAgainSlower,
            (FailureKind::Refused { status: 407 }, _) => Remedy::MendProxy,
            (FailureKind::Refused { .. } | FailureKind::Gone, _) => Remedy::ReadTheRefusal,
            (FailureKind::Server { .. } | FailureKind::Timeout, _) => Remedy::RunAgainLater,
            (FailureKind::Connection, _) => Remedy::CheckConnection,
            (FailureKind::Nonsense { .. }, _) => Remedy::ReportNonsense,
            (FailureKind::NotRecorded, _) => Remedy::FreeDisk,
            (FailureKind::Outdated, _) => Remedy::RunAgainToDisable,
        }
    }

    fn code(&self) -> Option<u16> {
        match &self.kind {
            FailureKind::Unauthorized => Some(401),
            FailureKind::ScopeMissing { .. } | FailureKind::Forbidden => Some(403),
            FailureKind::NotFound | FailureKind::NotTheApi => Some(404),
            FailureKind::Gone => Some(410),
            FailureKind::Throttled | FailureKind::ThrottledTooLong => Some(429),
            FailureKind::Redirect { status, .. }
            | FailureKind::Refused { status }
            | FailureKind::Server { status }
            | FailureKind::Nonsense { status } => Some(*status),
            FailureKind::RetryAfterTooLong { .. }
            | FailureKind::Timeout
            | FailureKind::Connection
            | FailureKind::Outdated
            | FailureKind::NotRecorded => None,
        }
    }
}

/// The report's `error`: which call, the code, the platform's own words: `assistant: 403 Not shared`.
impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.call.as_str())?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        match &self.kind {
            FailureKind::Timeout => write!(f, " timeout:")?,
            FailureKind::Connection => write!(f, " connection:")?,
            FailureKind::Nonsense { .. } => write!(f, " answer makes no sense:")?,
            _ => {}
        }
        if !self.words.is_empty() {
            write!(f, " {}", self.words)?;
        }
        Ok(())
    }
}

impl std::error::Error for CallFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(call: Call, kind: FailureKind, words: &str) -> CallFailure {
        CallFailure { call, kind, words: words.into() }
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
    fn a_410_ends_the_run_only_when_it_comes_from_the_assistants_api() {
        assert_eq!(
            failure(Call::Assistant, FailureKind::Gone, "").stop_reason(),
            Some(StopReason::AssistantsApiGone)
        );
        assert_eq!(failure(Call::Agent, FailureKind::Gone, "").stop_reason(), None);
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
            (missing, Remedy::AllowDisabling, false),
            (FailureKind::NotFound, Remedy::CheckAssistantId, false),
            (FailureKind::Refused { status: 409 }, Remedy::ReadTheRefusal, false),
            (FailureKind::Throttled, Remedy::RunAgainSlower, false),
            (FailureKind::NotRecorded, Remedy::FreeDisk, false),
            (FailureKind::Server { status: 500 }, Remedy::RunAgainLater, true),
            (FailureKind::Timeout, Remedy::RunAgainLater, true),
            (FailureKind::Connection, Remedy::CheckConnection, true),
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
            let gone = failure(call, FailureKind::Gone, "");
            assert_eq!((gone.remedy(), gone.stop_reason()), (Remedy::SwitchOnByHand, None));
        }
    }
}
