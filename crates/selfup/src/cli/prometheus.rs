//! The state of a service in the text format of Prometheus.
//!
//! See [the format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). What the feature
//! `metrics` measures, too, has the same name here.

use std::fmt::{self, Display, Write};

use selfup_control::Status;

/// The roles of children: each has a sample, also if no child has it.
const ROLES: [&str; 4] = ["candidate", "active", "draining", "killed"];

/// Returns the samples of a status.
pub(super) fn of(status: &Status) -> String {
    let mut page = Page::default();
    let service = Labels(vec![("service", &status.service)]);
    let (upgrades, children) = (&status.upgrades, &status.generations);
    let serving = children.iter().find(|child| child.role == "active");

    page.gauge("selfup_up", "Whether a child serves.");
    page.sample(&service, u8::from(serving.is_some()));
    page.gauge("selfup_start_time_seconds", "When the master started, since the epoch.");
    page.sample(&service, status.since);
    page.gauge("selfup_serving_generation", "The generation that serves, or 0.");
    page.sample(&service, serving.map_or(0, |child| child.generation));
    page.gauge("selfup_serving_info", "The executable that serves.");
    if let Some(child) = serving {
        let version = child.version.as_deref().unwrap_or_default();
        let id = child.id.as_deref().unwrap_or_default();
        page.sample(&service.and("version", version).and("id", id), 1);
    }
    page.gauge("selfup_children", "Children that run, by their role.");
    for role in ROLES {
        let count = children.iter().filter(|child| child.role == role).count();
        page.sample(&service.and("role", role), count);
    }
    page.counter("selfup_handovers_total", "How many times a child has taken over from another.");
    page.sample(&service, status.restarts);
    page.counter("selfup_upgrades_total", "New executables, by what became of them.");
    page.sample(&service.and("outcome", "committed"), upgrades.committed);
    page.sample(&service.and("outcome", "rolled-back"), upgrades.rolled_back);
    page.gauge("selfup_on_probation", "Whether an upgrade is on probation.");
    page.sample(&service, u8::from(upgrades.committed_in.is_some()));
    page.gauge("selfup_upgrades_paused", "Whether an operator has paused upgrades.");
    page.sample(&service, u8::from(upgrades.paused.is_some()));
    page.gauge("selfup_refused_executables", "Executables that are not tried.");
    page.sample(&service, upgrades.refused.len());
    page.gauge("selfup_source_failing", "Whether the last look at the source of upgrades failed.");
    if upgrades.enabled {
        page.sample(&service, u8::from(upgrades.failing.is_some()));
    }
    page.gauge("selfup_last_look_time_seconds", "When the source was last asked, since the epoch.");
    if let Some(at) = upgrades.last_look {
        page.sample(&service, at);
    }
    page.text
}

/// A page of samples, which stand below what they are samples of.
#[derive(Default)]
struct Page {
    text: String,
    /// What the next samples are samples of.
    name: &'static str,
    /// What says so, until there is a sample.
    head: String,
}

impl Page {
    fn gauge(&mut self, name: &'static str, help: &str) {
        self.begin(name, "gauge", help);
    }

    fn counter(&mut self, name: &'static str, help: &str) {
        self.begin(name, "counter", help);
    }

    fn begin(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        self.head = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, labels: &Labels<'_>, value: impl Display) {
        self.text.push_str(&std::mem::take(&mut self.head));
        let _written = writeln!(self.text, "{}{labels} {value}", self.name);
    }
}

/// The labels of a sample.
#[derive(Clone)]
struct Labels<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Labels<'a> {
    fn and(&self, name: &'static str, value: &'a str) -> Self {
        let mut labels = self.clone();
        labels.0.push((name, value));
        labels
    }
}

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{name}=\"", if index == 0 { '{' } else { ',' })?;
            for c in value.chars() {
                match c {
                    '\\' | '"' => write!(f, "\\{c}")?,
                    '\n' => f.write_str("\\n")?,
                    c => f.write_char(c)?,
                }
            }
            f.write_char('"')?;
        }
        f.write_char('}')
    }
}

#[cfg(test)]
mod tests {
    use selfup_control::Child;

    use super::*;

    #[test]
    fn each_name_has_its_type_once_and_labels_are_escaped() {
        let child = |generation, role: &str| Child {
            generation,
            role: role.into(),
            version: Some("a \"quoted\"\\\nversion".into()),
            ..Child::default()
        };
        let status = Status {
            service: "app".into(),
            restarts: 6,
            generations: vec![child(6, "draining"), child(7, "active")],
            ..Status::default()
        };
        let text = of(&status);
        for line in [
            "# TYPE selfup_handovers_total counter",
            r#"selfup_handovers_total{service="app"} 6"#,
            r#"selfup_serving_generation{service="app"} 7"#,
            r#"selfup_children{service="app",role="draining"} 1"#,
            r#"selfup_children{service="app",role="killed"} 0"#,
            r#"selfup_serving_info{service="app",version="a \"quoted\"\\\nversion",id=""} 1"#,
        ] {
            assert!(text.lines().any(|it| it == line), "no {line} in {text}");
        }
        let mut types: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let count = types.len();
        types.dedup();
        assert_eq!(types.len(), count);
        // Without a source there is nothing to tell about it.
        assert!(!text.contains("selfup_source_failing"), "{text}");
    }
}
