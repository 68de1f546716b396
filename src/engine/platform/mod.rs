//! The platform over HTTP: endpoint, key, one function per call, pace, retry, error bodies.
//!
//! Every request with a key passes the limiter in `pace`, retries and probes included, so that no call can go round it;
//! `probe`, for `doctor`, sends one or two without a key. What an answer means is decided in one place, `verdict`; what
//! is done about it in one loop, `client`.
#![doc = include_str!("PLATFORM.md")]

mod answers;
mod backoff;
mod client;
mod endpoint;
mod error_body;
mod key;
mod limiter;
mod mask;
mod names;
mod page;
mod probe;
mod proxy;
mod retry;
mod retry_after;
mod send_log;
mod transport;
mod verdict;
mod window;
mod writing;

pub use answers::{AgentPage, CreatedAgent, ListedAgent, Model, Version};
pub use client::{Client, ListWalk, Listing, Meter};
pub use endpoint::{BaseUrl, LANGDOCK, ODEUS};
pub use error_body::words_of_a_200;
pub use key::ApiKey;
pub use page::Page;
pub use probe::{CertificateTrouble, ProbeFailure, Reached, Unreached, probe, resolve};
pub use proxy::{ProxyAddress, ProxyError, ProxyUse, proxy_of};
pub use send_log::{NoSendLog, RecordFuture, SendLog, SendLogError};
pub use transport::ClientSettings;
