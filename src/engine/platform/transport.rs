//! One request out, one answer in: reqwest with our settings, bodies bounded, the key masked.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Certificate, Method, Response, StatusCode};
use thiserror::Error as ThisError;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::bodies::error_body::LONGEST_ERROR_BODY;
use super::bodies::page;
use super::causes::{in_words, is_garbled, is_refused_by_proxy, root_causes};
use super::endpoint::BaseUrl;
use super::key::ApiKey;
use super::limits::retry_after;
use super::mask::Masker;
use super::names::{self, Names};
use super::proxy::{ProxyError, ProxyUse, proxy_of};
use crate::base::{FailureKind, SupportHeader, SupportId};

/// What requests say they come from. Requests that look like a browser's are refused (PLATFORM.md, Calls).
pub(super) const USER_AGENT: &str = concat!("agent-migrate/", env!("CARGO_PKG_VERSION"));

/// Largest answer that is taken, unpacked (DESIGN.md, Manners on the network).
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Longest id of an answer that is kept; those of the platform have about 60 characters.
const LONGEST_SUPPORT_ID: usize = 100;

/// The only type of body that goes either way.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A connection that takes longer to be set up than this will not come.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// How to talk to the platform.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Where the platform is.
    pub base_url: BaseUrl,
    /// The API key.
    pub key: ApiKey,
    /// Requests in any 60 seconds, at most.
    pub rpm: NonZeroU32,
    /// For a whole request, from its first byte to the last of its answer.
    pub timeout: Duration,
    /// Tries after the first.
    pub retries: u32,
    /// Requests in flight at the same time; only sizes the connection pool.
    pub concurrency: usize,
    /// PEM certificates to trust beside the system's.
    pub ca_cert_pem: Option<Vec<u8>>,
    /// The `User-Agent` header.
    pub user_agent: String,
}

/// What holds without options (DESIGN.md, Manners on the network).
impl ClientSettings {
    /// Requests in any 60 seconds.
    pub const RPM: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
    /// For a whole request.
    pub const TIMEOUT_SECONDS: u64 = 30;
    /// Tries after the first.
    pub const RETRIES: u32 = 4;
    /// Rows under way at once.
    pub const CONCURRENCY: u16 = 16;

    /// The settings of a run without options.
    pub fn new(base_url: BaseUrl, key: ApiKey) -> Self {
        Self {
            base_url,
            key,
            rpm: Self::RPM,
            timeout: Duration::from_secs(Self::TIMEOUT_SECONDS),
            retries: Self::RETRIES,
            concurrency: usize::from(Self::CONCURRENCY),
            ca_cert_pem: None,
            user_agent: USER_AGENT.to_owned(),
        }
    }
}

/// Why there can be no client at all; plain sentences.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum ClientError {
    /// The file for `--ca-cert` is not what it should be.
    #[error(
        "The CA certificates cannot be used: {0}. The file must hold certificates in PEM form (-----BEGIN CERTIFICATE-----)."
    )]
    CaCert(String),
    /// The proxy that the environment names.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// Anything else, such as a machine without root certificates.
    #[error("Requests cannot be set up: {0}.")]
    Setup(String),
}

/// What to send; a clone is the next try.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: Method,
    url: Url,
    /// The JSON of a PATCH or a POST.
    body: Option<Bytes>,
    /// When it must not leave any more.
    good_until: Option<Timestamp>,
    /// Whether it must not leave again once it may have been carried out.
    once: bool,
}

impl Request {
    pub(super) fn get(url: Url) -> Self {
        Self { method: Method::GET, url, body: None, good_until: None, once: false }
    }

    pub(super) fn patch(url: Url, json: String) -> Self {
        Self { method: Method::PATCH, body: Some(json.into()), ..Self::get(url) }
    }

    pub(super) fn post(url: Url, json: String) -> Self {
        Self { method: Method::POST, ..Self::patch(url, json) }
    }

    /// The same, not to be sent again once it may have been carried out.
    pub(super) fn sent_once(self) -> Self {
        Self { once: true, ..self }
    }

    pub(super) const fn is_sent_once(&self) -> bool {
        self.once
    }

