//! The answers that are read here: models, the list of agents, and whether a switch was set. What `get` answers is the
//! business of `engine::record`.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::error_body::{self, LONGEST_ERROR_BODY};
use crate::base::AgentId;

/// A model of `GET /agent/v1/models` (PLATFORM.md, Calls).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// What an agent's `model` names.
    pub id: String,
    /// Where it runs, such as `eu`; `None` when the platform does not say.
    #[serde(default)]
    pub region: Option<String>,
    /// Whether `extendedThinking` may be set with it; `None` when the platform does not say.
    #[serde(default)]
    pub supports_extended_thinking: Option<bool>,
}

/// An agent as `GET /agent/v1/list` shows it (PLATFORM.md, Calls).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAgent {
    /// Its id.
    pub id: AgentId,
    /// Its name; empty when the platform does not say.
    pub name: String,
    /// Whether it is switched off; `None` when the platform does not say, which proves nothing either way.
    pub disabled: Option<bool>,
    /// Who owns it: the address or the name; empty when the platform does not say.
    pub owner: String,
    /// Its model's id; likewise.
    pub model: String,
    /// When it was changed last, as the platform spells it; likewise.
    pub updated_at: String,
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPage {
    /// The agents shared with the key, disabled ones included.
    pub agents: Vec<ListedAgent>,
    /// The cursor of the next page; `None` on the last.
    pub next_cursor: Option<Uuid>,
}

/// A version of an agent, as `publish` answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Its number, as the platform spells it; empty when the platform does not say.
    pub number: String,
}

/// What `create` has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedAgent {
    /// Its id.
    pub id: AgentId,
}

