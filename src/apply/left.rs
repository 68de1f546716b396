//! What is left behind, by name, and why: one table.

use serde::{Deserialize, Serialize};

use crate::base::Both;

/// Why something of the source is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhyLeft {
    ToolsAreKept,
    TakesToolsAway,
    Connections,
    FormNotShown,
    OtherWorkspace,
    UnknownField,
    CannotBeCleared,
    Ignored,
    Accepted,
    NoApi,
}

impl WhyLeft {
    /// For a person, behind the name.
    pub(crate) const fn words(self) -> &'static str {
        let [english, _] = self.told();
        english
    }

    /// The same in every language.
    pub(super) const fn told(self) -> Both {
        match self {
            Self::ToolsAreKept => [
                "tools are written only with --with-actions",
                "Werkzeuge werden nur mit --with-actions geschrieben",
            ],
            Self::TakesToolsAway => [
                "writing them would take tools away from the agent",
                "sie zu schreiben nähme dem Agenten Werkzeuge weg",
            ],
            Self::Connections => [
                "connections of actions can only be chosen in the web app",
                "Verbindungen von Aktionen lassen sich nur in der Web-App wählen",
            ],
            Self::FormNotShown => [
                "the API does not show the form's choices or slugs",
                "die API zeigt Auswahlwerte und Slugs des Formulars nicht",
            ],
            Self::OtherWorkspace => [
                "files do not travel between workspaces",
                "Dateien ziehen nicht in einen anderen Workspace um",
            ],
            Self::UnknownField => {
                ["a field that this program does not know", "ein Feld, das dieses Programm nicht kennt"]
            }
            Self::CannotBeCleared => ["it cannot be cleared", "es lässt sich nicht leeren"],
            Self::Accepted => [
                "a difference there is accepted (--accept)",
                "eine Abweichung ist dort angenommen (--accept)",
            ],
            Self::Ignored => ["the platform ignores it", "die Plattform beachtet es nicht"],
            Self::NoApi => ["no API carries them over", "keine API überträgt sie"],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Left {
    /// Its read name, or a word of ours.
    pub(crate) name: String,
    pub(crate) why: WhyLeft,
}

impl Left {
    pub(crate) fn new(name: &str, why: WhyLeft) -> Self {
        Self { name: name.to_owned(), why }
    }

    /// What the elements of a list have that no write name carries.
    pub(crate) fn of_elements(list: &str) -> Self {
        match list {
            "actions" => Self::new("connections", WhyLeft::Connections),
            other => Self::new(other, WhyLeft::UnknownField),
        }
    }

    /// What a new agent never gets.
    pub(crate) fn of_new_agent() -> [Self; 2] {
        ["conversations", "sharing"].map(|name| Self::new(name, WhyLeft::NoApi))
    }
}
