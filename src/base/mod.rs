//! Plain data that every layer knows: ids, rows, statuses, differences, failures, stop reasons, events.
//!
//! Nothing here does I/O or reads a clock.

mod defect;
mod difference;
mod event;
mod exit;
mod failure;
mod ids;
mod input;
mod outcome;
mod remedy;
mod report;
mod status;
mod stop;
mod text;
mod writes;

pub use defect::{defect, keep_defects_quiet};
pub use difference::{Difference, JsonText, Note, NoteKind};
pub use event::{
    Backlog, Event, FIRST_AT_ONCE, GuardNews, LimiterStatus, LookAtAll, Observer, REQUESTS_PER_ROW, RowDone,
    Sight, Switched, Switching, WaitReason,
};
pub use exit::Exit;
pub use failure::{Call, CallFailure, FailureKind, SupportHeader, SupportId};
pub use ids::{AgentId, AssistantId, Pair};
pub use input::{Encoding, InputFormat, InputRow, InvalidId, LineEnd};
pub use outcome::{Documents, Outcome};
pub use remedy::{Actor, Remedy};
pub use report::progress::{ProgressCounts, RowProgress};
pub use report::report_column::{COLUMNS_OF_EVERY_REPORT, REPORT_COLUMNS};
pub use report::report_row::{ReportRow, RunFacts};
pub use report::since_last::{SinceLast, Standing};
pub use status::{DisabledState, RowStatus};
pub use stop::{Signal, StopReason, long_wait};
pub use text::formula::may_run_as_formula;
pub(crate) use text::is_invisible_control;
pub use text::lang::{Both, Lang};
pub use text::names::{alike, is_unseen, listed, quoted, same_for_all_spellings, trimmed};
pub(crate) use text::worded::worded;
pub use text::{grouped, one_line, terminal_safe};
pub use writes::applying::{
    AgentDone, ApplyStatus, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate, Writing,
};
pub use writes::disabling::{
    Candidate, Disabling, DisablingEnd, NotPlanned, Plan, RecordedIntent, RollbackPlan, SkipReason, Unsettled,
};
