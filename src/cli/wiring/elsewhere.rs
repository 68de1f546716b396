//! Another workspace than the ledger's: its address, its own key, and which agent stands there for which row.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use uuid::Uuid;

use super::connection::{Connection, read_api_key};
use crate::base::AgentId;
use crate::cli::arguments::apply::OtherWorkspaceArgs;
use crate::cli::arguments::network::KeyArgs;
use crate::cli::error::CommandError;
use crate::cli::settings::{Environment, Key, UsageError, choose_key, hosted_or_other, named_endpoint};
use crate::engine::input::{Input, InputOptions};
use crate::engine::ledger::Identity;
use crate::engine::platform::BaseUrl;

/// The only variable that holds the other workspace's key: keys of two workspaces are never mixed up.
const KEY_VARIABLE: &str = "AGENT_MIGRATE_TO_API_KEY";

/// The connection to the other workspace, if one is named.
pub(crate) fn connection(
    to: &OtherWorkspaceArgs,
    arguments: &KeyArgs,
    identity: &Identity,
) -> Result<Option<Connection>, CommandError> {
    let Some(endpoint) = named_endpoint(to.to_platform, to.to_base_url.as_deref()) else { return Ok(None) };
    let environment = Environment::OWN;
    let key = match &to.to_api_key_file {
        Some(path) => Key::File(path.clone()),
        None if environment.has(KEY_VARIABLE) => Key::Variable(KEY_VARIABLE),
        None => {
            let words = format!(
                "no API key for the other workspace: set the environment variable {KEY_VARIABLE}, or give \
                 --to-api-key-file PATH."
            );
            return Err(UsageError(words).into());
        }
    };
    let connection = Connection::prepare(&endpoint, &key, arguments, &environment)?;
    if let Some(connection) = &connection {
        refuse_the_source(connection, arguments, identity, &environment)?;
    }
    Ok(connection)
}

/// One address and one key are one workspace: the ledger's own agents would be taken for others.
fn refuse_the_source(
    connection: &Connection,
    arguments: &KeyArgs,
    identity: &Identity,
    environment: &Environment<'_>,
) -> Result<(), CommandError> {
    let ours = BaseUrl::parse(&identity.base_url, true);
    if identity.practice || ours.is_ok_and(|ours| ours.as_str() != connection.base_url().as_str()) {
        return Ok(());
    }
    let endpoint = hosted_or_other(&identity.base_url);
    // Nothing is asked of the source, so that its key need not be there.
    let Ok(key) = choose_key(&endpoint, arguments, environment) else { return Ok(()) };
    // Standard input is read once.
    if matches!(&key, Key::File(path) if path.as_os_str() == "-") {
        return Ok(());
    }
    let Ok(source) = read_api_key(&key, environment) else { return Ok(()) };
    if connection.has_key(&source) {
        let words = "the other workspace has the address and the key of the ledger's own: that is the same workspace. \
                     Leave the options --to-… out to write its agents, or give the other workspace's key.";
        return Err(UsageError(words.to_owned()).into());
    }
    Ok(())
}

/// Which agent stands there for which assistant. A row that names no agent of its own says nothing.
pub(crate) fn map(path: &Path) -> Result<HashMap<Uuid, AgentId>, CommandError> {
    let options = InputOptions::default();
    let said = |error: &dyn std::fmt::Display| UsageError(format!("--map {}: {error}", path.display()));
    let input = Input::open(path, &options).map_err(|error| said(&error))?;
    let mut map = HashMap::new();
    for row in input.rows().context("the map")? {
        let row = row.map_err(|error| said(&error))?;
        let Ok(pair) = row.target else { continue };
        if pair.is_one_uuid() {
            continue;
        }
        let earlier = map.insert(pair.assistant.0, pair.agent);
        if earlier.is_some_and(|earlier| earlier != pair.agent) {
            let words = format!("two agents are named for {}", pair.assistant);
            return Err(said(&words).into());
        }
    }
    if map.is_empty() {
        let words = "no row names an agent; it takes the columns assistant_id and agent_id";
        return Err(said(&words).into());
    }
    Ok(map)
}
