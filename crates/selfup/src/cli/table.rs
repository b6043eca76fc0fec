//! The state of a service as a small table for people.

use std::{
    fmt::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use selfup_control::{Child, Executable, Status};

/// Returns the table. The role of the child that serves is bold if `is_coloured`.
pub(super) fn of(status: &Status, is_coloured: bool) -> String {
    let mut text = String::new();
    let up = ago(status.since);
    let Status { service, pid, phase, restarts, .. } = status;
    let _written = writeln!(text, "{service}: {phase}, pid {pid}, up {up}, restarts: {restarts}");
    let master = name_of(&status.master);
    let _written = writeln!(text, "executable  {}, master {master}", status.master.path);
    for socket in &status.sockets {
        let _written = writeln!(text, "socket      {} at {}", socket.name, socket.address);
    }
    let _written = writeln!(
        text,
        "\n{:<6} {:<10} {:>8} {:>9}  {:<10} {:<9} STATUS",
        "CHILD", "ROLE", "PID", "AGE", "VERSION", "ID"
    );
    for child in &status.generations {
        row(&mut text, child, is_coloured);
    }
    upgrades(&mut text, status);
    text
}

fn row(text: &mut String, child: &Child, is_coloured: bool) {
    let role = format!("{:<10}", child.role);
    let role =
        if is_coloured && child.role == "active" { format!("\x1b[1m{role}\x1b[0m") } else { role };
    let age = span(Duration::try_from_secs_f64(child.age).unwrap_or_default());
    let version = child.version.as_deref().unwrap_or("-");
    let id = child.id.as_deref().map_or("-", short);
    let number = format!("#{}", child.generation);
    let told = child.status.as_deref().or(child.lacks.as_deref()).unwrap_or("-");
    let _written = writeln!(
        text,
        "{number:<6} {role} {:>8} {age:>9}  {version:<10} {id:<9} {told}",
        child.pid
    );
}

fn upgrades(text: &mut String, status: &Status) {
    let upgrades = &status.upgrades;
    let mut lines = Vec::new();
    let next = upgrades.next_look.map(|at| format!(", next in {}", ahead(at))).unwrap_or_default();
    match upgrades.last_look {
        _ if !upgrades.enabled => lines.push("no source".to_owned()),
        Some(at) => lines.push(format!("last look {} ago{next}", ago(at))),
        None => lines.push("no look at the source has ended yet".to_owned()),
    }
    lines.extend(upgrades.source.as_ref().map(|source| format!("from {source}")));
    let installed = [("installed", &upgrades.installed), ("previous", &upgrades.previous)];
    for (what, executable) in installed {
        lines.extend(executable.as_ref().map(|it| format!("{what} {}", name_of(it))));
    }
    lines.extend(upgrades.failing.clone());
    lines.extend(upgrades.last.clone());
    lines.extend(upgrades.committed_in.map(|left| format!("on probation for another {left:.0} s")));
    if let Some(paused) = &upgrades.paused {
        lines.push(format!("paused for {}: {}", ago(paused.since), paused.reason));
    }
    for refused in &upgrades.refused {
        lines.push(format!("refused {}: {}", refused.id, refused.reason));
    }
    for (index, line) in lines.iter().enumerate() {
        let head = if index == 0 { "\nupgrades  " } else { "          " };
        let _written = writeln!(text, "{head}  {line}");
    }
}

/// The version, and the part of the id that people compare.
fn name_of(executable: &Executable) -> String {
    let id = executable.id.as_deref().map_or("not read yet", short);
    match &executable.version {
        Some(version) => format!("{version} ({id})"),
        None => id.to_owned(),
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn ahead(seconds: u64) -> String {
    let then = UNIX_EPOCH + Duration::from_secs(seconds);
    span(then.duration_since(SystemTime::now()).unwrap_or_default())
}

fn ago(seconds: u64) -> String {
    let then = UNIX_EPOCH + Duration::from_secs(seconds);
    span(SystemTime::now().duration_since(then).unwrap_or_default())
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use selfup_control::Upgrades;

    use super::*;

    #[test]
    fn a_child_is_a_row_and_only_a_terminal_gets_colour() {
        let child = Child {
            generation: 12,
            pid: 4242,
            role: "active".into(),
            age: 3725.0,
            version: Some("1.2.3".into()),
            ..Child::default()
        };
        let status =
            Status { service: "app".into(), generations: vec![child], ..Status::default() };
        let plain = of(&status, false);
        assert!(
            plain.contains("#12    active         4242     1h02m  1.2.3      -         -\n"),
            "{plain}"
        );
        assert!(plain.contains("executable  , master not read yet\n"), "{plain}");
        assert!(!plain.contains('\x1b') && of(&status, true).contains("\x1b[1mactive"));
    }

    #[test]
    fn what_is_known_of_upgrades_is_a_line_each() {
        let executable = |version: Option<&str>, id: Option<&str>| {
            let (version, id) = (version.map(str::to_owned), id.map(str::to_owned));
            Some(Executable { path: "/srv/app".into(), version, id })
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let status = Status {
            upgrades: Upgrades {
                enabled: true,
                source: Some("https://host/app".into()),
                last_look: Some(now - 3),
                next_look: Some(now + 7200),
                installed: executable(Some("1.2.3"), Some("77aa001122")),
                previous: executable(None, None),
                ..Upgrades::default()
            },
            ..Status::default()
        };
        let text = of(&status, false);
        for line in [
            "upgrades    last look 3s ago, next in 1h59m",
            "            from https://host/app",
            "            installed 1.2.3 (77aa0011)",
            "            previous not read yet",
        ] {
            assert!(text.lines().any(|it| it == line), "no {line:?} in {text}");
        }
    }
}
