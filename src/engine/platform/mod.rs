//! The platform over HTTP: endpoint, key, one function per call, limits, bodies.
//!
//! Every request with a key passes the limiter in `limits`, retries and probes included, so that no call can go round it;
//! `probe`, for `doctor`, sends one or two without a key. What an answer means is decided in one place, `meaning`; what
//! is done about it in one loop, `client`.
#![doc = include_str!("PLATFORM.md")]

mod bodies;
mod causes;
mod client;
mod endpoint;
mod key;
mod limits;
mod mask;
mod meaning;
mod names;
mod probe;
mod proxy;
mod transport;
mod writing;

pub use bodies::answers::{AgentPage, CreatedAgent, ListedAgent, Model, Version};
pub use bodies::error_body::words_of_a_200;
pub use bodies::page::Page;
pub use client::{Client, ListWalk, Listing, Meter};
pub use endpoint::{BaseUrl, LANGDOCK, ODEUS};
pub use key::ApiKey;
pub use limits::{NoSendLog, RecordFuture, SendLog, SendLogError};
pub use probe::{CertificateTrouble, ProbeFailure, Reached, Unreached, probe, resolve};
pub use proxy::{ProxyAddress, ProxyError, ProxyUse, proxy_of};
pub use transport::ClientSettings;
