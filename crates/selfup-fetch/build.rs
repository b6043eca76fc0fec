//! Tells the crate the full target triple, which `std::env::consts` does not know.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(
        clippy::disallowed_methods,
        reason = "a build script learns its target from the environment"
    )]
    let target = std::env::var("TARGET").unwrap_or_else(|_| String::from("unknown"));
    println!("cargo::rustc-env=SELFUP_TARGET={target}");
}
