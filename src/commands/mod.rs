//! One file a command: settings in, layers wired, outcome out; exit codes.
