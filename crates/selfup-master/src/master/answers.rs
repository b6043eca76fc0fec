//! Answers operators, in words. What the answer is, the lifecycle has decided.

#[cfg(feature = "control")]
use selfup_control::{Outcome, Response, Upgrades};
use selfup_lifecycle::{Answer, Ticket};
#[cfg(feature = "control")]
use selfup_lifecycle::{Failure, Generation};

use super::Master;
use crate::upgrades::order::OrderDone;

#[cfg(not(feature = "control"))]
impl Master {
    // Without a control socket no operator asks.

    pub(super) fn answer(&mut self, _ticket: Ticket, _answer: Answer) {}

    pub(super) fn answer_order(&mut self, _ticket: Ticket, _done: OrderDone) {}
}

#[cfg(feature = "control")]
impl Master {
    pub(super) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.respond(ticket, in_words(answer));
    }

    pub(super) fn answer_order(&mut self, ticket: Ticket, done: OrderDone) {
        let serving = self.lifecycle.active().map(Generation::number);
        let response = match done {
            OrderDone::Nothing(text) => Response::new(Outcome::Done, text),
            OrderDone::Failed(reason) => {
                Response::new(Outcome::Refused, reason).with_reason("refused")
            }
        };
        self.respond(ticket, response.with_generation(serving));
    }

    pub(super) fn respond_with_status(&mut self, ticket: Ticket, upgrades: Upgrades) {
        let now = self.now();
        let (lifecycle, children) = (&self.lifecycle, &self.children);
        let looks = self.upgrades.looks();
        let Some(control) = self.reporter.control() else { return };
        let mut status = control.status(lifecycle, children, upgrades, looks, now);
        status.line = self.reporter.status_line().to_string();
        let line = status.line.clone();
        self.respond(ticket, Response::new(Outcome::Done, line).with_status(status));
    }

    pub(super) fn respond(&mut self, ticket: Ticket, response: Response) {
        if let Some(control) = self.reporter.control() {
            control.respond(ticket, response);
        }
    }
}

#[cfg(feature = "control")]
fn in_words(answer: Answer) -> Response {
    match answer {
        Answer::Accepted { waits: false } => Response::new(Outcome::Accepted, "taken up"),
        Answer::Accepted { waits: true } => {
            Response::new(Outcome::Accepted, "taken up: it waits for a restart that is under way")
        }
        Answer::Serving { generation, on_probation } => {
            let end = if on_probation { ", and its executable is on probation" } else { "" };
            Response::new(Outcome::Done, format!("child {generation} serves{end}"))
                .with_generation(Some(generation.number()))
        }
        Answer::Committed => Response::new(Outcome::Done, "committed"),
        Answer::Failed { failure, serving } => {
            let (reason, what) = failure_in_words(failure);
            let then = match serving {
                Some(generation) => format!("child {generation} serves"),
                None => "the service stops".to_owned(),
            };
            Response::new(Outcome::Failed, format!("{what}; {then}"))
                .with_reason(reason)
                .with_generation(serving.map(Generation::number))
        }
        Answer::WaitsForAStart => {
            let text = "its executable is in place: stop and start the service to have it run";
            Response::new(Outcome::Accepted, text)
        }
        Answer::NoRestarts => {
            let text = "its configuration allows no restart: stop and start the service";
            Response::new(Outcome::Refused, text).with_reason("no-restarts")
        }
        Answer::Stopping => {
            Response::new(Outcome::Stopping, "the service stops").with_reason("stopping")
        }
        Answer::Stopped(end) => {
            Response::new(Outcome::Done, format!("the service has stopped: its child {end}"))
        }
    }
}

#[cfg(feature = "control")]
fn failure_in_words(failure: Failure) -> (&'static str, String) {
    match failure {
        Failure::NotStarted(child) => {
            ("not-started", format!("child {child} could not be started"))
        }
        Failure::Crashed(child, end) => {
            ("crashed", format!("child {child} {end} before it was ready"))
        }
        Failure::Late(child) => ("late", format!("child {child} was not ready in time")),
        Failure::Unsuitable(child, _) => {
            ("unsuitable", format!("child {child} cannot run under this master"))
        }
        Failure::RolledBack(child, end) => {
            ("rolled-back", format!("rolled back: child {child} {end} in the probation"))
        }
        Failure::RolledBackByHand => ("rolled-back", "rolled back by hand".to_owned()),
    }
}
