//! `doctor`: is everything as a run needs it? From the address to the folder, each check with what to do about it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use uuid::Builder;

use self::within::{is_throttled, what_to_do, within};
use super::runtime;
use crate::base::{AssistantId, Call, CallFailure, Exit, FailureKind, grouped};
use crate::cli::arguments::network::Hosted;
use crate::cli::arguments::tools::DoctorArgs;
use crate::cli::error::CommandError;
use crate::cli::settings::{Endpoint, Environment, choose_key, typed_endpoint};
use crate::cli::wiring::connection::{practice_server, read_api_key, read_ca_cert};
use crate::cli::wiring::signals::Signals;
use crate::engine::os;
use crate::engine::platform::{ApiKey, BaseUrl, Client, ClientSettings, LANGDOCK, Listing, Meter, NoSendLog};
use crate::engine::report::{ReportFileError, check_writable};
use crate::engine::terminal::{self, Terminal, counted};
use crate::inventory::{self, Check, CheckName, CheckPart, CheckStatus};
use crate::practice::{Sandbox, SandboxOptions};

mod network_checks;
mod within;

/// What is told of a check that an earlier one made pointless.
const NOT_ASKED: &str = "not looked at, because of what failed before";

const MEND_ADDRESS: &str = "A dedicated deployment's base URL ends in /api/public: \
    --base-url https://<deployment>/api/public. Hosted ones: --platform langdock or --platform odeus.";

/// What is known of Langdock's cloud whatever its answers are (PLATFORM.md, The state of things).
const ENDED_ON_LANGDOCK: &str =
    "On Langdock's cloud the Assistants API has answered 410 since 20 August 2026.";

/// What works without the Assistants API.
const AFTER_THE_END: &str = "`audit --source agent` reads the agents. `verify` and `report` work from an earlier run's \
    ledger; `rollback` goes through the Agents API. Assistants that no run has read cannot be read any more.";

/// Runs all checks, prints them, gives the exit code.
pub(super) fn doctor(arguments: &DoctorArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let endpoint = typed_endpoint(&arguments.endpoint, &Environment::OWN)?;
    let checks = Vec::new();
    let mut doctor = Doctor { arguments, checks, is_gone: false, is_throttled: false, is_langdock: false };
    let signals = Signals::listen()?;
    let runtime = runtime()?;
    let is_heard = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = signals.wait() => Ok(true),
            checked = doctor.check(&endpoint) => checked.map(|()| false),
        }
    })?;
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    let exit = match (is_heard, doctor.has_failed()) {
        (true, _) => Exit::StoppedEarly,
        (false, true) => Exit::MendFirst,
        (false, false) if doctor.is_throttled => Exit::StoppedEarly,
        (false, false) if doctor.is_gone => Exit::NeedsAttention,
        (false, false) => Exit::Done,
    };
    let practice = endpoint == Endpoint::Sandbox;
    let printed = if arguments.json {
        let lines = inventory::checks_as_json(&doctor.checks, practice, exit.code());
        terminal::print_bytes(lines.as_bytes())
    } else {
        terminal.print(&inventory::checks_as_text(&doctor.checks, practice))
    };
    printed.context("standard output")?;
    if is_heard {
        terminal.say("stopped; the checks above are those that were done.");
    }
    Ok(exit)
}

struct Doctor<'a> {
    arguments: &'a DoctorArgs,
    checks: Vec<Check>,
    /// The Assistants API has ended.
    is_gone: bool,
    /// Not all could be asked, because of 429.
    is_throttled: bool,
    /// It is Langdock's cloud that is asked.
    is_langdock: bool,
}

