//! The contract, a line per fact (DESIGN.md, What counts as the same; Fine print, Comparison).
//!
//! A line holds the assistant's members, the agent's, and what is found, separated by ` | `. Found is `same`, or what
//! the report says, separated by ` & `: a difference as it is, a note with `note ` in front. `@a` … `@d` stand for
//! UUIDs in lower case, `@A` … `@D` for the same ones in upper case.

use super::verdict;
use crate::base::RowStatus;
use crate::check::compare::Verdict;

fn expand(text: &str) -> String {
    let mut expanded = text.to_owned();
    for (letter, capital) in [('a', 'A'), ('b', 'B'), ('c', 'C'), ('d', 'D')] {
        let id = format!("{}-1111-4222-8333-444444444444", letter.to_string().repeat(8));
        expanded =
            expanded.replace(&format!("@{letter}"), &id).replace(&format!("@{capital}"), &id.to_uppercase());
    }
    expanded
}

fn found(verdict: &Verdict) -> String {
    let differences =
        verdict.differences.iter().map(|difference| format!("{}: {}", difference.field, difference.short));
    let notes = verdict.notes.iter().map(|note| format!("note {}: {}", note.field, note.short));
    let all: Vec<String> = differences.chain(notes).collect();
    if all.is_empty() { "same".to_owned() } else { all.join(" & ") }
}