    /// The answer as the one table of statuses takes it: what is made is answered 201 (PLATFORM.md, Calls).
    pub(super) fn due(&self, answer: Answer) -> Answer {
        let is_due = self.method == Method::POST && answer.status == StatusCode::CREATED;
        if is_due { Answer { status: StatusCode::OK, ..answer } } else { answer }
    }

    /// The same, not to be sent after that moment, whatever it has waited for.
    pub(super) fn good_until(self, moment: Timestamp) -> Self {
        Self { good_until: Some(moment), ..self }
    }

    pub(super) fn is_outdated(&self) -> bool {
        self.good_until.is_some_and(|moment| Timestamp::now() > moment)
    }

    pub(super) fn path(&self) -> &str {
        self.url.path()
    }
}

/// How the body of an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyEnd {
    Whole,
    /// More than is taken; the rest was not read.
    TooLong,
    /// The connection broke; in which words.
    Broken(String),
    /// It did not come in time.
    TimedOut,
    /// It cannot be unpacked; in which words.
    Garbled(String),
}

/// An answer, the key masked throughout.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Retry-After`, where usable.
    pub(super) retry_after: Option<Duration>,
    pub(super) content_type: Option<String>,
    pub(super) location: Option<String>,
    /// Whether a gateway says that it wants to see a browser.
    pub(super) is_challenged: bool,
    pub(super) support_id: Option<SupportId>,
    /// As much of the body as came and is taken.
    pub(super) body: Bytes,
    pub(super) end: BodyEnd,
}

/// No answer: why, in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) kind: FailureKind,
    pub(super) words: String,
}

pub(super) struct Transport {
    http: reqwest::Client,
    base_url: BaseUrl,
    timeout: Duration,
    masker: Masker,
}

impl Transport {
    pub(super) fn new(settings: &ClientSettings) -> Result<Self, ClientError> {
        Ok(Self {
            http: build_http(settings)?,
            base_url: settings.base_url.clone(),
            timeout: settings.timeout,
            masker: Masker::new(&settings.key),
        })
    }

    pub(super) fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub(super) fn mask_text(&self, text: String) -> String {
        self.masker.mask_text(text)
    }

    /// Sends one request and reads its answer, all within the timeout.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, Trouble> {
        let deadline = Instant::now() + self.timeout;
        let mut outgoing = self.http.request(request.method, request.url);
        if let Some(json) = request.body {
            outgoing = outgoing.header(CONTENT_TYPE, JSON).body(json);
        }
        let response = match timeout_at(deadline, outgoing.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.trouble(error)),
            Err(_) => {
                let words = format!("no answer within {}", in_words(self.timeout));
                return Err(Trouble { kind: FailureKind::Timeout, words });
            }
        };
        Ok(self.read(response, deadline).await)
    }

    async fn read(&self, mut response: Response, deadline: Instant) -> Answer {
        let status = response.status();
        let headers = response.headers();
        let retry_after = retry_after::of(headers, SystemTime::now());
        let content_type = text(headers, &CONTENT_TYPE).map(str::to_owned);
        let location =
            headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let is_challenged = page::is_challenged(headers);
        let support_id = support_id(headers, |text| self.mask_text(text));
        let limit = if matches!(status, StatusCode::OK | StatusCode::CREATED) {
            LONGEST_ANSWER
        } else {
            LONGEST_ERROR_BODY
        };
        let mut body = Vec::new();
        let end = timeout_at(deadline, read_body(&mut response, limit, &mut body))
            .await
            .unwrap_or(BodyEnd::TimedOut);
        Answer {
            status,
            retry_after,
            content_type,
            location: location.map(|location| self.mask_text(location)),
            is_challenged,
            support_id,
            body: self.masker.mask(body.into()),
            end: match end {
                BodyEnd::Broken(words) => BodyEnd::Broken(self.mask_text(words)),
                BodyEnd::Garbled(words) => BodyEnd::Garbled(self.mask_text(words)),
                other => other,
            },
        }
    }

    fn trouble(&self, error: reqwest::Error) -> Trouble {
        if is_refused_by_proxy(&error) {
            let words = "the proxy asks for credentials".to_owned();
            return Trouble { kind: FailureKind::Refused { status: 407 }, words };
        }
        let error = error.without_url();
        let words = if error.is_connect() && error.is_timeout() {
            format!("no connection within {}", in_words(longest_connect(self.timeout)))
        } else {
            self.mask_text(root_causes(&error))
        };
        let kind =
            if names::is_unresolved(&error) { FailureKind::Unresolved } else { FailureKind::Connection };
        Trouble { kind, words }
    }
}

