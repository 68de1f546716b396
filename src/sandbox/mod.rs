//! The practice workspace: the platform's API on loopback, with state and scripted trouble.
