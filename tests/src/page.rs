//! Extracts the files that the pages in `docs` show, so that tests use them as a reader would.

/// The path that a reader replaces.
const PROGRAM: &str = "/usr/local/bin/app";

/// The fenced block of a page in which a comment names this file, with this command line for the
/// program's path.
///
/// # Panics
///
/// If there is none, or it does not start the program where it should.
#[track_caller]
pub fn file(page: &str, name: &str, command: &str) -> String {
    let blocks = page.split("\n```").skip(1).step_by(2);
    let comment = format!("# {name}");
    let block = blocks
        .filter_map(|block| block.split_once('\n'))
        .map(|(_language, block)| format!("{block}\n"))
        .find(|block| block.lines().any(|line| line == comment));
    let block = block.unwrap_or_else(|| panic!("no {name} on the page"));
    block.replace(PROGRAM, command)
}

#[cfg(test)]
mod tests {
    use super::file;

    const PAGE: &str = "# One\n\n```sh\n#!/bin/sh\n# a/run\nexec /usr/local/bin/app\n```\n\nand\n\n\
                        ```ini\n# b\nx=1\n```\n";

    #[test]
    fn a_block_is_found_by_its_name() {
        assert_eq!(file(PAGE, "a/run", "/x y"), "#!/bin/sh\n# a/run\nexec /x y\n");
        assert_eq!(file(PAGE, "b", "/x"), "# b\nx=1\n");
    }

    #[test]
    #[should_panic(expected = "no run on the page")]
    fn the_whole_name_counts() {
        file(PAGE, "run", "/x");
    }
}
