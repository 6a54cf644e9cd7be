//! Servers as processes of their own: started, asked, weighed and stopped.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::load::http::{Connection, post};
use crate::load::target::Target;

/// How long a server may take to answer for the first time.
const START_MAX: Duration = Duration::from_secs(30);
/// Of `/proc/PID/stat`; the kernel's `USER_HZ`, which is 100 on every Linux that has this file.
const TICKS_PER_SECOND: f64 = 100.0;

/// A server that is running. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub target: Target,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a server may run. The generator has the other core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    All,
    First,
}

impl Server {
    /// Starts `binary`, which takes `--listen`, and waits for its answer to a POST to `path`.
    pub async fn start<A: AsRef<OsStr>>(
        binary: &Path,
        arguments: impl IntoIterator<Item = A>,
        path: &str,
        cores: Cores,
    ) -> anyhow::Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = free.local_addr()?;
        drop(free);
        let mut command = match cores {
            Cores::All => Command::new(binary),
            Cores::First => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", "0"]).arg(binary);
                command
            }
        };
        command.args(arguments).arg("--listen").arg(address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, target: Target::at(address), started_in: Duration::ZERO };
        server.first_answer(path, begun).await?;
        Ok(server)
    }

    async fn first_answer(&mut self, path: &str, begun: Instant) -> anyhow::Result<()> {
        let request = post(&self.target, path, None, &json!({ "query": "{ __typename }" }));
        while begun.elapsed() < START_MAX {
            if let Ok(mut connection) = Connection::open(&self.target).await
                && let Ok(answer) = connection.exchange(&request).await
                && answer.status == 200
            {
                self.started_in = begun.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        bail!("the server did not answer in {START_MAX:?}")
    }

    /// Processor time that its threads have used, by the user and by the kernel for it.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds(&self.child.id().to_string())
    }

    /// Memory that is in use now, and at most so far.
    pub fn resident_bytes(&self) -> anyhow::Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
        };
        Ok((field("VmRSS").context("no VmRSS")?, field("VmHWM").context("no VmHWM")?))
    }

    /// Ends it as an operator would.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status()?;
        if told.success() {
            self.child.wait()?;
        }
        Ok(())
    }
}

/// `process` is a number, or `self`.
pub fn cpu_seconds(process: &str) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The command name may hold anything; the numbers come after its bracket.
    let (_, fields) = stat.rsplit_once(')').context("no command name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks: u32 = ticks.sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / TICKS_PER_SECOND)
}