/// How long a connection may take to be set up where a whole request may take `timeout`: less, so that which of the two
/// was met says what was waited for.
fn longest_connect(timeout: Duration) -> Duration {
    LONGEST_CONNECT.min(timeout * 3 / 4)
}

fn build_http(settings: &ClientSettings) -> Result<reqwest::Client, ClientError> {
    let ca_cert_pem = settings.ca_cert_pem.as_deref();
    builder(&settings.base_url, ca_cert_pem, settings.timeout)?
        .user_agent(settings.user_agent.as_str())
        .default_headers(headers(&settings.key)?)
        .pool_max_idle_per_host(settings.concurrency.max(1))
        .build()
        .map_err(|error| {
            let words = root_causes(&error);
            if ca_cert_pem.is_some() { ClientError::CaCert(words) } else { ClientError::Setup(words) }
        })
}

/// The way that every request goes, before anything is said of who sends it.
pub(super) fn builder(
    base_url: &BaseUrl,
    ca_cert_pem: Option<&[u8]>,
    timeout: Duration,
) -> Result<reqwest::ClientBuilder, ClientError> {
    // reqwest panics without a provider. Somebody else having installed one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .gzip(true)
        .referer(false)
        .tcp_nodelay(true)
        .dns_resolver(Names::default())
        .connect_timeout(longest_connect(timeout));
    let certificates = match ca_cert_pem {
        Some(pem) => certificates(pem)?,
        None => Vec::new(),
    };
    let is_loopback = base_url.is_loopback();
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    builder = match proxy_of(base_url, variable)? {
        // Where no variable is set, the system's settings count on Windows and macOS.
        ProxyUse::None if !is_loopback => builder,
        ProxyUse::None | ProxyUse::Excepted { .. } => builder.no_proxy(),
        ProxyUse::Through { proxy, .. } => {
            let proxy = reqwest::Proxy::all(proxy.url().clone())
                .map_err(|error| ClientError::Setup(root_causes(&error)))?;
            builder.no_proxy().proxy(proxy)
        }
    };
    Ok(if is_loopback && base_url.is_http() {
        // No TLS anywhere on this way: it must not fail on a machine without root certificates.
        builder.tls_certs_only(certificates)
    } else {
        builder.tls_certs_merge(certificates)
    })
}

fn headers(key: &ApiKey) -> Result<HeaderMap, ClientError> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", key.expose()))
        .map_err(|_| ClientError::Setup("the key cannot stand in a header".to_owned()))?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(ACCEPT, JSON);
    Ok(headers)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, ClientError> {
    let certificates =
        Certificate::from_pem_bundle(pem).map_err(|error| ClientError::CaCert(root_causes(&error)))?;
    if certificates.is_empty() {
        return Err(ClientError::CaCert("no certificate in the file".to_owned()));
    }
    Ok(certificates)
}

/// The first of these headers that says something: the beginning of what is visible of it, with the key masked by `mask`.
pub(super) fn support_id(headers: &HeaderMap, mask: impl Fn(String) -> String) -> Option<SupportId> {
    SupportHeader::ALL.into_iter().find_map(|header| {
        let said = text(headers, &HeaderName::from_static(header.as_str()))?;
        let visible = said.chars().filter(char::is_ascii_graphic).collect();
        let value: String = mask(visible).chars().take(LONGEST_SUPPORT_ID).collect();
        (!value.is_empty()).then_some(SupportId { header, value })
    })
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) async fn read_body(response: &mut Response, limit: usize, body: &mut Vec<u8>) -> BodyEnd {
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
                if chunk.len() > room {
                    return BodyEnd::TooLong;
                }
            }
            Ok(None) => return BodyEnd::Whole,
            Err(error) if is_garbled(&error) => return BodyEnd::Garbled(root_causes(&error.without_url())),
            Err(error) => return BodyEnd::Broken(root_causes(&error.without_url())),
        }
    }
}
