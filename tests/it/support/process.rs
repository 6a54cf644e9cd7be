//! The binary, serving, as a process that a test may kill.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Db;

/// A server. Dropping it kills it.
pub struct Process {
    child: Child,
    /// Of its schema.
    pub url: String,
    data: PathBuf,
    settings: Vec<(String, String)>,
    /// What is left of its banner. Kept open, so that it can be written.
    out: BufReader<ChildStdout>,
}

impl Process {
    /// Starts one on a free port, with its data in a folder.
    pub fn start(db: &Db, data: &Path) -> Self {
        Self::with(db, data, &[])
    }

    /// Starts one with settings, by environment name without its prefix.
    pub fn with(db: &Db, data: &Path, settings: &[(&str, &str)]) -> Self {
        let url = match db {
            Db::Sqlite => format!("sqlite:{}", data.join("tertulia.db").display()),
            Db::Postgres(url) => url.clone(),
        };
        let ours = [
            ("LISTEN", "127.0.0.1:0"),
            ("DATA_DIR", data.to_str().unwrap()),
            ("DATABASE_URL", &url),
            ("BCRYPT_COST", "4"),
            ("RATE_LIMITS", "off"),
        ];
        let settings = ours.iter().chain(settings);
        Self::spawn(data, settings.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    fn spawn(data: &Path, settings: Vec<(String, String)>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tertulia"));
        command.current_dir(data).stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        command.envs(settings.iter().map(|(key, value)| (format!("TERTULIA_{key}"), value)));
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let url = loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "the server ended before it served");
            if let Some(address) = line.trim().strip_prefix("listens on") {
                break format!("http://{}/graphql", address.trim());
            }
        };
        Self { child, url, data: data.to_owned(), settings, out }
    }

    /// Where its banner says that the first administrator is made; of a server without one, and once.
    pub fn set_up_link(&mut self) -> String {
        let mut line = String::new();
        while !line.contains("/setup/") {
            line.clear();
            assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "the banner has no set-up link");
        }
        line.trim().to_owned()
    }

    /// SIGKILL: nothing of the process runs after this.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts a killed one as it was.
    pub fn start_again(&mut self) {
        *self = Self::spawn(&self.data.clone(), self.settings.clone());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
