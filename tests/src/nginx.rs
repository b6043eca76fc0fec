//! A real web server that serves a folder.

use crate::front::Upstream;
use crate::sandbox::{PATIENCE, Process, Sandbox, wait_until};
use std::fs::{self, File};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// nginx, on a socket in its folder: another process could take a port before it listens.
#[derive(Debug)]
pub struct Nginx {
    folder: PathBuf,
    process: Process,
    published: u64,
}

impl Nginx {
    /// The program that has to be there.
    pub const PROGRAM: &'static str = "nginx";

    /// Serves an empty folder of the sandbox.
    #[track_caller]
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::start_with(sandbox, "")
    }

    /// Starts nginx with further settings inside `http { }`, where `{folder}` is its folder.
    /// Servers in these settings listen on a socket in that folder.
    #[track_caller]
    pub fn start_with(sandbox: &Sandbox, more: &str) -> Self {
        let folder = sandbox.join("nginx");
        fs::create_dir_all(folder.join("www")).unwrap();
        sandbox.expect_files(["nginx"]);
        fs::write(folder.join("conf"), configuration(&folder, more)).unwrap();
        let process = started(sandbox, &folder);
        Self { folder, process, published: 0 }
    }

    /// The folder that it serves: a file `app` in it is at `/app`.
    pub fn root(&self) -> PathBuf {
        self.folder.join("www")
    }

    /// Publishes a file at `/NAME`, by renaming it into place once it is written, and returns its path.
    pub fn put(&mut self, name: &str, write: impl FnOnce(&mut File)) -> PathBuf {
        let beside = self.folder.join("new");
        let mut file = File::create(&beside).unwrap();
        write(&mut file);
        // nginx knows a file by its length and the second of its last change.
        self.published += 1;
        let age = Duration::from_secs(86_400 - self.published);
        file.set_modified(SystemTime::now() - age).unwrap();
        let path = self.root().join(name);
        fs::rename(beside, &path).unwrap();
        path
    }

    /// Removes the file at `/NAME`.
    pub fn remove(&mut self, name: &str) {
        fs::remove_file(self.root().join(name)).unwrap();
    }

    /// A file in its folder: a socket, a log.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where it listens.
    pub fn upstream(&self) -> Upstream {
        Upstream::Unix(socket(&self.folder))
    }

    /// Kills nginx in the middle of what it does.
    #[track_caller]
    pub fn kill(&self) {
        self.process.signal(libc::SIGKILL);
        self.process.wait(PATIENCE);
    }

    /// Starts nginx once more, after it was killed.
    #[track_caller]
    pub fn start_again(&mut self, sandbox: &Sandbox) {
        for entry in fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_socket() {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        self.process = started(sandbox, &self.folder);
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

fn started(sandbox: &Sandbox, folder: &Path) -> Process {
    let mut command = Command::new(Nginx::PROGRAM);
    command.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(folder.join("conf"));
    let process = sandbox.start(command);
    let configuration = fs::read_to_string(folder.join("conf")).unwrap();
    // nginx opens its sockets one after the other.
    for rest in configuration.split("listen unix:").skip(1) {
        let path = rest.split([' ', ';']).next().unwrap_or_default();
        wait_until("nginx to listen", PATIENCE, || UnixStream::connect(path).is_ok());
    }
    process
}

/// One process, all of its files in the folder.
fn configuration(folder: &Path, more: &str) -> String {
    let folder = folder.display().to_string();
    let more = more.replace("{folder}", &folder);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\n{temporary}access_log off;\n\
         server {{ listen unix:{}; root {folder}/www; }}\n{more}}}\n",
        socket(Path::new(&folder)).display()
    )
}
