//! What an audit is made of: from where it reads, what it knows of an assistant, what it finds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secrets::Words;
use crate::base::{
    Both, Call, CallFailure, FailureKind, JsonText, Lang, ReportRow, RowProgress, RowStatus, RunFacts, worded,
};

worded! {
    /// From which API an audit is to read; the word is that of the command line.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Source {
        /// The Assistants API.
        Assistant = "assistant",
        /// The Agents API.
        Agent = "agent",
        /// The Assistants API, and once that has ended the Agents API.
        #[default]
        Auto = "auto",
    }
}

worded! {
    /// How much a finding weighs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Weight {
        /// Good to know.
        Low = "low",
        /// Something does not work, or will not once it is saved again: somebody has to mend it.
        Medium = "medium",
        /// Somebody has to act today.
        High = "high",
    }
}

impl Weight {
    /// Whether somebody has to act on such a finding: an audit with one ends with exit code 3.
    pub const fn needs_attention(self) -> bool {
        !matches!(self, Self::Low)
    }
}

/// What an audit can find, as every report says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingKind {
    /// The word in the column `findings`.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What to do about it: a plain sentence without its full stop.
    pub advice: Both,
    /// Whether only an administrator of the workspace can.
    pub is_administrators: bool,
}

/// What an audit has found about one assistant. Never holds what a secret says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: &'static FindingKind,
    /// How much, or where: `97 characters`, `line 3`; empty where there is nothing to add.
    pub detail: String,
}

impl Finding {
    /// Advice and detail as one sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        match (lang.of(self.kind.advice), self.detail.as_str()) {
            (advice, "") => advice.to_owned(),
            (advice, detail) => format!("{advice} ({detail})"),
        }
    }
}

/// What was found in a record when it was read. It knows the words of its secrets, and has no voice.
#[derive(Serialize, Deserialize)]
pub struct Inspection {
    /// By which rules it was made.
    pub(super) edition: u32,
    pub(super) read_from: Call,
    pub(super) configuration: Configuration,
    /// Code and detail of what the record alone tells, in the order of the rules.
    pub(super) findings: Vec<(String, String)>,
    /// The traces of its name and its instruction, where it has them.
    pub(super) name: Option<u64>,
    pub(super) instruction: Option<u64>,
    pub(super) secrets: Vec<Words>,
}

worded! {
    /// What an assistant may be allowed to do, with the flag that says so. A ledger keeps them in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Capability {
        /// Web search.
        WebSearch = "webSearchEnabled",
        /// Image generation.
        ImageGeneration = "imageGenerationEnabled",
        /// The code interpreter, in the web app the data analyst.
        CodeInterpreter = "codeInterpreterEnabled",
        /// Canvas.
        Canvas = "canvasEnabled",
        /// Extended thinking.
        ExtendedThinking = "extendedThinking",
    }
}

/// How an assistant is set up, in numbers; its texts stay in the ledger. Lengths are in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The model's id; empty if it has none.
    pub(crate) model: String,
    /// `temperature` as the platform spelled it.
    pub(crate) temperature: Option<JsonText>,
    /// `inputType`; empty if it has none.
    pub(crate) input_type: String,
    pub(crate) description_length: usize,
    pub(crate) instruction_length: usize,
    pub(crate) starters: usize,
    pub(crate) actions: usize,
    pub(crate) actions_to_confirm: usize,
    pub(crate) fields: usize,
    pub(crate) attachments: usize,
    /// The flag of each [`Capability`]; `None` where the platform does not say.
    pub(crate) capabilities: [Option<bool>; Capability::ALL.len()],
    #[serde(with = "time_as_text")]
    pub(crate) created_at: Option<Timestamp>,
    #[serde(with = "time_as_text")]
    pub(crate) updated_at: Option<Timestamp>,
    /// Whole days from `createdAt` to the moment at which it was read.
    pub(crate) age_days: Option<i64>,
    /// Whole days from `updatedAt` to that moment.
    pub(crate) unchanged_days: Option<i64>,
}

/// How the ledger keeps a time of the platform's.
mod time_as_text {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for it like this")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(Error::custom)).transpose()
    }
}

impl Configuration {
    /// Whether it is switched on; `None` where the platform does not say.
    pub(super) const fn flag(&self, capability: Capability) -> Option<bool> {
        self.capabilities[capability as usize]
    }

    /// Days since its last change; since it was made where it has none.
    pub(super) fn days_unchanged(&self) -> Option<i64> {
        self.unchanged_days.or(self.age_days)
    }
}

