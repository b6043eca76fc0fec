//! Does to the service what the plan says, and waits for what must follow.

mod channel;
mod clock;
mod descriptors;
mod forks;
mod freeze;
mod limits;
mod master;
mod restart;
mod signals;
mod source;
mod unread;
mod upgrade;

use super::audit::Audit;
use super::disturbance::Disturbance;
use super::service::Service;
use xtask_support::stop::Result;

/// Returns when the service is as it should be again, and all bad news is explained.
pub(super) fn act(service: &mut Service, audit: &mut Audit, disturbance: Disturbance) -> Result {
    service.journal.forget_recent();
    match disturbance {
        Disturbance::Restart => service.restarted(),
        Disturbance::Burst { signals, apart } => restart::burst(service, signals, apart),
        Disturbance::Upgrade => upgrade::good(service),
        Disturbance::BadUpgrade(bad) => upgrade::bad(service, bad),
        Disturbance::MasterKill(moment) => master::kill(service, audit, moment),
        Disturbance::StopStart => master::stop_and_start(service, audit),
        Disturbance::ClockJump { seconds } => clock::jump(service, seconds),
        Disturbance::FullDisk => upgrade::without_room(service),
        Disturbance::Freeze { victim, lasts, restart } => {
            freeze::freeze(service, victim, lasts, restart)
        }
        Disturbance::LostChannel(whose) => channel::lose(service, audit, whose),
        Disturbance::CandidateKill => restart::kill_candidate(service),
        Disturbance::ProbationKill => upgrade::kill_on_probation(service),
        Disturbance::SignalPair(pair) => signals::pair(service, audit, pair),
        Disturbance::FewDescriptors { more } => descriptors::run_out(service, more),
        Disturbance::UnreadStderr => unread::stderr(service),
        Disturbance::UnreadManager => unread::manager(service),
        Disturbance::CorruptSource(damage) => source::corrupt(service, damage),
        Disturbance::FailedForks { apart } => forks::fail(service, apart),
    }?;
    service.settled()?;
    service.explained()
}

/// Makes the service create everything that it creates once.
pub(super) fn warm_up(service: &mut Service) -> Result {
    service.settled()?;
    service.restarted()?;
    upgrade::good(service)?;
    service.restarted()?;
    service.settled()?;
    service.explained()
}

/// Sends SIGTERM, and waits until everything has finished.
pub(super) fn end(service: &mut Service) -> Result {
    master::end(service)
}
