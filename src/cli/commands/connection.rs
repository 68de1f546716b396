//! From settings to a client: base URL, key, certificates.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::CommandError;
use crate::base::AgentId;
use crate::cli::network_arguments::{KeyArgs, NetworkArgs};
use crate::cli::settings::{
    Endpoint, Environment, Key, UsageError, choose_endpoint, choose_key, hosted_or_other,
};
use crate::cli::shared_arguments::PlatformArg;
use crate::engine::ledger::{Identity, Ledger};
use crate::engine::platform::{ApiKey, BaseUrl, Client, ClientSettings, NoSendLog, SendLog, proxy_of};
use crate::practice::{Sandbox, SandboxOptions};

/// A key file holds a line; more than this is not a key.
const KEY_FILE_BYTES: u64 = 64 * 1024;

/// The setting of a run in a practice workspace with every outcome: later commands meet the same one.
pub(super) const MIX: &str = "mix";

/// The address that was given beside a ledger.
pub(super) struct Given<'a> {
    pub(super) platform: Option<PlatformArg>,
    pub(super) base_url: Option<&'a str>,
}

/// What earlier commands made of the practice workspace.
#[derive(Debug, Default)]
pub(super) struct Practised {
    /// Assistants that they switched off.
    pub(super) off: Vec<Uuid>,
    /// Agents that they wrote, answers of `get`.
    pub(super) agents: Vec<(AgentId, Bytes)>,
    /// Whether it has every outcome for any input.
    pub(super) mix: bool,
}

impl Practised {
    /// As the ledger has it.
    pub(super) fn of(ledger: &Ledger) -> Result<Self, CommandError> {
        Ok(Self {
            off: ledger.assistants_off().context("the ledger")?,
            agents: ledger.agents_as_left().context("the ledger")?,
            mix: ledger.has_setting(MIX).context("the ledger")?,
        })
    }
}

/// Where a run sends its requests, and with which key.
pub(super) struct Connection {
    pub(super) base_url: BaseUrl,
    key: ApiKey,
    ca_cert_pem: Option<Vec<u8>>,
    /// The server behind it, when it is the practice workspace inside the program.
    practice: Option<Sandbox>,
}

impl Connection {
    /// Works out base URL, key and certificates. What can be wrong with them is a usage error.
    pub(super) fn prepare(
        endpoint: &Endpoint,
        key: &Key,
        arguments: &KeyArgs,
        environment: &Environment<'_>,
    ) -> Result<Option<Self>, CommandError> {
        let address = match endpoint {
            Endpoint::Hosted { base_url, .. } => base_url,
            Endpoint::BaseUrl(typed) => typed.as_str(),
            Endpoint::Sandbox => return Ok(None),
        };
        let base_url = BaseUrl::parse(address, arguments.allow_http).map_err(usage)?;
        proxy_of(&base_url, environment.0).map_err(usage)?;
        let key = read_api_key(key, environment)?;
        let ca_cert_pem = read_ca_cert(arguments)?;
        if ca_cert_pem.is_some() {
            // A file that holds no certificates is found out here, before a ledger is touched.
            let settings = ClientSettings {
                ca_cert_pem: ca_cert_pem.clone(),
                ..ClientSettings::new(base_url.clone(), key.clone())
            };
            Client::new(&settings, Arc::new(NoSendLog), &[]).map_err(usage)?;
        }
        Ok(Some(Self { base_url, key, ca_cert_pem, practice: None }))
    }

    /// For a command that goes by a ledger: the base URL comes from it, and one that was given must be the same. `None` in
    /// the practice workspace. `nothing`: what was not done, in front of an error.
    pub(super) fn of_ledger(
        ledger: &Path,
        identity: &Identity,
        given: &Given<'_>,
        arguments: &KeyArgs,
        nothing: &'static str,
    ) -> Result<Option<Self>, CommandError> {
        let variable = |name: &str| std::env::var(name).ok();
        let environment = Environment(&variable);
        let endpoint =
            if identity.practice { Endpoint::Sandbox } else { hosted_or_other(&identity.base_url) };
        if given.platform.is_some() || given.base_url.is_some() {
            let given = choose_endpoint(given.platform, given.base_url, false, &environment)?;
            let address = match &given {
                Endpoint::Hosted { base_url, .. } => base_url,
                Endpoint::BaseUrl(typed) => typed.as_str(),
                Endpoint::Sandbox => "",
            };
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

    /// Starts the practice workspace and connects to it. It forgets everything when it ends, so that it begins with what
    /// earlier commands made of it.
    pub(super) async fn to_practice(practised: Practised) -> Result<Self, CommandError> {
        let sandbox = Self::practice_server(practised).await?;
        let base_url =
            BaseUrl::parse(&sandbox.base_url(), false).context("the practice workspace's address")?;
        let key = ApiKey::parse(sandbox.key()).context("the practice workspace's key")?;
        Ok(Self { base_url, key, ca_cert_pem: None, practice: Some(sandbox) })
    }

    /// The practice workspace alone.
    pub(super) async fn practice_server(practised: Practised) -> Result<Sandbox, CommandError> {
        let options = SandboxOptions {
            disabled: practised.off,
            agents: objects(&practised.agents),
            mix: practised.mix,
            ..SandboxOptions::default()
        };
        Ok(crate::practice::start(options).await.context("the practice workspace cannot be started")?)
    }

    /// Whether that is its key.
    pub(super) fn has_key(&self, key: &ApiKey) -> bool {
        self.key.is_same(key)
    }

    /// Builds the client; the practice workspace lives as long as what comes back with it.
    pub(super) fn client(
        self,
        network: &NetworkArgs,
        send_log: Arc<dyn SendLog>,
        sent_before: &[(Timestamp, u32)],
    ) -> Result<(Client, Option<Sandbox>), CommandError> {
        Ok((self.another_client(network, send_log, sent_before)?, self.practice))
    }

    /// Builds a client beside the one that does the work.
    pub(super) fn another_client(
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
            ca_cert_pem: self.ca_cert_pem.clone(),
            ..ClientSettings::new(self.base_url.clone(), self.key.clone())
        };
        Ok(Client::new(&settings, send_log, sent_before).context("the HTTP client cannot be set up")?)
    }
}

/// The key from where it is; what can be wrong with it is a usage error.
pub(super) fn read_api_key(key: &Key, environment: &Environment<'_>) -> Result<ApiKey, UsageError> {
    ApiKey::parse(&key_text(key, environment)?).map_err(|error| UsageError(error.to_string()))
}

/// The file of `--ca-cert`, as it is.
pub(super) fn read_ca_cert(arguments: &KeyArgs) -> Result<Option<Vec<u8>>, UsageError> {
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

/// The agents in these answers of `get`.
fn objects(answers: &[(AgentId, Bytes)]) -> Vec<serde_json::Value> {
    let object = |answer: &Bytes| {
        let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
        answer.get("agent").or_else(|| answer.get("assistant")).cloned()
    };
    answers.iter().filter_map(|(_, answer)| object(answer)).collect()
}
