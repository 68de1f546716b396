//! The fixed words of pages, both languages side by side. `{}` stands for what is filled in, in the same order.

use crate::base::Lang;

macro_rules! words {
    ($($name:ident: $english:literal, $german:literal;)+) => {
        /// The words of one language.
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)+
        }

        const ENGLISH: Words = Words { $($name: $english,)+ };
        const GERMAN: Words = Words { $($name: $german,)+ };

        /// Every word in both languages.
        #[cfg(test)]
        pub(crate) const PAIRS: &[crate::base::Both] = &[$([$english, $german],)+];
    };
}

words! {
    skip: "Skip to the table", "Zur Tabelle";
    practice: "PRACTICE", "ÜBUNG";
    practice_lead: "This is a made-up workspace. Nothing here is real.", "Das ist ein erfundener Workspace. Nichts hier ist echt.";
    part_lead: "only the rows of this {}, a part of the report.", "nur die Zeilen dieser Auswahl ({}), ein Teil des Berichts.";
    workspace: "Workspace", "Workspace";
    made_up: "practice, made up", "Übung, erfunden";
    last_run: "Last run", "Letzter Lauf";
    program: "Program", "Programm";
    no_run: "no run yet", "noch kein Lauf";
    begun: "begun {}, {} UTC; not finished", "begonnen am {} um {} UTC; nicht beendet";
    at: "{}, {} UTC", "{}, {} Uhr UTC";
    from_to: "{}, {} to {} UTC", "{}, {} bis {} Uhr UTC";
    to_other_day: "{}, {} to {}, {} UTC", "{}, {} bis {}, {} Uhr UTC";
    redacted: "Redacted: lengths stand in place of the platform's texts.", "Geschwärzt: Statt der Texte der Plattform stehen hier ihre Längen.";
    stopped: "The run ended before its last row:", "Der Lauf endete vor seiner letzten Zeile:";
    act_now: "Act now.", "Jetzt handeln.";

    none: "None", "Keiner";
    needs_one: "of {} assistants needs you", "von {} Assistenten braucht Sie";
    need_many: "of {} assistants need you", "von {} Assistenten brauchen Sie";
    by_date: "by {}", "bis zum {}";
    questions: "Questions:", "Fragen an:";
    the_administrator: "the administrator", "die Administration";
    wait_one: "{} waits for {}", "{} wartet auf {}";
    wait_many: "{} wait for {}", "{} warten auf {}";
    are_done: "{} done", "{} erledigt";
    are_open: "{} not come to yet", "{} noch nicht an der Reihe";
    anonymous_administrator: "The administrator does this", "Das macht die Administration";
    administrator_does: "{} does this", "Das macht {}";
    administrators_words: "For the administrator:", "Für die Administration:";

    standing: "Where it stands", "Stand der Dinge";
    bar: "{} of the rows are done; the list below has the numbers", "{} der Zeilen sind erledigt; die Zahlen stehen in der Liste darunter";
    show: "show", "zeigen";
    to_do: "What to do", "Was zu tun ist";
    nothing_to_do: "Nothing is left to do.", "Es ist nichts mehr zu tun.";
    today: "Today", "Heute";
    in_the_web_app: "In the web app", "In der Web-App";
    good_to_know: "Good to know: nobody has to act", "Gut zu wissen: Niemand muss etwas tun";
    row: "row", "Zeile";
    rows: "rows", "Zeilen";

    who: "Who has to act", "Wer gefragt ist";
    who_lead: "Rows that need somebody, by {}:", "Zeilen, um die sich jemand kümmern muss, nach {}:";
    of_rows: "of {}", "von {}";
    nobody_named: "(nobody named)", "(niemand genannt)";
    more_people: "And {} more, with {} rows.", "Und {} weitere mit {} Zeilen.";

    all_rows: "All assistants", "Alle Assistenten";
    left_out: "This page shows {} of {} rows: those that need somebody come first, the others fill up. The other {} rows are counted above and stand in the CSV and JSON reports of the same run.", "Diese Seite zeigt {} von {} Zeilen: zuerst die, um die sich jemand kümmern muss, dann so viele andere, wie Platz haben. Die übrigen {} Zeilen sind oben mitgezählt und stehen in den CSV- und JSON-Berichten desselben Laufs.";
    no_script: "Search, filters, sorting and opened rows need JavaScript. The table below can be read without it.", "Suche, Filter, Sortieren und Aufklappen brauchen JavaScript. Die Tabelle darunter ist auch ohne lesbar.";
    find: "Search and filter", "Suchen und filtern";
    search: "Search", "Suche";
    search_hint: "name, id, owner, any text", "Name, ID, Zuständige, beliebiger Text";
    whose: "Whose turn", "Wer ist dran";
    everybody: "all rows", "alle Zeilen";
    somebody: "somebody has to act", "jemand muss etwas tun";
    you: "you have to act", "Sie müssen etwas tun";
    administrator: "the administrator has to act", "die Administration muss etwas tun";
    nobody: "nobody has to act", "niemand muss etwas tun";
    all: "all", "alle";
    sort: "Sort by", "Sortieren nach";
    as_listed: "as listed", "wie aufgeführt";
    reset: "Reset", "Zurücksetzen";
    up: "up", "aufsteigend";
    down: "down", "absteigend";
    empty: "(empty)", "(leer)";
    shown_all: "{} rows", "{} Zeilen";
    shown_some: "{} of {} rows", "{} von {} Zeilen";
    loading: "Still loading …", "Wird noch geladen …";
    nothing_like_it: "No row is like that.", "Keine Zeile passt dazu.";
    show_all: "Show all rows", "Alle Zeilen zeigen";
    your_turn: "These need you", "Hier sind Sie gefragt";
    the_others: "Nobody has to act on these", "Hier muss niemand etwas tun";

    line: "Line", "Zeile";
    assistant: "Assistant", "Assistent";
    status: "Status", "Status";
    last_change: "Last change", "Geändert";
    differs: "What differs", "Was abweicht";
    switched_off: "Switched off", "Abgeschaltet";
    more: "and {} more", "und {} weitere";
    same_as: "same as line {}: see there", "wie Zeile {}: siehe dort";
    by_administrator: "The administrator:", "Die Administration:";
    no_name: "(no name)", "(ohne Namen)";
    open_in_app: "Open in the web app", "In der Web-App öffnen";
    absent: "(none)", "(nichts)";
    on: "on", "an";
    off: "off", "aus";
    not_said: "not said", "nicht genannt";

    name: "Name", "Name";
    do_this: "What to do:", "Was zu tun ist:";
    error: "Error:", "Fehler:";
    findings: "Findings", "Befunde";
    differences: "Differences", "Unterschiede";
    from_to_sides: "assistant − to agent +", "Assistent − zu Agent +";
    text_difference: "Text difference", "Textunterschied";
    removed: "removed:", "entfernt:";
    added: "added:", "hinzugefügt:";
    change_left_out: "Left out to keep this page small; the CSV and JSON reports have it.", "Weggelassen, damit die Seite klein bleibt; die CSV- und JSON-Berichte haben es.";
    notes: "Notes", "Anmerkungen";
    set_up: "How it is set up", "Wie er eingerichtet ist";
    this_row: "This row", "Diese Zeile";
    objects_left_out: "The raw objects of this row are left out to keep this page small. The ledger has them.", "Die Rohdaten dieser Zeile sind weggelassen, damit die Seite klein bleibt. Das Ledger hat sie.";
    object_withheld: "The raw object is left out: it could not be looked through for secrets.", "Die Rohdaten sind weggelassen: Sie ließen sich nicht nach Geheimnissen durchsuchen.";
    raw_assistant: "Assistant, as the platform sent it", "Assistent, wie ihn die Plattform geschickt hat";
    raw_agent: "Agent, as the platform sent it", "Agent, wie ihn die Plattform geschickt hat";
    without_secrets: "without what looks like a secret", "ohne das, was nach einem Geheimnis aussieht";
    cell: "Cell", "Zelle";
    agent: "Agent", "Agent";
    assistant_changed: "Assistant changed", "Assistent geändert";
    agent_changed: "Agent changed", "Agent geändert";
    checked: "Checked", "Geprüft";
    requests: "Requests", "Anfragen";
    made_by: "Made by agent-migrate. This file holds everything that it shows and asks for nothing over the network.", "Erstellt von agent-migrate. Diese Datei enthält alles, was sie zeigt, und fragt nichts über das Netz ab.";

    line_the_same: "1 line the same", "1 Zeile gleich";
    lines_the_same: "{} lines the same", "{} Zeilen gleich";
    line_not_shown: "1 line not shown", "1 Zeile nicht gezeigt";
    lines_not_shown: "{} lines not shown", "{} Zeilen nicht gezeigt";
    characters_left_out: "{} characters", "{} Zeichen";
    no_line_end: "no line end", "kein Zeilenende";

    by_column: "{}, by {}", "{}, nach {}";
    index_lead: "A page and a CSV for each value of this column, with its rows and no others. Who has most to do comes first.", "Eine Seite und eine CSV-Datei für jeden Wert dieser Spalte, mit ihren Zeilen und keinen anderen. Wer am meisten zu tun hat, steht oben.";
    count_rows: "Rows", "Zeilen";
    done: "Done", "Erledigt";
    need_somebody: "Need somebody", "Brauchen jemanden";
    open: "Open", "Offen";
    files: "Files", "Dateien";
    page: "Page", "Seite";
    all_parts: "All {}", "Alle {}";
    stuck_one: "1 assistant could not be switched on again and may be off.", "1 Assistent ließ sich nicht wieder einschalten und kann aus sein.";
    stuck_many: "{} assistants could not be switched on again and may be off.", "{} Assistenten ließen sich nicht wieder einschalten und können aus sein.";
    roll_back: "Run rollback on the ledger.", "Führen Sie rollback mit dem Ledger aus.";
    index_made_by: "Made by agent-migrate. The files stand beside this page, which names every one of them: hand on the single files, not the folder. Nothing is asked for over the network.", "Erstellt von agent-migrate. Die Dateien liegen neben dieser Seite, die jede von ihnen nennt: Geben Sie die einzelnen Dateien weiter, nicht den Ordner. Nichts wird über das Netz abgefragt.";
}

pub(crate) const fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &ENGLISH,
        Lang::De => &GERMAN,
    }
}

/// The pattern with each `{}` filled in, in order.
pub(crate) fn fill(pattern: &str, values: &[&str]) -> String {
    let mut parts = pattern.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        filled.push_str(value);
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_leave_room_for_the_same() {
        for [english, german] in PAIRS {
            let gaps = |text: &str| text.matches("{}").count();
            assert_eq!(gaps(english), gaps(german), "{english}");
            assert!(!english.is_empty() && !german.is_empty());
        }
        assert_eq!(fill("{} of {} rows", &["1", "2"]), "1 of 2 rows");
    }
}
