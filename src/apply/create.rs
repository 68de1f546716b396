//! An agent is made, published and read again; never a second one for a request without an answer.

use std::ops::ControlFlow;

use bytes::Bytes;
use uuid::Uuid;

use super::decide::{decide, proposed};
use super::look::failed;
use super::run::{ending, read_again};
use super::store::{CreateIntent, Ending, OpenWrite, RowKey, Target, WriteEnd};
use super::write::{Applier, Order, Written, not_recorded};
use crate::base::{AgentId, ApplyStatus, Call, CallFailure, FailureKind, JsonText};
use crate::check::compare;
use crate::engine::platform::{Client, ListWalk, Listing, Meter};
use crate::engine::record::{Json, Record};
use crate::engine::session::{InPause, Sent, no_answer};

/// The models that stand for another one cannot be created with, only updated to (PLATFORM.md, Write names).
const DEFAULT_MODEL: &str = "@default";

/// In place of the ids of namesakes, where no list told them.
const NO_LIST: &[u8] = &[0];

const ID_BYTES: usize = 16;

impl Applier<'_> {
    /// Makes the agent of a row; `None` when no request left.
    pub(super) async fn create(&mut self, source: &Record, target: &mut Target) -> Option<Ending> {
        let first = match self.with_a_model(source).await {
            Ok(first) => first,
            Err(failure) => return Some(failed(failure)),
        };
        let (body, change) = proposed(&first, &self.choices);
        let namesakes = match self.namesakes(source.name()).await {
            Ok(namesakes) => namesakes,
            Err(failure) => return Some(failed(failure)),
        };
        let before = match &namesakes {
            Some(namesakes) => namesakes.iter().flat_map(|id| id.0.into_bytes()).collect(),
            None => Bytes::from_static(NO_LIST),
        };
        let what = (body, change.names());
        let recording = self.board.writer.intend_create(&self.workspace, target.key, what, before).await;
        let intent = self.board.on_disk(recording)?;
        let request = async |client: &Client, meter: &mut Meter| client.create_agent(&intent, meter).await;
        let answer = self.board.send(Call::Create, request, InPause::GiveUp, &mut self.spent).await;
        let end = if matches!(answer, Sent::Unknown(_)) { WriteEnd::Unknown } else { WriteEnd::Nothing };
        let agent = match answer {
            Sent::Done(made) => made.id,
            Sent::Not(None) => {
                self.end(intent.over(), end, None, None).await;
                return None;
            }
            Sent::Not(Some(failure)) | Sent::Unknown(failure) => {
                // Also such a refusal can have left a draft behind.
                let may_be_there = end == WriteEnd::Unknown || failure.kind == FailureKind::NotFound;
                let before = namesakes.as_deref().filter(|_| may_be_there);
                let Some(agent) = self.newcomer(source.name(), before).await else {
                    self.end(intent.over(), end, None, Some(&failure)).await;
                    let is_unknown = end == WriteEnd::Unknown;
                    return Some(if is_unknown { Ending::unknown(failure) } else { failed(failure) });
                };
                agent
            }
        };
        target.agent = Some(agent);
        let ending = self.publish_new(intent, agent, source, target.key).await;
        Some(Ending { changed: change.names(), left: change.left, ..ending })
    }

    /// The new agent is published and read; what it did not get at once it gets now.
    async fn publish_new(
        &mut self,
        intent: CreateIntent,
        agent: AgentId,
        source: &Record,
        key: RowKey,
    ) -> Ending {
        let made = self.board.writer.was_made(&intent, agent).await;
        let Some(publishing) = self.board.on_disk(made) else {
            return Ending::unknown(not_recorded(Call::Publish));
        };
        let version = match self.publish(&publishing).await {
            Sent::Done(version) => version.unwrap_or_default().number,
            Sent::Not(failure) => {
                let failure = failure.unwrap_or_else(|| no_answer(Call::Publish));
                self.end(intent.over(), WriteEnd::Unknown, None, Some(&failure)).await;
                return failed(failure);
            }
            Sent::Unknown(failure) => {
                self.end(intent.over(), WriteEnd::Unknown, None, Some(&failure)).await;
                return Ending::unknown(failure);
            }
        };
        let (now, body) = match self.read_agent(agent).await {
            Ok(read) => read,
            Err(failure) => {
                self.end(intent.over(), WriteEnd::Written, Some((version, None)), Some(&failure)).await;
                return Ending::unknown(failure);
            }
        };
        self.end(intent.over(), WriteEnd::Written, Some((version.clone(), Some(body.clone()))), None).await;
        let change = decide(source, &now, &self.choices);
        if change.is_empty() {
            return Ending { version, ..read_again(source, &now, ApplyStatus::Created) };
        }
        let order = Order::of(key, agent, &change, &now, &body);
        let written = self.write(&order).await;
        if matches!(written, Written::NotSent) {
            return Ending { version, ..read_again(source, &now, ApplyStatus::Created) };
        }
        let before = compare(source, &now).differences;
        ending(written, ApplyStatus::Created, source, &now)
            .unwrap_or_else(|| Ending { differences: before, ..Ending::of(ApplyStatus::Differs) })
    }

    /// What earlier commands asked for without an answer is looked for in the list; what is there now is ours.
    pub(crate) async fn find_lost_creates(&mut self, lost: Vec<OpenWrite>) {
        for write in lost {
            if !self.board.may_go_on() {
                return;
            }
            if write.before == NO_LIST {
                // Whoever has that name now may have had it before.
                continue;
            }
            let before: Vec<AgentId> = write
                .before
                .chunks_exact(ID_BYTES)
                .filter_map(|id| Uuid::from_slice(id).ok().map(AgentId))
                .collect();
            if let Some(agent) = self.newcomer(&name_asked_for(&write.fields), Some(&before)).await {
                let found = self.board.writer.was_found(write.write, agent).await;
                self.board.on_disk(found);
            }
        }
    }

    /// The source with a model that an agent can be made with: its own, unless that stands for another one.
    async fn with_a_model(&mut self, source: &Record) -> Result<Record, CallFailure> {
        let is_default = source.text("model").is_some_and(|model| model.ends_with(DEFAULT_MODEL));
        if !is_default {
            return Ok(source.clone());
        }
        let client = self.board.client;
        let models = self.board.patiently(client.models(), InPause::GiveUp).await;
        let models = models.unwrap_or_else(|_| Err(no_answer(Call::Models)))?;
        let first = models.into_iter().find(|model| !model.id.ends_with(DEFAULT_MODEL));
        Ok(match first {
            Some(model) => source.clone().with("model", Json::Text(model.id)),
            None => source.clone(),
        })
    }

    /// The agents of that name in the list; `None` where there is no list.
    async fn namesakes(&mut self, name: &str) -> Result<Option<Vec<AgentId>>, CallFailure> {
        let client = self.board.client;
        let mut found = Vec::new();
        let walk = client.all_agents(Listing::Shared, |listed| {
            if listed.name == name {
                found.push(listed.id);
            }
            ControlFlow::Continue(())
        });
        let walked = self.board.patiently(walk, InPause::GiveUp).await;
        match walked.unwrap_or_else(|_| Err(no_answer(Call::List)))? {
            ListWalk::NoList => Ok(None),
            ListWalk::Stopped | ListWalk::Whole => Ok(Some(found)),
        }
    }

    /// The one agent of that name that was not there before, if there is one and no other.
    async fn newcomer(&mut self, name: &str, before: Option<&[AgentId]>) -> Option<AgentId> {
        let before = before?;
        let now = self.namesakes(name).await.ok().flatten()?;
        let mut others = Vec::new();
        for agent in now.into_iter().filter(|agent| !before.contains(agent)) {
            let is_ours = self.board.writer.was_made_here(agent).await;
            if !self.board.on_disk(is_ours)? {
                others.push(agent);
            }
        }
        match others.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

/// The name that was asked for, of a request to make an agent.
fn name_asked_for(fields: &JsonText) -> String {
    match Json::read(fields.get()) {
        Ok(fields) => fields.member("name").text().unwrap_or_default().to_owned(),
        Err(_) => String::new(),
    }
}
