//! An agent is made, published and read again; never a second one for a request without an answer.

use std::ops::ControlFlow;

use bytes::Bytes;
use uuid::Uuid;

use super::decide::{decide, proposed};
use super::look::failed;
use super::run::{ending, read_again};
use super::store::{CreateIntent, Ending, Kind, OpenWrite, Target, WriteEnd};
use super::write::{Applier, Order, Sent, Written, no_answer, not_recorded, sent};
use crate::base::{AgentId, ApplyStatus, Call, CallFailure, FailureKind, JsonText};
use crate::check::compare;
use crate::engine::platform::{ListWalk, Listing, Meter};
use crate::engine::record::{Json, Record};
use crate::engine::session::InPause;

/// The models that stand for another one cannot be created with, only updated to (PLATFORM.md, Write names).
const DEFAULT_MODEL: &str = "@default";

/// In place of the ids of namesakes, where no list told them.
const NO_LIST: &[u8] = &[0];

/// Bytes of an id.
const ID_BYTES: usize = 16;

impl Applier<'_> {
    /// Makes the agent of a row; `None` when no request left.
    pub(super) async fn create(
        &mut self,
        source: &Record,
        target: &mut Target,
        spent: &mut Meter,
    ) -> Option<Ending> {
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
            None => NO_LIST.to_vec(),
        };
        let recording =
            self.board.writer.intend_create(&self.workspace, target, body, change.names(), before);
        let recording = recording.await;
        let intent = self.board.on_disk(recording)?;
        let (failure, end) = match self.send_create(&intent, spent).await {
            Sent::Done(agent) => {
                target.agent = Some(agent);
                let ending = self.publish_new(intent, agent, source, target, spent).await;
                return Some(Ending { changed: change.names(), left: change.left, ..ending });
            }
            Sent::Not(None) => {
                self.end_create(intent, WriteEnd::Nothing, None, None).await;
                return None;
            }
            Sent::Not(Some(failure)) => (failure, WriteEnd::Nothing),
            Sent::Unknown(failure) => (failure, WriteEnd::Unknown),
        };
        // Also such a refusal can have left a draft behind.
        let may_be_there = end == WriteEnd::Unknown || failure.kind == FailureKind::NotFound;
        let found =
            if may_be_there { self.newcomer(source.name(), namesakes.as_deref()).await } else { None };
        let Some(agent) = found else {
            self.end_create(intent, end, None, Some(&failure)).await;
            return Some(match end {
                WriteEnd::Unknown => Ending { failure: Some(failure), ..Ending::of(ApplyStatus::Unknown) },
                WriteEnd::Nothing | WriteEnd::Written => failed(failure),
            });
        };
        target.agent = Some(agent);
        let ending = self.publish_new(intent, agent, source, target, spent).await;
        Some(Ending { changed: change.names(), left: change.left, ..ending })
    }

    /// The new agent is published and read; what it did not get at once it gets now.
    async fn publish_new(
        &mut self,
        intent: CreateIntent,
        agent: AgentId,
        source: &Record,
        target: &Target,
        spent: &mut Meter,
    ) -> Ending {
        let unknown = |failure| Ending { failure: Some(failure), ..Ending::of(ApplyStatus::Unknown) };
        let made = self.board.writer.was_made(&intent, agent).await;
        let Some(publishing) = self.board.on_disk(made) else { return unknown(not_recorded(Call::Publish)) };
        let version = match self.publish(&publishing, spent).await {
            Sent::Done(version) => version.unwrap_or_default().number,
            Sent::Not(failure) => {
                let failure = failure.unwrap_or_else(|| no_answer(Call::Publish));
                self.end_create(intent, WriteEnd::Unknown, None, Some(&failure)).await;
                return failed(failure);
            }
            Sent::Unknown(failure) => {
                self.end_create(intent, WriteEnd::Unknown, None, Some(&failure)).await;
                return unknown(failure);
            }
        };
        let (now, body) = match self.read_agent(agent, spent).await {
            Ok(read) => read,
            Err(failure) => {
                self.end_create(intent, WriteEnd::Written, Some((version, None)), Some(&failure)).await;
                return unknown(failure);
            }
        };
        self.end_create(intent, WriteEnd::Written, Some((version.clone(), Some(body.clone()))), None).await;
        let change = decide(source, &now, &self.choices);
        if change.is_empty() {
            return Ending { version, ..read_again(source, &now, ApplyStatus::Created) };
        }
        let order = Order {
            target,
            agent,
            kind: Kind::Update,
            change: &change,
            now: &now,
            body: &body,
            must_publish: false,
        };
        let written = self.write(&order, spent).await;
        if matches!(written, Written::NotSent) {
            return Ending { version, ..read_again(source, &now, ApplyStatus::Created) };
        }
        let before = compare(source, &now).differences;
        ending(written, ApplyStatus::Created, source, &now)
            .unwrap_or_else(|| Ending { differences: before, ..Ending::of(ApplyStatus::Differs) })
    }

    /// What earlier commands asked for without an answer is looked for in the list; what is there now is ours.
    pub async fn find_lost_creates(&mut self, lost: Vec<(OpenWrite, String)>) {
        for (write, name) in lost {
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
            if let Some(agent) = self.newcomer(&name, Some(&before)).await {
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

    async fn send_create(&mut self, intent: &CreateIntent, spent: &mut Meter) -> Sent<AgentId> {
        let client = self.board.client;
        let mut meter = Meter::default();
        let answer = self.board.patiently(client.create_agent(intent, &mut meter), InPause::GiveUp).await;
        spent.requests = spent.requests.saturating_add(meter.requests);
        match sent(Call::Create, answer, meter) {
            Sent::Done(made) => Sent::Done(made.id),
            Sent::Not(failure) => Sent::Not(failure),
            Sent::Unknown(failure) => Sent::Unknown(failure),
        }
    }

    async fn end_create(
        &mut self,
        intent: CreateIntent,
        end: WriteEnd,
        published: Option<(String, Option<Bytes>)>,
        failure: Option<&CallFailure>,
    ) {
        let (version, after) = published.map_or((None, None), |(version, after)| (Some(version), after));
        let ended = self.board.writer.end_create(intent, end, version, after, failure.cloned()).await;
        self.board.on_disk(ended);
    }
}

/// The name that was asked for, of a request to make an agent.
pub fn name_asked_for(fields: &JsonText) -> String {
    match Json::read(fields.get()) {
        Ok(fields) => fields.member("name").text().unwrap_or_default().to_owned(),
        Err(_) => String::new(),
    }
}
