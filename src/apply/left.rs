//! What is left behind, by name, and why: one table.

use serde::{Deserialize, Serialize};

use crate::base::Both;

/// Why something of the source is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeft {
    /// Without `--with-actions` no tool is touched.
    ToolsAreKept,
    /// The agent has tools that the source has not.
    TakesToolsAway,
    /// Which connection an action uses, no call sets.
    Connections,
    /// The API does not show the form's slugs or choices.
    FormNotShown,
    /// Files do not travel between workspaces.
    OtherWorkspace,
    /// The program does not know its write name.
    UnknownField,
    /// The platform takes no empty value for it.
    CannotBeCleared,
    /// The platform accepts it and ignores it.
    Ignored,
    /// A difference there is accepted.
    Accepted,
    /// No API carries it over.
    NoApi,
}

impl WhyLeft {
    /// For a person, behind the name.
    pub const fn words(self) -> &'static str {
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

/// Something that is left behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// Its read name, or a word of ours.
    pub name: String,
    /// Why.
    pub why: WhyLeft,
}

impl Left {
    /// A field.
    pub fn new(name: &str, why: WhyLeft) -> Self {
        Self { name: name.to_owned(), why }
    }

    /// What the elements of a list have that no write name carries.
    pub fn of_elements(list: &str) -> Self {
        match list {
            "actions" => Self::new("connections", WhyLeft::Connections),
            other => Self::new(other, WhyLeft::UnknownField),
        }
    }

    /// What a new agent never gets.
    pub fn of_new_agent() -> [Self; 2] {
        ["conversations", "sharing"].map(|name| Self::new(name, WhyLeft::NoApi))
    }
}
