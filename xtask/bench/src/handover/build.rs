//! Makes a system ready to be started: builds it, or finds what is installed.

use super::super::Programs;
use std::path::{Path, PathBuf};
use xtask_support::command::{self, Failure, Result};
use xtask_support::workspace;

/// What systems are made from, and where.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) programs: &'a Programs,
    pub(super) target: &'a Path,
}

/// How to start a system. `{address}` and `{folder}` in its arguments and its file stand for where
/// it listens, and for the folder it runs in.
pub(super) struct Ready {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// A configuration file to write into the folder.
    pub(super) file: Option<(&'static str, &'static str)>,
    /// The file in the folder with the process id of the master.
    pub(super) pid_file: Option<&'static str>,
    pub(super) version: String,
}

impl Ready {
    /// A program that is given nothing but its address.
    pub(super) fn new(program: PathBuf, version: impl Into<String>) -> Self {
        Self {
            program,
            arguments: vec!["{address}".to_owned()],
            file: None,
            pid_file: None,
            version: version.into(),
        }
    }
}

/// The program without a master, with one of its two strategies.
pub(super) fn handed(place: &Place<'_>, strategy: &str) -> Ready {
    let mut ready = Ready::new(place.programs.handed.clone(), env!("CARGO_PKG_VERSION"));
    ready.arguments.insert(0, strategy.to_owned());
    ready
}

/// A Rust program in a folder of `xtask/bench/peers`, with the library of that name.
pub(super) fn rust(place: &Place<'_>, library: &str) -> Result<Ready> {
    let folder = peers().join(library);
    let manifest = folder.join("Cargo.toml");
    let mut cargo = command::cargo(&["build", "--quiet", "--release", "--locked"]);
    cargo.arg("--manifest-path").arg(&manifest).arg("--target-dir").arg(place.target);
    command::run(&mut cargo)?;
    let lock = std::fs::read_to_string(folder.join("Cargo.lock")).unwrap_or_default();
    let version = version_in(&lock, library).unwrap_or("of unknown version");
    Ok(Ready::new(place.target.join("release").join(format!("peer-{library}")), version))
}

/// The version of a package in the text of a lock file.
fn version_in<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let after = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?.1;
    after.split('"').next()
}

/// The Go program, with the libraries that Debian installs; nothing is downloaded.
pub(super) fn go(place: &Place<'_>) -> Result<Ready> {
    found("go", "golang-go")?;
    let program = place.target.join("release/peer-tableflip");
    let mut go = command::program("go", &["build", "-o"]);
    go.arg(&program).arg(".").current_dir(peers().join("tableflip"));
    go.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode");
    go.env("GOFLAGS", "").env("GOCACHE", place.target.join("go"));
    command::run(&mut go)?;
    let package = "golang-github-cloudflare-tableflip-dev";
    let version = command::stdout_of(&mut command::program(
        "dpkg-query",
        &["--show", "--showformat", "${Version}", package],
    ))?;
    Ok(Ready::new(program, version.trim()))
}

/// gunicorn in an environment of its own.
pub(super) fn gunicorn(place: &Place<'_>) -> Result<Ready> {
    found("python3", "python3")?;
    let (environment, folder) = (place.target.join("gunicorn"), peers().join("gunicorn"));
    let python = environment.join("bin/python3");
    if !python.exists() {
        let mut venv = command::program("python3", &["-m", "venv", "--clear"]);
        command::run(venv.arg(&environment))?;
    }
    let mut pip = command::program(&python.display().to_string(), &["-m", "pip", "install"]);
    pip.args(["--quiet", "--disable-pip-version-check", "--requirement"]);
    command::run(pip.arg(folder.join("requirements.txt")))?;
    let program = environment.join("bin/gunicorn");
    let version = printed(&program, &["--version"])?;
    let mut ready = Ready::new(program, last_word(&version));
    ready.arguments = [
        "--bind={address}",
        "--pid={folder}/pid",
        "--worker-class=gthread",
        "--threads=8",
        "--workers=2",
        "--keep-alive=75",
        "--log-level=error",
        &format!("--pythonpath={}", folder.display()),
        "app:app",
    ]
    .map(str::to_owned)
    .to_vec();
    ready.pid_file = Some("pid");
    Ok(ready)
}

pub(super) fn nginx(_: &Place<'_>) -> Result<Ready> {
    // The new master is started under the name by which the old one was.
    let program = found("nginx", "nginx-light")?;
    let version = printed(&program, &["-v"])?;
    let mut ready = Ready::new(program, version.rsplit('/').next().unwrap_or_default().trim());
    ready.arguments =
        ["-p", "{folder}", "-c", "{folder}/conf", "-e", "{folder}/log"].map(str::to_owned).to_vec();
    ready.file = Some(("conf", include_str!("../../peers/nginx/nginx.conf")));
    ready.pid_file = Some("pid");
    Ok(ready)
}

pub(super) fn haproxy(_: &Place<'_>) -> Result<Ready> {
    let program = found("haproxy", "haproxy")?;
    let version = printed(&program, &["-v"])?;
    let version = version.split_whitespace().nth(2).unwrap_or_default();
    let mut ready = Ready::new(program, version);
    ready.arguments = ["-W", "-q", "-f", "{folder}/conf"].map(str::to_owned).to_vec();
    ready.file = Some(("conf", include_str!("../../peers/haproxy/haproxy.cfg")));
    Ok(ready)
}

fn peers() -> PathBuf {
    workspace::root().join("xtask/bench/peers")
}

/// The path at which the shell finds a command.
fn found(command: &str, package: &str) -> Result<PathBuf> {
    let output = command::captured(&mut command::program(
        "sh",
        &["-c", "PATH=$PATH:/usr/sbin; command -v \"$0\"", command],
    ))?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if path.is_empty() {
        return Err(Failure::new(format!("{command} is not here (Debian package {package})")));
    }
    Ok(path.into())
}

/// The output of a program, of both streams.
fn printed(program: &Path, arguments: &[&str]) -> Result<String> {
    let output =
        command::captured(&mut command::program(&program.display().to_string(), arguments))?;
    let both = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&both).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn last_word(line: &str) -> &str {
    let word = line.split_whitespace().last().unwrap_or_default();
    word.trim_end_matches(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_package_of_exactly_this_name() {
        let lock = "[[package]]\nname = \"ab\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"b\"\nversion = \"2.1.3\"\n";
        assert_eq!(version_in(lock, "b"), Some("2.1.3"));
        assert_eq!(version_in(lock, "c"), None);
    }
}
