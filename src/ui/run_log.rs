//! The run as log records, for `--log-format json` and `--log-file`, where the lines for people do not go.

use tracing::info;

use crate::domain::{Event, terminal_safe};

/// Logs what is worth a record. Names and errors are the platform's and may hold anything.
pub(super) fn log(event: &Event) {
    match event {
        Event::Started(backlog) => info!(
            rows = backlog.rows,
            to_do = backlog.to_do,
            settled_before = backlog.settled_before,
            invalid = backlog.invalid,
            duplicates = backlog.duplicates,
            "run started"
        ),
        Event::RowDone(row) => info!(
            line = row.line,
            assistant_id = %row.pair.assistant,
            agent_id = %row.pair.agent,
            status = row.status.as_str(),
            name = terminal_safe(row.name.as_deref().unwrap_or_default(), 80),
            differences = row.differences,
            error = terminal_safe(&row.error, 200),
            "row done"
        ),
        Event::Stopping(reason) => info!(reason = terminal_safe(&reason.to_string(), 1_000), "run stopping"),
        Event::Ended => info!("run ended"),
        Event::Switched(switched) => info!(
            assistant_id = %switched.pair.assistant,
            disabled = switched.state.as_str(),
            name = terminal_safe(switched.name.as_deref().unwrap_or_default(), 80),
            error = terminal_safe(&switched.error, 200),
            "assistant switched"
        ),
        Event::Switching { .. } | Event::Guard(_) | Event::WaitingForAnswer(_) | Event::Pace(_) => {}
    }
}
