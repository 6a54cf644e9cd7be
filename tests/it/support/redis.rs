//! A real Redis for the tests: one process that keeps nothing, on a free port of 127.0.0.1, gone
//! when the test process is gone. It does not install Redis, and touches none that runs already.

use std::{io, path::PathBuf};

use tempfile::TempDir;

use super::postgres::{Watched, installed, on_free_port, path};

/// One server. Dropping it stops the server and removes its folder.
pub(crate) struct Redis {
    // Before `folder`, so that the server is gone when the folder is removed.
    server: Option<Watched>,
    binary: PathBuf,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts a server. `None` where Redis is not installed: the test then says that it is
    /// skipped. With `TERTULIA_TEST_ALL` in the environment that is a failure instead.
    pub(crate) fn start() -> Option<Self> {
        let binary = path().into_iter().map(|folder| folder.join("redis-server")).find(|file| file.exists());
        let binary = installed(binary, "redis-server")?;
        Some(Self::create(binary).unwrap_or_else(|fault| panic!("Redis does not start: {fault}")))
    }

    fn create(binary: PathBuf) -> io::Result<Self> {
        let mut redis = Self { server: None, binary, port: 0, folder: TempDir::new()? };
        (redis.server, redis.port) = on_free_port(|port| redis.serve(port))?;
        Ok(redis)
    }

    fn serve(&self, port: u16) -> io::Result<Watched> {
        let mut program = vec![self.binary.clone().into_os_string()];
        program.extend(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(Into::into));
        program.extend(["--port".into(), port.to_string().into()]);
        program.extend(["--dir".into(), self.folder.path().into()]);
        Watched::start(self.folder.path(), &program, None)
    }

    /// `redis://127.0.0.1:PORT`, the same after [`Redis::start_again`].
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts off all clients and forgets all keys.
    pub(crate) fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.end("TERM");
        }
    }

    /// Starts a stopped server on the same port, empty.
    pub(crate) fn start_again(&mut self) {
        assert!(self.server.is_none(), "Redis already runs");
        match self.serve(self.port) {
            Ok(server) => self.server = Some(server),
            Err(fault) => panic!("Redis does not start again: {fault}"),
        }
    }
}
