//! Checks that the pages in `docs` make a book: each is in its summary, and none links out of it.

use super::{Finding, links, tree::Tree};

const FOLDER: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(summary) = tree.file(SUMMARY) else {
        return vec![Finding::whole(SUMMARY, "is missing")];
    };
    let chapters: Vec<String> = links::targets(&summary.text)
        .into_iter()
        .filter_map(|(_, target)| links::resolved(FOLDER, target))
        .collect();
    let mut findings = Vec::new();
    // The first chapter is also the book's index.html, and its links are taken over as they are.
    if let Some(first) = chapters.first()
        && first.rsplit_once('/').is_none_or(|(folder, _)| folder != FOLDER)
    {
        let message =
            format!("begins with {first}, but the first page has to be right in {FOLDER}");
        findings.push(Finding::whole(SUMMARY, message));
    }
    for page in tree.ending(".md").filter(|file| file.path.starts_with("docs/")) {
        if page.path != SUMMARY && !chapters.contains(&page.path) {
            findings.push(Finding::whole(&page.path, format!("is not in {SUMMARY}")));
        }
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in links::targets(&page.text) {
            if target.starts_with('#') {
                continue;
            }
            // One that leaves the project is found elsewhere.
            if links::resolved(folder, target).is_some_and(|path| !path.starts_with("docs/")) {
                let message = format!("links to {target}, which is not part of the book");
                findings.push(Finding::new(&page.path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let summary = "# Summary\n\n[First](first.md)\n- [A page](guide/page.md)\n";
        let tree = tree(&[
            (SUMMARY, summary),
            ("docs/guide/page.md", page),
            ("README.md", "[out](docs/guide/page.md)"),
        ]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_that_is_in_the_summary_and_links_within_passes() {
        assert_eq!(found("[a](../SUMMARY.md) [b](#here) [c](https://host.example)"), [""; 0]);
    }

    #[test]
    fn a_first_page_in_a_folder_is_found() {
        let tree = tree(&[(SUMMARY, "[First](guide/first.md)"), ("docs/guide/first.md", "")]);
        let message = "begins with docs/guide/first.md, but the first page has to be right in docs";
        assert_eq!(check(&tree), [Finding::whole(SUMMARY, message)]);
    }

    #[test]
    fn a_link_out_of_the_book_and_a_page_without_a_place_do_not() {
        let out = "docs/guide/page.md:2: links to ../../README.md, which is not part of the book";
        assert_eq!(found("\n[a](../../README.md)"), [out]);
        let tree = tree(&[(SUMMARY, ""), ("docs/lost.md", "")]);
        assert_eq!(check(&tree), [Finding::whole("docs/lost.md", "is not in docs/SUMMARY.md")]);
    }
}
