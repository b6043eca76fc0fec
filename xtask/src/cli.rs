//! Arguments to a [`Task`].

/// What `cargo xtask` was asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    /// The arguments go to `cargo test`.
    Test(Vec<String>),
    /// The names of the steps to run; none means all.
    Ci(Vec<String>),
    Tidy,
    /// A package of the workspace, whose program gets the arguments.
    Program(&'static str, Vec<String>),
    /// The features to measure; none means all.
    Cost(Vec<String>),
}

pub(crate) const HELP: &str = "\
cargo xtask TASK

  test [-- ARGS]   install what the tests need, then run every test
                   ARGS go to `cargo test`: cargo xtask test -- -p selfup-fds
  ci [STEP...]     everything a change must pass, or only the steps named
                   (fmt, clippy, api, semver, features, targets, spelling, deny, rust-version, tidy, package, test,
                   soak)
  bench [PART...]  what selfup costs, against the same program without it, and restarts
                   under load beside those of others; bench --help says more
  cost [FEATURE...]
                   crates and compile time that each feature of selfup adds
  soak             trouble a service under load in every way that it is to bear; soak --help says more
  demo             upgrade an app twice while clients call it; demo --help says more
  api [--bless]    compare the public interface of every published crate with its snapshot
                   in docs/api, or write the snapshots anew
  tidy             read the files: layout, wording, links, which crate may use which
  help             this text";

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut args = args.into_iter();
    let Some(task) = args.next() else {
        return Ok(Task::Help);
    };
    let rest: Vec<String> = args.collect();
    match task.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "test" => test_arguments(rest).map(Task::Test),
        "api" => Ok(Task::Program("xtask-api", rest)),
        "demo" => Ok(Task::Program("selfup-demo", rest)),
        "ci" => Ok(Task::Ci(rest)),
        "bench" => Ok(Task::Program("selfup-bench", rest)),
        "soak" => Ok(Task::Program("selfup-soak", rest)),
        "cost" => Ok(Task::Cost(rest)),
        "tidy" => nothing_after("tidy", &rest).map(|()| Task::Tidy),
        other => Err(format!("there is no task `{other}`")),
    }
}

/// The separator is asked for so that a later option of `test` itself cannot change the meaning
/// of an argument that a caller already passes through.
fn test_arguments(rest: Vec<String>) -> Result<Vec<String>, String> {
    match rest.split_first() {
        None => Ok(Vec::new()),
        Some((separator, args)) if separator == "--" => Ok(args.to_vec()),
        Some((argument, _)) => {
            Err(format!("put `--` before what is meant for cargo test: test -- {argument}"))
        }
    }
}

fn nothing_after(task: &str, rest: &[String]) -> Result<(), String> {
    match rest.first() {
        None => Ok(()),
        Some(argument) => Err(format!("`{task}` takes no argument, but was given `{argument}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn no_task_is_a_wish_for_help() {
        assert_eq!(parsed(""), Ok(Task::Help));
        assert_eq!(parsed("help"), Ok(Task::Help));
    }

    #[test]
    fn what_follows_the_separator_reaches_cargo_test_untouched() {
        let args = ["-p", "selfup-fds", "--", "--nocapture"].map(str::to_owned).to_vec();
        assert_eq!(parsed("test -- -p selfup-fds -- --nocapture"), Ok(Task::Test(args)));
        assert_eq!(parsed("test"), Ok(Task::Test(Vec::new())));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parsed("tset").unwrap_err().contains("`tset`"));
        assert!(parsed("test -p selfup").unwrap_err().contains("test -- -p"));
        assert!(parsed("tidy up").unwrap_err().contains("`up`"));
    }

    #[test]
    fn the_help_names_every_step_of_ci() {
        for step in crate::ci::steps() {
            assert!(HELP.contains(step.name), "{} is missing from the help", step.name);
        }
    }
}
