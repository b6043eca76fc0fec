//! What follows from what, as a table without input or output.

use crate::strategy::Strategy;

/// Where this process is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is not ready yet.
    Starting,
    /// It is ready; its predecessor has not handed over yet, or still returns.
    Candidate,
    /// It is the service.
    Active,
    /// Its successor starts.
    Changing,
    /// It drains.
    Draining(Why),
}

/// Why this process drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The service stops, or its successor has come back in its predecessor's place.
    Stop,
    /// Its successor is the service now.
    Replaced,
    /// It executes the new file when it has drained.
    Return,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The program is ready.
    Ready,
    /// A handoff is requested, by a signal if it may wait.
    Upgrade { may_wait: bool },
    /// The service is to drain.
    Quit,
    /// The service is to end at once.
    Terminate,
    /// The successor or helper is ready.
    SuccessorReady,
    /// The successor or helper has failed.
    SuccessorFailed,
    /// The other process asks this one, its helper, to drain.
    Drain,
    /// The predecessor has handed over, or is gone.
    Alone,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Report readiness to the predecessor.
    Report,
    /// This process is the service: notify the service manager.
    Serve,
    /// Start the successor.
    Start,
    /// Refuse the request: another handoff is under way, this process is not ready, or it drains.
    Refuse(Refusal),
    /// Make the successor the service.
    Commit,
    /// The helper serves.
    Hand,
    /// End the successor at once, or the helper.
    End,
    /// Ask the helper to drain.
    Release,
    /// The successor has failed, and this process serves on.
    Fail,
    /// The request is for the successor.
    PassOn,
    /// Have the program drain.
    Drain,
    /// End this process at once, by the signal.
    Die,
    /// End this process at once, well.
    Exit,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Busy,
    NotReady,
    Draining,
}

/// All that is remembered from one input to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Situation {
    pub(crate) strategy: Strategy,
    pub(crate) phase: Phase,
    /// A predecessor waits for this process, as its successor or helper.
    pub(crate) succeeds: bool,
    /// A helper serves in place of this process.
    pub(crate) is_helped: bool,
    /// A signal has asked for another handoff meanwhile.
    pub(crate) again: bool,
}

impl Situation {
    /// Takes the next step.
    pub(crate) fn step(&mut self, input: Input) -> Vec<Action> {
        use Action as A;
        use Input as I;
        use Phase as P;
        match (input, self.phase) {
            (I::Ready, P::Starting) if self.succeeds => self.to(P::Candidate, &[A::Report]),
            (I::Ready, P::Starting) if self.is_helped => {
                self.is_helped = false;
                self.serve(&[A::Release, A::Serve])
            }
            (I::Ready, P::Starting) => self.serve(&[A::Serve]),
            (I::Alone, P::Candidate) => {
                self.succeeds = false;
                self.serve(&[A::Serve])
            }
            (I::Alone, _) => {
                self.succeeds = false;
                Vec::new()
            }
            (I::Upgrade { .. }, P::Active) => self.to(P::Changing, &[A::Start]),
            (I::Upgrade { may_wait: true }, P::Draining(Why::Replaced)) => vec![A::PassOn],
            (I::Upgrade { may_wait: true }, P::Draining(Why::Stop)) => Vec::new(),
            (I::Upgrade { may_wait: true }, _) => {
                self.again = true;
                Vec::new()
            }
            (I::Upgrade { .. }, P::Starting) => vec![A::Refuse(Refusal::NotReady)],
            (I::Upgrade { .. }, P::Draining(_)) => vec![A::Refuse(Refusal::Draining)],
            (I::Upgrade { .. }, P::Candidate | P::Changing) => vec![A::Refuse(Refusal::Busy)],
            (I::SuccessorReady, P::Changing) => match self.strategy {
                Strategy::Single => {
                    let again = std::mem::take(&mut self.again).then_some(A::PassOn);
                    self.phase = P::Draining(Why::Replaced);
                    [A::Commit].into_iter().chain(again).chain([A::Drain]).collect()
                }
                Strategy::Double => {
                    self.is_helped = true;
                    self.to(P::Draining(Why::Return), &[A::Hand, A::Drain])
                }
            },
            (I::SuccessorFailed, P::Changing) => self.serve(&[A::End, A::Fail]),
            (I::SuccessorFailed, P::Starting | P::Draining(Why::Return | Why::Stop)) => {
                self.is_helped = false;
                vec![A::End]
            }
            (I::Drain, P::Draining(_)) | (I::Quit, P::Draining(Why::Stop | Why::Replaced)) => {
                Vec::new()
            }
            (I::Drain, _) => self.to(P::Draining(Why::Stop), &[A::Drain]),
            (I::Quit, P::Changing) => self.to(P::Draining(Why::Stop), &[A::End, A::Fail, A::Drain]),
            // Nothing is under way in it.
            (I::Quit, P::Starting) => {
                let release = self.is_helped.then_some(A::Release);
                self.phase = P::Draining(Why::Stop);
                release.into_iter().chain([A::Exit]).collect()
            }
            (I::Quit, _) => {
                let release = self.is_helped.then_some(A::Release);
                self.phase = P::Draining(Why::Stop);
                release.into_iter().chain([A::Drain]).collect()
            }
            (I::Terminate, P::Changing) => vec![A::End, A::Die],
            (I::Terminate, _) if self.is_helped => vec![A::End, A::Die],
            (I::Terminate, _) => vec![A::Die],
            (I::Ready | I::SuccessorReady | I::SuccessorFailed, _) => Vec::new(),
        }
    }

