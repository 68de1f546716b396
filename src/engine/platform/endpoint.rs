//! Where the platform is.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// Base URL of the Langdock platform (PLATFORM.md).
pub const LANGDOCK: &str = "https://api.langdock.com";

/// Base URL of the Odeus platform (PLATFORM.md).
pub const ODEUS: &str = "https://api.odeus.ai";

/// The address in front of every path of the API: scheme, host, port, and a path such as `/api/public`; no trailing
/// slash. Two base URLs are the same when their spelled-out forms are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    url: Url,
    text: String,
}

/// Why a text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// Not an address at all.
    #[error("The base URL cannot be read ({0}). It should look like https://api.langdock.com.")]
    Unreadable(String),
    /// Neither https nor http.
    #[error("The base URL must begin with https://.")]
    Scheme,
    /// `http://` to another machine.
    #[error(
        "The base URL begins with http://, which would send the key in the clear. Use https://, or give --allow-http."
    )]
    Http,
    /// A user name or a password.
    #[error("The base URL holds a user name or a password. The key is given separately.")]
    UserInfo,
    /// A query or a fragment.
    #[error("The base URL holds a `?` or a `#`. Give it without.")]
    QueryOrFragment,
}

impl BaseUrl {
    /// Takes a base URL as a person typed it. `http://` is for loopback only (127.0.0.0/8, `::1`, `localhost`), unless
    /// `allow_http`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => BaseUrlError::Scheme,
            other => BaseUrlError::Unreadable(other.to_string()),
        })?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(BaseUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::QueryOrFragment);
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let base = Self { url, text };
        if base.url.scheme() == "http" && !allow_http && !base.is_loopback() {
            return Err(BaseUrlError::Http);
        }
        Ok(base)
    }

    /// The base URL, spelled out, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
            None => false,
        }
    }

    /// The host: a name or an address.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, also where it is not spelled out.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Whether requests go without TLS.
    pub fn is_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The address of a call: `path` begins with a slash, the values of `query` are encoded.
    pub(super) fn join(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_end_and_capitals_in_the_host_do_not_count() {
        for (typed, kept) in [
            ("https://api.langdock.com", "https://api.langdock.com"),
            (" https://API.langdock.com// ", "https://api.langdock.com"),
            ("https://ai.example.com/api/public/", "https://ai.example.com/api/public"),
            ("https://ai.example.com:8443/api/public", "https://ai.example.com:8443/api/public"),
            ("https://ai.example.com:443", "https://ai.example.com"),
        ] {
            assert_eq!(BaseUrl::parse(typed, false).unwrap().to_string(), kept, "{typed}");
        }
        for platform in [LANGDOCK, ODEUS] {
            assert_eq!(BaseUrl::parse(platform, false).unwrap().as_str(), platform);
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only_unless_allowed() {
        for local in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:3",
            "http://LOCALHOST.",
        ] {
            assert!(BaseUrl::parse(local, false).unwrap().is_loopback(), "{local}");
        }
        for far in
            ["http://api.langdock.com", "http://localhost.example.com", "http://10.0.0.1", "http://[::2]"]
        {
            assert_eq!(BaseUrl::parse(far, false).unwrap_err(), BaseUrlError::Http, "{far}");
            assert!(!BaseUrl::parse(far, true).unwrap().is_loopback(), "{far}");
        }
    }

    #[test]
    fn what_does_not_belong_into_a_base_url_is_refused() {
        for (typed, error) in [
            ("api.langdock.com", BaseUrlError::Scheme),
            ("ftp://api.langdock.com", BaseUrlError::Scheme),
            ("localhost:8080", BaseUrlError::Scheme),
            ("https://me:secret@api.langdock.com", BaseUrlError::UserInfo),
            ("https://me@api.langdock.com", BaseUrlError::UserInfo),
            ("https://api.langdock.com?x=1", BaseUrlError::QueryOrFragment),
            ("https://api.langdock.com/#top", BaseUrlError::QueryOrFragment),
        ] {
            assert_eq!(BaseUrl::parse(typed, true).unwrap_err(), error, "{typed}");
        }
        assert!(matches!(BaseUrl::parse("https://", true), Err(BaseUrlError::Unreadable(_))));
        assert!(matches!(BaseUrl::parse("https://exa mple.com", true), Err(BaseUrlError::Unreadable(_))));
    }

    #[test]
    fn a_call_keeps_the_path_of_a_dedicated_deployment() {
        let base = BaseUrl::parse("https://ai.example.com/api/public/", false).unwrap();
        assert_eq!(
            base.join("/agent/v1/list", &[("limit", "250"), ("cursor", "a b")]).as_str(),
            "https://ai.example.com/api/public/agent/v1/list?limit=250&cursor=a+b"
        );
        let local = BaseUrl::parse("http://127.0.0.1:9", false).unwrap();
        assert_eq!(local.join("/agent/v1/models", &[]).as_str(), "http://127.0.0.1:9/agent/v1/models");
    }
}
