//! What to do about a row, in one table.

use crate::base::{Actor, ApplyStatus, Both, CallFailure, Lang, Remedy};

/// What there is to do, and who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing.
    Nothing,
    /// As everywhere.
    Shared(Remedy),
    /// What only this command says: to who runs it, and on a page, to the owner or of the administrator.
    Own { actor: Actor, command: Both, page: Both },
}

impl Told {
    /// One plain sentence for who runs the command; empty where there is nothing to do.
    pub(super) const fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Shared(remedy) => remedy.sentence_in(lang),
            Self::Own { command, .. } => lang.of(command),
        }
    }
}

const fn owner(command: Both, page: Both) -> Told {
    Told::Own { actor: Actor::Owner, command, page }
}

const fn administrator(command: Both, page: Both) -> Told {
    Told::Own { actor: Actor::Administrator, command, page }
}

/// `has_agent`: an agent of it is known.
#[rustfmt::skip] // A line per language.
pub(super) fn told(status: ApplyStatus, failure: Option<&CallFailure>, has_agent: bool) -> Told {
    match status {
        ApplyStatus::Applied
        | ApplyStatus::Created
        | ApplyStatus::Unchanged
        | ApplyStatus::Undone
        | ApplyStatus::WouldApply
        | ApplyStatus::WouldCreate
        | ApplyStatus::Duplicate => Told::Nothing,
        ApplyStatus::Differs => owner(
            ["Mend in the web app what `differences` still names (`left_behind` says what was not written), and publish it.",
             "In der Web-App beheben, was `differences` noch nennt (`left_behind` sagt, was nicht geschrieben wurde), und veröffentlichen."],
            ["Put back in the agent what still differs, and publish it.",
             "Im Agenten wiederherstellen, was noch abweicht, und veröffentlichen."],
        ),
        ApplyStatus::DraftInUse => owner(
            ["Somebody has unpublished changes in this agent: publish or discard them in the web app, then run the same command again.",
             "Jemand hat unveröffentlichte Änderungen in diesem Agenten: in der Web-App veröffentlichen oder verwerfen, dann denselben Befehl noch einmal ausführen."],
            ["There are unpublished changes in this agent: publish or discard them.",
             "In diesem Agenten stecken unveröffentlichte Änderungen: veröffentlichen oder verwerfen."],
        ),
        ApplyStatus::ChangedSince => owner(
            ["It is no longer as this program left it, and was left alone: look at it in the web app.",
             "Er ist nicht mehr, wie dieses Programm ihn verlassen hat, und wurde in Ruhe gelassen: in der Web-App ansehen."],
            ["Somebody has changed this agent since: look whether it is as it should be.",
             "Jemand hat diesen Agenten seither geändert: Sehen Sie nach, ob er ist, wie er sein soll."],
        ),
        ApplyStatus::NoTarget => administrator(
            ["Make an agent for it in the web app, share it with the API key as editor, and name it with --map; then run the same command again.",
             "In der Web-App einen Agenten dafür anlegen, ihn mit dem API-Schlüssel als Bearbeiter teilen und mit --map nennen; dann denselben Befehl noch einmal ausführen."],
            ["Makes an agent for it, or names the one that is there.",
             "Legt einen Agenten dafür an oder nennt den, den es gibt."],
        ),
        ApplyStatus::NoSource => administrator(
            ["The ledger keeps nothing of this row: read it with `run` or `audit` first, then run the same command again.",
             "Das Ledger hat von dieser Zeile nichts behalten: erst mit `run` oder `audit` lesen, dann denselben Befehl noch einmal ausführen."],
            ["Reads the assistant first: nothing of it is kept yet.",
             "Liest zuerst den Assistenten: Von ihm ist noch nichts behalten."],
        ),
        ApplyStatus::Unknown if !has_agent => administrator(
            ["Look for the agent in the agent list; if it is not there, run the same command again with --retry-create.",
             "Den Agenten in der Liste der Agenten suchen; fehlt er, denselben Befehl noch einmal mit --retry-create ausführen."],
            ["Looks whether the agent was made, and makes it if not.",
             "Sieht nach, ob der Agent angelegt wurde, und legt ihn sonst an."],
        ),
        ApplyStatus::Unknown => administrator(
            ["Whether it was written is not known: run the same command again; it looks first, and writes nothing twice.",
             "Ob er geschrieben wurde, ist nicht bekannt: denselben Befehl noch einmal ausführen; er sieht erst nach und schreibt nichts doppelt."],
            ["Looks whether it was written, and writes it if not.",
             "Sieht nach, ob er geschrieben wurde, und schreibt ihn sonst."],
        ),
        ApplyStatus::AgentNotFound | ApplyStatus::NoAccess | ApplyStatus::Failed => match failure {
            Some(failure) => Told::Shared(failure.remedy()),
            None => administrator(
                ["Name another agent for this row, or remove the row; then run the same command again.",
                 "Für diese Zeile einen anderen Agenten nennen oder die Zeile entfernen; dann denselben Befehl noch einmal ausführen."],
                ["Names another agent for this row, or takes the row out.",
                 "Nennt für diese Zeile einen anderen Agenten oder nimmt sie heraus."],
            ),
        },
        ApplyStatus::InvalidId => Told::Shared(Remedy::MendCell),
        ApplyStatus::NotChecked => Told::Shared(Remedy::RunAgain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_something_to_do_is_told_what_in_every_language() {
        for status in ApplyStatus::ALL {
            let [english, german] = Lang::ALL.map(|lang| told(status, None, true).sentence(lang));
            let is_told = status.needs_attention() || status == ApplyStatus::NotChecked;
            assert_eq!((!english.is_empty(), !german.is_empty()), (is_told, is_told), "{status}");
            assert!(english != german || !is_told, "{status}");
        }
    }
}
