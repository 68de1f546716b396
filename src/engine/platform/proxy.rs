//! Which proxy requests go through, as the environment says. Only told, never acted upon: the HTTP library reads the same
//! variables itself.

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
        /// Its address, without user name and password; `None` when that cannot be read.
        address: Option<(String, u16)>,
    },
}

/// Finds out by variables such as `HTTPS_PROXY`; `get` reads one.
pub fn proxy_of(base_url: &BaseUrl, get: impl Fn(&str) -> Option<String>) -> ProxyUse {
    if base_url.is_loopback() {
        return ProxyUse::None;
    }
    let own: [&'static str; 2] =
        if base_url.is_http() { ["HTTP_PROXY", "http_proxy"] } else { ["HTTPS_PROXY", "https_proxy"] };
    let set = |name: &str| get(name).filter(|value| !value.trim().is_empty());
    let named = own.into_iter().chain(["ALL_PROXY", "all_proxy"]);
    let Some((variable, value)) = named.into_iter().find_map(|name| Some((name, set(name)?))) else {
        return ProxyUse::None;
    };
    let except = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
    if except.split(',').any(|entry| is_meant(entry, base_url.host())) {
        return ProxyUse::Excepted { variable };
    }
    ProxyUse::Through { variable, address: address(&value) }
}

/// Whether an entry of `NO_PROXY` means the host: itself, a domain that it is in, or everything. Ranges of addresses are
/// not read here.
fn is_meant(entry: &str, host: &str) -> bool {
    let entry = entry.trim().trim_start_matches("*.").trim_start_matches('.').to_lowercase();
    let host = host.trim_matches(['[', ']']).to_lowercase();
    match entry.as_str() {
        "" => false,
        "*" => true,
        entry => host == entry || host.strip_suffix(entry).is_some_and(|before| before.ends_with('.')),
    }
}

fn address(value: &str) -> Option<(String, u16)> {
    let value = value.trim();
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).ok()?;
    Some((url.host_str()?.to_owned(), url.port_or_known_default().unwrap_or(1_080)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(base_url: &str, variables: &[(&str, &str)]) -> ProxyUse {
        let base_url = BaseUrl::parse(base_url, true).unwrap();
        proxy_of(&base_url, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variables_are_read_as_people_set_them() {
        let through = |variable, host: &str, port| ProxyUse::Through {
            variable,
            address: Some((host.to_owned(), port)),
        };
        let far = "https://ai.example.com/api/public";
        let proxy = ("HTTPS_PROXY", "http://ada:secret@proxy.example:3128");
        for (base_url, variables, expected) in [
            (far, &[][..], ProxyUse::None),
            (far, &[("HTTPS_PROXY", " ")], ProxyUse::None),
            (far, &[("HTTP_PROXY", "proxy.example")], ProxyUse::None),
            (far, &[proxy], through("HTTPS_PROXY", "proxy.example", 3_128)),
            (far, &[("all_proxy", "socks5://10.0.0.1")], through("all_proxy", "10.0.0.1", 1_080)),
            (
                "http://ai.example.com",
                &[("http_proxy", "proxy.example")],
                through("http_proxy", "proxy.example", 80),
            ),
            ("http://127.0.0.1:1", &[("HTTP_PROXY", "proxy.example")], ProxyUse::None),
            (
                far,
                &[proxy, ("NO_PROXY", "a.example, .EXAMPLE.com")],
                ProxyUse::Excepted { variable: "HTTPS_PROXY" },
            ),
            (far, &[proxy, ("no_proxy", "*")], ProxyUse::Excepted { variable: "HTTPS_PROXY" }),
            (far, &[proxy, ("no_proxy", "ample.com,,b")], through("HTTPS_PROXY", "proxy.example", 3_128)),
        ] {
            assert_eq!(told(base_url, variables), expected, "{base_url} {variables:?}");
        }
    }

    #[test]
    fn a_proxys_password_is_not_repeated() {
        let shown =
            format!("{:?}", told("https://a.example", &[("HTTPS_PROXY", "http://ada:secret@p.example")]));
        assert!(!shown.contains("secret") && !shown.contains("ada"), "{shown}");
    }
}
