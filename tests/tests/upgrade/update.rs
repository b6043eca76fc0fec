//! Tests a command-line tool that updates itself on request, with real processes.

use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Process, Terminal};
use selfup_tests::service::Deployment;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const TOOL: &str = env!("CARGO_BIN_EXE_cli-update-example");
const PREVIOUS: &str = ".app.selfup-previous";

/// A tool in its first version, and a second one on offer.
struct Tool {
    deployment: Deployment,
    first: Release,
    second: Release,
    origin: Origin,
}

impl Tool {
    fn new(name: &str) -> Self {
        let (deployment, first) = Deployment::with(name, TOOL, "version=1");
        let second = deployment.release("version=2");
        let tool = Self { deployment, first, second, origin: Origin::start() };
        tool.offer(Offer::Whole(tool.second.bytes()));
        tool
    }

    fn offer(&self, offer: Offer) {
        self.origin.offer("/tool", offer);
    }

    fn command(&self, word: &str) -> Command {
        let mut command = Command::new(self.deployment.program());
        command.args([word, &self.origin.url("/tool")]);
        command
    }

    fn start(&self, word: &str) -> Process {
        self.deployment.sandbox().start(self.command(word))
    }

    /// Its exit code and all that it wrote.
    fn run(&self, word: &str) -> (Option<i32>, String) {
        let process = self.start(word);
        let lines = process.wait_all_lines(PATIENCE).join("\n");
        (process.wait(PATIENCE).code(), lines)
    }

    #[track_caller]
    fn is_as_it_was(&self) {
        assert_eq!(self.deployment.installed(), self.first.id());
        self.deployment.wait_listing(&["app"]);
    }

    #[track_caller]
    fn is_updated(&self) {
        assert_eq!(self.deployment.installed(), self.second.id());
        // Once it has been started, nothing more needs to be remembered.
        assert_eq!(self.run("help").0, Some(2));
        self.deployment.wait_listing(&[PREVIOUS, "app"]);
    }
}

#[test]
fn it_looks_updates_and_is_up_to_date() {
    let tool = Tool::new("update");
    let (first, second) = (&tool.first.id()[..12], &tool.second.id()[..12]);
    let (code, said) = tool.run("check");
    assert_eq!((code, said), (Some(0), format!("another version is available ({second})")));
    tool.is_as_it_was();
    let (code, said) = tool.run("update");
    assert_eq!((code, said), (Some(0), format!("updated from {first} to {second}")));
    tool.is_updated();
    for word in ["update", "check"] {
        let (code, said) = tool.run(word);
        assert_eq!((code, said), (Some(0), format!("up to date ({second})")));
    }
    tool.is_updated();
    tool.deployment.finish();
}

#[test]
fn what_is_no_good_leaves_the_tool_as_it_was() {
    let tool = Tool::new("update-refused");
    let (good, page) = (tool.second.bytes(), b"<!DOCTYPE html><title>Sign in</title>".to_vec());
    let mut cut_short = good.clone();
    cut_short.truncate(good.len() / 2);
    let cases = [
        (Offer::Status(404), "could not look for an update: "),
        (Offer::Cut(good.clone()), "could not fetch the update: "),
        (Offer::Whole(page), "could not update: "),
        (Offer::Whole(cut_short), "could not update: "),
        (Offer::Whole(Vec::new()), "could not "),
    ];
    for (offer, start) in cases {
        tool.offer(offer);
        let (code, said) = tool.run("update");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with(start) && said.lines().count() == 1, "{said}");
        tool.is_as_it_was();
    }
    tool.offer(Offer::Whole(good));
    assert_eq!(tool.run("update").0, Some(0));
    tool.is_updated();
    tool.deployment.finish();
}

#[test]
fn while_one_update_shows_its_progress_another_one_is_busy() {
    let tool = Tool::new("update-twice");
    tool.offer(Offer::Stalled(tool.second.bytes()));
    let sandbox = tool.deployment.sandbox();
    let (one, terminal) = sandbox.start_on_terminal(tool.command("update"));
    one.wait_line(" left", PATIENCE);
    let (code, said) = tool.run("update");
    assert_eq!(code, Some(1), "{said}");
    let busy = format!("process {} is installing; try later", one.pid());
    assert!(said.starts_with("could not update: ") && said.ends_with(&busy), "{said}");
    terminal.press(Terminal::CTRL_C);
    assert_eq!(one.wait(PATIENCE).signal(), Some(libc::SIGINT));
    // A process that was killed holds up no other.
    tool.offer(Offer::Whole(tool.second.bytes()));
    assert_eq!(tool.run("update").0, Some(0));
    tool.is_updated();
    tool.deployment.finish();
}

#[test]
fn another_hard_link_is_warned_of() {
    let tool = Tool::new("update-link");
    let program = tool.deployment.program();
    fs::hard_link(&program, program.with_file_name("also")).unwrap();
    let (code, said) = tool.run("update");
    assert_eq!(code, Some(0), "{said}");
    let warning = said.lines().find(|line| line.starts_with("warning: ")).expect(&said);
    assert!(warning.contains("hard link") && warning.ends_with("/also"), "{warning}");
    fs::remove_file(program.with_file_name("also")).unwrap();
    tool.is_updated();
    tool.deployment.finish();
}
