//! Handles the messages of the master's other threads.

use selfup_install::Trial;
use selfup_lifecycle::{Ask, Cause, Input};

use super::Master;
use crate::{
    event::Event,
    executable::Identified,
    inbox::Message,
    reason::RollbackReason,
    upgrades::order::{Asked, Order, OrderDone},
    warning::Warning,
};

impl Master {
    pub(super) fn take_message(&mut self, message: Message) {
        match message {
            Message::Restart => self.inputs.push_back(Input::Restart(Cause::Call)),
            Message::Report(event) => self.report(event),
            Message::Verified(trial, asked) => self.verified(trial, asked),
            Message::AlreadyInstalled(id, asked) => {
                match asked {
                    Some((ticket, until)) => {
                        self.inputs.push_back(Input::Asked(ticket, Ask::Upgrade(until)));
                    }
                    None => self.try_what_is_at_the_path(),
                }
                self.report(Event::Installed { id });
            }
            Message::Steered(input) => self.inputs.push_back(input),
            #[cfg(feature = "control")]
            Message::WantsStatus(ticket, upgrades) => self.respond_with_status(ticket, *upgrades),
            #[cfg(feature = "control")]
            Message::Respond(ticket, response) => self.respond(ticket, response),
            #[cfg(feature = "control")]
            Message::Signalled(ticket, arrived) => {
                self.inputs.push_back(Input::Signal(arrived));
                let text = format!("{} is taken up", arrived.signal());
                let taken_up = selfup_control::Outcome::Accepted;
                self.respond(ticket, selfup_control::Response::new(taken_up, text));
            }
            Message::Ordered(order) => self.order(order),
            Message::OrderDone(ticket, done) => self.answer_order(ticket, done),
            Message::Looked(looked) => self.looked(looked),
            Message::Identified(identified) => self.identified(*identified),
        }
    }

    fn order(&mut self, order: Order) {
        if let Err(Order { asked: (ticket, _), .. }) = self.upgrades.order(order) {
            let reason = "nothing can be installed here: see the warnings of the master".to_owned();
            self.answer_order(ticket, OrderDone::Failed(reason));
        }
    }

    /// A new executable can be tried.
    fn verified(&mut self, trial: Box<Trial>, asked: Option<Asked>) {
        let (id, warnings) = (trial.id(), trial.warnings().to_vec());
        if !self.upgrades.verified(trial, self.lifecycle.waits_for_a_start()) {
            if let Some((ticket, _)) = asked {
                let reason = "another executable is on trial".to_owned();
                self.answer_order(ticket, OrderDone::Failed(reason));
            }
            return;
        }
        for warning in warnings {
            self.report(Event::Warning(Warning::from(&warning)));
        }
        self.trial = Some(self.lifecycle.next_generation());
        // It was forgiven, perhaps.
        self.rolled_back.take_if(|rolled_back| *rolled_back == id);
        self.inputs.push_back(Input::Installed);
        if let Some((ticket, until)) = asked {
            self.inputs.push_back(Input::Asked(ticket, Ask::Upgrade(until)));
        }
        self.report(Event::Installed { id });
    }

    /// The executable of a child has an id now. If another one served before, it was upgraded or rolled
    /// back.
    fn identified(&mut self, identified: Identified) {
        let Identified { generation, id, version, before } = identified;
        self.reporter.status_line().set_id(generation.number(), id);
        #[cfg(feature = "control")]
        if let Some(control) = self.reporter.control() {
            control.identified(generation.number(), id);
        }
        let Some(before) = before else { return };
        match before.refusal {
            // The master has reported it when it rolled back.
            Some(_) if self.rolled_back == Some(before.id) => {}
            Some(reason) => {
                self.rolled_back = Some(before.id);
                self.upgrades.rolled_back_by_hand(before.id);
                let (refused, version) = (before.id, before.version);
                let reason = RollbackReason::Recorded(reason);
                self.report(Event::RolledBack { refused, version, reason });
            }
            // It has failed while it was being read, which is reported already.
            None if self.rolled_back == Some(id) => {}
            None => self.report(Event::Upgraded {
                generation: generation.number(),
                id,
                version,
                before: before.version,
            }),
        }
    }
}
