//! The guard of same-UUID rows: a pure machine, from a state and what was observed to the next state and what to do.
//!
//! Assistant and agent may be one record (PLATFORM.md, Calls): then switching the assistant off takes away the very
//! agent that was just verified. So one of them goes first, the probe, and its agent is watched in the agent list
//! (DESIGN.md, Disabling). Nothing here does I/O or reads a clock.

use crate::base::{DisablingEnd, Sight};

/// A refused probe hands over to the next this often.
const HAND_OVERS: u8 = 3;

/// What the last look shows of all agents whose assistants went off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastSight {
    AllOn,
    /// One is listed as disabled.
    OneOff,
    /// None is listed as disabled and at least one as enabled; of the others the list tells nothing.
    SomeMissing,
    /// The list tells nothing of any of them, or there is no list.
    NoneSeen,
}

/// What the last look has switched on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condemned {
    /// Everything that it was about.
    All,
    /// Those whose agent it missed, and no other.
    Missing,
}

impl LastSight {
    /// What is switched on again, and how that is called; `None`: nothing. An agent that is off says that assistant and
    /// agent may be one record, and then they all may. One that is missing while others are on says nothing about those:
    /// it may have been archived (PLATFORM.md, Archived agents).
    pub(super) const fn verdict(self) -> Option<(Condemned, DisablingEnd)> {
        match self {
            Self::AllOn => None,
            Self::OneOff => Some((Condemned::All, DisablingEnd::FlippedLate)),
            Self::SomeMissing => Some((Condemned::Missing, DisablingEnd::SomeMissing)),
            Self::NoneSeen => Some((Condemned::All, DisablingEnd::LostSight)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Observation {
    ProbeOff,
    ProbeRefused,
    ProbeUnanswered,
    NoProbeLeft,
    /// What the list shows of the probe's agent.
    Seen(Sight),
    /// What it shows at the end of all of them.
    SeenAll(LastSight),
    ProbeOnAgain,
    /// Switching the probe on again failed.
    ProbeStuck,
    /// The person was asked whether to go on without knowing.
    Answered(bool),
    RestDone,
    /// The condemned ones were asked to be switched on again.
    AskedBack,
    /// The run has to stop: a signal, or trouble that every further request would meet.
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    SwitchProbeOff,
    /// Look at the probe's agent, at the moment of this index.
    Look(usize),
    SwitchProbeOn,
    /// Ask the person whether to go on without knowing.
    Ask,
    SwitchRestOff,
    /// Look once more at the agents of everything that was switched off.
    LookAtAll,
    SwitchOn(Condemned),
    End(DisablingEnd),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A probe is being switched off; so many were refused before it.
    Probing { refused: u8 },
    /// The probe is off, its agent is looked at for the time of this index.
    Watching { look: usize },
    /// The probe is being switched on again; then it is over.
    Reverting { end: DisablingEnd },
    /// The same; then the person is asked.
    RevertingToAsk,
    /// The person is being asked. Nothing is off.
    Asking,
    /// The others are being switched off. `blind`: the person said yes without knowing, so that nobody looks.
    SwitchingOff { blind: bool },
    /// All are looked at once more; if they are on, it ends so.
    LastLook { end: DisablingEnd },
    /// These are being switched on again.
    Undoing { condemned: Condemned, end: DisablingEnd },
    /// It is over.
    Over(DisablingEnd),
}

/// What the guard goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// How often the probe's agent is looked at; at least once.
    pub(super) looks: usize,
    /// Whether there is a person to ask.
    pub(super) may_ask: bool,
}

impl State {
    /// The beginning: its action is [`Action::SwitchProbeOff`].
    pub(super) const START: Self = Self::Probing { refused: 0 };

    /// The next state. An observation that cannot come here is taken as a reason to stop.
    #[expect(clippy::match_same_arms, reason = "an edge a line")]
    pub(super) fn next(self, rules: Rules, seen: Observation) -> Self {
        match (self, seen) {
            (Self::Probing { refused }, seen) => Self::after_probe(refused, seen),
            (Self::Watching { look }, Observation::Seen(sight)) => Self::after_look(look, sight, rules),
            (Self::Watching { .. }, _) => Self::Reverting { end: DisablingEnd::Stopped },
            (Self::Reverting { end }, _) => Self::Over(end),
            (Self::RevertingToAsk, Observation::ProbeOnAgain) => Self::Asking,
            (Self::RevertingToAsk, _) => Self::Over(DisablingEnd::CannotTell),
            (Self::Asking, Observation::Answered(true)) => Self::SwitchingOff { blind: true },
            (Self::Asking, Observation::Answered(false)) => Self::Over(DisablingEnd::CannotTell),
            (Self::Asking, _) => Self::Over(DisablingEnd::Stopped),
            (Self::SwitchingOff { blind: true }, Observation::RestDone) => {
                Self::Over(DisablingEnd::CompletedBlind)
            }
            (Self::SwitchingOff { blind: true }, _) => Self::Over(DisablingEnd::Stopped),
            (Self::SwitchingOff { blind: false }, Observation::RestDone) => {
                Self::LastLook { end: DisablingEnd::Completed }
            }
            (Self::SwitchingOff { blind: false }, _) => Self::LastLook { end: DisablingEnd::Stopped },
            (Self::LastLook { end }, Observation::SeenAll(sight)) => Self::after_last_look(end, sight),
            (Self::LastLook { .. }, _) => Self::Over(DisablingEnd::Stopped),
            (Self::Undoing { end, .. }, _) => Self::Over(end),
            (Self::Over(end), _) => Self::Over(end),
        }
    }

    #[expect(clippy::match_same_arms, reason = "an edge a line")]
    const fn after_probe(refused: u8, seen: Observation) -> Self {
        match seen {
            Observation::ProbeOff => Self::Watching { look: 0 },
            Observation::ProbeRefused if refused < HAND_OVERS => Self::Probing { refused: refused + 1 },
            Observation::ProbeRefused => Self::Over(DisablingEnd::ProbesRefused),
            Observation::ProbeUnanswered => Self::Reverting { end: DisablingEnd::ProbeUnanswered },
            Observation::NoProbeLeft if refused == 0 => Self::Over(DisablingEnd::Completed),
            Observation::NoProbeLeft => Self::Over(DisablingEnd::ProbesRefused),
            _ => Self::Over(DisablingEnd::Stopped),
        }
    }

    const fn after_look(look: usize, sight: Sight, rules: Rules) -> Self {
        match sight {
            Sight::On if look + 1 < rules.looks => Self::Watching { look: look + 1 },
            Sight::On => Self::SwitchingOff { blind: false },
            Sight::Off => Self::Reverting { end: DisablingEnd::OneRecord },
            Sight::Untold if rules.may_ask => Self::RevertingToAsk,
            Sight::Untold => Self::Reverting { end: DisablingEnd::CannotTell },
        }
    }

    const fn after_last_look(end: DisablingEnd, sight: LastSight) -> Self {
        match sight.verdict() {
            None => Self::Over(end),
            // Those that were not come to are the others' matter: they still go on with the same command.
            Some((Condemned::Missing, _)) if matches!(end, DisablingEnd::Stopped) => {
                Self::Undoing { condemned: Condemned::Missing, end }
            }
            Some((condemned, end)) => Self::Undoing { condemned, end },
        }
    }

    pub(super) const fn action(self) -> Action {
        match self {
            Self::Probing { .. } => Action::SwitchProbeOff,
            Self::Watching { look } => Action::Look(look),
            Self::Reverting { .. } | Self::RevertingToAsk => Action::SwitchProbeOn,
            Self::Asking => Action::Ask,
            Self::SwitchingOff { .. } => Action::SwitchRestOff,
            Self::LastLook { .. } => Action::LookAtAll,
            Self::Undoing { condemned, .. } => Action::SwitchOn(condemned),
            Self::Over(end) => Action::End(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::DisablingEnd as E;
    use crate::base::Sight::{Off, On, Untold};
    use Condemned::{All, Missing};
    use LastSight::{AllOn, NoneSeen, OneOff, SomeMissing};
    use Observation as O;
    use State as S;

    const RULES: Rules = Rules { looks: 4, may_ask: false };
    const ASKING: Rules = Rules { may_ask: true, ..RULES };

    #[test]
    fn every_edge_leads_where_the_contract_says() {
        let last_look = |end| S::LastLook { end };
        let undoing = |condemned, end| S::Undoing { condemned, end };
        let edges: &[(S, O, S)] = &[
            (S::Probing { refused: 0 }, O::ProbeOff, S::Watching { look: 0 }),
            (S::Probing { refused: 3 }, O::ProbeOff, S::Watching { look: 0 }),
            (S::Probing { refused: 0 }, O::ProbeRefused, S::Probing { refused: 1 }),
            (S::Probing { refused: 2 }, O::ProbeRefused, S::Probing { refused: 3 }),
            (S::Probing { refused: 3 }, O::ProbeRefused, S::Over(E::ProbesRefused)),
            (S::Probing { refused: 0 }, O::ProbeUnanswered, S::Reverting { end: E::ProbeUnanswered }),
            (S::Probing { refused: 0 }, O::NoProbeLeft, S::Over(E::Completed)),
            (S::Probing { refused: 1 }, O::NoProbeLeft, S::Over(E::ProbesRefused)),
            (S::Probing { refused: 0 }, O::Stopped, S::Over(E::Stopped)),
            (S::Watching { look: 0 }, O::Seen(On), S::Watching { look: 1 }),
            (S::Watching { look: 2 }, O::Seen(On), S::Watching { look: 3 }),
            (S::Watching { look: 3 }, O::Seen(On), S::SwitchingOff { blind: false }),
            (S::Watching { look: 0 }, O::Seen(Off), S::Reverting { end: E::OneRecord }),
            (S::Watching { look: 3 }, O::Seen(Off), S::Reverting { end: E::OneRecord }),
            (S::Watching { look: 0 }, O::Seen(Untold), S::Reverting { end: E::CannotTell }),
            (S::Watching { look: 3 }, O::Seen(Untold), S::Reverting { end: E::CannotTell }),
            (S::Watching { look: 1 }, O::Stopped, S::Reverting { end: E::Stopped }),
            (S::Reverting { end: E::OneRecord }, O::ProbeOnAgain, S::Over(E::OneRecord)),
            (S::Reverting { end: E::OneRecord }, O::ProbeStuck, S::Over(E::OneRecord)),
            (S::Reverting { end: E::Stopped }, O::Stopped, S::Over(E::Stopped)),
            (S::RevertingToAsk, O::ProbeOnAgain, S::Asking),
            (S::RevertingToAsk, O::ProbeStuck, S::Over(E::CannotTell)),
            (S::RevertingToAsk, O::Stopped, S::Over(E::CannotTell)),
            (S::Asking, O::Answered(true), S::SwitchingOff { blind: true }),
            (S::Asking, O::Answered(false), S::Over(E::CannotTell)),
            (S::Asking, O::Stopped, S::Over(E::Stopped)),
            (S::SwitchingOff { blind: false }, O::RestDone, last_look(E::Completed)),
            (S::SwitchingOff { blind: true }, O::RestDone, S::Over(E::CompletedBlind)),
            (S::SwitchingOff { blind: false }, O::Stopped, last_look(E::Stopped)),
            (S::SwitchingOff { blind: true }, O::Stopped, S::Over(E::Stopped)),
            (last_look(E::Completed), O::SeenAll(AllOn), S::Over(E::Completed)),
            (last_look(E::Completed), O::SeenAll(OneOff), undoing(All, E::FlippedLate)),
            (last_look(E::Completed), O::SeenAll(SomeMissing), undoing(Missing, E::SomeMissing)),
            (last_look(E::Completed), O::SeenAll(NoneSeen), undoing(All, E::LostSight)),
            (last_look(E::Stopped), O::SeenAll(AllOn), S::Over(E::Stopped)),
            (last_look(E::Stopped), O::SeenAll(OneOff), undoing(All, E::FlippedLate)),
            (last_look(E::Stopped), O::SeenAll(SomeMissing), undoing(Missing, E::Stopped)),
            (last_look(E::Stopped), O::SeenAll(NoneSeen), undoing(All, E::LostSight)),
            (last_look(E::Completed), O::Stopped, S::Over(E::Stopped)),
            (undoing(All, E::FlippedLate), O::AskedBack, S::Over(E::FlippedLate)),
            (undoing(Missing, E::SomeMissing), O::AskedBack, S::Over(E::SomeMissing)),
            (undoing(All, E::LostSight), O::Stopped, S::Over(E::LostSight)),
            (S::Over(E::OneRecord), O::Seen(On), S::Over(E::OneRecord)),
        ];
        for (from, seen, to) in edges {
            assert_eq!(from.next(RULES, *seen), *to, "{from:?} {seen:?}");
        }
        assert_eq!(S::Watching { look: 0 }.next(ASKING, O::Seen(Untold)), S::RevertingToAsk);
        assert_eq!(S::Watching { look: 0 }.next(ASKING, O::Seen(Off)), S::Reverting { end: E::OneRecord });
    }

    #[test]
    fn one_look_is_enough_where_only_one_is_asked_for() {
        let rules = Rules { looks: 1, ..RULES };
        assert_eq!(S::Watching { look: 0 }.next(rules, O::Seen(On)), S::SwitchingOff { blind: false });
    }

    fn observation() -> impl Strategy<Value = O> {
        prop_oneof![
            Just(O::ProbeOff),
            Just(O::ProbeRefused),
            Just(O::ProbeUnanswered),
            Just(O::NoProbeLeft),
            Just(O::Seen(On)),
            Just(O::Seen(Off)),
            Just(O::Seen(Untold)),
            Just(O::SeenAll(AllOn)),
            Just(O::SeenAll(OneOff)),
            Just(O::SeenAll(SomeMissing)),
            Just(O::SeenAll(NoneSeen)),
            Just(O::ProbeOnAgain),
            Just(O::ProbeStuck),
            any::<bool>().prop_map(O::Answered),
            Just(O::RestDone),
            Just(O::AskedBack),
            Just(O::Stopped),
        ]
    }

    proptest! {
        /// Whatever is observed, in whatever order: the rest is asked for only after every look showed the agent on, or
        /// after the person said yes; a probe that went off is left off only then.
        #[test]
        fn nothing_but_the_probe_goes_off_before_its_agent_was_seen_on_at_every_look(
            seen in proptest::collection::vec(observation(), 1..40), looks in 1_usize..6, may_ask: bool,
        ) {
            let rules = Rules { looks, may_ask };
            let (mut state, mut on_in_a_row, mut yes, mut probe_may_be_off) = (S::START, 0, false, false);
            for seen in seen {
                let was = state;
                state = state.next(rules, seen);
                match (was, seen) {
                    (S::Probing { .. }, O::ProbeOff) => (probe_may_be_off, on_in_a_row) = (true, 0),
                    (S::Probing { .. }, O::ProbeUnanswered) => probe_may_be_off = true,
                    (S::Watching { .. }, O::Seen(On)) => on_in_a_row += 1,
                    (S::Reverting { .. } | S::RevertingToAsk, _) => probe_may_be_off = false,
                    (S::Asking, O::Answered(answer)) => yes = answer,
                    _ => {}
                }
                match state {
                    S::SwitchingOff { .. } => prop_assert!(on_in_a_row == looks || yes),
                    S::Over(_) if !matches!(was, S::SwitchingOff { .. } | S::LastLook { .. } | S::Undoing { .. } | S::Over(_)) => {
                        prop_assert!(!probe_may_be_off, "{was:?} {seen:?} ended with the probe off");
                    }
                    _ => {}
                }
            }
        }
    }
}
