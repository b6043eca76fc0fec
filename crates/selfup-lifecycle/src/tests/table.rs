//! Every situation and every event in it, as a table to be reviewed.

use super::{situations::Situation, *};

/// The events, each under the name that the table has for it. Children are named by what they are
/// for in the situation at hand.
fn events(life: &Lifecycle) -> Vec<(&'static str, Vec<Event>)> {
    let both = |make: &dyn Fn(Generation) -> Event| {
        life.children.iter().map(|child| make(child.generation)).collect::<Vec<_>>()
    };
    let candidate =
        |make: &dyn Fn(Generation) -> Event| life.candidate().map(make).into_iter().collect();
    vec![
        (
            "spawn-failed",
            candidate(&|generation| Event::SpawnFailed { generation, passing: false }),
        ),
        ("spawn-later", candidate(&|generation| Event::SpawnFailed { generation, passing: true })),
        ("ready", both(&Event::Ready)),
        ("unsuitable", both(&|child| Event::Unsuitable(child, Unsuitable::Sockets))),
        ("exit", both(&|child| Event::Exited(child, FINE))),
        ("crash", both(&|child| Event::Exited(child, CRASH))),
        ("USR2", vec![signal(Signal::USR2)]),
        ("TERM", vec![signal(Signal::TERM)]),
        ("INT", vec![signal(Signal::INT)]),
        ("^C", vec![from_terminal(Signal::INT)]),
        ("TSTP", vec![signal(Signal::TSTP)]),
        ("HUP", vec![signal(Signal::HUP)]),
        ("USR1", vec![signal(Signal::USR1)]),
        ("CONT", vec![signal(Signal::CONT)]),
        ("resumed", vec![Event::Resumed(Duration::from_secs(5))]),
        ("restart", vec![Event::Restart(crate::event::Cause::Call)]),
        ("asks", both(&Event::AskedToRestart)),
        ("installed", vec![Event::Installed]),
        ("replaced", vec![Event::Replaced]),
        ("rolled-back", vec![Event::RolledBack]),
        ("frozen", vec![Event::Frozen(Duration::from_secs(5))]),
        ("early-tick", vec![Event::Tick]),
        ("late-tick", vec![Event::Tick]),
    ]
}

fn row(situation: &Situation, name: &str, event: Event) -> String {
    let before = situation.reach();
    let at = if name == "late-tick" { second(100) } else { second(2) };
    let (after, actions) = step(before, at, event);
    let child = match event {
        Event::SpawnFailed { generation: child, .. }
        | Event::Ready(child)
        | Event::Unsuitable(child, _)
        | Event::AskedToRestart(child)
        | Event::Exited(child, _) => child.number().to_string(),
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

/// Each row of the table was thought about: what is done, and where that leads.
#[test]
fn every_situation_answers_every_event_as_the_table_says() {
    let mut rows = Vec::new();
    for situation in situations::all() {
        let life = situation.reach();
        rows.push(format!("# {}: {}", situation.name, render::state(&life)));
        for (name, events) in events(&life) {
            rows.extend(events.into_iter().map(|event| row(&situation, name, event)));
        }
    }
    let expected: Vec<&str> =
        include_str!("table.txt").lines().filter(|line| !line.is_empty()).collect();
    let difference = rows.iter().zip(&expected).find(|(row, expected)| row != *expected);
    let all = rows.join("\n");
    assert!(difference.is_none(), "first difference: {difference:?}; as it is now:\n{all}");
    assert_eq!(rows.len(), expected.len(), "as it is now:\n{all}");
}
