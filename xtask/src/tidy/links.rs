//! Links from one file of the project to another lead somewhere.

use super::{Finding, tree::Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.ending(".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in targets(&file.text) {
            match resolved(folder, target) {
                Some(path) if tree.has(&path) => {}
                Some(path) => findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("links to {path}, which is not there"),
                )),
                None => findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("links to {target}, which is outside the project"),
                )),
            }
        }
    }
    findings
}

/// The local targets of `[text](target)` and `[name]: target`, outside of code blocks.
fn targets(markdown: &str) -> Vec<(usize, &str)> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for (index, line) in markdown.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            targets.extend(on_line(line).filter(|target| is_local(target)).map(|t| (index + 1, t)));
        }
    }
    targets
}

fn on_line(line: &str) -> impl Iterator<Item = &str> {
    // Every other piece between back-ticks is code.
    let inline = line.split('`').step_by(2).flat_map(|prose| {
        prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
    });
    let reference = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "))
        .and_then(|(_, target)| target.split_whitespace().next());
    inline.chain(reference)
}

/// Not on the web, not within the page, and not a name that rustdoc resolves.
fn is_local(target: &str) -> bool {
    !target.is_empty()
        && !target.starts_with('#')
        && !target.contains("://")
        && !target.contains("::")
        && !target.starts_with("mailto:")
}

/// The path from the root; `None` if it leaves the project.
fn resolved(folder: &str, target: &str) -> Option<String> {
    let path = target.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let tree = tree(&[("docs/page.md", text), ("docs/other.md", ""), ("README.md", "")]);
        check(&tree).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        assert_eq!(
            found(
                "[a](other.md) [`b`](../README.md#top) [c](#here) [d](https://host.example/x)\n\
                 [e]: other.md\n[f](crate::Thing) `[g](none.md)`\n```text\n[h](none.md)\n```\n[i](..)"
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn links_that_lead_nowhere_do_not() {
        for text in ["[a](none.md)", "[`a`](none.md)", "[a]: none.md", "![a](none.md \"b\")"] {
            assert_eq!(found(text), ["links to docs/none.md, which is not there"], "{text}");
        }
        assert_eq!(found("[a](../../x.md)"), ["links to ../../x.md, which is outside the project"]);
    }
}
