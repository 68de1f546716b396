//! What to do next, in one place and every language, so that report, terminal and page say the same.

use super::text::lang::{Both, Lang};
use super::text::worded::worded;

worded! {
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
}

/// Who acts on a row, in the order in which a page has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// Whose assistant it is, in the web app, today.
    OwnerToday,
    /// The same, in time.
    Owner,
    /// Who has the key and this program.
    Administrator,
    /// Nobody: it is good to know, or there is nothing to do.
    Nobody,
}

impl Remedy {
    /// Whether nobody has to do anything but type the same command again.
    pub const fn is_another_run(self) -> bool {
        matches!(self, Self::RunAgain | Self::RunAgainLater | Self::RunAgainSlower | Self::RunAgainToDisable)
    }

    /// One plain sentence; empty for [`Remedy::Nothing`].
    pub const fn sentence(self) -> &'static str {
        self.sentence_in(Lang::En)
    }

    /// The same in that language.
    pub const fn sentence_in(self, lang: Lang) -> &'static str {
        let [command, _] = self.told();
        lang.of(command)
    }

    /// What a page says of it: to its owner what to do in the web app, or what [`Actor::Administrator`] does, without saying
    /// who.
    pub const fn on_page(self, lang: Lang) -> &'static str {
        let [_, page] = self.told();
        lang.of(page)
    }

    /// Who does it.
    pub const fn actor(self) -> Actor {
        match self {
            Self::MendAgent => Actor::Owner,
            _ => Actor::Administrator,
        }
    }

    /// To who runs this program; on a page.
    #[rustfmt::skip] // A line per language.
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    const fn told(self) -> [Both; 2] {
        match self {
            Self::Nothing => [["", ""], ["", ""]],
            Self::MendAgent => [
                ["Bring the agent in line with the assistant (see differences), publish it, then run the same command again.",
                 "Den Agenten an den Assistenten angleichen (siehe differences) und veröffentlichen, dann denselben Befehl noch einmal ausführen."],
                ["Put back in the agent what differs, and publish it.",
                 "Im Agenten wiederherstellen, was abweicht, und veröffentlichen."],
            ],
            Self::CheckAssistantId => [
                ["Check the id; if it is right, the assistant may be archived, deleted, a project, a template, or not shared with the API key: share it, then run the same command again.",
                 "Die ID prüfen; stimmt sie, kann der Assistent archiviert, gelöscht, ein Projekt, eine Vorlage oder nicht mit dem API-Schlüssel geteilt sein: teilen, dann denselben Befehl noch einmal ausführen."],
                ["Looks whether the id is right and the assistant still there, shares it with the API key, and checks it again.",
                 "Sieht nach, ob die ID stimmt und es den Assistenten noch gibt, teilt ihn mit dem API-Schlüssel und prüft ihn noch einmal."],
            ],
            Self::CreateOrShareAgent => [
                ["Share the agent with the API key (it may also be archived, a project or a template), or name the right one in an agent_id column, or create it from `proposed` in the JSON report; then run the same command again.",
                 "Den Agenten mit dem API-Schlüssel teilen (er kann auch archiviert, ein Projekt oder eine Vorlage sein), oder den richtigen in einer Spalte agent_id nennen, oder ihn aus `proposed` im JSON-Bericht anlegen; dann denselben Befehl noch einmal ausführen."],
                ["Shares the agent with the API key, or creates it, and checks it again.",
                 "Teilt den Agenten mit dem API-Schlüssel oder legt ihn an, und prüft ihn noch einmal."],
            ],
            Self::ShareAssistant => [
                ["Share this assistant with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.",
                 "Diesen Assistenten mit dem API-Schlüssel als Bearbeiter teilen (oder ist er archiviert, ein Projekt oder aus einem anderen Workspace?), dann denselben Befehl noch einmal ausführen."],
                ["Shares this assistant with the API key, as editor, and checks it again.",
                 "Teilt diesen Assistenten mit dem API-Schlüssel als Bearbeiter und prüft ihn noch einmal."],
            ],
            Self::ShareAgent => [
                ["Share this agent with the API key, as editor (or is it archived, a project, or another workspace's?), then run the same command again.",
                 "Diesen Agenten mit dem API-Schlüssel als Bearbeiter teilen (oder ist er archiviert, ein Projekt oder aus einem anderen Workspace?), dann denselben Befehl noch einmal ausführen."],
                ["Shares this agent with the API key, as editor, and checks it again.",
                 "Teilt diesen Agenten mit dem API-Schlüssel als Bearbeiter und prüft ihn noch einmal."],
            ],
            Self::MendCell => [
                ["Put exactly one UUID into this cell, or delete the row, then run the same command again.",
                 "Genau eine UUID in diese Zelle schreiben oder die Zeile löschen, dann denselben Befehl noch einmal ausführen."],
                ["Puts exactly one id into this cell of the list, or takes the row out.",
                 "Schreibt genau eine ID in diese Zelle der Liste oder nimmt die Zeile heraus."],
            ],
            Self::RunAgain => [
                ["Run the same command again; it goes on here.",
                 "Denselben Befehl noch einmal ausführen; er macht hier weiter."],
                ["Goes on with the check; it did not come this far.",
                 "Setzt die Prüfung fort; sie kam nicht bis hierher."],
            ],
            Self::RunAgainLater => [
                ["The platform was in trouble: run the same command again later; only what is not settled is asked for again.",
                 "Die Plattform hatte Störungen: denselben Befehl später noch einmal ausführen; nur Offenes wird noch einmal abgefragt."],
                ["Checks it again later: the platform was in trouble.",
                 "Prüft es später noch einmal: Die Plattform hatte Störungen."],
            ],
            Self::RunAgainSlower => [
                ["Run the same command again later or with a lower --rpm; others share the rate limit.",
                 "Denselben Befehl später oder mit kleinerem --rpm noch einmal ausführen; andere teilen sich das Limit."],
                ["Checks it again later, more slowly: others share the platform's limit.",
                 "Prüft es später noch einmal, langsamer: Andere teilen sich das Limit der Plattform."],
            ],
            Self::CheckConnection => [
                ["Check network, proxy, certificate (--ca-cert) and the name of the host, then run the same command again.",
                 "Netz, Proxy, Zertifikat (--ca-cert) und den Namen des Servers prüfen, dann denselben Befehl noch einmal ausführen."],
                ["Looks at the network and checks it again.",
                 "Sieht nach dem Netz und prüft es noch einmal."],
            ],
            Self::MendProxy => [
                ["Give the proxy the credentials it wants (HTTPS_PROXY), then run the same command again.",
                 "Dem Proxy die verlangten Zugangsdaten geben (HTTPS_PROXY), dann denselben Befehl noch einmal ausführen."],
                ["Gives the network's proxy its credentials and checks it again.",
                 "Gibt dem Proxy des Netzes die Zugangsdaten und prüft es noch einmal."],
            ],
            Self::ReadTheRefusal => [
                ["The platform refused this request: mend what its words name, then run the same command again.",
                 "Die Plattform hat diese Anfrage abgelehnt: beheben, was ihre Worte nennen, dann denselben Befehl noch einmal ausführen."],
                ["Mends what the platform refused, and checks it again.",
                 "Behebt, was die Plattform abgelehnt hat, und prüft es noch einmal."],
            ],
            Self::ReportNonsense => [
                ["Open the assistant and its agent in the web app; if they look right, run the same command again, else tell the platform's support what `error` says.",
                 "Den Assistenten und seinen Agenten in der Web-App öffnen; sehen sie richtig aus, denselben Befehl noch einmal ausführen, sonst dem Support der Plattform nennen, was in `error` steht."],
                ["Looks at it in the web app and checks it again; asks the platform's support if the answer stays the same.",
                 "Sieht es sich in der Web-App an und prüft es noch einmal; fragt den Support der Plattform, wenn die Antwort so bleibt."],
            ],
            Self::MendKey => [
                ["Check the API key (it may be wrong, revoked or a personal one, or its maker has left) and the base URL, then run the same command again.",
                 "Den API-Schlüssel prüfen (er kann falsch, widerrufen oder ein persönlicher sein, oder wer ihn angelegt hat, ist nicht mehr da) und die Basis-URL, dann denselben Befehl noch einmal ausführen."],
                ["Mends the API key and checks it again.",
                 "Bringt den API-Schlüssel in Ordnung und prüft es noch einmal."],
            ],
            Self::GiveScope => [
                ["Give the API key the scope that `error` names (AGENT_API, if it names none), then run the same command again.",
                 "Dem API-Schlüssel den Scope geben, den `error` nennt (AGENT_API, wenn keiner genannt ist), dann denselben Befehl noch einmal ausführen."],
                ["Gives the API key what it lacks, and checks it again.",
                 "Gibt dem API-Schlüssel, was ihm fehlt, und prüft es noch einmal."],
            ],
            Self::MendBaseUrl => [
                ["Mend --base-url (a dedicated deployment's ends in /api/public), then run the same command again.",
                 "--base-url berichtigen (die einer eigenen Installation endet auf /api/public), dann denselben Befehl noch einmal ausführen."],
                ["Mends the address of the platform and checks it again.",
                 "Berichtigt die Adresse der Plattform und prüft es noch einmal."],
            ],
            Self::PassGateway => [
                ["A gateway wants to see a browser here: ask whoever runs it to let this program through, or mend --base-url (a dedicated deployment's ends in /api/public); then run the same command again.",
                 "Ein Gateway will hier einen Browser sehen: wer es betreibt, soll dieses Programm durchlassen, oder --base-url berichtigen (die einer eigenen Installation endet auf /api/public); dann denselben Befehl noch einmal ausführen."],
                ["Has the gateway let the check through, and checks it again.",
                 "Lässt die Prüfung durch das Gateway freigeben und prüft es noch einmal."],
            ],
            Self::WorkFromSavedRun => [
                ["The Assistants API has ended here: read the agent with `audit --source agent`; if an earlier run kept the assistant, compare the two with `verify`.",
                 "Die Assistants-API ist hier abgeschaltet: den Agenten mit `audit --source agent` lesen; hat ein früherer Lauf den Assistenten behalten, beide mit `verify` vergleichen."],
                ["Compares it with what an earlier check has kept: assistants can no longer be read here.",
                 "Vergleicht es mit dem, was eine frühere Prüfung behalten hat: Assistenten lassen sich hier nicht mehr lesen."],
            ],
            Self::AllowDisabling => [
                ["Share the assistant with the API key as editor; if it is, let a workspace admin make the key, or give it the permission to disable assistants; then run the same command again.",
                 "Den Assistenten mit dem API-Schlüssel als Bearbeiter teilen; ist er es schon, soll ein Workspace-Admin den Schlüssel anlegen oder ihm das Recht geben, Assistenten abzuschalten; dann denselben Befehl noch einmal ausführen."],
                ["Gives the API key the permission to switch assistants off, and runs that again.",
                 "Gibt dem API-Schlüssel das Recht, Assistenten abzuschalten, und führt das noch einmal aus."],
            ],
            Self::SwitchOnByHand => [
                ["It may be off, and its agent with it: run `rollback` on the ledger now, or switch it on in the web app.",
                 "Er kann abgeschaltet sein und sein Agent mit ihm: jetzt `rollback` mit dem Ledger ausführen oder ihn in der Web-App wieder einschalten."],
                ["Switches it on again at once: it may be off, and its agent with it.",
                 "Schaltet ihn sofort wieder ein: Er kann aus sein und sein Agent mit ihm."],
            ],
            Self::SettleUnknown => [
                ["Whether it is off is not known: run the same command again to switch it off, or `rollback` on the ledger to switch it on.",
                 "Ob er abgeschaltet ist, ist nicht bekannt: denselben Befehl noch einmal ausführen, um ihn abzuschalten, oder `rollback` mit dem Ledger, um ihn einzuschalten."],
                ["Finds out whether it is off, and settles that.",
                 "Findet heraus, ob er aus ist, und klärt das."],
            ],
            Self::TryOneByHand => [
                ["Disable one assistant in the web app and look at its agent; if that stays on, run the same command with --disable-shared.",
                 "Einen Assistenten in der Web-App abschalten und nach seinem Agenten sehen; bleibt der an, denselben Befehl mit --disable-shared ausführen."],
                ["Tries with one whether an agent stays on without its assistant.",
                 "Probiert an einem aus, ob ein Agent ohne seinen Assistenten an bleibt."],
            ],
            Self::FindAgent => [
                ["It is on again, since its agent was not in the agent list any more: look for the agent under Archived and share it with the API key, then run the same command again.",
                 "Er ist wieder an, weil sein Agent nicht mehr in der Liste der Agenten stand: den Agenten unter Archiviert suchen und mit dem API-Schlüssel teilen, dann denselben Befehl noch einmal ausführen."],
                ["Looks for the agent under Archived and shares it with the API key.",
                 "Sucht den Agenten unter Archiviert und teilt ihn mit dem API-Schlüssel."],
            ],
            Self::RunAgainToDisable => [
                ["Run the same command again to switch it off.",
                 "Denselben Befehl noch einmal ausführen, um ihn abzuschalten."],
                ["Runs the switching off again.",
                 "Führt das Abschalten noch einmal aus."],
            ],
            Self::ReportDefect => [
                ["This program failed at this row: tell its makers what `error` says; the others are not affected.",
                 "Dieses Programm ist an dieser Zeile gescheitert: seinen Herstellern nennen, was in `error` steht; die anderen Zeilen betrifft das nicht."],
                ["Tells the makers of the checking program: it failed at this row.",
                 "Sagt den Herstellern des Prüfprogramms Bescheid: Es ist an dieser Zeile gescheitert."],
            ],
            Self::FreeDisk => [
                ["Make room on the disk that holds the ledger, then run the same command again.",
                 "Auf der Platte mit dem Ledger Platz schaffen, dann denselben Befehl noch einmal ausführen."],
                ["Makes room on the disk and checks it again.",
                 "Schafft Platz auf der Platte und prüft es noch einmal."],
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_is_said_in_every_language_and_on_a_page_without_words_of_a_command_line() {
        for remedy in Remedy::ALL {
            let said = Lang::ALL.map(|lang| [remedy.sentence_in(lang), remedy.on_page(lang)]);
            for sentence in said.concat() {
                assert_eq!(sentence.is_empty(), remedy == Remedy::Nothing, "{remedy:?}");
            }
            let [english, german] = said;
            assert!(
                remedy == Remedy::Nothing || english.iter().all(|text| !german.contains(text)),
                "{remedy:?}"
            );
            for page in [english[1], german[1]] {
                assert!(!page.contains('`') && !page.contains("--"), "{page}");
            }
        }
    }
}
