//! `--redact` of an audit: once it is redacted, a row holds no text of the platform's, whatever becomes of it.
//!
//! Stay, beside what stays in a run's report: a model id that is among those of the key, and the input types of the
//! platform's list. Any other may be anybody's text.

use super::row::{AuditFacts, AuditRow, Configuration, KnownModel};
use crate::base::{JsonText, StopReason};
use crate::engine::report::redact;

/// PLATFORM.md, The object.
const INPUT_TYPES: [&str; 5] = ["PROMPT", "STRUCTURED", "INTEGRATION", "SCHEDULED", "WEBHOOK"];

/// What may stand behind the id of a model.
const DEFAULT: &str = "@default";

/// The row with lengths in place of the platform's texts.
pub(super) fn redacted_audit_row(row: AuditRow, models: &[KnownModel]) -> AuditRow {
    let mut own = row.row;
    own.name = redact::text(&own.name);
    for failure in [&mut own.failure, &mut own.later_failure].into_iter().flatten() {
        failure.words = redact::words(&failure.words);
    }
    let configuration = row.configuration.map(|read| configuration(read, models));
    AuditRow { row: own, configuration, ..row }
}

/// What an audit says about itself, without the platform's words.
pub(super) fn redacted_audit_facts(facts: AuditFacts) -> AuditFacts {
    let mut run = facts.run;
    run.stopped = run.stopped.map(StopReason::redacted);
    AuditFacts { run, ..facts }
}

/// The object with lengths in place of its strings, all but ids and times. `None` only for text that is not JSON.
pub(super) fn redacted_object(object: &JsonText) -> Option<JsonText> {
    redact::strictly(object)
}

fn configuration(read: Configuration, models: &[KnownModel]) -> Configuration {
    // As it stands: what an audit takes for another spelling may hold anybody's text.
    let plain = read.model.strip_suffix(DEFAULT).unwrap_or(&read.model);
    let is_known = plain == "auto" || models.iter().any(|model| model.id == read.model || model.id == plain);
    let keeps_model = is_known && redact::is_identifier(&read.model);
    Configuration {
        model: if keeps_model { read.model } else { redact::text(&read.model) },
        temperature: read.temperature.and_then(|temperature| redact::strictly(&temperature)),
        input_type: if INPUT_TYPES.contains(&read.input_type.as_str()) {
            read.input_type
        } else {
            redact::text(&read.input_type)
        },
        ..read
    }
}
