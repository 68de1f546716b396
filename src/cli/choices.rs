//! What several commands let a person choose from.

use clap::ValueEnum;

/// A hosted platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlatformArg {
    /// Langdock, at api.langdock.com
    Langdock,
    /// Odeus, at api.odeus.ai
    Odeus,
}

/// Delimiter, byte order mark and line ends of the CSV report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectArg {
    /// As the input has them
    Input,
    /// Byte order mark and CRLF
    Excel,
    /// Comma, LF, no byte order mark
    Plain,
}