    fn to(&mut self, phase: Phase, actions: &[Action]) -> Vec<Action> {
        self.phase = phase;
        actions.to_vec()
    }

    /// This process is the service, and does what a signal asked for meanwhile.
    fn serve(&mut self, actions: &[Action]) -> Vec<Action> {
        let again = std::mem::take(&mut self.again);
        self.phase = if again { Phase::Changing } else { Phase::Active };
        actions.iter().copied().chain(again.then_some(Action::Start)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Action as A, Input as I, Phase as P, *};

    const BY_SIGNAL: I = I::Upgrade { may_wait: true };
    const BY_CALL: I = I::Upgrade { may_wait: false };

    fn first(strategy: Strategy) -> Situation {
        let phase = P::Starting;
        Situation { strategy, phase, succeeds: false, is_helped: false, again: false }
    }

    fn play(mut situation: Situation, inputs: &[I]) -> (P, Vec<A>) {
        let actions = inputs.iter().flat_map(|input| situation.step(*input)).collect();
        (situation.phase, actions)
    }

    #[test]
    fn a_single_handoff_from_both_sides() {
        let before = first(Strategy::Single);
        let (phase, actions) = play(before, &[I::Ready, BY_SIGNAL, I::SuccessorReady]);
        assert_eq!(phase, P::Draining(Why::Replaced));
        assert_eq!(actions, [A::Serve, A::Start, A::Commit, A::Drain]);
        let after = Situation { succeeds: true, ..before };
        let (phase, actions) = play(after, &[I::Ready, BY_CALL, I::Alone]);
        assert_eq!(phase, P::Active);
        assert_eq!(actions, [A::Report, A::Refuse(Refusal::Busy), A::Serve]);
    }

    #[test]
    fn a_double_handoff_from_all_sides() {
        let before = first(Strategy::Double);
        let (phase, actions) = play(before, &[I::Ready, BY_CALL, I::SuccessorReady]);
        assert_eq!(phase, P::Draining(Why::Return));
        assert_eq!(actions, [A::Serve, A::Start, A::Hand, A::Drain]);
        let helper = Situation { succeeds: true, ..before };
        let (phase, actions) = play(helper, &[I::Ready, I::Drain, I::Alone]);
        assert_eq!((phase, actions), (P::Draining(Why::Stop), vec![A::Report, A::Drain]));
        let returned = Situation { is_helped: true, ..before };
        let (phase, actions) = play(returned, &[I::Ready]);
        assert_eq!((phase, actions), (P::Active, vec![A::Release, A::Serve]));
    }

    #[test]
    fn the_death_of_either_side_leaves_the_other_as_the_service() {
        for strategy in [Strategy::Single, Strategy::Double] {
            let before = first(strategy);
            let (phase, actions) = play(before, &[I::Ready, BY_CALL, I::SuccessorFailed]);
            assert_eq!((phase, actions), (P::Active, vec![A::Serve, A::Start, A::End, A::Fail]));
            let successor = Situation { succeeds: true, ..before };
            for inputs in [[I::Alone, I::Ready], [I::Ready, I::Alone]] {
                let (phase, actions) = play(successor, &inputs);
                assert_eq!(phase, P::Active, "{inputs:?}");
                assert_eq!(actions.last(), Some(&A::Serve), "{inputs:?}");
            }
        }
        let returned = Situation { is_helped: true, ..first(Strategy::Double) };
        let (phase, actions) = play(returned, &[I::SuccessorFailed, I::Ready]);
        assert_eq!((phase, actions), (P::Active, vec![A::End, A::Serve]));
    }

    #[test]
    fn a_signal_during_a_handoff_is_done_after_it_and_a_call_is_refused() {
        let before = first(Strategy::Single);
        let (_, actions) =
            play(before, &[I::Ready, BY_CALL, BY_CALL, BY_SIGNAL, I::SuccessorFailed]);
        let refused = A::Refuse(Refusal::Busy);
        assert_eq!(actions, [A::Serve, A::Start, refused, A::End, A::Fail, A::Start]);
        let (_, actions) = play(before, &[I::Ready, BY_CALL, BY_SIGNAL, I::SuccessorReady]);
        assert_eq!(actions, [A::Serve, A::Start, A::Commit, A::PassOn, A::Drain]);
    }

    #[test]
    fn a_stop_takes_the_successor_or_the_helper_along() {
        let before = first(Strategy::Double);
        let (phase, actions) = play(before, &[I::Ready, BY_CALL, I::Quit]);
        assert_eq!(phase, P::Draining(Why::Stop));
        assert_eq!(actions[2..], [A::End, A::Fail, A::Drain]);
        let (phase, actions) = play(before, &[I::Ready, BY_CALL, I::SuccessorReady, I::Quit]);
        assert_eq!(phase, P::Draining(Why::Stop));
        assert_eq!(actions[4..], [A::Release, A::Drain]);
        let (_, actions) = play(before, &[I::Ready, BY_CALL, I::SuccessorReady, I::Terminate]);
        assert_eq!(actions[4..], [A::End, A::Die]);
    }

    #[test]
    fn every_input_in_every_phase_leaves_one_service_at_most() {
        let phases = [P::Starting, P::Candidate, P::Active, P::Changing];
        let draining = [Why::Stop, Why::Replaced, Why::Return].map(P::Draining);
        let inputs = [
            I::Ready,
            BY_CALL,
            BY_SIGNAL,
            I::Quit,
            I::Terminate,
            I::SuccessorReady,
            I::SuccessorFailed,
            I::Drain,
            I::Alone,
        ];
        for phase in phases.into_iter().chain(draining) {
            for input in inputs {
                let situation = Situation { phase, ..first(Strategy::Single) };
                let (after, actions) = play(situation, &[input]);
                let drains = matches!(phase, P::Draining(_));
                assert!(!drains || matches!(after, P::Draining(_)), "{phase:?} {input:?}");
                assert!(!actions.contains(&A::Serve) || after == P::Active, "{phase:?} {input:?}");
            }
        }
    }
}
