//! Checks that links between files of the project, and to headings in them, lead somewhere.

use super::{
    Finding,
    tree::{File, Tree},
};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.ending(".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in targets(&file.text) {
            if target.starts_with('#') {
                findings.extend(missing_heading(tree, file, line, &file.path, target));
                continue;
            }
            match resolved(folder, target) {
                Some(path) if tree.has(&path) => {
                    findings.extend(missing_heading(tree, file, line, &path, target));
                }
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

/// What is wrong with the part of a target behind its `#`.
fn missing_heading(
    tree: &Tree,
    file: &File,
    line: usize,
    path: &str,
    target: &str,
) -> Option<Finding> {
    let (before, anchor) = target.split_once('#')?;
    let page = if before.is_empty() { file } else { tree.file(path)? };
    if !page.path.ends_with(".md") || headings(&page.text).contains(&anchor.to_owned()) {
        return None;
    }
    let message = format!("links to {target}, and {} has no such heading", page.path);
    Some(Finding::new(&file.path, line, message))
}

/// The anchors that a forge makes of the headings: lower case, without punctuation, hyphens for blanks.
fn headings(markdown: &str) -> Vec<String> {
    let mut in_code = false;
    let mut anchors = Vec::new();
    for line in markdown.lines() {
        in_code ^= line.trim_start().starts_with("```");
        let text = line.trim_start_matches('#');
        if in_code || text.len() == line.len() || !text.starts_with(' ') {
            continue;
        }
        let kept = text.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        anchors.push(kept.collect::<String>().to_lowercase().replace(' ', "-"));
    }
    anchors
}

/// The local targets of `[text](target)` and `[name]: target`, outside of code blocks.
pub(super) fn targets(markdown: &str) -> Vec<(usize, &str)> {
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

/// Not on the web, and not a name that rustdoc resolves.
fn is_local(target: &str) -> bool {
    !target.is_empty()
        && !target.contains("://")
        && !target.contains("::")
        && !target.starts_with("mailto:")
}

/// The path from the root; `None` if it leaves the project.
pub(super) fn resolved(folder: &str, target: &str) -> Option<String> {
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
        let other = "# `One` thing\n```sh\n# no heading\n```\n## It's here: now\n";
        let text = format!("{text}\n# Here\n");
        let tree =
            tree(&[("docs/page.md", &text), ("docs/other.md", other), ("README.md", "# Top")]);
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
    fn headings_are_looked_for() {
        assert_eq!(found("[a](other.md#one-thing) [b](other.md#its-here-now)"), [""; 0]);
        for (link, page) in [
            ("other.md#no-heading", "docs/other.md"),
            ("../README.md#Top", "README.md"),
            ("#there", "docs/page.md"),
        ] {
            let message = format!("links to {link}, and {page} has no such heading");
            assert_eq!(found(&format!("[a]({link})")), [message]);
        }
    }

    #[test]
    fn links_that_lead_nowhere_do_not() {
        for text in ["[a](none.md)", "[`a`](none.md)", "[a]: none.md", "![a](none.md \"b\")"] {
            assert_eq!(found(text), ["links to docs/none.md, which is not there"], "{text}");
        }
        assert_eq!(found("[a](../../x.md)"), ["links to ../../x.md, which is outside the project"]);
    }
}
