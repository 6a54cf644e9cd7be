//! A real server that speaks S3 for the tests: moto, which keeps all in memory, on a free port of 127.0.0.1,
//! gone when the test process is gone. `scripts/need moto` installs it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::postgres::{Watched, installed, on_free_port};

/// The server. Dropping it stops it.
pub(crate) struct Moto {
    _server: Watched,
    pub(crate) url: String,
    // Behind the server, which writes into it.
    _folder: TempDir,
}

impl Moto {
    /// Starts a server with one empty bucket. `None` where moto is not installed: the test then says that
    /// it is left out. With `TERTULIA_TEST_ALL` in the environment that is a failure instead.
    pub(crate) async fn start(bucket: &str) -> Option<Self> {
        let program = program();
        if program.is_none() {
            super::skip("tests of files in S3: moto is not installed; scripts/need moto does");
        }
        let program = program?;
        let folder = TempDir::new().unwrap();
        let (server, port) = on_free_port(|port| {
            let command: Vec<OsString> = [
                program.clone().into(),
                "-H".into(),
                "127.0.0.1".into(),
                "-p".into(),
                port.to_string().into(),
            ]
            .into();
            Watched::start(folder.path(), &command, None)
        })
        .expect("moto does not start");
        let url = format!("http://127.0.0.1:{port}");
        let made = reqwest::Client::new().put(format!("{url}/{bucket}")).send().await.unwrap();
        assert!(made.status().is_success(), "no bucket: {}", made.status());
        Some(Self { _server: server.unwrap(), url, _folder: folder })
    }

    /// The names of all that is in the bucket.
    pub(crate) async fn names(&self, bucket: &str) -> Vec<String> {
        let listed =
            reqwest::get(format!("{}/{bucket}?list-type=2", self.url)).await.unwrap().text().await.unwrap();
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(str::to_owned).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
fn program() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let found = cache.map(|cache| cache.join("tertulia/moto-5/bin/moto_server")).filter(|file| file.exists());
    installed(found, "moto")
}
