//! The practice workspace: the platform's API on loopback, with state and scripted trouble.
//!
//! It imports nothing of this program, so that it cannot share a mistake with the client: what it answers is written
//! down here a second time, from the description of the platform. It prints nothing; its caller does.
//!
//! [`start`] serves the workspace of `samples/workspace.json` (or another file of that form) on `127.0.0.1`;
//! [`SandboxOptions`] says how well it behaves.

mod agents;
mod answers;
mod made_up;
mod options;
mod request;
mod routes;
mod state;
#[cfg(test)]
mod tests;
mod trouble;
mod wire;
mod workspace;
mod write_names;

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use agents::{Agent, Content, Version};
pub use made_up::made_up_agent_differs;
pub use options::{
    AgentList, Governance, LostAnswer, PRACTICE_KEY, RetryAfter, SandboxOptions, Times, WriteTrouble,
};
pub use request::Endpoint;
pub use state::LoggedRequest;

use request::Side;
use routes::Shared;
use state::locked;
use wire::Wires;
use workspace::Workspace;

/// How long answers under way may take after [`Sandbox::stop`] before their connections end.
const GRACE: Duration = Duration::from_millis(250);

/// Why a practice workspace cannot be served.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The port is taken or not allowed.
    #[error("cannot listen on 127.0.0.1:{0}: {1}")]
    Listen(u16, #[source] io::Error),
    /// The workspace file cannot be read.
    #[error("cannot read {0}: {1}")]
    WorkspaceUnreadable(String, #[source] io::Error),
    /// The workspace file is not one: not JSON, or with a field that is not known or missing.
    #[error("{0} is not a workspace file: {1}")]
    WorkspaceInvalid(String, #[source] serde_json::Error),
    /// The workspace file contradicts itself: in which entry, and why.
    #[error("{0} makes no sense: {1}")]
    WorkspaceContradiction(String, String),
    /// An agent that earlier commands wrote has no id.
    #[error("an agent of `agents` has no `id` that is a UUID")]
    AgentWithoutId,
    /// The practice key begins like a real one.
    #[error("a practice key must not begin with sk-ld-, as real keys do")]
    RealKey,
    /// The practice key cannot be sent in a header.
    #[error("a practice key must be visible ASCII characters, at least one, without spaces")]
    UnusableKey,
    /// The option of that name is no share.
    #[error("{0} is a share from 0 to 1, not {1}")]
    Share(&'static str, f64),
}

/// A practice workspace that is being served. Dropping it ends it at once.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

/// Serves a practice workspace on `127.0.0.1`, on the runtime that this is called from.
pub async fn start(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
    if let Some((name, value)) = options.bad_share() {
        return Err(SandboxError::Share(name, value));
    }
    let mut workspace = Workspace::load(options.workspace.as_deref())?;
    workspace.publish_all(&options.agents)?;
    let key = options.key.clone().or_else(|| workspace.key.take()).unwrap_or_else(|| PRACTICE_KEY.to_owned());
    if key.starts_with("sk-ld-") {
        return Err(SandboxError::RealKey);
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SandboxError::UnusableKey);
    }
    let port = options.port;
    let failed = |source| SandboxError::Listen(port, source);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let (stop, mut stopped) = watch::channel(false);
    let shared = Arc::new(Shared::new(options, key, workspace, stopped.clone()));
    let service = routes::service(Arc::clone(&shared));
    let server = axum::serve(Wires(listener), service).with_graceful_shutdown(async move {
        // An error means that the sandbox was dropped, which ends it as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(server.into_future());
    Ok(Sandbox { address, shared, stop, server })
}

impl Sandbox {
    /// Where it is served: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that is let in.
    pub fn key(&self) -> &str {
        &self.shared.key
    }

    /// Changes how it behaves from the next request on: "they share the assistants and run it again". Port, key,
    /// workspace, `disabled`, `agents` and shares out of range stay as they were at the start.
    pub fn change(&self, change: impl FnOnce(&mut SandboxOptions)) {
        self.shared.change(change);
    }

    /// All requests received so far.
    pub fn requests(&self) -> u64 {
        locked(&self.shared.book).total()
    }

    /// The requests of one call.
    pub fn requests_of(&self, endpoint: Endpoint) -> u64 {
        locked(&self.shared.book).of_call(endpoint)
    }

    /// The requests of one call for one assistant or agent; 0 with [`SandboxOptions::no_log`].
    pub fn requests_for(&self, endpoint: Endpoint, id: Uuid) -> u64 {
        locked(&self.shared.book).of_id(endpoint, id)
    }

    /// Every request in the order in which it was received; empty with [`SandboxOptions::no_log`].
    pub fn log(&self) -> Vec<LoggedRequest> {
        locked(&self.shared.book).log.clone()
    }

    /// The assistants that are off now.
    pub fn disabled_assistants(&self) -> BTreeSet<Uuid> {
        locked(&self.shared.switches).all_off(Side::Assistant)
    }

    /// The agents that are off now.
    pub fn disabled_agents(&self) -> BTreeSet<Uuid> {
        locked(&self.shared.switches).all_off(Side::Agent)
    }

    /// Every request that was to write an agent, in order, whatever came of it.
    pub fn writes(&self) -> Vec<LoggedRequest> {
        self.log().into_iter().filter(|request| request.endpoint.writes_agents()).collect()
    }

    /// The ids of the agents that are there: those of the workspace file, and made-up ones once they were written.
    pub fn agents(&self) -> BTreeSet<Uuid> {
        locked(&self.shared.agents).keys().copied().collect()
    }

    /// One of those agents with all that the platform knows about it: draft, versions, hidden tools.
    pub fn agent(&self, id: Uuid) -> Option<Agent> {
        locked(&self.shared.agents).get(&id).cloned()
    }

    /// Somebody changes one of those agents in the web app: fields in read names, into its draft. `hidden_tools` are what
    /// no answer shows. Gives whether it is there.
    pub fn edit(&self, id: Uuid, change: impl FnOnce(&mut Content)) -> bool {
        locked(&self.shared.agents).get_mut(&id).map(|agent| change(&mut agent.draft)).is_some()
    }

    /// Ends it: no new connection, idle ones are closed, answers under way get a quarter of a second.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // A task that has given its result must not be asked again.
        if !self.server.is_finished() {
            // Connections notice at once; the limit is for one that does not.
            let _ = tokio::time::timeout(2 * GRACE, &mut self.server).await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.server.abort();
    }
}