fn hold(facts: &str) {
    let lines: Vec<&str> = facts.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(!lines.is_empty());
    let wrong: Vec<String> = lines
        .into_iter()
        .filter_map(|line| {
            let [assistant, agent, expected] =
                line.split('|').map(|part| expand(part.trim())).collect::<Vec<_>>().try_into().unwrap();
            let verdict = verdict(&assistant, &agent);
            let is_verified = !expected.split(" & ").any(|item| item != "same" && !item.starts_with("note "));
            assert_eq!(verdict.status() == RowStatus::Verified, is_verified, "{line}");
            let found = found(&verdict);
            (found != expected)
                .then(|| format!("{assistant} | {agent}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn absent_null_and_empty_are_one_and_the_same() {
    hold(
        r#"
        "description":""            |                              | same
        "description":null          | "description":""             | same
                                    | "instruction":null           | same
        "emojiIcon":""              | "emojiIcon":null             | same
        "temperature":null          |                              | same
        "conversationStarters":[]   | "conversationStarters":null  | same
        "attachments":[]            |                              | same
        "actions":null              | "actions":[]                 | same
        "inputFields":[]            |                              | same
        "webSearchEnabled":false    |                              | same
        "canvasEnabled":null        | "canvasEnabled":false        | same
        "extendedThinking":false    | "extendedThinking":null      | same
        "codeInterpreterEnabled":false |                           | same
        "later":null                | "later":[]                   | same
        "later":{}                  | "later":""                   | same
        "later":false               |                              | same
        "later":{"a":null,"b":{"c":[]}} |                          | same
        "later":{"a":""}            | "later":{"a":null}           | same
        "inputFields":[{"slug":"s","options":[],"description":""}] | "inputFields":[{"slug":"s","fileTypes":null}] | same
        "actions":[{"actionId":"@a","requiresConfirmation":false}] | "actions":[{"actionId":"@a"}] | same
        "#,
    );
}

#[test]
fn zero_a_space_and_a_list_of_null_are_not_empty() {
    hold(
        r#"
        "temperature":0              |                            | temperature: 0 -> (none)
                                     | "temperature":0            | temperature: (none) -> 0
        "description":" "            | "description":""           | description: " " -> (none)
        "conversationStarters":[null]|                            | conversationStarters: [null] -> (none)
        "conversationStarters":[""]  | "conversationStarters":[]  | conversationStarters: [""] -> (none)
        "conversationStarters":[""]  | "conversationStarters":[null] | same
        "attachments":[null]         | "attachments":[]           | attachments: [null] -> (none)
        "later":[null]               |                            | later: [null] -> (none)
        "later":[[]]                 | "later":[]                 | later: [[]] -> (none)
        "later":0                    | "later":null               | later: 0 -> (none)
        "later":0                    | "later":false              | later: 0 -> false
        "inputFields":[{"slug":"s","order":0}] | "inputFields":[{"slug":"s"}] | inputFields[s].order: 0 -> (none)
        "#,
    );
}

#[test]
fn texts_are_compared_to_the_letter() {
    hold(
        r#"
        "name":"Old name"           | "name":"New name"            | name: Old name -> New name
        "name":"A"                  | "name":"a"                   | name: A -> a
        "instruction":"a\nb"        | "instruction":"a\r\nb"       | instruction: "a\nb" -> "a\r\nb"
        "instruction":"a"           | "instruction":"a "           | instruction: a -> "a "
        "description":"d"           |                              | description: d -> (none)
                                    | "description":"d"            | description: (none) -> d
        "emojiIcon":"🦀"            | "emojiIcon":"\ud83e\udd80"   | same
        "model":"gpt-5"             | "model":"gpt-5@default"      | model: gpt-5 -> gpt-5@default
        "model":"@a"                | "model":"@A"                 | model: @a -> @A
        "inputType":"PROMPT"        | "inputType":"STRUCTURED"     | inputType: PROMPT -> STRUCTURED
        "inputType":"PROMPT"        | "inputType":"WEBHOOK"        | inputType: PROMPT -> WEBHOOK
        "#,
    );
}

#[test]
fn numbers_are_the_same_within_1e_9_and_exactly_beyond_2_to_the_53() {
    hold(
        r#"
        "temperature":0.3           | "temperature":0.30           | same
        "temperature":0.3           | "temperature":3e-1           | same
        "temperature":1             | "temperature":1.0            | same
        "temperature":0             | "temperature":-0.0           | same
        "temperature":0.3           | "temperature":0.300000001    | same
        "temperature":0.3           | "temperature":0.30000000000000004 | same
        "temperature":0.3           | "temperature":0.3000000011   | temperature: 0.3 -> 0.3000000011
        "temperature":0.3           | "temperature":0.7            | temperature: 0.3 -> 0.7
        "later":9007199254740993    | "later":9007199254740992     | later: 9007199254740993 -> 9007199254740992
        "later":9007199254740993    | "later":9007199254740993.0   | same
        "later":1e3                 | "later":1000                 | same
        "later":1e999999999         | "later":1e999999998          | later: 1e999999999 -> 1e999999998
        "later":{"a":[1.0]}         | "later":{"a":[1]}            | same
        "inputFields":[{"slug":"s","order":1}] | "inputFields":[{"slug":"s","order":2}] | inputFields[s].order: 1 -> 2
        "#,
    );
}

#[test]
fn flags_are_true_or_not() {
    hold(
        r#"
        "webSearchEnabled":true       | "webSearchEnabled":false   | webSearchEnabled: true -> false
        "imageGenerationEnabled":true |                            | imageGenerationEnabled: true -> (none)
        "canvasEnabled":true          | "canvasEnabled":null       | canvasEnabled: true -> (none)
                                      | "extendedThinking":true    | extendedThinking: (none) -> true
        "webSearchEnabled":false      | "webSearchEnabled":true    | webSearchEnabled: false -> true
        "#,
    );
}

#[test]
fn code_interpreter_missing_from_the_agent_is_a_note_and_false_there_is_a_difference() {
    hold(
        r#"
        "codeInterpreterEnabled":true  |                                | note codeInterpreterEnabled: true -> no longer carried by agents
        "codeInterpreterEnabled":true  | "codeInterpreterEnabled":null  | note codeInterpreterEnabled: true -> no longer carried by agents
        "codeInterpreterEnabled":true  | "codeInterpreterEnabled":false | codeInterpreterEnabled: true -> false
        "codeInterpreterEnabled":true  | "codeInterpreterEnabled":true  | same
                                       | "codeInterpreterEnabled":true  | codeInterpreterEnabled: (none) -> true
        "codeInterpreterEnabled":false | "codeInterpreterEnabled":true  | codeInterpreterEnabled: false -> true
        "#,
    );
}

#[test]
fn the_order_of_starters_and_options_counts() {
    hold(
        r#"
        "conversationStarters":["a","b"] | "conversationStarters":["a","b"] | same
        "conversationStarters":["a","b"] | "conversationStarters":["b","a"] | conversationStarters: ["a","b"] -> ["b","a"]
        "conversationStarters":["@a","@b"] | "conversationStarters":["@b","@a"] | conversationStarters: ["@a","@b"] -> ["@b","@a"]
        "conversationStarters":["a"]     | "conversationStarters":["a","b"] | conversationStarters: ["a"] -> ["a","b"]
        "conversationStarters":["a","a"] | "conversationStarters":["a"]     | conversationStarters: ["a","a"] -> ["a"]
        "inputFields":[{"slug":"s","options":["x","y"]}] | "inputFields":[{"slug":"s","options":["y","x"]}] | inputFields[s].options: ["x","y"] -> ["y","x"]
        "#,
    );
}

#[test]
fn attachments_are_a_set_of_ids() {
    hold(
        r#"
        "attachments":["@a","@b"]      | "attachments":["@b","@a"]      | same
        "attachments":["@a","@A","@a"] | "attachments":["@a"]           | same
        "attachments":["@a"]           | "attachments":["@A"]           | same
        "attachments":["aaaaaaaa111142228333444444444444"] | "attachments":["@a"] | same
        "attachments":["@a","@b","@c"] | "attachments":["@b","@d"]      | attachments: ["@a","@c"] -> ["@d"]
        "attachments":["@a","@b"]      | "attachments":["@b"]           | attachments: ["@a"] -> (none)
        "attachments":["@b"]           | "attachments":["@a","@b"]      | attachments: (none) -> ["@a"]
        "attachments":["file-X"]       | "attachments":["file-x"]       | attachments: ["file-X"] -> ["file-x"]
        "#,
    );
}

#[test]
fn actions_are_known_by_their_id() {
    hold(
        r#"
        "actions":[{"actionId":"@a"},{"actionId":"@b"}] | "actions":[{"actionId":"@B"},{"actionId":"@A"}] | same
        "actions":[{"actionId":"@A","requiresConfirmation":true}] | "actions":[{"actionId":"@a","requiresConfirmation":false}] | actions[@a].requiresConfirmation: true -> false
        "actions":[{"actionId":"@a"}] | "actions":[{"actionId":"@a","requiresConfirmation":true}] | actions[@a].requiresConfirmation: (none) -> true
        "actions":[{"actionId":"@a"}] | | actions[@a]: {"actionId":"@a"} -> (none)
        | "actions":[{"actionId":"@a"}] | actions[@a]: (none) -> {"actionId":"@a"}
        "actions":[{"actionId":"@a"},{"actionId":"@b"}] | "actions":[{"actionId":"@c"},{"actionId":"@a"}] | actions[@b]: {"actionId":"@b"} -> (none) & actions[@c]: (none) -> {"actionId":"@c"}
        "actions":[{"actionId":"@a"}] | "actions":[{"actionId":"@a","connectionId":"c-1"}] | note actions[@a].connectionId: only on the agent: "c-1"
        "actions":[{"actionId":"@a","connectionId":null}] | "actions":[{"actionId":"@a","connectionId":"c-1"}] | note actions[@a].connectionId: only on the agent: "c-1"
        "actions":[{"actionId":"@a","connectionId":"c-1"}] | "actions":[{"actionId":"@a","connectionId":null}] | actions[@a].connectionId: c-1 -> (none)
        "actions":[{"actionId":"@a","connectionId":"c-1"}] | "actions":[{"actionId":"@a","connectionId":"c-2"}] | actions[@a].connectionId: c-1 -> c-2
        "actions":[{"actionId":"web search"}] | "actions":[] | actions["web search"]: {"actionId":"web search"} -> (none)
        "#,
    );
}

#[test]
fn input_fields_are_known_by_their_slug() {
    hold(
        r#"
        "inputFields":[{"slug":"a","order":1},{"slug":"b","order":2}] | "inputFields":[{"slug":"b","order":2},{"slug":"a","order":1}] | same
        "inputFields":[{"slug":"topic","label":"Topic"}] | "inputFields":[{"slug":"topic","label":"Theme"}] | inputFields[topic].label: Topic -> Theme
        "inputFields":[{"slug":"Topic"}] | "inputFields":[{"slug":"topic"}] | inputFields[Topic]: {"slug":"Topic"} -> (none) & inputFields[topic]: (none) -> {"slug":"topic"}
        "inputFields":[{"slug":"@a"}] | "inputFields":[{"slug":"@A"}] | inputFields[@a]: {"slug":"@a"} -> (none) & inputFields[@A]: (none) -> {"slug":"@A"}
        "inputFields":[{"slug":"s","type":"TEXT"}] | "inputFields":[{"slug":"s","type":"MULTI_LINE_TEXT"}] | inputFields[s].type: TEXT -> MULTI_LINE_TEXT
        "inputFields":[{"slug":"s","description":"d"}] | "inputFields":[{"slug":"s"}] | inputFields[s].description: d -> (none)
        "inputFields":[{"slug":"s"}] | "inputFields":[{"slug":"s","required":true}] | inputFields[s].required: (none) -> true
        "inputFields":[{"slug":"s"}] | "inputFields":[{"slug":"s","emailDomain":"x.org"}] | inputFields[s].emailDomain: (none) -> x.org
        "inputFields":[{"slug":"s","hint":"h"}] | "inputFields":[{"slug":"s"}] | inputFields[s].hint: h -> (none)
        "inputFields":[{"slug":"s"}] | "inputFields":[{"slug":"s","hint":"h"}] | note inputFields[s].hint: only on the agent: "h"
        "#,
    );
}

/// What is said once of a form that no answer shows whole.
const HIDDEN: &str =
    "note inputFields: the API shows no choices, file types or slugs; compare the form in the web app";

/// Facts about forms, a line each: the assistant's fields, the agent's, what is found. `HIDDEN` stands for the note above.
fn hold_for_forms(facts: &str) {
    let lines = facts.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let [one, other, found] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
        let members = |fields: &str| format!(r#""inputFields":[{}]"#, fields.trim());
        format!("{} | {} | {}", members(one), members(other), found.replace("HIDDEN", HIDDEN))
    });
    hold(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn fields_without_a_slug_are_known_by_their_order_and_then_by_their_label() {
    hold_for_forms(
        r#"
        {"label":"A","order":0},{"label":"B","order":1} | {"label":"B","order":1},{"label":"A","order":0} | HIDDEN
        {"label":"A","order":0} | {"label":"Z","order":0.0} | inputFields["A"].label: A -> Z & HIDDEN
        {"label":"A","order":0},{"label":"B","order":1} | {"label":"B","order":0},{"label":"A","order":1} | inputFields["A"].label: A -> B & inputFields["B"].label: B -> A & HIDDEN
        {"label":"A","order":0,"type":"TEXT"} | {"label":"A","order":0,"type":"DATE"} | inputFields["A"].type: TEXT -> DATE & HIDDEN
        {"label":"A","order":0,"required":true} | {"label":"A","order":0} | inputFields["A"].required: true -> (none) & HIDDEN
        {"label":"A","order":0} | {"label":"A","order":0,"hint":"h"} | HIDDEN & note inputFields["A"].hint: only on the agent: "h"
        {"label":"A","order":0} | {"label":"A","order":1} | inputFields["A"].order: 0 -> 1 & HIDDEN
        {"label":"A","order":0},{"label":"B","order":1} | {"label":"A","order":0} | inputFields["B"]: {"label":"B","order":1} -> (none) & HIDDEN
        {"label":"A","order":0} | {"label":"A","order":0},{"label":"B","order":1} | inputFields["B"]: (none) -> {"label":"B","order":1} & HIDDEN
        {"label":"A","order":0} | {"label":"B","order":1} | inputFields["A"]: {"label":"A","order":0} -> (none) & inputFields["B"]: (none) -> {"label":"B","order":1} & HIDDEN
        {"label":"A","order":0} | | inputFields["A"]: {"label":"A","order":0} -> (none)
        | {"label":"a] b","order":0} | inputFields["a] b"]: (none) -> {"label":"a] b","order":0}
        {"order":0},{"order":1,"type":"TEXT"} | {"order":1,"type":"DATE"},{"order":0} | inputFields[1].type: TEXT -> DATE & HIDDEN
        {"slug":null,"label":"A","options":[],"fileTypes":null,"emailDomain":""} | {"slug":"","label":"A"} | HIDDEN
        "#,
    );
}

#[test]
fn of_fields_with_one_order_or_none_the_label_decides_and_then_their_place() {
    hold_for_forms(
        r#"
        {"label":"A","order":0},{"label":"B","order":0} | {"label":"B","order":0},{"label":"A","order":0} | HIDDEN
        {"label":"A","order":0},{"label":"B","order":0} | {"label":"B","order":0},{"label":"A","order":0,"type":"T"} | inputFields["A"].type: (none) -> T & HIDDEN
        {"label":"A","order":0},{"label":"B","order":0} | {"label":"C","order":0},{"label":"A","order":0} | inputFields["B"].label: B -> C & HIDDEN
        {"label":"A","order":0},{"label":"B","order":0} | {"label":"C","order":0},{"label":"D","order":0} | inputFields["A"].label: A -> C & inputFields["B"].label: B -> D & HIDDEN
        {"label":"A","order":0},{"label":"B","order":0} | {"label":"B","order":0} | inputFields["A"]: {"label":"A","order":0} -> (none) & HIDDEN
        {"label":"A"},{"label":"B"} | {"label":"B"},{"label":"A"} | HIDDEN
        {"label":"A"},{"label":"B"} | {"label":"Z"},{"label":"B"} | inputFields["A"].label: A -> Z & HIDDEN
        {"label":"A"} | {"label":"Z"},{"label":"A","order":3} | inputFields["A"].order: (none) -> 3 & inputFields["Z"]: (none) -> {"label":"Z"} & HIDDEN
        {"label":"A"} | {"label":"B","order":0} | inputFields["A"]: {"label":"A"} -> (none) & inputFields["B"]: (none) -> {"label":"B","order":0} & HIDDEN
        {"label":"A","order":0},{"label":"A","order":1} | {"label":"A","order":1},{"label":"A","order":0} | HIDDEN
        {"label":"A","type":"T"},{"label":"A","type":"U"} | {"label":"A","type":"U"},{"label":"A","type":"T"} | HIDDEN
        {"label":"A","order":0,"type":"T"},{"label":"A","order":0,"type":"U"} | {"label":"A","order":0,"type":"U","hint":1},{"label":"A","order":0,"type":"T","hint":1} | HIDDEN & note inputFields["A"].hint: only on the agent: 1 & note inputFields["A"].hint: only on the agent: 1
        {"label":"A","order":0},{"label":"A","order":0} | {"label":"A","order":0} | inputFields["A"]: {"label":"A","order":0} -> (none) & HIDDEN
        {} | {},{} | inputFields[1]: (none) -> {} & HIDDEN
        "#,
    );
}

#[test]
fn a_slug_that_only_one_side_shows_is_a_note_and_all_else_that_only_one_side_shows_a_difference() {
    hold_for_forms(
        r#"
        {"slug":"a","label":"A","order":0} | {"label":"A","order":0} | note inputFields[a].slug: only on the assistant: "a"
        {"label":"A","order":0} | {"slug":"a","label":"A","order":0} | note inputFields[a].slug: only on the agent: "a"
        {"slug":"a","order":0},{"slug":"b","order":1} | {"order":1},{"order":0,"label":"L"} | inputFields[a].label: (none) -> L & note inputFields[a].slug: only on the assistant: "a" & note inputFields[b].slug: only on the assistant: "b"
        {"slug":"a","order":0},{"label":"A","order":1} | {"slug":"a","order":1},{"label":"A","order":0} | inputFields[a].order: 0 -> 1 & inputFields["A"].order: 1 -> 0
        {"slug":"a","order":0} | {"slug":"b","order":0} | inputFields[a]: {"slug":"a","order":0} -> (none) & inputFields[b]: (none) -> {"slug":"b","order":0}
        {"slug":"a","order":0} | {"slug":"b","order":0},{"order":0} | inputFields[b]: (none) -> {"slug":"b","order":0} & note inputFields[a].slug: only on the assistant: "a"
        {"label":"A","order":0,"options":["x"]} | {"label":"A","order":0} | inputFields["A"].options: ["x"] -> (none)
        {"label":"A","order":0} | {"label":"A","order":0,"options":["x"]} | inputFields["A"].options: (none) -> ["x"]
        {"label":"A","order":0,"fileTypes":"pdf"},{"label":"B","order":1} | {"label":"A","order":0,"fileTypes":[".PDF"]},{"label":"B","order":1} | same
        {"label":"A","order":0,"emailDomain":"x.org"} | {"label":"A","order":0} | inputFields["A"].emailDomain: x.org -> (none)
        "#,
    );
}

#[test]
fn folders_are_a_set_of_ids_that_only_agents_have() {
    hold(
        r#"
        "knowledgeFolderIds":["@a","@b"] | "knowledgeFolderIds":["@B","@a"] | same
                                         | "knowledgeFolderIds":["@a"]      | note knowledgeFolderIds: only on the agent: ["@a"]
        "knowledgeFolderIds":[]          | "knowledgeFolderIds":["@a"]      | note knowledgeFolderIds: only on the agent: ["@a"]
        "knowledgeFolderIds":["@a"]      |                                  | knowledgeFolderIds: ["@a"] -> (none)
        "knowledgeFolderIds":["@a"]      | "knowledgeFolderIds":["@a","@b"] | knowledgeFolderIds: (none) -> ["@b"]
        "knowledgeFolderIds":["@a","x"]  | "knowledgeFolderIds":["x"]       | knowledgeFolderIds: ["@a"] -> (none)
        "#,
    );
}

#[test]
fn file_types_are_the_same_when_they_name_the_same_types() {
    let facts = [
        (r#"["pdf","docx"]"#, r#""docx, pdf""#, ""),
        (r#""pdf;docx png""#, r#"[".PNG",".docx","pdf"]"#, ""),
        (r#""pdf,,  docx;""#, r#"["pdf","docx","pdf"]"#, ""),
        (r#"["pdf, docx"]"#, r#""pdf docx""#, ""),
        ("null", r#""""#, ""),
        (r#"" , ""#, "[]", ""),
        (r#"["application/pdf"]"#, r#""Application/PDF""#, ""),
        (r#"["pdf"]"#, r#""pdf, docx""#, r#"["pdf"] -> "pdf, docx""#),
        (r#"["tar.gz"]"#, r#"[".gz"]"#, r#"["tar.gz"] -> [".gz"]"#),
        (r#""pdf""#, "null", "pdf -> (none)"),
        ("null", r#"["pdf"]"#, r#"(none) -> ["pdf"]"#),
    ];
    let lines: Vec<String> = facts
        .iter()
        .map(|(one, other, short)| {
            let found = if short.is_empty() {
                "same".to_owned()
            } else {
                format!("inputFields[f].fileTypes: {short}")
            };
            let fields = |types: &str| format!(r#""inputFields":[{{"slug":"f","fileTypes":{types}}}]"#);
            format!("{} | {} | {found}", fields(one), fields(other))
        })
        .collect();
    hold(&lines.join("\n"));
}

#[test]
fn of_elements_with_one_key_none_hides_behind_another() {
    hold(
        r#"
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"x"}] | "inputFields":[{"slug":"s","label":"x"}] | same
        "inputFields":[{"slug":"s","label":"x"},{"label":"x","order":null,"slug":"s"}] | "inputFields":[{"slug":"s","label":"x"}] | same
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"y"},{"slug":"s","label":"x"}] | same
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"x"}] | inputFields[s]: {"slug":"s","label":"y"} -> (none)
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"y"}] | inputFields[s]: {"slug":"s","label":"x"} -> (none)
        "inputFields":[{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | inputFields[s]: (none) -> {"slug":"s","label":"x"}
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"y"},{"slug":"s","label":"z"}] | inputFields[s].label: x -> z
        "actions":[{"actionId":"@a"},{"actionId":"@A"}] | "actions":[{"actionId":"@a"}] | same
        "inputFields":[{"slug":"s","label":"x"},{"slug":"s","label":"y"}] | "inputFields":[{"slug":"s","label":"y"},{"slug":"s","label":"x","hint":"h"}] | note inputFields[s].hint: only on the agent: "h"
        "actions":[{"actionId":"@a","requiresConfirmation":true},{"actionId":"@A"}] | "actions":[{"actionId":"@a"},{"actionId":"@a","requiresConfirmation":true}] | same
        "actions":[{"actionId":"@a","requiresConfirmation":true},{"actionId":"@A"}] | "actions":[{"actionId":"@a","requiresConfirmation":true}] | actions[@a]: {"actionId":"@A"} -> (none)
        "#,
    );
}

#[test]
fn unknown_fields_may_not_vanish_and_only_on_the_agent_they_are_a_note() {
    hold(
        r#"
        "later":"x"                  |                           | later: x -> (none)
        "later":true                 | "later":false             | later: true -> false
        "later":true                 |                           | later: true -> (none)
        "later":7                    | "later":""                | later: 7 -> (none)
        "later":["x"]                | "later":[]                | later: ["x"] -> (none)
        "later":"x"                  | "later":"y"               | later: x -> y
        "later":"1"                  | "later":1                 | later: "1" -> 1
        "later":["x"]                | "later":"x"               | later: ["x"] -> "x"
        "later":{"a":1}              | "later":[1]               | later: {"a":1} -> [1]
                                     | "later":"x"               | note later: only on the agent: "x"
        "later":null                 | "later":["x"]             | note later: only on the agent: ["x"]
        "later":"2026-01-01T00:00:00Z" | "later":"2026-01-01T01:00:00+01:00" | later: 2026-01-01T00:00:00Z -> 2026-01-01T01:00:00+01:00
        "later":"@a"                 | "later":"@A"              | later: @a -> @A
        "odd key":1                  |                           | "odd key": 1 -> (none)
        "creativity":0.3             | "creativity":0.3          | same
        "#,
    );
}

#[test]
fn unknown_objects_are_compared_key_by_key() {
    hold(
        r#"
        "later":{"a":1,"b":{"c":2}}  | "later":{"b":{"c":2},"a":1}       | same
        "later":{"a":1,"b":{"c":2}}  | "later":{"a":1,"b":{"c":3}}       | later.b.c: 2 -> 3
        "later":{"a":1,"b":2}        | "later":{"a":1}                   | later.b: 2 -> (none)
        "later":{"a":1}              | "later":{"a":1,"b":2}             | note later.b: only on the agent: 2
        "later":{"a":1,"b":null}     | "later":{"a":1,"b":2}             | note later.b: only on the agent: 2
        "later":{"a":1}              | "later":{"b":2}                   | later.a: 1 -> (none) & note later.b: only on the agent: 2
        "later":{"a":1}              | "later":{"a":1,"b":[]}            | same
        "later":{"a.b":1}            | "later":{"a.b":2}                 | later."a.b": 1 -> 2
        "later":{"name":"x"}         | "later":{"name":"x","id":"y"}     | note later.id: only on the agent: "y"
        "#,
    );
}

#[test]
fn unknown_lists_are_compared_in_order_unless_they_are_lists_of_ids() {
    hold(
        r#"
        "later":[1,"x",null]         | "later":[1.0,"x",""]              | same
        "later":["x","y"]            | "later":["y","x"]                 | later: ["x","y"] -> ["y","x"]
        "later":["x"]                | "later":["x","y"]                 | later: ["x"] -> ["x","y"]
        "later":["x",null]           | "later":["x"]                     | later: ["x",null] -> ["x"]
        "later":[null]               | "later":["x"]                     | later: [null] -> ["x"]
        "later":[false]              | "later":[true]                    | later: [false] -> [true]
        "later":["@a","@b"]          | "later":["@B","@a","@b"]          | same
        "later":["@a","@b"]          | "later":["@b","@c"]               | later: ["@a"] -> ["@c"]
        "later":["@a"]               | "later":["@a","@c"]               | later: (none) -> ["@c"]
        "later":["@a","x"]           | "later":["x","@a"]                | later: ["@a","x"] -> ["x","@a"]
        "later":[["@a","@b"]]        | "later":[["@b","@a"]]             | same
        "later":{"k":["@a","@b"]}    | "later":{"k":["@b","@a"]}         | same
        "later":[{"a":1}]            | "later":[{"a":1,"b":2}]           | note later[0].b: only on the agent: 2
        "later":[{"a":1,"c":[{}]}]   | "later":[{"b":{"x":2},"a":1,"c":[null]}] | note later[0].b: only on the agent: {"x":2}
        "later":[{"a":1,"b":null}]   | "later":[{"a":1,"b":2}]           | note later[0].b: only on the agent: 2
        "later":[{"a":1,"b":2}]      | "later":[{"a":1}]                 | later: [{"a":1,"b":2}] -> [{"a":1}]
        "later":[{"a":null}]         | "later":[{"a":1}]                 | later: [{"a":null}] -> [{"a":1}]
        "#,
    );
}

#[test]
fn ids_and_times_are_reported_and_not_compared() {
    hold(
        r#"
        "createdAt":"2024-01-01T00:00:00Z" | "createdAt":"2025-01-01T00:00:00Z" | same
        "updatedAt":"2024-01-01T00:00:00.123Z" |                                | same
        "updatedAt":""                     | "updatedAt":null                   | same
        "updatedAt":"yesterday"            | "updatedAt":"2025-01-01T00:00:00Z" | note updatedAt: not a time: "yesterday" (assistant)
        "createdAt":"soon"                 | "createdAt":"soon"                 | note createdAt: not a time: "soon" (assistant) & note createdAt: not a time: "soon" (agent)
        "#,
    );
}

#[test]
fn differences_stand_in_the_order_of_the_table_and_then_of_the_assistant() {
    hold(
        r#"
        "zeta":1,"temperature":1,"alpha":2,"name":"x" | "omega":3,"name":"y","alpha":0 | name: x -> y & temperature: 1 -> (none) & zeta: 1 -> (none) & alpha: 2 -> 0 & note omega: only on the agent: 3
        "#,
    );
}