/// A model of `GET /agent/v1/models`, as far as an audit goes by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownModel {
    pub(crate) id: String,
    /// Whether `extendedThinking` may be set with it; `None` when the platform does not say.
    pub(crate) extended_thinking: Option<bool>,
}

/// Two readings of the catalogue as one: every model of either. One that has extended thinking in either has it.
pub(super) fn joined(mut models: Vec<KnownModel>, more: Vec<KnownModel>) -> Vec<KnownModel> {
    for model in more {
        match models.iter_mut().find(|known| known.id == model.id) {
            Some(known) => known.extended_thinking = known.extended_thinking.max(model.extended_thinking),
            None => models.push(model),
        }
    }
    models
}

/// What is said in place of [`RowStatus::as_str`] where rows are read and not compared: nothing is verified there.
pub const fn reading_word(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Verified => "read",
        other => other.as_str(),
    }
}

/// One line of an audit, as data: each format spells it in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The row of the input with its status ([`RowStatus::Verified`]: it was read) and what it cost.
    pub(crate) row: ReportRow,
    /// What was read: [`Call::Assistant`] or [`Call::Agent`]; `None` where nothing was.
    pub(crate) read_from: Option<Call>,
    /// How it is set up; `None` where nothing was read, and for a duplicate.
    pub(crate) configuration: Option<Configuration>,
    pub(crate) has_known_model: bool,
    /// What was found, the heaviest first.
    pub(crate) findings: Vec<Finding>,
}

impl AuditRow {
    /// A row of which nothing is known but what its [`ReportRow`] says.
    pub const fn unread(row: ReportRow) -> Self {
        Self { row, read_from: None, configuration: None, has_known_model: false, findings: Vec::new() }
    }

    /// The id that was asked for: the agent's where the Agents API was.
    pub fn id(&self) -> Option<Uuid> {
        let failed = self.row.failure.as_ref().map(|failure| failure.call);
        self.row.pair.map(|pair| match self.read_from.or(failed) {
            Some(Call::Agent) => pair.agent.0,
            _ => pair.assistant.0,
        })
    }

    /// The codes of the findings, the heaviest first.
    pub fn codes(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.kind.code).collect()
    }

    /// What to do about a row that was not read, or not again; empty for one that was, and for a duplicate.
    pub fn remedy(&self, lang: Lang) -> &'static str {
        self.own_remedy().map_or_else(|| self.row.remedy().sentence_in(lang), |[command, _]| lang.of(command))
    }

    /// What only an audit says, since the ids that it asks for may be agents': to who runs it, and on a page.
    pub(super) fn own_remedy(&self) -> Option<[Both; 2]> {
        let now = self.row.later_failure.as_ref().or(self.row.failure.as_ref());
        match (self.row.status, now) {
            (RowStatus::AgentNotFound, _) => Some([
                [
                    "Check the id; if it is right, the agent may be archived, deleted, a project, a template, or not shared \
                     with the API key: share it, then run the same command again.",
                    "Die ID prüfen; stimmt sie, kann der Agent archiviert, gelöscht, ein Projekt, eine Vorlage oder nicht mit \
                     dem API-Schlüssel geteilt sein: teilen, dann denselben Befehl noch einmal ausführen.",
                ],
                [
                    "Looks whether the id is right and the agent still there, shares it with the API key, and reads it again.",
                    "Sieht nach, ob die ID stimmt und es den Agenten noch gibt, teilt ihn mit dem API-Schlüssel und liest ihn \
                     noch einmal.",
                ],
            ]),
            (_, Some(CallFailure { kind: FailureKind::Gone { .. }, call: Call::Assistant, .. })) => Some([
                [
                    "The Assistants API has ended here: run the same command with --source agent.",
                    "Die Assistants-API ist hier abgeschaltet: denselben Befehl mit --source agent ausführen.",
                ],
                [
                    "Reads the agents instead: the Assistants API has ended here.",
                    "Liest stattdessen die Agenten: Die Assistants-API ist hier abgeschaltet.",
                ],
            ]),
            _ => None,
        }
    }

    /// What to do: a sentence for each finding, or about the row that could not be read.
    pub fn advice(&self, lang: Lang) -> Vec<String> {
        if let Some((line, _)) = self.row.duplicate_of {
            return vec![match lang {
                Lang::En => format!("same as line {line}: see there"),
                Lang::De => format!("wie Zeile {line}: siehe dort"),
            }];
        }
        let remedy = Some(self.remedy(lang).to_owned()).filter(|remedy| !remedy.is_empty());
        remedy.into_iter().chain(self.findings.iter().map(|finding| finding.sentence(lang))).collect()
    }

    /// How far the row is: one that was read is done unless a finding is of weight.
    pub fn progress(&self) -> RowProgress {
        let needs_attention = self.findings.iter().any(|finding| finding.kind.weight.needs_attention());
        match self.row.progress() {
            RowProgress::Done if needs_attention => RowProgress::NeedsAttention,
            progress => progress,
        }
    }
}

