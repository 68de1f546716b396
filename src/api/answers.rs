//! The answers that are read here: models and the list of agents. What `get` answers is the business of `migrate`.

use serde::Deserialize;
use uuid::Uuid;

use crate::domain::AgentId;

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
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPage {
    /// The agents shared with the key, disabled ones included.
    pub agents: Vec<ListedAgent>,
    /// The cursor of the next page; `None` on the last.
    pub next_cursor: Option<Uuid>,
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
struct AgentBody {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    disabled: Option<bool>,
}

/// Reads the answer of `models`; the error says what makes no sense.
pub(super) fn read_models(body: &[u8]) -> Result<Vec<Model>, String> {
    serde_json::from_slice::<ModelsBody>(body).map(|read| read.data).map_err(|error| error.to_string())
}

/// Reads one page of `list`; the error says what makes no sense.
pub(super) fn read_agent_page(body: &[u8]) -> Result<AgentPage, String> {
    let read: ListBody = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let uuid = |what: &str, text: &str| {
        Uuid::try_parse(text)
            .map_err(|_| format!("{what} '{}' is not a UUID", super::error_body::shorten(text)))
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
                name: agent.name.unwrap_or_default(),
                disabled: agent.disabled,
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(AgentPage { agents, next_cursor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_whatever_else_it_holds() {
        let id = Uuid::from_u128(1);
        let cursor = Uuid::from_u128(2);
        let body = format!(
            r#"{{"agents":[{{"id":"{id}","name":"One","disabled":true,"emoji":"x"}},{{"id":"{cursor}","name":null}}],
                "nextCursor":"{cursor}","total":2}}"#
        );
        let page = read_agent_page(body.as_bytes()).unwrap();
        assert_eq!(page.next_cursor, Some(cursor));
        assert_eq!(
            page.agents,
            [
                ListedAgent { id: AgentId(id), name: "One".into(), disabled: Some(true) },
                ListedAgent { id: AgentId(cursor), name: String::new(), disabled: None },
            ]
        );
        for last in
            [r#"{"agents":[]}"#, r#"{"agents":[],"nextCursor":null}"#, r#"{"agents":[],"nextCursor":""}"#]
        {
            assert_eq!(read_agent_page(last.as_bytes()).unwrap().next_cursor, None, "{last}");
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
