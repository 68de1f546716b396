//! What the web app calls the fields of an assistant and of an agent.

use crate::base::{Both, Lang};

/// By their names in the platform's answers, which the opened row shows beside them.
const LABELS: &[(&str, Both)] = &[
    ("name", ["Name", "Name"]),
    ("description", ["Description", "Beschreibung"]),
    ("instruction", ["Instructions", "Anweisungen"]),
    ("emojiIcon", ["Icon", "Symbol"]),
    ("model", ["Model", "Modell"]),
    ("temperature", ["Creativity", "Kreativität"]),
    ("conversationStarters", ["Conversation starters", "Konversationsstarter"]),
    ("inputType", ["Input type", "Eingabeart"]),
    ("webSearchEnabled", ["Web search", "Websuche"]),
    ("imageGenerationEnabled", ["Image generation", "Bildgenerierung"]),
    ("codeInterpreterEnabled", ["Data analyst", "Datenanalyst"]),
    ("canvasEnabled", ["Canvas", "Canvas"]),
    ("extendedThinking", ["Extended thinking", "Erweitertes Denken"]),
    ("actions", ["Actions", "Aktionen"]),
    ("inputFields", ["Form fields", "Formularfelder"]),
    ("attachments", ["Attachments", "Anhänge"]),
    ("knowledgeFolderIds", ["Knowledge folders", "Wissensordner"]),
];

/// What stands inside an element of a list.
const INSIDE: &[(&str, Both)] = &[
    ("requiresConfirmation", ["confirmation", "Bestätigung"]),
    ("type", ["type", "Art"]),
    ("label", ["label", "Bezeichnung"]),
    ("description", ["description", "Beschreibung"]),
    ("required", ["required", "Pflichtfeld"]),
    ("order", ["order", "Reihenfolge"]),
    ("options", ["choices", "Auswahl"]),
    ("fileTypes", ["file types", "Dateitypen"]),
    ("emailDomain", ["e-mail domain", "E-Mail-Domain"]),
];

/// The place for a person: `inputFields[topic].label` is `Form fields [topic], label`. A field that nobody knows keeps its
/// name.
pub(crate) fn label(place: &str, lang: Lang) -> String {
    let end = place.find(['[', '.']).unwrap_or(place.len());
    let (field, rest) = place.split_at(end);
    let named = |names: &[(&str, Both)], name: &str| {
        names
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| name.to_owned(), |(_, said)| lang.of(*said).to_owned())
    };
    let mut label = named(LABELS, field);
    match rest.rsplit_once("].") {
        Some((element, inside)) => {
            label = format!("{label} {element}], {}", named(INSIDE, inside));
        }
        None if rest.starts_with('[') => label = format!("{label} {rest}"),
        None => label.push_str(rest),
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_said_in_the_words_of_the_web_app() {
        for (place, english, german) in [
            ("temperature", "Creativity", "Kreativität"),
            ("inputFields[topic].label", "Form fields [topic], label", "Formularfelder [topic], Bezeichnung"),
            ("inputFields[a].b].options", "Form fields [a].b], choices", "Formularfelder [a].b], Auswahl"),
            ("conversationStarters[2]", "Conversation starters [2]", "Konversationsstarter [2]"),
            ("somethingNew.x", "somethingNew.x", "somethingNew.x"),
        ] {
            assert_eq!(Lang::ALL.map(|lang| label(place, lang)), [english, german]);
        }
    }
}
