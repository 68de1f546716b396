//! From settings to a client: base URL, key, certificates.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use crate::cli::arguments::network::{KeyArgs, LedgerEndpointArgs, NetworkArgs, PlatformArgs};
use crate::cli::error::CommandError;
use crate::cli::settings::{
    Endpoint, Environment, Key, UsageError, choose_key, hosted_or_other, named_endpoint, typed_endpoint,
};
use crate::engine::ledger::{Identity, Ledger};
use crate::engine::platform::{ApiKey, BaseUrl, Client, ClientSettings, NoSendLog, SendLog, proxy_of};
use crate::practice::{Sandbox, SandboxOptions};

/// A key file holds a line; more than this is not a key.
const KEY_FILE_BYTES: u64 = 64 * 1024;

/// The setting of a run in a practice workspace with every outcome: later commands meet the same one.
pub(crate) const MIX: &str = "mix";

/// The practice workspace as earlier commands left it: it forgets everything when it ends.
pub(crate) fn practised(ledger: &Ledger) -> Result<SandboxOptions, CommandError> {
    let agents = ledger.agents_as_left().context("the ledger")?;
    Ok(SandboxOptions {
        disabled: ledger.assistants_off().context("the ledger")?,
        agents: agents.iter().filter_map(|(_, answer)| agent_in(answer)).collect(),
        mix: ledger.has_setting(MIX).context("the ledger")?,
        ..SandboxOptions::default()
    })
}

/// The agent in an answer of `get`.
fn agent_in(answer: &[u8]) -> Option<serde_json::Value> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    answer.get("agent").or_else(|| answer.get("assistant")).cloned()
}

/// Where a run sends its requests, and with which key.
#[derive(Clone)]
pub(crate) struct Connection(ClientSettings);

impl Connection {
    pub(crate) const fn base_url(&self) -> &BaseUrl {
        &self.0.base_url
    }

    /// To the platform that was typed; `None` in the practice workspace.
    pub(crate) fn typed(platform: &PlatformArgs) -> Result<Option<Self>, CommandError> {
        let environment = Environment::OWN;
        let endpoint = typed_endpoint(&platform.endpoint, &environment)?;
        let key = choose_key(&endpoint, &platform.key, &environment)?;
        Self::prepare(&endpoint, &key, &platform.key, &environment)
    }

    /// Works out base URL, key and certificates. What can be wrong with them is a usage error.
    pub(crate) fn prepare(
        endpoint: &Endpoint,
        key: &Key,
        arguments: &KeyArgs,
        environment: &Environment<'_>,
    ) -> Result<Option<Self>, CommandError> {
        let Some(address) = endpoint.address() else { return Ok(None) };
        let base_url = BaseUrl::parse(address, arguments.allow_http).map_err(usage)?;
        proxy_of(&base_url, environment.0).map_err(usage)?;
        let key = read_api_key(key, environment)?;
        let ca_cert_pem = read_ca_cert(arguments)?;
        let settings = ClientSettings { ca_cert_pem, ..ClientSettings::new(base_url, key) };
        if settings.ca_cert_pem.is_some() {
            // A file that holds no certificates is found out here, before a ledger is touched.
            Client::new(&settings, Arc::new(NoSendLog), &[]).map_err(usage)?;
        }
        Ok(Some(Self(settings)))
    }

    /// For a command that goes by a ledger: the base URL comes from it, and one that was given must be the same. `None` in
    /// the practice workspace. `nothing`: what was not done, in front of an error.
    pub(crate) fn of_ledger(
        ledger: &Path,
        identity: &Identity,
        given: &LedgerEndpointArgs,
        arguments: &KeyArgs,
        nothing: &'static str,
    ) -> Result<Option<Self>, CommandError> {
        let environment = Environment::OWN;
        let endpoint =
            if identity.practice { Endpoint::Sandbox } else { hosted_or_other(&identity.base_url) };
        let given = named_endpoint(given.platform, given.base_url.as_deref());
        if let Some(address) = given.as_ref().and_then(Endpoint::address) {
            let given = BaseUrl::parse(address, arguments.allow_http).map_err(usage)?;
            if identity.practice || given.as_str() != identity.base_url {
                let theirs = if identity.practice { "the practice workspace" } else { &identity.base_url };
                return Err(anyhow!(
                    "{nothing}: {} belongs to {theirs}, not to {given}; leave the address out, it is taken from the \
                     ledger",
                    ledger.display()
                )
                .into());
            }
        }
        let key = choose_key(&endpoint, arguments, &environment)?;
        Self::prepare(&endpoint, &key, arguments, &environment)
    }

