//! A reviewed table of what every input does in every situation.

use super::{situations::Situation, *};

/// The inputs, with their names in the table. An input that concerns a child has a row for each child.
fn inputs(life: &Lifecycle) -> Vec<(&'static str, Vec<Input>)> {
    let both = |make: &dyn Fn(Generation) -> Input| {
        life.children.iter().map(|child| make(child.generation)).collect::<Vec<_>>()
    };
    let candidate =
        |make: &dyn Fn(Generation) -> Input| life.candidate().map(make).into_iter().collect();
    vec![
        (
            "spawn-failed",
            candidate(&|generation| Input::SpawnFailed { generation, transient: false }),
        ),
        (
            "spawn-later",
            candidate(&|generation| Input::SpawnFailed { generation, transient: true }),
        ),
        ("ready", both(&Input::Ready)),
        ("unsuitable", both(&|child| Input::Unsuitable(child, Unsuitable::Sockets))),
        ("exit", both(&|child| Input::Exited(child, FINE))),
        ("crash", both(&|child| Input::Exited(child, CRASH))),
        ("USR2", vec![signal(Signal::USR2)]),
        ("TERM", vec![signal(Signal::TERM)]),
        ("INT", vec![signal(Signal::INT)]),
        ("^C", vec![from_terminal(Signal::INT)]),
        ("TSTP", vec![signal(Signal::TSTP)]),
        ("HUP", vec![signal(Signal::HUP)]),
        ("USR1", vec![signal(Signal::USR1)]),
        ("CONT", vec![signal(Signal::CONT)]),
        ("resumed", vec![Input::Resumed(Duration::from_secs(5))]),
        ("restart", vec![Input::Restart(crate::input::Cause::Call)]),
        ("asks", both(&Input::AskedToRestart)),
        ("installed", vec![Input::Installed]),
        ("replaced", vec![Input::Replaced]),
        ("rolled-back", vec![Input::RolledBack]),
        ("frozen", vec![Input::Frozen(Duration::from_secs(5))]),
        ("early-tick", vec![Input::Tick]),
        ("late-tick", vec![Input::Tick]),
    ]
}

fn row(situation: &Situation, name: &str, input: Input) -> String {
    let before = situation.reach();
    let at = if name == "late-tick" { second(100) } else { second(2) };
    let (after, actions) = step(before, at, input);
    let child = match input {
        Input::SpawnFailed { generation: child, .. }
        | Input::Ready(child)
        | Input::Unsuitable(child, _)
        | Input::AskedToRestart(child)
        | Input::Exited(child, _) => child.number().to_string(),
        _ => String::new(),
    };
    let row = format!(
        "{:<14} {:<13} {:<28} {}",
        situation.name,
        format!("{name}{child}"),
        render::actions(&actions),
        render::state(&after)
    );
    row.trim_end().to_owned()
}

/// Each row has been reviewed: the actions, and the state that follows.
#[test]
fn every_input_does_in_every_situation_what_the_table_says() {
    let mut rows = Vec::new();
    for situation in situations::all() {
        let life = situation.reach();
        rows.push(format!("# {}: {}", situation.name, render::state(&life)));
        for (name, inputs) in inputs(&life) {
            rows.extend(inputs.into_iter().map(|input| row(&situation, name, input)));
        }
    }
    let expected: Vec<&str> =
        include_str!("table.txt").lines().filter(|line| !line.is_empty()).collect();
    let difference = rows.iter().zip(&expected).find(|(row, expected)| row != *expected);
    let all = rows.join("\n");
    assert!(difference.is_none(), "first difference: {difference:?}; as it is now:\n{all}");
    assert_eq!(rows.len(), expected.len(), "as it is now:\n{all}");
}
