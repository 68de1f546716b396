//! The way to the platform before any key is shown: name, proxy, connection, certificate, clock. For `doctor`.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, LOCATION};
use rustls::CertificateError;
use tokio::time::{Instant, timeout, timeout_at};

use super::bodies::error_body::{LONGEST_ERROR_BODY, shorten};
use super::bodies::page::{self, Page};
use super::causes::{in_words, is_refused_by_proxy, root_causes};
use super::endpoint::BaseUrl;
use super::key::ApiKey;
use super::mask::Masker;
use super::transport::{self, ClientError, read_body, text};
use crate::base::SupportId;

/// The call that a probe asks for, without a key: whatever is answered, somebody is there.
const ASKED: &str = "/agent/v1/models";

/// An answer to a request without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The status code.
    pub status: u16,
    /// Where it redirects to.
    pub redirect: Option<String>,
    /// The web page that came in place of an answer.
    pub page: Option<Page>,
    /// What support asks for, of a gateway that wants to see a browser.
    pub support_id: Option<SupportId>,
    /// The server's clock (`Date`, whole seconds), where it says, with ours at that moment.
    pub clocks: Option<(SystemTime, SystemTime)>,
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateTrouble {
    /// Nobody whom this machine trusts has signed it.
    UnknownIssuer,
    /// Its time is over, or has not come; or our clock is wrong.
    Time,
    /// It is another host's.
    OtherName,
    /// Anything else.
    Other,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Nobody listens there.
    Refused,
    /// It took too long.
    Timeout,
    /// A proxy wants credentials (407).
    ProxyCredentials,
    /// The certificate was not accepted.
    Certificate(CertificateTrouble),
    /// The two sides came to no TLS connection for another reason.
    Tls,
    /// Anything else.
    Broken,
}

/// A probe without an answer: why, and in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFailure {
    /// Why.
    pub kind: Unreached,
    /// The system's or the library's own words.
    pub words: String,
}

/// The addresses of a host, by the machine's own name resolution; the error is the system's words.
pub async fn resolve(host: &str, port: u16, patience: Duration) -> Result<Vec<IpAddr>, String> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match timeout(patience, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {}", in_words(patience))),
    }
}

/// Sends one request without a key, as every other request would go: same proxy, same certificates, no redirect. `key` is
/// only masked in what comes back: a server that has met it before may still name it.
pub async fn probe(
    base_url: &BaseUrl,
    key: Option<&ApiKey>,
    ca_cert_pem: Option<&[u8]>,
    patience: Duration,
) -> Result<Result<Reached, ProbeFailure>, ClientError> {
    let http = transport::builder(base_url, ca_cert_pem, patience)?
        .build()
        .map_err(|error| ClientError::Setup(root_causes(&error)))?;
    let deadline = Instant::now() + patience;
    let answer = timeout_at(deadline, http.get(base_url.join(ASKED, &[])).send()).await;
    let error = match answer {
        // On http:// the proxy's own answer gets here.
        Ok(Ok(response)) if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            let words = "the proxy asks for credentials".to_owned();
            return Ok(Err(ProbeFailure { kind: Unreached::ProxyCredentials, words }));
        }
        Ok(Ok(response)) => return Ok(Ok(reached(response, key, deadline).await)),
        Ok(Err(error)) => error,
        Err(_) => {
            let words = format!("no answer within {}", in_words(patience));
            return Ok(Err(ProbeFailure { kind: Unreached::Timeout, words }));
        }
    };
    Ok(Err(ProbeFailure { kind: kind_of(&error), words: root_causes(&error.without_url()) }))
}

async fn reached(mut response: reqwest::Response, key: Option<&ApiKey>, deadline: Instant) -> Reached {
    let masker = key.map(Masker::new);
    let without_key = |text: String| match &masker {
        Some(masker) => masker.mask_text(text),
        None => text,
    };
    // Of a page that does not come to its end in time, its beginning tells as much.
    let mut body = Vec::new();
    let _ = timeout_at(deadline, read_body(&mut response, LONGEST_ERROR_BODY, &mut body)).await;
    let headers = response.headers();
    let page = Page::in_place_of_json(&body, text(headers, &CONTENT_TYPE), page::is_challenged(headers));
    let clock = text(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let is_redirect = response.status().is_redirection();
    Reached {
        status: response.status().as_u16(),
        redirect: text(headers, &LOCATION)
            .filter(|_| is_redirect)
            .map(|to| shorten(&without_key(to.to_owned()))),
        page: page.map(|page| Page { words: without_key(page.words), ..page }),
        support_id: transport::support_id(headers, without_key),
        clocks: clock.map(|clock| (clock, SystemTime::now())),
    }
}

fn kind_of(error: &reqwest::Error) -> Unreached {
    if is_refused_by_proxy(error) {
        return Unreached::ProxyCredentials;
    }
    if let Some(tls) = cause::<rustls::Error>(error) {
        let rustls::Error::InvalidCertificate(refused) = tls else { return Unreached::Tls };
        let trouble = match refused {
            CertificateError::UnknownIssuer => CertificateTrouble::UnknownIssuer,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => CertificateTrouble::Time,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                CertificateTrouble::OtherName
            }
            _ => CertificateTrouble::Other,
        };
        return Unreached::Certificate(trouble);
    }
    let is_refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if cause::<io::Error>(error).is_some_and(is_refused) {
        Unreached::Refused
    } else if error.is_timeout() {
        Unreached::Timeout
    } else {
        Unreached::Broken
    }
}

/// The outermost cause of that type. An `io::Error` hides what it was made of from its `source`.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| cause::<T>(inner)) {
            return Some(found);
        }
        current = error.source();
    }
    None
}
