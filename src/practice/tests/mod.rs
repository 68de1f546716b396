//! The practice workspace over real HTTP, and the files that it is made of.

mod calls;
mod samples;
mod switching;
mod troubles;
mod write_troubles;
mod writing;

use std::sync::Once;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::options::SandboxOptions;
use super::{Sandbox, start};

/// An id that the workspace file does not name.
const MADE_UP: &str = "6f2d40bb-91c7-4e0a-8d35-27a1c6e49f18";

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("a UUID")
}

async fn sandbox(change: impl FnOnce(&mut SandboxOptions)) -> Sandbox {
    let mut options = SandboxOptions::default();
    change(&mut options);
    start(options).await.expect("the practice workspace starts")
}

fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Somebody else in this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let redirects = reqwest::redirect::Policy::none();
    let builder = Client::builder().no_proxy().redirect(redirects).timeout(Duration::from_secs(5));
    builder.build().expect("a client")
}

fn get(sandbox: &Sandbox, path: &str) -> RequestBuilder {
    client().get(sandbox.base_url() + path).bearer_auth(sandbox.key())
}

fn disable(sandbox: &Sandbox, side: &str, id: &str, disabled: bool) -> RequestBuilder {
    let body = format!(r#"{{"{side}Id":"{id}","disabled":{disabled}}}"#);
    let request = client().patch(format!("{}/{side}/v1/disable", sandbox.base_url()));
    request.bearer_auth(sandbox.key()).header("content-type", "application/json").body(body)
}

fn writing(sandbox: &Sandbox, call: &str, body: &Value) -> RequestBuilder {
    let url = format!("{}/agent/v1/{call}", sandbox.base_url());
    let request = if call == "update" { client().patch(url) } else { client().post(url) };
    request.bearer_auth(sandbox.key()).header("content-type", "application/json").body(body.to_string())
}

/// What a call that writes agents answers; a body that is no JSON as a text.
async fn write(sandbox: &Sandbox, call: &str, body: &Value) -> (u16, Value) {
    let (status, body) = answer(writing(sandbox, call, body)).await;
    (status.as_u16(), serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.expect("an answer").status()
}

async fn answer(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.expect("an answer");
    (response.status(), response.text().await.expect("a whole body"))
}

async fn json(request: RequestBuilder) -> Value {
    let (status, body) = answer(request).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

/// `disabled` of one agent in the list; `None` if it is not listed.
async fn listed(sandbox: &Sandbox, agent: &str) -> Option<bool> {
    let list = json(get(sandbox, "/agent/v1/list?limit=250")).await;
    let agents = list["agents"].as_array().expect("a list").clone();
    agents.iter().find(|listed| listed["id"] == agent).and_then(|listed| listed["disabled"].as_bool())
}
