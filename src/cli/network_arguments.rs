//! Options of every command that sends requests: key, pace, patience.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

/// Far beyond any platform's limit, and still cheap to keep count of.
const MOST_RPM: u32 = 1_000_000;

/// Where the key comes from.
#[derive(Clone, Debug, Args)]
pub struct KeyArgs {
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

/// Pace and patience.
#[derive(Clone, Debug, Args)]
pub struct NetworkArgs {
    /// Requests in any 60 seconds; the platform allows 500 a workspace, shared with everybody who uses it
    #[arg(long, value_name = "N", default_value = "300", value_parser = parse_rpm, help_heading = "Pace")]
    pub rpm: NonZeroU32,
    /// Rows under way at once
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=1_024), help_heading = "Pace")]
    pub concurrency: u16,
    /// Longest time for a whole request
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = "Pace")]
    pub timeout: u64,
    /// Tries after the first one when the server or the connection is in trouble
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(0..=20), help_heading = "Pace")]
    pub retries: u32,
}

fn parse_rpm(text: &str) -> Result<NonZeroU32, String> {
    match text.parse::<NonZeroU32>() {
        Ok(rpm) if rpm.get() <= MOST_RPM => Ok(rpm),
        _ => Err(format!("give a whole number from 1 to {MOST_RPM}")),
    }
}
