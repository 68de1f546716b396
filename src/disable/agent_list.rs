//! What the agent list shows: the guard's eyes.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::guard::LastSight;
use super::switcher::Switcher;
use crate::base::{AgentId, CallFailure, FailureKind, LookAtAll, Sight};
use crate::engine::platform::{ListWalk, ListedAgent, Listing};
use crate::engine::session::stop_reason;

/// The agent list, before a plan is made: the UUIDs that it shows as disabled, and those as enabled.
pub(super) struct FirstSight {
    pub(super) list: ListState,
    pub(super) off: Vec<Uuid>,
    pub(super) on: Vec<Uuid>,
}

/// Whether there is an agent list, in which the probe's agent can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListState {
    Read,
    /// This deployment has none (404).
    Missing,
    Unreadable,
}

impl LookAtAll {
    /// The agents that were looked for and not found.
    pub(super) fn missing(&self) -> &[AgentId] {
        match self {
            Self::SomeMissing(agents) | Self::AllMissing(agents) => agents,
            Self::AllOn | Self::OneOff(_) | Self::NoList => &[],
        }
    }

    pub(super) const fn sight(&self) -> LastSight {
        match self {
            Self::AllOn => LastSight::AllOn,
            Self::OneOff(_) => LastSight::OneOff,
            Self::SomeMissing(_) => LastSight::SomeMissing,
            Self::AllMissing(_) | Self::NoList => LastSight::NoneSeen,
        }
    }
}

impl Switcher<'_> {
    /// Walks the list for what is off already; `None` when the run has to stop.
    pub(super) async fn first_sight(&mut self) -> Option<FirstSight> {
        let (mut off, mut on) = (Vec::new(), Vec::new());
        let walked = self
            .walk(None, |agent| {
                match one(&agent) {
                    Sight::Off => off.push(agent.id.0),
                    Sight::On => on.push(agent.id.0),
                    Sight::Untold => {}
                }
                ControlFlow::Continue(())
            })
            .await?;
        let list = match walked {
            Ok(ListWalk::NoList) => ListState::Missing,
            Ok(ListWalk::Stopped | ListWalk::Whole) => {
                return Some(FirstSight { list: ListState::Read, off, on });
            }
            Err(_) => ListState::Unreadable,
        };
        Some(FirstSight { list, off: Vec::new(), on: Vec::new() })
    }

    /// What the list shows of one agent; `None` when the run has to stop.
    pub(super) async fn sight_of(&mut self, agent: Uuid) -> Option<Sight> {
        let mut sight = Sight::Untold;
        let walked = self
            .walk(None, |listed| {
                if listed.id.0 != agent {
                    return ControlFlow::Continue(());
                }
                sight = one(&listed);
                ControlFlow::Break(())
            })
            .await?;
        Some(if walked.is_ok() { sight } else { Sight::Untold })
    }

    /// What the list shows of all these; `None` when the run has to stop. `after_signal`: so long it may take after a signal;
    /// else that ends it.
    pub(super) async fn sight_of_all(
        &mut self,
        mut agents: HashSet<Uuid>,
        after_signal: Option<Duration>,
    ) -> Option<LookAtAll> {
        let (mut one_off, asked) = (None, agents.len());
        let walked = self
            .walk(after_signal, |listed| {
                match one(&listed) {
                    Sight::On => drop(agents.remove(&listed.id.0)),
                    Sight::Off if agents.contains(&listed.id.0) => one_off = Some(listed.id),
                    Sight::Off | Sight::Untold => {}
                }
                if one_off.is_some() || agents.is_empty() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .await?;
        if let Some(off) = one_off {
            return Some(LookAtAll::OneOff(off));
        }
        let mut missing: Vec<_> = agents.into_iter().map(AgentId).collect();
        missing.sort_unstable();
        Some(match walked {
            _ if missing.is_empty() => LookAtAll::AllOn,
            Ok(ListWalk::NoList) | Err(_) => LookAtAll::NoList,
            Ok(ListWalk::Stopped | ListWalk::Whole) if missing.len() < asked => {
                LookAtAll::SomeMissing(missing)
            }
            Ok(ListWalk::Stopped | ListWalk::Whole) => LookAtAll::AllMissing(missing),
        })
    }

    /// `None` when the run has to stop. A list that the key may not read is as good as none: that ends no run.
    async fn walk(
        &mut self,
        after_signal: Option<Duration>,
        visit: impl FnMut(ListedAgent) -> ControlFlow<()>,
    ) -> Option<Result<ListWalk, CallFailure>> {
        let client = self.board.client;
        let walk = client.all_agents(Listing::Shared, visit);
        let walked = match after_signal {
            Some(time) if self.is_signalled() => timeout(time, walk).await.ok()?,
            _ => self.board.unless_signalled(walk).await?,
        };
        let Err(failure) = &walked else { return Some(walked) };
        tracing::debug!(error = %failure, "the agent list cannot be read");
        let is_about_the_list = matches!(
            failure.kind,
            FailureKind::ScopeMissing { .. } | FailureKind::Redirect { .. } | FailureKind::NotTheApi { .. }
        );
        if !is_about_the_list && let Some(reason) = stop_reason(failure) {
            self.board.stop_for(reason);
            return None;
        }
        Some(walked)
    }
}

const fn one(listed: &ListedAgent) -> Sight {
    match listed.disabled {
        Some(true) => Sight::Off,
        Some(false) => Sight::On,
        None => Sight::Untold,
    }
}