/// What an audit says about itself as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFacts {
    pub(crate) run: RunFacts,
    /// Whether the models of the key are known; if not, nothing is found about models.
    pub(crate) models_known: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{AgentId, AssistantId, Pair};

    fn row(status: RowStatus, failure: Option<CallFailure>) -> AuditRow {
        let [assistant, agent] = [1, 2].map(Uuid::from_u128);
        let pair = Pair { assistant: AssistantId(assistant), agent: AgentId(agent) };
        AuditRow::unread(ReportRow { failure, ..ReportRow::new(2, String::new(), Some(pair), status) })
    }

    fn failure(call: Call, kind: FailureKind) -> CallFailure {
        CallFailure::new(call, kind, "")
    }

    #[test]
    fn a_row_is_known_by_the_id_that_was_asked_for() {
        let assistant = row(RowStatus::Verified, None);
        let agent = AuditRow { read_from: Some(Call::Agent), ..assistant.clone() };
        let refused = row(RowStatus::NoAccess, Some(failure(Call::Agent, FailureKind::Forbidden)));
        assert_eq!(
            [&assistant, &agent, &refused].map(|row| row.id().map(|id| id.as_u128())),
            [1, 2, 2].map(Some)
        );
    }

    #[test]
    fn every_row_that_was_not_read_says_what_to_do_and_none_speaks_of_differences() {
        for (status, failed, words) in [
            (RowStatus::NoAccess, Some(failure(Call::Agent, FailureKind::Forbidden)), "Share this agent"),
            (
                RowStatus::AgentNotFound,
                Some(failure(Call::Agent, FailureKind::NotFound)),
                "not shared with the API key",
            ),
            (
                RowStatus::Failed,
                Some(failure(Call::Assistant, FailureKind::Gone { status: 410 })),
                "--source agent",
            ),
            (RowStatus::InvalidId, None, "exactly one UUID"),
            (RowStatus::NotChecked, None, "goes on here"),
        ] {
            let advice = row(status, failed).advice(Lang::En).join(" ");
            assert!(advice.contains(words) && !advice.contains("proposed"), "{advice}");
        }
        assert_eq!(row(RowStatus::Verified, None).advice(Lang::En), Vec::<String>::new());
    }

    #[test]
    fn two_readings_of_the_catalogue_are_joined_and_what_either_says_counts() {
        let models = |models: &[(&str, Option<bool>)]| -> Vec<KnownModel> {
            let known = |(id, extended_thinking): &(&str, _)| KnownModel {
                id: (*id).to_owned(),
                extended_thinking: *extended_thinking,
            };
            models.iter().map(known).collect()
        };
        let first = models(&[("a", None), ("b", Some(false)), ("c", Some(true))]);
        let second = models(&[("d", None), ("b", Some(true)), ("a", Some(false)), ("c", None)]);
        let both = models(&[("a", Some(false)), ("b", Some(true)), ("c", Some(true)), ("d", None)]);
        assert_eq!(joined(first, second), both);
    }

    #[test]
    fn findings_of_low_weight_need_nobody() {
        for (weight, progress) in [
            (Weight::Low, RowProgress::Done),
            (Weight::Medium, RowProgress::NeedsAttention),
            (Weight::High, RowProgress::NeedsAttention),
        ] {
            let advice = ["Do it", "Tun Sie es"];
            let kind = FindingKind { code: "x", weight, advice, is_administrators: false };
            let finding = Finding { kind: Box::leak(Box::new(kind)), detail: "line 3".into() };
            let row = AuditRow { findings: vec![finding], ..row(RowStatus::Verified, None) };
            assert_eq!(row.progress(), progress);
            assert_eq!((row.advice(Lang::En), row.codes()), (vec!["Do it (line 3)".to_owned()], vec!["x"]));
        }
    }
}
