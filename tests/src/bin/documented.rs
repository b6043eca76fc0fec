//! The example in the documentation of `selfup::Update`, as it is there: a test holds the two against
//! each other, and writes another address of the same length over the one in it.

#![allow(clippy::print_stdout, reason = "as it is documented")]

// Its version, from Cargo.toml, is written into the executable.
selfup::release!();

fn main() -> Result<(), selfup::Error> {
    let source = selfup::fetch::Http::new("https://example.com/tool-{os}-{arch}");
    println!("{}", selfup::update(selfup::Update::new(source))?);
    Ok(())
}
