//! Binds the sockets and starts the first child.

use std::{
    collections::VecDeque,
    env, fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use selfup_fds::{FdSet, LocalAddress, SocketFiles};
use selfup_fetch::Fetch;
use selfup_install::Target;
use selfup_lifecycle::{Generation, Input, Lifecycle, Policy, Time};
use selfup_program::{
    Watchdog,
    notify::{Descriptor, Notify},
    process::{exe_path::own_executable, open_files},
    restart,
};
use selfup_signals::{Blocked, Pid, Receiver, Signal, unignore};

use super::Master;
use crate::{
    acceptance::Acceptance,
    attempt::Attempt,
    children::{self, Children, Recipe},
    error::{Error, ErrorKind},
    event::Event,
    inbox::{Message, inbox},
    manager::Manager,
    orphans::Orphans,
    pid_file::PidFile,
    recovery,
    reporter::Reporter,
    settings::{Options, Settings},
    sockets::{self, Unused},
    sys::{memory, system::RUNS_A_MASTER},
    threads,
    upgrades::{Plan, Undecided, Upgrades, order::NoSource},
    warning::Warning,
};
#[cfg(feature = "control")]
use crate::{
    control::{Control, Source},
    why::Reason,
};

/// The error of [`Master::start`], with everything that the program needs to run by itself.
#[derive(Debug)]
pub struct NotStarted {
    /// Why no child was started.
    pub error: Error,
    /// The settings of the master.
    pub settings: Settings,
    /// The sockets that could be bound.
    pub fds: FdSet,
    /// The service manager, which still has to learn that the service is up.
    pub notify: Option<Notify>,
    /// The descriptor on which it waits for a newline.
    pub descriptor: Option<Descriptor>,
}

impl Master {
    /// Binds the sockets and starts the first child. From then on, signals go to the master's loop.
    ///
    /// # Errors
    ///
    /// No child could be started. The error returns the settings and the sockets, so that the program can
    /// run by itself.
    pub fn start(mut settings: Settings) -> Result<Self, Box<NotStarted>> {
        let early = block_as_pid_1();
        let pid_file = match settings.pid_file.as_deref().map(PidFile::claim).transpose() {
            Ok(pid_file) => pid_file,
            Err(error) => {
                let (fds, notify, descriptor) = (FdSet::new(), None, None);
                return Err(Box::new(NotStarted { error, settings, fds, notify, descriptor }));
            }
        };
        let raised = open_files::make_room(settings.listen.len());
        let recipe = must_run_a_master(&settings)
            .and_then(|()| recipe(settings.upgrades.exec_file.as_deref(), &settings.options))
            .map(|recipe| Recipe { open_files: raised, ..recipe });
        // Before inherited sockets are taken, because this process may execute another file.
        let mut undecided =
            recipe.as_ref().ok().and_then(|recipe| recovery::recover(recipe, &mut settings));
        let notify = Notify::take();
        let descriptor = settings.options.notification_fd.map(Descriptor::take).transpose();
        let mut fds = FdSet::new();
        let opened = sockets::open(&mut fds, &settings.listen);
        let ready = opened.and_then(|unused| Ok((unused, recipe?)));
        let started = ready.and_then(|(unused, recipe)| {
            let master = Self::start_with(recipe, &mut undecided, &mut settings, &mut fds, early)?;
            Ok((master, unused))
        });
        match started {
            Ok((mut master, unused)) => {
                if let Some(id) = master.upgrades.on_trial() {
                    master.trial_begins(id);
                }
                master.meet_manager(notify, descriptor, settings.options.watchdog, unused);
                Ok(Self { pid_file, ..master })
            }
            Err(error) => {
                if let Some(soft) = raised {
                    open_files::give_back(soft);
                }
                // Without a child, the upgrade was not tried. If this cannot be recorded, the start
                // counts against it, and nothing worse follows.
                drop(undecided.map(|undecided| undecided.excuse()));
                let (notify, descriptor) =
                    (notify.unwrap_or_default(), descriptor.unwrap_or_default());
                Err(Box::new(NotStarted { error, settings, fds, notify, descriptor }))
            }
        }
    }

    /// Takes the service manager on: from here on it gets reports.
    fn meet_manager(
        &mut self,
        notify: io::Result<Option<Notify>>,
        descriptor: io::Result<Option<Descriptor>>,
        proof: Watchdog,
        unused: Unused,
    ) {
        for name in unused.others {
            self.report(Event::Warning(Warning::UnusedSocket { name }));
        }
        let notify = notify.unwrap_or_else(|error| {
            self.could_not(Attempt::ReachManager, &error);
            None
        });
        let descriptor = descriptor.unwrap_or_else(|error| {
            self.could_not(Attempt::UseDescriptor, &error);
            None
        });
        self.manager = Manager::new(notify, descriptor, proof, self.now());
        let failed = self.manager.store_sockets(&self.fds, &unused.stored, self.now());
        self.warn_about_manager(failed);
        // The first child may take longer than the manager waits by default.
        self.update_manager();
    }

    fn start_with(
        recipe: Recipe,
        undecided: &mut Option<Undecided>,
        settings: &mut Settings,
        fds: &mut FdSet,
        early: Option<Blocked>,
    ) -> Result<Self, Error> {
        let trust = settings.upgrades.check()?;
        let failed = |what: &str| Error::new(ErrorKind::Start, what);
        let (sender, inbox) = inbox()
            .map_err(|error| failed("could not create the master's inbox").because(error))?;
        // The only action that follows from the start, to start the first child, is performed here: if
        // that fails, there is no master whose lifecycle could handle it.
        let mut lifecycle = Lifecycle::new(policy(settings));
        if undecided.is_some() {
            lifecycle = lifecycle.on_trial();
        }
        let _spawn = lifecycle.step(Time::start(), Input::Start);
        let mut children = Children::default();

        // Signals that arrive from here on wait for the receiver. It is created after the child, because
        // its handlers cannot be removed if the program has to run in this process after all.
        let blocked = Blocked::all()
            .map_err(|error| failed("could not block signals for the start").because(error))?;
        // If our parent ignored it, the kernel would discard the ends of our children.
        unignore(Signal::CHLD)
            .map_err(|error| failed("could not receive SIGCHLD").because(error))?;
        let started = Instant::now();
        let executable = undecided.as_ref().and_then(Undecided::path).unwrap_or(&recipe.path);
        let first = start_first(&mut children, executable, &recipe, fds);
        let first = match (first, undecided.as_ref().and_then(Undecided::path)) {
            (Err(_), Some(_)) => {
                // It is fetched again if it is still published.
                drop(undecided.take().map(Undecided::shelve));
                lifecycle = Lifecycle::new(policy(settings));
                let _spawn = lifecycle.step(Time::start(), Input::Start);
                start_first(&mut children, &recipe.path, &recipe, fds)
            }
            (first, _) => first,
        };
        let pid =
            first.map_err(|error| failed("could not start the first child").because(error))?;
        let signals = receiver(&settings.options).map_err(|error| {
            // The channel is closed now, so the child drains and ends: the program must not run
            // twice.
            failed("could not receive signals").because(error)
        })?;
        // This process is a master now, and has not started a thread yet.
        memory::share_one_pool();
        // The master has to receive the signals that our parent had blocked, SIGCHLD above all.
        blocked.lift();
        if let Some(early) = early {
            early.lift();
        }

        restart::install({
            let sender = sender.clone();
            move || sender.send(Message::Restart)
        });
        let has_source = settings.fetcher.is_some();
        #[cfg(feature = "control")]
        let origin = settings.fetcher.as_ref().and_then(|fetcher| fetcher.origin());
        let fetcher = settings.fetcher.take().or_else(|| {
            // An operator may order an executable to be installed.
            settings.control.is_some().then(|| Box::new(NoSource) as Box<dyn Fetch>)
        });
        let plan = fetcher.map(|fetcher| Plan {
            fetcher,
            has_source,
            acceptance: Acceptance::new(recipe.path.clone(), &mut settings.upgrades, trust),
            min_interval: settings.options.min_fetch_interval,
        });
        let mut reporter = Reporter::new(&settings.options, settings.on_event.take());
        #[cfg(feature = "control")]
        if let Some(name) = settings.control.take() {
            let version = settings.upgrades.version.clone();
            let source = Source { is_there: has_source, origin };
            match Control::open(name, &recipe.path, version, source, &sender) {
                Ok(control) => reporter.set_control(Some(control)),
                Err(error) => {
                    let reason = Reason::of(&*error);
                    reporter.warn(Warning::NoControlSocket { reason });
                }
            }
        }
        if threads::are_of_a_runtime() {
            reporter.warn(Warning::InsideRuntime);
        }
        for (name, fd) in fds.iter() {
            let address = LocalAddress::of(fd).unwrap_or(LocalAddress::Other);
            reporter.report(Event::Listening { name: name.to_owned(), address });
        }
        let doubted = Target::new(&recipe.path).and_then(|target| target.doubted());
        for text in doubted.unwrap_or_default() {
            reporter.warn(Warning::Doubted { text });
        }
        let generation = Generation::FIRST.number();
        reporter.report(Event::Started { generation, pid });
        Ok(Self {
            lifecycle,
            inputs: VecDeque::new(),
            started,
            awake: Instant::now(),
            recipe,
            fds: std::mem::replace(fds, FdSet::new()),
            socket_files: SocketFiles::default(),
            pid_file: None,
            children,
            left: Vec::new(),
            orphans: Orphans::new(),
            signals,
            unread: Vec::new(),
            sender,
            inbox,
            trial: undecided.as_ref().map(|_| Generation::FIRST),
            upgrades: Upgrades::new(plan, undecided.take()),
            wants_restart: Vec::new(),
            executable: None,
            newest_version: None,
            rolled_back: None,
            reporter,
            manager: Manager::default(),
            group_was_stopped: false,
            end: None,
        })
    }
}

/// Creates the receiver of all signals that the program may get. Signals that our parent ignores stay
/// ignored, except those to which the configuration gives a meaning.
fn receiver(options: &Options) -> selfup_signals::Result<Receiver> {
    unignore(options.policy.restart_signal)?;
    if options.policy.drain_on_terminate {
        unignore(Signal::TERM)?;
    }
    Receiver::new(Signal::forwardable().chain([Signal::CHLD]))
}

/// Starts the first child. If resources are short, it tries again for a moment, as later starts do: a service
/// that runs without a master because of one shortage would do so until it is started again.
fn start_first(
    children: &mut Children,
    executable: &Path,
    recipe: &Recipe,
    fds: &FdSet,
) -> Result<Pid, children::StartError> {
    let mut pauses = [50, 100, 200, 400, 800].into_iter().map(Duration::from_millis);
    loop {
        match (children.start(Generation::FIRST, executable, recipe, fds), pauses.next()) {
            (Err(error), Some(pause)) if error.is_transient() => thread::park_timeout(pause),
            (started, _) => return started,
        }
    }
}

/// Blocks signals from the beginning on in pid 1. Without a handler, a signal has no effect there, so a
/// container that is stopped while it starts would have to be killed. Any other process just dies of the
/// signal.
fn block_as_pid_1() -> Option<Blocked> {
    (std::process::id() == 1).then(Blocked::all)?.ok()
}

/// Fails on a system where no master runs.
fn must_run_a_master(settings: &Settings) -> Result<(), Error> {
    if RUNS_A_MASTER && !settings.as_if_unsupported {
        return Ok(());
    }
    let text = format!("could not start a master: none runs on {} yet", env::consts::OS);
    Err(Error::new(ErrorKind::Unsupported, text))
}

fn recipe(exec_file: Option<&Path>, options: &Options) -> Result<Recipe, Error> {
    let mut args = env::args_os();
    let arg0 = args.next();
    let (path, arg0) = match exec_file {
        None => (own_executable()?, arg0),
        Some(file) => (other_executable(file)?, None),
    };
    Ok(Recipe {
        path,
        arg0,
        args: args.collect(),
        restart_signal: options.policy.restart_signal,
        kill_group: options.kill_group,
        open_files: None,
    })
}

fn other_executable(file: &Path) -> Result<PathBuf, Error> {
    let failed = |why: &str| {
        Error::new(
            ErrorKind::Executable,
            format!("could not use {} as the executable{why}", file.display()),
        )
    };
    let path = std::path::absolute(file).map_err(|error| failed("").because(error))?;
    let metadata = fs::metadata(&path).map_err(|error| failed("").because(error))?;
    if metadata.is_file() { Ok(path) } else { Err(failed(": it is not a regular file")) }
}

/// Returns the policy. A program without sockets may end because its work is done.
fn policy(settings: &Settings) -> Policy {
    Policy { listens: !settings.listen.is_empty(), ..settings.options.policy.clone() }
}
