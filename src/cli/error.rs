//! How a command can end before its end.

use super::settings::UsageError;
use crate::base::Exit;

/// Why a command did nothing, or not all.
#[derive(Debug)]
pub(super) enum CommandError {
    /// What was typed cannot be meant so.
    Usage(UsageError),
    /// Nothing could be done; the chain of causes is for the person.
    NothingDone(anyhow::Error),
    /// It has ended before its first request, and the person was told why.
    Told(Exit),
}

impl CommandError {
    /// One sentence for the person.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Usage(error) => error.to_string(),
            Self::NothingDone(error) => chain(error),
            Self::Told(_) => String::new(),
        }
    }
}

impl From<UsageError> for CommandError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self::NothingDone(error)
    }
}

/// The causes in one sentence, outermost first, less those whose words an outer one repeats.
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        said if said.contains(&cause) => said.to_owned(),
        said => format!("{said}: {cause}"),
    })
}
