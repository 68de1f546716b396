//! The pure parts, as tables and properties.

mod deciding;
mod recovering;

use bytes::Bytes;
use uuid::Uuid;

use crate::engine::record::{Record, Side, read};

/// The id that every record of the tests has.
const ID: Uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);

/// The answer of `get` for an agent with that id and these members (JSON without the braces).
fn body(members: &str) -> Bytes {
    let comma = if members.trim().is_empty() { "" } else { "," };
    format!(r#"{{"status":"success","agent":{{"id":"{ID}"{comma}{members}}}}}"#).into()
}

/// An agent with that id and these members (JSON without the braces).
fn record(members: &str) -> Record {
    read(Side::Agent, &body(members), ID).unwrap_or_else(|nonsense| panic!("{members}: {nonsense}"))
}