#[derive(Deserialize)]
struct ModelsBody {
    data: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListBody {
    agents: Vec<AgentBody>,
    #[serde(default)]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentBody {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    disabled: Option<bool>,
    // These only help people: whatever their type, the page can be read.
    #[serde(default)]
    owner: Value,
    #[serde(default)]
    model: Value,
    #[serde(default)]
    updated_at: Value,
}

impl AgentBody {
    /// The owner's address where there is one, since it is the only thing that two people do not share.
    fn owner(&self) -> String {
        let found = ["email", "name"].into_iter().find_map(|key| self.owner.get(key)?.as_str());
        found.or(self.owner.as_str()).unwrap_or_default().to_owned()
    }
}

#[derive(Deserialize)]
struct SwitchBody {
    status: String,
}

/// Reads the answer of `models`; the error says what makes no sense.
pub(crate) fn read_models(body: &[u8]) -> Result<Vec<Model>, String> {
    serde_json::from_slice::<ModelsBody>(body).map(|read| read.data).map_err(|error| error.to_string())
}

/// Reads one page of `list`; the error says what makes no sense.
pub(crate) fn read_agent_page(body: &[u8]) -> Result<AgentPage, String> {
    let read: ListBody = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let uuid = |what: &str, text: &str| {
        Uuid::try_parse(text).map_err(|_| format!("{what} '{}' is not a UUID", error_body::shorten(text)))
    };
    let next_cursor = match read.next_cursor.as_deref() {
        None | Some("") => None,
        Some(cursor) => Some(uuid("nextCursor", cursor)?),
    };
    let agents = read
        .agents
        .into_iter()
        .map(|agent| {
            Ok(ListedAgent {
                id: AgentId(uuid("id", &agent.id)?),
                disabled: agent.disabled,
                owner: agent.owner(),
                model: agent.model.as_str().unwrap_or_default().to_owned(),
                updated_at: agent.updated_at.as_str().unwrap_or_default().to_owned(),
                name: agent.name.unwrap_or_default(),
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(AgentPage { agents, next_cursor })
}

/// Reads the answer of `disable`: nothing but `"status":"success"` in an object means that the state is set (PLATFORM.md,
/// Calls); the error says what came in its place.
pub(crate) fn read_switched(body: &[u8]) -> Result<(), String> {
    // Serde would take an array of one text for a struct of one field.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    match serde_json::from_slice::<SwitchBody>(body) {
        Ok(read) if is_object && read.status == "success" => Ok(()),
        _ => Err(format!(r#"it is no object with "status":"success" but {}"#, what_came(body))),
    }
}

/// Reads the answer of `publish`, of which nothing but the number is of use.
pub(crate) fn read_version(body: &[u8]) -> Version {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    let number = match &read["version"]["version"] {
        Value::String(number) => number.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    Version { number }
}

/// Reads the answer of `create`; the error says what makes no sense.
pub(crate) fn read_created(body: &[u8]) -> Result<CreatedAgent, String> {
    let read: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let id = read["agent"]["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.map(|id| CreatedAgent { id: AgentId(id) }).ok_or_else(|| "it names no agent".to_owned())
}

fn what_came(body: &[u8]) -> String {
    match body.get(..LONGEST_ERROR_BODY).unwrap_or(body).trim_ascii() {
        b"" => "empty".to_owned(),
        body => error_body::shorten(&String::from_utf8_lossy(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_whatever_else_it_holds() {
        let id = Uuid::from_u128(1);
        let cursor = Uuid::from_u128(2);
        let body = format!(
            r#"{{"agents":[{{"id":"{id}","name":"One","disabled":true,"emoji":"x",
                "owner":{{"id":7,"name":"Ada","email":"ada@example.com"}},"model":"gpt-5","updatedAt":"2026-03-02T16:20:01Z"}},{{"id":"{cursor}","name":null}}],
                "nextCursor":"{cursor}","total":2}}"#
        );
        let page = read_agent_page(body.as_bytes()).unwrap();
        assert_eq!(page.next_cursor, Some(cursor));
        assert_eq!(
            page.agents,
            [
                ListedAgent {
                    id: AgentId(id),
                    name: "One".into(),
                    disabled: Some(true),
                    owner: "ada@example.com".into(),
                    model: "gpt-5".into(),
                    updated_at: "2026-03-02T16:20:01Z".into(),
                },
                ListedAgent {
                    id: AgentId(cursor),
                    name: String::new(),
                    disabled: None,
                    owner: String::new(),
                    model: String::new(),
                    updated_at: String::new(),
                },
            ]
        );
        for last in
            [r#"{"agents":[]}"#, r#"{"agents":[],"nextCursor":null}"#, r#"{"agents":[],"nextCursor":""}"#]
        {
            assert_eq!(read_agent_page(last.as_bytes()).unwrap().next_cursor, None, "{last}");
        }
    }

    #[test]
    fn what_only_helps_people_never_keeps_a_page_from_being_read() {
        for (owner, read) in [
            (r#""Ada""#, "Ada"),
            (r#"{"name":"Ada"}"#, "Ada"),
            (r#"{"name":"Ada","email":null}"#, "Ada"),
            ("7", ""),
            ("[{}]", ""),
            ("null", ""),
        ] {
            let id = Uuid::from_u128(1);
            let body = format!(
                r#"{{"agents":[{{"id":"{id}","owner":{owner},"model":{{"id":"x"}},"updatedAt":1686935735000}}]}}"#
            );
            let page = read_agent_page(body.as_bytes()).unwrap();
            let agent = &page.agents[0];
            assert_eq!(
                (agent.owner.as_str(), agent.model.as_str(), agent.updated_at.as_str()),
                (read, "", "")
            );
        }
    }

    #[test]
    fn a_page_that_makes_no_sense_says_why() {
        for (body, why) in [
            ("", "EOF"),
            ("<html>", "expected value"),
            ("{}", "missing field `agents`"),
            (r#"{"agents":[{"name":"x"}]}"#, "missing field `id`"),
            (r#"{"agents":[{"id":"x"}]}"#, "id 'x' is not a UUID"),
            (r#"{"agents":[],"nextCursor":"x"}"#, "nextCursor 'x' is not a UUID"),
            (r#"{"agents":[{"id":"x","disabled":"yes"}]}"#, "invalid type"),
        ] {
            let error = read_agent_page(body.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{body}: {error}");
        }
    }

    #[test]
    fn a_switch_is_set_when_the_status_says_so_and_whatever_the_message_says() {
        for body in [
            r#"{"status":"success","message":"Assistant disabled successfully"}"#,
            r#"{"message":"could not be disabled","status":"success"}"#,
            " {\"status\": \"success\", \"message\": [null, {\"status\": \"error\"}]}\n",
            r#"{"status":"success"}"#,
        ] {
            assert_eq!(read_switched(body.as_bytes()), Ok(()), "{body}");
        }
    }

    #[test]
    fn a_switch_that_is_not_said_to_be_set_makes_no_sense_and_shows_what_came() {
        for (body, came) in [
            ("", "empty"),
            (" \r\n", "empty"),
            ("OK", "OK"),
            ("\"success\"", "\"success\""),
            ("null", "null"),
            ("{}", "{}"),
            (r#"{"status":"error","message":"no"}"#, r#"{"status":"error","message":"no"}"#),
            (r#"{"status":"SUCCESS"}"#, r#"{"status":"SUCCESS"}"#),
            (r#"{"status":true}"#, r#"{"status":true}"#),
            (r#"{"status":null}"#, r#"{"status":null}"#),
            (
                r#"{"message":"Assistant disabled successfully"}"#,
                r#"{"message":"Assistant disabled successfully"}"#,
            ),
            (r#"{"result":{"status":"success"}}"#, r#"{"result":{"status":"success"}}"#),
            (r#"{"status":"error","status":"success"}"#, r#"{"status":"error","status":"success"}"#),
            (r#"{"status":"success""#, r#"{"status":"success""#),
            (r#"{"status":"success"}{}"#, r#"{"status":"success"}{}"#),
            (r#"["success"]"#, r#"["success"]"#),
            (r#"[{"status":"success"}]"#, r#"[{"status":"success"}]"#),
        ] {
            let error = read_switched(body.as_bytes()).unwrap_err();
            assert_eq!(error, format!(r#"it is no object with "status":"success" but {came}"#), "{body}");
        }
    }

    #[test]
    fn what_came_in_place_of_a_switch_is_shown_no_longer_than_people_read() {
        let error = read_switched("ä".repeat(1 << 20).as_bytes()).unwrap_err();
        assert!(error.chars().count() < 2_100 && error.ends_with("ä…"), "{}", error.len());
    }

    #[test]
    fn models_need_nothing_but_their_id() {
        let body = br#"{"object":"list","data":[{"id":"gpt-5","object":"model","created":1686935735000,"region":"eu",
            "supportsExtendedThinking":false},{"id":"x"}]}"#;
        let models = read_models(body).unwrap();
        assert_eq!(models[0].region.as_deref(), Some("eu"));
        assert_eq!(models[0].supports_extended_thinking, Some(false));
        assert_eq!(models[1], Model { id: "x".into(), region: None, supports_extended_thinking: None });
        assert!(read_models(br#"{"data":{}}"#).is_err());
    }
}
