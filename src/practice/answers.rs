//! Answers as the platform and the gateways in front of it word them (PLATFORM.md, Errors).

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::agents::Version;
use super::request::Side;
use super::trouble::pick;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

pub(super) fn success(body: Bytes) -> Response {
    answer(StatusCode::OK, Some(JSON), body)
}

/// 200 with a body that only claims to be JSON.
pub(super) fn not_json() -> Response {
    success(Bytes::from_static(b"upstream connect error or disconnect/reset before headers"))
}

/// An answer that holds an assistant or agent (PLATFORM.md, Calls); `message` is what was done to it, if anything.
pub(super) fn object(
    status: StatusCode,
    message: Option<&str>,
    side: Side,
    object: Map<String, Value>,
) -> Response {
    let mut body = Map::new();
    body.insert("status".into(), json!("success"));
    if let Some(message) = message {
        body.insert("message".into(), json!(message));
    }
    body.insert(side.word().into(), Value::Object(object));
    json(status, &Value::Object(body))
}

pub(super) fn published(version: &Version) -> Response {
    let Version { id, version, created_at, .. } = version;
    let version = json!({ "id": id.to_string(), "version": version, "createdAt": created_at });
    json(StatusCode::OK, &json!({ "status": "success", "version": version }))
}

pub(super) fn switched(side: Side, disabled: bool) -> Response {
    let done = if disabled { "disabled" } else { "enabled" };
    let message = format!("{} {done} successfully", side.title());
    json(StatusCode::OK, &json!({ "status": "success", "message": message }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Message,
    MessageList,
    Error,
    ErrorAndMessage,
    ErrorAndDetails,
    Errors,
    Typed,
    Text,
    Empty,
    Html,
}

/// The shapes that any refusal may have; a gateway's HTML page is the last, since in a 404 it means something else.
const SHAPES: [Shape; 10] = [
    Shape::Message,
    Shape::Error,
    Shape::ErrorAndDetails,
    Shape::MessageList,
    Shape::ErrorAndMessage,
    Shape::Empty,
    Shape::Errors,
    Shape::Typed,
    Shape::Text,
    Shape::Html,
];

/// A refusal of one assistant or agent, in a shape that hangs on its id, so that practice meets them all.
pub(super) fn refusal(status: StatusCode, id: Uuid, words: &str) -> Response {
    let (high, low) = id.as_u64_pair();
    let shapes = if status == StatusCode::NOT_FOUND { &SHAPES[..SHAPES.len() - 1] } else { &SHAPES };
    shaped(status, pick(high ^ low, shapes), words)
}

/// A refusal that is not about one assistant or agent.
pub(super) fn plain_refusal(status: StatusCode, words: &str) -> Response {
    shaped(status, Shape::Message, words)
}

/// 400 in the shape of a validator's complaint.
pub(super) fn malformed(words: &str) -> Response {
    shaped(StatusCode::BAD_REQUEST, Shape::MessageList, words)
}

pub(super) fn missing_scope(scope: &str) -> Response {
    let body = json!({ "error": "INSUFFICIENT_SCOPES", "details": { "missing": [scope] } });
    json(StatusCode::FORBIDDEN, &body)
}

/// 429; shapes change from request to request.
pub(super) fn throttled(turn: u64, retry_after: Option<String>) -> Response {
    let shape = match turn % 3 {
        0 => Shape::Typed,
        1 => Shape::Message,
        _ => Shape::Html,
    };
    let response = shaped(StatusCode::TOO_MANY_REQUESTS, shape, "Rate limit exceeded");
    with_header(response, header::RETRY_AFTER, retry_after)
}

pub(super) fn redirect(to: &str) -> Response {
    let response = answer(StatusCode::FOUND, Some(TEXT), Bytes::from_static(b"Found"));
    with_header(response, header::LOCATION, Some(to.to_owned()))
}

pub(super) fn wrong_method(allowed: &'static str) -> Response {
    let response = plain_refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    with_header(response, header::ALLOW, Some(allowed.to_owned()))
}

pub(super) fn page(status: StatusCode) -> Response {
    shaped(status, Shape::Html, "")
}

/// A status of the server's own trouble, each in the form in which it usually comes.
pub(super) fn server_trouble(turn: u64) -> Response {
    match turn % 5 {
        0 => plain_refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        1 => page(StatusCode::BAD_GATEWAY),
        2 => shaped(StatusCode::SERVICE_UNAVAILABLE, Shape::Empty, ""),
        3 => page(StatusCode::GATEWAY_TIMEOUT),
        _ => shaped(status(529), Shape::Typed, "Overloaded"),
    }
}

/// A status by its number; one that HTTP does not have becomes 500.
pub(super) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn shaped(status: StatusCode, shape: Shape, words: &str) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let body = match shape {
        Shape::Message => json!({ "message": words }),
        Shape::MessageList => json!({ "message": [{ "code": "custom", "message": words }] }),
        Shape::Error => json!({ "error": words }),
        Shape::ErrorAndMessage => json!({ "error": reason, "message": words }),
        Shape::ErrorAndDetails => json!({ "error": reason, "details": { "reason": words } }),
        Shape::Errors => json!({ "errors": [{ "message": words }] }),
        Shape::Typed => {
            json!({ "type": "error", "error": { "type": error_type(status), "message": words } })
        }
        Shape::Text => return answer(status, Some(TEXT), Bytes::from(words.to_owned())),
        Shape::Empty => return answer(status, None, Bytes::new()),
        Shape::Html => {
            let code = status.as_u16();
            let page = format!(
                "<!DOCTYPE html>\r\n<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n\
                 <center><h1>{code} {reason}</h1></center>\r\n<hr><center>practice gateway</center>\r\n\
                 </body>\r\n</html>\r\n"
            );
            return answer(status, Some(HTML), Bytes::from(page));
        }
    };
    json(status, &body)
}

fn error_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    answer(status, Some(JSON), Bytes::from(body.to_string()))
}

fn answer(status: StatusCode, kind: Option<HeaderValue>, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// A header whose value comes from outside; one that HTTP cannot carry is left out.
fn with_header(mut response: Response, name: HeaderName, value: Option<String>) -> Response {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        response.headers_mut().insert(name, value);
    }
    response
}
