//! What `doctor` found: a line for each check, and what to do.

use std::fmt::Write as _;

use serde_json::json;

use crate::base::{terminal_safe, worded};
use crate::engine::terminal::{Text, Tone, WHOLE, hanging, toned};

worded! {
    /// How a check ended.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum CheckStatus {
        /// As it should be.
        Ok = "ok",
        /// It can be lived with, or is no fault of the person's.
        Warning = "warning",
        /// Must be mended first.
        Failed = "failed",
        /// Could not be looked at, because of what failed before.
        Skipped = "skipped",
    }
}

worded! {
    /// What is checked, in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum CheckName {
        /// The form of the address.
        BaseUrl = "base_url",
        /// Which proxy requests go through.
        Proxy = "proxy",
        /// Whether the host has an address.
        Name = "name",
        /// Whether it answers.
        Connection = "connection",
        /// Whether its certificate is trusted.
        Tls = "tls",
        /// Whether the API is what answers.
        Api = "api",
        /// Whether both clocks agree.
        Clock = "clock",
        /// Whether the key is accepted.
        Key = "key",
        /// The models that agents can have.
        Models = "models",
        /// The agents that are shared with the key.
        List = "list",
        /// Whether the Assistants API has ended.
        AssistantsApi = "assistants_api",
        /// Whether reports can be written.
        Folder = "folder",
    }
}

/// Checks that are pointless together once an earlier one has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPart {
    /// What was typed.
    Address,
    /// The way to the platform, without the key.
    Network,
    /// The platform itself, with the key.
    Platform,
    /// This machine.
    Machine,
}

impl CheckName {
    /// The part to which it belongs.
    pub const fn part(self) -> CheckPart {
        match self {
            Self::BaseUrl => CheckPart::Address,
            Self::Proxy | Self::Name | Self::Connection | Self::Tls | Self::Api | Self::Clock => {
                CheckPart::Network
            }
            Self::Key | Self::Models | Self::List | Self::AssistantsApi => CheckPart::Platform,
            Self::Folder => CheckPart::Machine,
        }
    }
}

impl CheckStatus {
    const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warning | Self::Skipped => Tone::Open,
            Self::Failed => Tone::Bad,
        }
    }
}

/// A check and what came of it. The texts may hold the platform's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// How it ended.
    pub status: CheckStatus,
    /// What was found.
    pub found: String,
    /// What to do; empty when there is nothing to do.
    pub remedy: String,
}

/// All checks for a person: status, check, what was found, and under it what to do.
pub fn checks_as_text(checks: &[Check], practice: bool) -> Text {
    let made_up = "PRACTICE: a made-up workspace inside this program; nothing real is asked.\n";
    let mut text = if practice { made_up.to_owned() } else { String::new() };
    for check in checks {
        let first = format!("{:<8} {:<14} ", check.status.as_str(), check.name);
        let rest = " ".repeat(first.len());
        let first = toned(&first, check.status.tone());
        let _ = writeln!(text, "{}", hanging(&first, &terminal_safe(&check.found, WHOLE)));
        if !check.remedy.is_empty() {
            let _ =
                writeln!(text, "{}", hanging(&format!("{rest}-> "), &terminal_safe(&check.remedy, WHOLE)));
        }
    }
    Text::from(text)
}

/// The same as JSON Lines: an object for each check, and one at the end.
pub fn checks_as_json(checks: &[Check], practice: bool, exit_code: u8) -> String {
    let mut lines = String::new();
    for check in checks {
        let remedy = Some(check.remedy.as_str()).filter(|remedy| !remedy.is_empty());
        let line = json!({
            "type": "check",
            "check": check.name.as_str(),
            "status": check.status.as_str(),
            "found": check.found,
            "remedy": remedy,
        });
        let _ = writeln!(lines, "{line}");
    }
    let mut end = json!({"type": "doctor", "schema": 1, "practice": practice});
    for status in CheckStatus::ALL {
        end[status.as_str()] = checks.iter().filter(|check| check.status == status).count().into();
    }
    end["exit_code"] = exit_code.into();
    let _ = writeln!(lines, "{end}");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        let check = |name, status, found: &str, remedy: &str| Check {
            name,
            status,
            found: found.into(),
            remedy: remedy.into(),
        };
        vec![
            check(CheckName::BaseUrl, CheckStatus::Ok, "https://ai.example.com/api/public", ""),
            check(
                CheckName::Tls,
                CheckStatus::Failed,
                "nobody whom this machine trusts has signed the server's certificate; it was issued by Acme\u{1b}[2J Root",
                "Give the certificate of that authority with --ca-cert PEM.",
            ),
            check(CheckName::Key, CheckStatus::Skipped, "not asked", ""),
        ]
    }

    #[test]
    fn a_person_sees_a_line_for_each_check_and_what_to_do() {
        insta::assert_snapshot!(checks_as_text(&checks(), false), @r"
        ok       base_url       https://ai.example.com/api/public
        failed   tls            nobody whom this machine trusts has signed the server's certificate; it was
                                issued by Acme [2J Root
                                -> Give the certificate of that authority with --ca-cert PEM.
        skipped  key            not asked
        ");
        assert!(checks_as_text(&[], true).to_string().starts_with("PRACTICE: "));
    }

    #[test]
    fn a_program_reads_an_object_for_each_check_and_the_end() {
        let lines = checks_as_json(&checks(), false, 5);
        let read: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((read.len(), &read[1]["status"], &read[1]["check"]), (4, &"failed".into(), &"tls".into()));
        assert!(read[0]["remedy"].is_null());
        assert_eq!(
            (&read[3]["exit_code"], &read[3]["failed"], &read[3]["skipped"]),
            (&5.into(), &1.into(), &1.into())
        );
    }
}
