//! Plain data that every layer knows: ids, rows, statuses, differences, failures, stop reasons, events.
//!
//! Nothing here does I/O or reads a clock.

mod applying;
mod defect;
mod difference;
mod disabling;
mod event;
mod exit;
mod failure;
mod formula;
mod ids;
mod input;
mod lang;
mod names;
mod outcome;
mod progress;
mod remedy;
mod report_column;
mod report_row;
mod since_last;
mod status;
mod stop;
mod text;
mod worded;

pub use applying::{
    AgentDone, ApplyStatus, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate, Writing,
};
pub use defect::{defect, keep_defects_quiet};
pub use difference::{Difference, JsonText, Note, NoteKind};
pub use disabling::{
    Candidate, Disabling, DisablingEnd, NotPlanned, Plan, RecordedIntent, RollbackPlan, SkipReason, Unsettled,
};
pub use event::{
    Backlog, Event, FIRST_AT_ONCE, GuardNews, LimiterStatus, LookAtAll, Observer, REQUESTS_PER_ROW, RowDone,
    Sight, Switched, Switching, WaitReason,
};
pub use exit::Exit;
pub use failure::{Call, CallFailure, FailureKind, SupportHeader, SupportId};
pub use formula::may_run_as_formula;
pub use ids::{AgentId, AssistantId, Pair};
pub use input::{Encoding, InputFormat, InputRow, InvalidId, LineEnd};
pub use lang::{Both, Lang};
pub use names::{alike, is_unseen, listed, quoted, same_for_all_spellings, trimmed};
pub use outcome::{Documents, Outcome};
pub use progress::{ProgressCounts, RowProgress};
pub use remedy::{Actor, Remedy};
pub use report_column::{COLUMNS_OF_EVERY_REPORT, REPORT_COLUMNS};
pub use report_row::{ReportRow, RunFacts};
pub use since_last::{SinceLast, Standing};
pub use status::{DisabledState, RowStatus};
pub use stop::{Signal, StopReason, long_wait};
pub(crate) use text::is_invisible_control;
pub use text::{grouped, one_line, terminal_safe};
pub(crate) use worded::worded;