impl Doctor<'_> {
    async fn check(&mut self, endpoint: &Endpoint) -> Result<(), CommandError> {
        let (sandbox, address) = if let Some(address) = endpoint.address() {
            (None, address.to_owned())
        } else {
            let sandbox = practice_server(SandboxOptions::default()).await?;
            let address = sandbox.base_url();
            (Some(sandbox), address)
        };
        let key = self.key(endpoint, sandbox.as_ref());
        if let Some(base_url) = self.address(&address) {
            self.network_checks(&base_url, key.as_ref().ok()).await;
            self.skip_the_rest(CheckPart::Network);
            match key {
                Err(why) => self.failed(CheckName::Key, why, ""),
                // Where the API is not, nobody is shown the key.
                Ok(_) if self.has_failed() => {}
                Ok(key) => self.platform(&base_url, key).await,
            }
        }
        self.skip_the_rest(CheckPart::Platform);
        self.folder();
        if let Some(sandbox) = sandbox {
            sandbox.stop().await;
        }
        Ok(())
    }

    fn push(
        &mut self,
        name: CheckName,
        status: CheckStatus,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.checks.push(Check { name, status, found: found.into(), remedy: remedy.into() });
    }

    fn ok(&mut self, name: CheckName, found: impl Into<String>) {
        self.push(name, CheckStatus::Ok, found, "");
    }

    fn warn(&mut self, name: CheckName, found: impl Into<String>, remedy: impl Into<String>) {
        self.push(name, CheckStatus::Warning, found, remedy);
    }

    fn failed(&mut self, name: CheckName, found: impl Into<String>, remedy: impl Into<String>) {
        self.push(name, CheckStatus::Failed, found, remedy);
    }

    /// A call without a usable answer. To be throttled is no fault of the person's.
    fn failed_call(&mut self, name: CheckName, failure: &CallFailure) {
        let (found, remedy) = (failure.to_string(), what_to_do(failure));
        if is_throttled(failure) {
            self.is_throttled = true;
            self.warn(name, found, remedy);
        } else {
            self.failed(name, found, remedy);
        }
    }

    fn has_failed(&self) -> bool {
        self.checks.iter().any(|check| check.status == CheckStatus::Failed)
    }

    /// Those checks of that part that nothing was said of yet.
    fn skip_the_rest(&mut self, part: CheckPart) {
        for name in CheckName::ALL.into_iter().filter(|name| name.part() == part) {
            if self.checks.iter().all(|check| check.name != name) {
                self.skip(name);
            }
        }
    }

    fn skip(&mut self, name: CheckName) {
        let known = if name == CheckName::AssistantsApi { self.known_end() } else { "" };
        self.push(name, CheckStatus::Skipped, NOT_ASKED, known);
    }

    /// What can be said of the Assistants API without asking it.
    fn known_end(&self) -> &'static str {
        if self.is_langdock { ENDED_ON_LANGDOCK } else { "" }
    }

    const fn timeout(&self) -> Duration {
        Duration::from_secs(self.arguments.timeout)
    }

    /// The form of the base URL.
    fn address(&mut self, address: &str) -> Option<BaseUrl> {
        let base_url = match BaseUrl::parse(address, self.arguments.key.allow_http) {
            Ok(base_url) => base_url,
            Err(error) => {
                self.failed(CheckName::BaseUrl, error.to_string(), MEND_ADDRESS);
                return None;
            }
        };
        let text = base_url.to_string();
        self.is_langdock = text == LANGDOCK;
        let is_dedicated = Hosted::at(&text).is_none() && !base_url.is_loopback();
        if is_dedicated && !text.ends_with("/api/public") {
            self.warn(CheckName::BaseUrl, format!("{text} does not end in /api/public"), MEND_ADDRESS);
        } else if base_url.is_http() && !base_url.is_loopback() {
            let found = format!("{text} is not encrypted: whoever listens can read the key");
            self.warn(CheckName::BaseUrl, found, "Use https://.");
        } else {
            self.ok(CheckName::BaseUrl, text);
        }
        Some(base_url)
    }

    /// The key, read and not yet shown to anybody; or why there is none.
    fn key(&self, endpoint: &Endpoint, sandbox: Option<&Sandbox>) -> Result<ApiKey, String> {
        if let Some(sandbox) = sandbox {
            return ApiKey::parse(sandbox.key()).map_err(|error| error.to_string());
        }
        let source = choose_key(endpoint, &self.arguments.key, &Environment::OWN);
        let key = source.and_then(|source| read_api_key(&source, &Environment::OWN));
        key.map_err(|error| error.to_string())
    }

    /// The platform itself, with the key.
    async fn platform(&mut self, base_url: &BaseUrl, key: ApiKey) {
        let settings = ClientSettings {
            timeout: self.timeout(),
            retries: 0,
            ca_cert_pem: read_ca_cert(&self.arguments.key).ok().flatten(),
            ..ClientSettings::new(base_url.clone(), key)
        };
        match Client::new(&settings, Arc::new(NoSendLog), &[]) {
            Ok(client) => {
                if self.models(&client).await {
                    self.list(&client).await;
                    self.assistants_api(&client).await;
                }
            }
            Err(error) => self.failed(CheckName::Key, error.to_string(), ""),
        }
    }

    /// The key and the models, which one call tells; whether there is a use in asking on.
    async fn models(&mut self, client: &Client) -> bool {
        let failure = match within(self.timeout(), client, Call::Models, || client.models()).await {
            Ok(models) => {
                self.ok(CheckName::Key, "accepted");
                self.ok(CheckName::Models, counted(models.len() as u64, "model", "models"));
                return true;
            }
            Err(failure) => failure,
        };
        match &failure.kind {
            FailureKind::Unauthorized | FailureKind::ScopeMissing { .. } | FailureKind::Forbidden => {
                self.failed_call(CheckName::Key, &failure);
            }
            _ => {
                self.push(CheckName::Key, CheckStatus::Skipped, "not known: see models", "");
                self.failed_call(CheckName::Models, &failure);
            }
        }
        false
    }

    async fn list(&mut self, client: &Client) {
        match within(self.timeout(), client, Call::List, || client.list_agents(Listing::Shared, None)).await {
            Ok(Some(page)) if page.agents.is_empty() => {
                let remedy = "Share the agents and assistants with the key in the web app.";
                self.warn(CheckName::List, "no agent is shared with the key", remedy);
            }
            Ok(Some(page)) => {
                let count = grouped(page.agents.len() as u64);
                let or_more = if page.next_cursor.is_some() { " or more" } else { "" };
                let noun =
                    if page.agents.len() == 1 && or_more.is_empty() { "agent is" } else { "agents are" };
                self.ok(CheckName::List, format!("{count}{or_more} {noun} shared with the key"));
            }
            Ok(None) => {
                let remedy = "`run` needs none. Without it `list` has nothing to show, and --disable cannot watch its probe.";
                self.warn(CheckName::List, "this deployment has no list of agents (404)", remedy);
            }
            Err(failure) if is_throttled(&failure) => self.failed_call(CheckName::List, &failure),
            Err(failure) => {
                let remedy = match &failure.kind {
                    FailureKind::Forbidden | FailureKind::ScopeMissing { .. } => {
                        "Give the key the right to read agents; `run` without --disable needs no list."
                            .to_owned()
                    }
                    _ => what_to_do(&failure),
                };
                self.warn(CheckName::List, failure.to_string(), remedy);
            }
        }
    }

    /// An assistant that cannot be there: 404 is the API alive, 410 its end (PLATFORM.md, Calls).
    async fn assistants_api(&mut self, client: &Client) {
        let made_up = Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
        let ask = || async { client.get_assistant(AssistantId(made_up), &mut Meter::default()).await };
        let Err(failure) = within(self.timeout(), client, Call::Assistant, ask).await else {
            return self.ok(CheckName::AssistantsApi, "answers");
        };
        match &failure.kind {
            FailureKind::NotFound => {
                self.ok(CheckName::AssistantsApi, "answers (404 for a made-up UUID, as it should)");
            }
            FailureKind::Forbidden | FailureKind::Refused { status: 400 } => {
                self.ok(CheckName::AssistantsApi, format!("answers ({failure})"));
            }
            FailureKind::Gone { .. } | FailureKind::NotTheApi { status: 404, is_challenge: false } => {
                self.is_gone = true;
                let remedy = [self.known_end(), AFTER_THE_END].join(" ");
                let found = format!("has ended here ({failure})");
                self.warn(CheckName::AssistantsApi, found, remedy.trim_start());
            }
            _ => self.failed_call(CheckName::AssistantsApi, &failure),
        }
    }

    fn folder(&mut self) {
        let folder = &self.arguments.folder;
        match check_writable(&folder.join("agent-migrate.report.csv")) {
            Ok(()) => {
                let shown = os::canonical(folder).unwrap_or_else(|_| folder.clone());
                self.ok(CheckName::Folder, format!("{} can be written", shown.display()));
            }
            Err(error) => {
                let remedy = "Work in a folder in which you may write, with room on its disk.";
                let found = match &error {
                    // Some file systems, such as /proc, say of a new file that it is not there.
                    ReportFileError::NoFolder { folder, .. } if folder.is_dir() => {
                        format!("{} cannot be written in", folder.display())
                    }
                    _ => error.to_string(),
                };
                self.failed(CheckName::Folder, found, remedy);
            }
        }
    }
}
