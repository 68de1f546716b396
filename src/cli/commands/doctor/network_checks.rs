//! The way to the platform, without the key: proxy, name, connection, certificate, clock.

use std::time::{Duration, SystemTime};

use super::{Doctor, MEND_ADDRESS};
use crate::base::{SupportId, grouped};
use crate::cli::settings::Environment;
use crate::cli::wiring::connection::read_ca_cert;
use crate::engine::platform::{
    ApiKey, BaseUrl, CertificateTrouble, Page, ProbeFailure, ProxyUse, Reached, Unreached, probe, proxy_of,
    resolve,
};
use crate::inventory::CheckName;

/// Clocks that are further apart than this are worth a word.
const CLOCKS_APART: Duration = Duration::from_secs(5 * 60);

impl Doctor<'_> {
    /// From this machine to the platform, without showing the key.
    pub(super) async fn network_checks(&mut self, base_url: &BaseUrl, key: Option<&ApiKey>) {
        let through = match proxy_of(base_url, Environment::OWN.0) {
            Ok(ProxyUse::None) => {
                let of_system =
                    if cfg!(any(windows, target_os = "macos")) { " but the system's" } else { "" };
                self.ok(CheckName::Proxy, format!("none{of_system}"));
                None
            }
            Ok(ProxyUse::Excepted { variable }) => {
                self.ok(CheckName::Proxy, format!("none: {variable} is set, and NO_PROXY excepts this host"));
                None
            }
            Ok(ProxyUse::Through { variable, proxy }) => {
                self.ok(CheckName::Proxy, format!("requests go through {proxy:?} ({variable})"));
                Some((proxy.host().to_owned(), proxy.port()))
            }
            Err(error) => {
                let remedy = "Mend the variable, then run doctor again.";
                return self.failed(CheckName::Proxy, error.to_string(), remedy);
            }
        };
        let (host, port) = through.clone().unwrap_or_else(|| (base_url.host().to_owned(), base_url.port()));
        let found = resolve(&host, port, self.timeout()).await;
        match found {
            Ok(addresses) if !addresses.is_empty() => {
                let shown: Vec<_> = addresses.iter().take(3).map(ToString::to_string).collect();
                self.ok(CheckName::Name, format!("{host} is {}", shown.join(", ")));
            }
            found => {
                let words = found.err().unwrap_or_else(|| "no address".to_owned());
                let remedy = "Check the spelling of the host, the network (VPN?) and the name servers.";
                return self.failed(CheckName::Name, format!("{host} is not known: {words}"), remedy);
            }
        }
        let ca_cert_pem = match read_ca_cert(&self.arguments.key) {
            Ok(ca_cert_pem) => ca_cert_pem,
            Err(error) => return self.unusable(&error.to_string()),
        };
        match probe(base_url, key, ca_cert_pem.as_deref(), self.timeout()).await {
            Ok(Ok(reached)) => self.reached(base_url, &reached),
            Ok(Err(failure)) => self.unreached(&failure, through.is_some()),
            Err(error) => self.unusable(&error.to_string()),
        }
    }

    fn unusable(&mut self, why: &str) {
        self.skip(CheckName::Connection);
        let remedy = "Give --ca-cert a PEM file of certificates; without it, check the system's own.";
        self.failed(CheckName::Tls, why, remedy);
    }

    fn reached(&mut self, base_url: &BaseUrl, reached: &Reached) {
        self.ok(CheckName::Connection, "the server answers");
        if base_url.is_http() {
            self.ok(CheckName::Tls, "none on this way (http://)");
        } else {
            self.ok(CheckName::Tls, "the certificate is trusted");
        }
        let status = reached.status;
        match (&reached.redirect, &reached.page) {
            (Some(to), _) => {
                self.failed(CheckName::Api, format!("{status}: redirects to {to}"), MEND_ADDRESS);
            }
            (None, Some(page)) if matches!(status, 200 | 403 | 404) => {
                self.page(status, page, reached.support_id.as_ref());
            }
            _ if status == 404 => {
                let found = "answers a request without a key with 404, where the API says 401";
                self.warn(CheckName::Api, found, MEND_ADDRESS);
            }
            _ => self.ok(CheckName::Api, format!("answers a request without a key with {status}")),
        }
        self.clock(reached.clocks);
    }

    /// A web page in place of the API: of another address, or of a gateway on the way.
    fn page(&mut self, status: u16, page: &Page, support_id: Option<&SupportId>) {
        let found = format!("{status}: {} in place of the API", page.words);
        if !page.is_challenge {
            return self.failed(CheckName::Api, found, MEND_ADDRESS);
        }
        let found = support_id.map_or(found.clone(), |id| format!("{found}; {id}"));
        let remedy = format!(
            "A gateway wants to see a browser here: ask whoever runs it to let this program through. {MEND_ADDRESS}"
        );
        self.failed(CheckName::Api, found, remedy);
    }

    fn clock(&mut self, clocks: Option<(SystemTime, SystemTime)>) {
        let Some((theirs, ours)) = clocks else {
            return self.warn(CheckName::Clock, "the server does not say what time it has", "");
        };
        let (apart, how) = match ours.duration_since(theirs) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        if apart <= CLOCKS_APART {
            return self.ok(CheckName::Clock, "agrees with the server's");
        }
        let found = format!("this machine's is {} minutes {how} the server's", grouped(apart.as_secs() / 60));
        let remedy = "Set this machine's clock: certificates and Retry-After are judged by it.";
        self.warn(CheckName::Clock, found, remedy);
    }

    fn unreached(&mut self, failure: &ProbeFailure, through_proxy: bool) {
        let ProbeFailure { kind, words } = failure;
        let (found, remedy) = match kind {
            Unreached::Certificate(trouble) => return self.certificate(*trouble, words),
            Unreached::Tls => {
                self.ok(CheckName::Connection, "the server answers");
                let remedy = "Check that the base URL and its port are those of an https server.";
                self.failed(CheckName::Tls, words.clone(), remedy);
                return;
            }
            Unreached::Refused => {
                ("nobody listens there".to_owned(), "Check host and port of the base URL, and the firewall.")
            }
            Unreached::Timeout => (
                words.clone(),
                "Check the network, VPN and firewall; where a proxy is needed, set HTTPS_PROXY.",
            ),
            Unreached::ProxyCredentials => (
                "the proxy wants credentials (407)".to_owned(),
                "Give them in HTTPS_PROXY: http://name:password@host:port.",
            ),
            Unreached::Broken => (words.clone(), "Check the network, VPN and firewall."),
        };
        let remedy = if through_proxy && *kind == Unreached::Refused {
            "Check HTTPS_PROXY: it is the proxy that does not listen."
        } else {
            remedy
        };
        self.failed(CheckName::Connection, found, remedy);
    }

    fn certificate(&mut self, trouble: CertificateTrouble, words: &str) {
        self.ok(CheckName::Connection, "the server answers");
        let (found, remedy) = match trouble {
            CertificateTrouble::UnknownIssuer => (
                "nobody whom this machine trusts has signed the server's certificate".to_owned(),
                "Get the certificate of the authority that did from whoever runs the deployment, or the proxy that looks \
                 into TLS, and give it with --ca-cert PEM.",
            ),
            CertificateTrouble::Time => (
                format!("the server's certificate is not valid now: {words}"),
                "Check this machine's clock; if it is right, the server needs a new certificate.",
            ),
            CertificateTrouble::OtherName => (
                format!("the server's certificate is for another host: {words}"),
                "Check the host of the base URL.",
            ),
            CertificateTrouble::Other => {
                (format!("the server's certificate is refused: {words}"), "Tell whoever runs the deployment.")
            }
        };
        self.failed(CheckName::Tls, found, remedy);
    }
}
