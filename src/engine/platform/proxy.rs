//! Which proxy requests go through, as the environment says. Read here and nowhere else, so that what `doctor` tells is what
//! a request does, and a value that cannot be used is found out before the first one.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use url::Url;

use super::endpoint::BaseUrl;

/// The environment's word on a base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyUse {
    /// No variable names one; or the base URL leads to this machine.
    None,
    /// A variable names one, and `NO_PROXY` excepts this host.
    Excepted {
        /// The variable that names one.
        variable: &'static str,
    },
    /// Requests go through it.
    Through {
        /// The variable that names it.
        variable: &'static str,
        /// Its address.
        proxy: ProxyAddress,
    },
}

/// The address of a proxy, which may hold a password: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress(Url);

impl ProxyAddress {
    /// Its name.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Its port, also where it is not spelled out.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    pub(super) const fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host(), self.port())
    }
}

/// A proxy that cannot be used; plain sentences, without the value, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProxyError {
    /// No address.
    #[error("{variable} cannot be read as the address of a proxy: set it to http://HOST:PORT, or unset it.")]
    Unreadable {
        /// The variable in question.
        variable: &'static str,
    },
    /// One that speaks something else.
    #[error(
        "{variable} names a proxy that is not spoken to over HTTP (a SOCKS proxy?): set it to http://HOST:PORT of one that \
         is, or except the host of the base URL with NO_PROXY."
    )]
    OtherProtocol {
        /// The variable in question.
        variable: &'static str,
    },
}

/// Finds out by variables such as `HTTPS_PROXY`; `get` reads one.
pub fn proxy_of(base_url: &BaseUrl, get: impl Fn(&str) -> Option<String>) -> Result<ProxyUse, ProxyError> {
    if base_url.is_loopback() {
        return Ok(ProxyUse::None);
    }
    let own: [&'static str; 2] =
        if base_url.is_http() { ["HTTP_PROXY", "http_proxy"] } else { ["HTTPS_PROXY", "https_proxy"] };
    let set = |name: &str| get(name).filter(|value| !value.trim().is_empty());
    let named = own.into_iter().chain(["ALL_PROXY", "all_proxy"]);
    let Some((variable, value)) = named.into_iter().find_map(|name| Some((name, set(name)?))) else {
        return Ok(ProxyUse::None);
    };
    let except = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
    if except.split(',').any(|entry| is_meant(entry, base_url)) {
        return Ok(ProxyUse::Excepted { variable });
    }
    Ok(ProxyUse::Through { variable, proxy: address(&value, variable)? })
}

/// Whether an entry of `NO_PROXY` means the base URL: its host, a domain that it is in, either with its port, a range of
/// addresses, or everything.
fn is_meant(entry: &str, base_url: &BaseUrl) -> bool {
    let entry = entry.trim().to_lowercase();
    let host = base_url.host().trim_matches(['[', ']']).to_lowercase();
    if let (Some((network, bits)), Ok(address)) = (entry.split_once('/'), host.parse()) {
        return is_within(address, network, bits);
    }
    let (name, port) = match entry.rsplit_once(':') {
        // More than one colon without brackets is an IPv6 address.
        Some((name, port)) if name.ends_with(']') || !name.contains(':') => (name, Some(port)),
        _ => (entry.as_str(), None),
    };
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    let is_host =
        name == "*" || host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    !name.is_empty() && is_host && port.is_none_or(|port| port.parse() == Ok(base_url.port()))
}

fn is_within(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse(), bits.parse::<u32>()) else { return false };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            (address.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            (address.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn address(value: &str, variable: &'static str) -> Result<ProxyAddress, ProxyError> {
    let value = value.trim();
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    match Url::parse(&with_scheme) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Err(ProxyError::OtherProtocol { variable }),
        // A quotation mark left over from a shell would be taken for a part of the host.
        Ok(url) if url.host_str().is_some_and(|host| !host.contains(['"', '\''])) => Ok(ProxyAddress(url)),
        _ => Err(ProxyError::Unreadable { variable }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(base_url: &str, variables: &[(&str, &str)]) -> String {
        let base_url = BaseUrl::parse(base_url, true).unwrap();
        let found = proxy_of(&base_url, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        match found {
            Ok(ProxyUse::None) => "none".to_owned(),
            Ok(ProxyUse::Excepted { variable }) => format!("not {variable}"),
            Ok(ProxyUse::Through { variable, proxy }) => format!("{variable} {proxy:?}"),
            Err(error) => format!("{error:?}"),
        }
    }

    const FAR: &str = "https://ai.example.com/api/public";
    const PROXY: (&str, &str) = ("HTTPS_PROXY", "http://ada:secret@proxy.example:3128");

    #[test]
    fn the_variables_are_read_as_people_set_them() {
        for (base_url, variables, expected) in [
            (FAR, &[][..], "none"),
            (FAR, &[("HTTPS_PROXY", " ")], "none"),
            (FAR, &[("HTTP_PROXY", "proxy.example")], "none"),
            // Without user name and password.
            (FAR, &[PROXY], "HTTPS_PROXY proxy.example:3128"),
            (FAR, &[("all_proxy", "10.0.0.1:8080")], "all_proxy 10.0.0.1:8080"),
            ("http://ai.example.com", &[("http_proxy", "proxy.example")], "http_proxy proxy.example:80"),
            ("http://127.0.0.1:1", &[("HTTP_PROXY", "proxy.example")], "none"),
            (FAR, &[("HTTPS_PROXY", "http:// proxy:9")], "Unreadable { variable: \"HTTPS_PROXY\" }"),
            (FAR, &[("HTTPS_PROXY", "\"http://proxy:9\"")], "Unreadable { variable: \"HTTPS_PROXY\" }"),
            (FAR, &[("HTTPS_PROXY", "'proxy:9'")], "Unreadable { variable: \"HTTPS_PROXY\" }"),
            (FAR, &[("ALL_PROXY", "socks5://10.0.0.1")], "OtherProtocol { variable: \"ALL_PROXY\" }"),
            (FAR, &[("ALL_PROXY", "socks5://10.0.0.1"), ("NO_PROXY", "*")], "not ALL_PROXY"),
        ] {
            assert_eq!(told(base_url, variables), expected, "{base_url} {variables:?}");
        }
    }

    #[test]
    fn exceptions_are_hosts_domains_ports_ranges_and_everything() {
        let (v4, v6) = ("https://10.1.2.3:8443", "https://[2001:db8::7]/api");
        for (base_url, except, is_excepted) in [
            (FAR, "a.example, .EXAMPLE.com", true),
            (FAR, "*.example.com", true),
            (FAR, "ai.example.com:443", true),
            (FAR, "*.example.com:443", true),
            (FAR, "ai.example.com:8443", false),
            (FAR, "ample.com,,b, *.", false),
            (FAR, "x,*", true),
            (FAR, "10.0.0.0/8", false),
            (v4, "10.0.0.0/8", true),
            (v4, "10.1.2.3:8443", true),
            (v4, "10.1.3.0/24", false),
            (v4, "0.0.0.0/0", true),
            (v4, "10.0.0.0/33,10.0.0.0/x,::/0", false),
            (v6, "2001:db8::/32", true),
            (v6, "2001:db8::7", true),
            (v6, "[2001:db8::7]:443", true),
            (v6, "2001:db9::/32", false),
        ] {
            let expected = if is_excepted { "not HTTPS_PROXY" } else { "HTTPS_PROXY proxy.example:3128" };
            assert_eq!(told(base_url, &[PROXY, ("no_proxy", except)]), expected, "{base_url} {except}");
        }
    }
}