    /// The connection that there is, or one to the practice workspace, which is started for that and has to be stopped.
    pub(crate) async fn or_practice(
        connection: Option<Self>,
        practice: SandboxOptions,
    ) -> Result<(Self, Option<Sandbox>), CommandError> {
        if let Some(connection) = connection {
            return Ok((connection, None));
        }
        let sandbox = practice_server(practice).await?;
        let base_url =
            BaseUrl::parse(&sandbox.base_url(), false).context("the practice workspace's address")?;
        let key = ApiKey::parse(sandbox.key()).context("the practice workspace's key")?;
        Ok((Self(ClientSettings::new(base_url, key)), Some(sandbox)))
    }

    /// Whether that is its key.
    pub(crate) fn has_key(&self, key: &ApiKey) -> bool {
        self.0.key.is_same(key)
    }

    pub(crate) fn client(
        &self,
        network: &NetworkArgs,
        send_log: Arc<dyn SendLog>,
        sent_before: &[(Timestamp, u32)],
    ) -> Result<Client, CommandError> {
        let settings = ClientSettings {
            rpm: network.rpm,
            timeout: Duration::from_secs(network.timeout),
            retries: network.retries,
            concurrency: usize::from(network.concurrency),
            ..self.0.clone()
        };
        Ok(Client::new(&settings, send_log, sent_before).context("the HTTP client cannot be set up")?)
    }
}

/// The practice workspace alone.
pub(crate) async fn practice_server(options: SandboxOptions) -> Result<Sandbox, CommandError> {
    Ok(crate::practice::start(options).await.context("the practice workspace cannot be started")?)
}

/// The key from where it is; what can be wrong with it is a usage error.
pub(crate) fn read_api_key(key: &Key, environment: &Environment<'_>) -> Result<ApiKey, UsageError> {
    ApiKey::parse(&key_text(key, environment)?).map_err(|error| UsageError(error.to_string()))
}

/// The file of `--ca-cert`, as it is.
pub(crate) fn read_ca_cert(arguments: &KeyArgs) -> Result<Option<Vec<u8>>, UsageError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| UsageError(format!("--ca-cert {}: {error}", path.display())))
    };
    arguments.ca_cert.as_deref().map(read).transpose()
}

fn usage(sentence: impl std::fmt::Display) -> CommandError {
    CommandError::Usage(UsageError(sentence.to_string()))
}

fn key_text(key: &Key, environment: &Environment<'_>) -> Result<String, UsageError> {
    match key {
        Key::Variable(name) => Ok((environment.0)(name).unwrap_or_default()),
        Key::Practice => Ok(String::new()),
        Key::File(path) => {
            let read = if path.as_os_str() == "-" {
                read_key(std::io::stdin().lock())
            } else {
                std::fs::File::open(path).and_then(read_key)
            };
            read.map_err(|error| UsageError(key_file_trouble(path, &error)))
        }
    }
}

fn key_file_trouble(path: &Path, error: &std::io::Error) -> String {
    // Somebody who gave the key itself does not want to read it in a log.
    if path.to_string_lossy().starts_with("sk-") {
        return "--api-key-file takes the path of a file, not the key itself; no such file can be read."
            .to_owned();
    }
    format!("--api-key-file {}: {error}", path.display())
}

/// PowerShell's `>` writes UTF-16.
fn read_key(source: impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    source.take(KEY_FILE_BYTES).read_to_end(&mut bytes)?;
    let unit = match bytes.as_slice() {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is no text")),
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    Ok(String::from_utf16_lossy(&pairs.iter().skip(1).map(|pair| unit(*pair)).collect::<Vec<_>>()))
}
