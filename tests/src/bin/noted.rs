//! The program of many versions, with its name and version in its note: `app`, `1.0.0`.
//!
//! Tests overwrite them with others of the same length.

#[path = "upgradable/main.rs"]
mod upgradable;

selfup::release!(name = "app", version = "1.0.0");

fn main() -> std::process::ExitCode {
    upgradable::main()
}
