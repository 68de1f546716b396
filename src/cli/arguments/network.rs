//! Options of every command that sends requests: endpoint, key, pace, patience.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use clap::builder::TypedValueParser;

use super::shared::one_of;
use crate::engine::platform::{ClientSettings, LANGDOCK, ODEUS};

/// Far beyond any platform's limit, and still cheap to keep count of.
const MOST_RPM: u32 = 1_000_000;

/// A hosted platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hosted {
    /// As it is typed.
    pub word: &'static str,
    pub base_url: &'static str,
    /// The environment variable that may hold a key for it, beside `AGENT_MIGRATE_API_KEY`.
    pub key_variable: &'static str,
    help: &'static str,
}

const HOSTED: [Hosted; 2] = [
    Hosted {
        word: "langdock",
        base_url: LANGDOCK,
        key_variable: "LANGDOCK_API_KEY",
        help: "Langdock, at api.langdock.com",
    },
    Hosted { word: "odeus", base_url: ODEUS, key_variable: "ODEUS_API_KEY", help: "Odeus, at api.odeus.ai" },
];

impl Hosted {
    /// The one at this base URL.
    pub(crate) fn at(base_url: &str) -> Option<Self> {
        HOSTED.into_iter().find(|hosted| hosted.base_url == base_url)
    }
}

pub(crate) fn hosted() -> impl TypedValueParser<Value = Hosted> {
    one_of(HOSTED.map(|hosted| (hosted.word, hosted.help, hosted)))
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PlatformArgs {
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EndpointArgs {
    /// Which hosted platform (no default: a key must never go to the wrong company)
    #[arg(long, value_parser = hosted(), conflicts_with_all = ["base_url", "sandbox"], help_heading = "Where the platform is")]
    pub platform: Option<Hosted>,
    /// Base URL of the API; a dedicated deployment's ends in /api/public [env: AGENT_MIGRATE_BASE_URL]
    #[arg(long, value_name = "URL", conflicts_with = "sandbox", help_heading = "Where the platform is")]
    pub base_url: Option<String>,
    /// Practise: a made-up workspace on loopback inside the program; no key, no network
    #[arg(long, conflicts_with = "api_key_file", help_heading = "Where the platform is")]
    pub sandbox: bool,
    /// With --sandbox: every outcome for assistants of your own CSV, not only those that match
    #[arg(long, requires = "sandbox", conflicts_with_all = ["platform", "base_url"], help_heading = "Where the platform is")]
    pub mix: bool,
}

/// Only to be held against what the ledger says.
#[derive(Clone, Debug, Args)]
pub(crate) struct LedgerEndpointArgs {
    /// Which hosted platform: must be the ledger's, which it is taken from
    #[arg(long, value_parser = hosted(), conflicts_with = "base_url", help_heading = "Where the platform is")]
    pub platform: Option<Hosted>,
    /// Base URL of the API: must be the ledger's, which it is taken from
    #[arg(long, value_name = "URL", help_heading = "Where the platform is")]
    pub base_url: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct KeyArgs {
    /// File with the API key, - for standard input [default: the environment, AGENT_MIGRATE_API_KEY, or
    /// LANGDOCK_API_KEY / ODEUS_API_KEY with that platform]
    #[arg(long, value_name = "PATH", help_heading = "Where the platform is")]
    pub api_key_file: Option<PathBuf>,
    /// Allow http:// to a host other than this machine; the key then travels unencrypted
    #[arg(long, help_heading = "Where the platform is")]
    pub allow_http: bool,
    /// PEM file of certificate authorities to trust beside the system's
    #[arg(long, value_name = "PEM", help_heading = "Where the platform is")]
    pub ca_cert: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct NetworkArgs {
    /// Requests in any 60 seconds; the platform allows 500 a workspace, shared with everybody who uses it
    #[arg(long, value_name = "N", default_value_t = ClientSettings::RPM, value_parser = parse_rpm, help_heading = "Pace")]
    pub rpm: NonZeroU32,
    /// Rows under way at once
    #[arg(long, value_name = "N", default_value_t = ClientSettings::CONCURRENCY, value_parser = clap::value_parser!(u16).range(1..=1_024), help_heading = "Pace")]
    pub concurrency: u16,
    /// Longest time for a whole request
    #[arg(long, value_name = "SECONDS", default_value_t = ClientSettings::TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = "Pace")]
    pub timeout: u64,
    /// Tries after the first one when the server or the connection is in trouble
    #[arg(long, value_name = "N", default_value_t = ClientSettings::RETRIES, value_parser = clap::value_parser!(u32).range(0..=20), help_heading = "Pace")]
    pub retries: u32,
}

fn parse_rpm(text: &str) -> Result<NonZeroU32, String> {
    match text.parse::<NonZeroU32>() {
        Ok(rpm) if rpm.get() <= MOST_RPM => Ok(rpm),
        _ => Err(format!("give a whole number from 1 to {MOST_RPM}")),
    }
}
