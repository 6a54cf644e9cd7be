//! A real Redis for the tests, plain or a cluster of three: processes that keep nothing, on free
//! ports of 127.0.0.1, gone when the test process is gone. Touches no Redis that runs already.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::postgres::{Watched, installed, on_free_port, path};

/// Slots of a cluster, from the specification.
const SLOTS: u16 = 16_384;
const NODES: u16 = 3;
/// How long a cluster may take to agree, on a machine that is busy compiling.
const AGREE_MAX: Duration = Duration::from_secs(30);

/// One server. Dropping it stops the server and removes its folder.
pub(crate) struct Redis {
    // Before `folder`, so that the server is gone when the folder is removed.
    server: Option<Watched>,
    binary: PathBuf,
    port: u16,
    clustered: bool,
    password: Option<&'static str>,
    folder: TempDir,
}

impl Redis {
    /// Starts a server. `None` where Redis is not installed: the test then says that it is
    /// skipped. With `TERTULIA_TEST_ALL` in the environment that is a failure instead.
    pub(crate) fn start() -> Option<Self> {
        binary().map(|binary| Self::create(binary, false, None))
    }

    /// A server that wants a password.
    pub(crate) fn start_with_password(password: &'static str) -> Option<Self> {
        binary().map(|binary| Self::create(binary, false, Some(password)))
    }

    fn create(binary: PathBuf, clustered: bool, password: Option<&'static str>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut redis = Self { server: None, binary, port: 0, clustered, password, folder };
        (redis.server, redis.port) = on_free_port(|port| redis.serve(port)).expect("Redis does not start");
        redis
    }

    fn serve(&self, port: u16) -> io::Result<Watched> {
        let mut program = vec![self.binary.clone().into_os_string()];
        program.extend(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(Into::into));
        program.extend(["--port".into(), port.to_string().into()]);
        program.extend(["--dir".into(), self.folder.path().into()]);
        program.extend(["--pidfile".into(), self.folder.path().join("pid").into()]);
        program.extend(["--daemonize", "no"].map(Into::into));
        if self.clustered {
            // Its bus is found at the port and 10000, which is free below 32000 where the port is.
            program.extend(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"].map(Into::into));
        }
        if let Some(password) = self.password {
            program.extend(["--requirepass", password].map(Into::into));
        }
        Watched::start(self.folder.path(), &program, None)
    }

    /// The same after [`Redis::start_again`].
    pub(crate) fn url(&self) -> String {
        let credentials = self.password.map_or_else(String::new, |password| format!(":{password}@"));
        format!("redis://{credentials}127.0.0.1:{}", self.port)
    }

    /// Cuts off all clients and forgets all keys.
    pub(crate) fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.end("TERM");
        }
    }

    /// Starts a stopped server on the same port.
    pub(crate) fn start_again(&mut self) {
        assert!(self.server.is_none(), "Redis already runs");
        self.server = Some(self.serve(self.port).expect("Redis does not start again"));
    }

    /// Holds the process still: its connections stay open and answer nothing.
    pub(crate) fn freeze(&self) -> Frozen {
        let pid = fs::read_to_string(self.folder.path().join("pid")).unwrap().trim().to_owned();
        signal("STOP", &pid);
        Frozen { pid }
    }

    /// Runs one command and returns the raw answer.
    pub(crate) fn ask(&self, command: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // QUIT closes the stream behind the answer. Neither needs quoting: they are words without blanks.
        write!(stream, "{}\r\nQUIT\r\n", command.join(" ")).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.trim_end_matches("+OK\r\n").to_owned()
    }

    fn id(&self) -> String {
        self.ask(&["CLUSTER", "MYID"]).lines().nth(1).unwrap().to_owned()
    }
}

/// A process that stands still until this is dropped.
pub(crate) struct Frozen {
    pid: String,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("CONT", &self.pid);
    }
}

fn signal(name: &str, pid: &str) {
    let status = Command::new("kill").args(["-s", name, pid]).status().unwrap();
    assert!(status.success(), "kill -s {name} {pid}");
}

fn binary() -> Option<PathBuf> {
    let found = path().into_iter().map(|folder| folder.join("redis-server")).find(|file| file.exists());
    let found = installed(found, "redis-server");
    if found.is_none() {
        super::skip("tests of the bus between nodes: redis-server is not installed");
    }
    found
}

/// Three servers with a third of the slots each, and no replicas.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Redis>,
}

impl Cluster {
    /// `None` as in [`Redis::start`].
    pub(crate) fn start() -> Option<Self> {
        let binary = binary()?;
        let nodes: Vec<Redis> = (0..NODES).map(|_| Redis::create(binary.clone(), true, None)).collect();
        for (number, node) in (0..NODES).zip(&nodes) {
            let first = SLOTS / NODES * number;
            let last = if number + 1 == NODES { SLOTS - 1 } else { SLOTS / NODES * (number + 1) - 1 };
            let answer = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
            assert_eq!(answer, "", "the answer is OK, as that to QUIT");
            // The first epoch of each has to differ, or they would have to settle it.
            node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        for node in &nodes[1..] {
            nodes[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]);
        }
        let cluster = Self { nodes };
        cluster.agreed();
        Some(cluster)
    }

    /// Waits until each node knows of all slots.
    pub(crate) fn agreed(&self) {
        let started = Instant::now();
        for node in &self.nodes {
            loop {
                let info = node.ask(&["CLUSTER", "INFO"]);
                if info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{NODES}"))
                {
                    break;
                }
                assert!(started.elapsed() < AGREE_MAX, "the cluster does not agree: {info}");
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// The number of the node that has a slot, before any is moved.
    pub(crate) fn owner(slot: u16) -> usize {
        usize::from((slot / (SLOTS / NODES)).min(NODES - 1))
    }

    /// The slot of a channel, as Redis reckons it.
    pub(crate) fn slot(&self, channel: &str) -> u16 {
        self.nodes[0].ask(&["CLUSTER", "KEYSLOT", channel]).trim_start_matches(':').trim().parse().unwrap()
    }

    /// Gives a slot to another node, as a resharding does.
    pub(crate) fn migrate(&self, slot: u16, to: usize) {
        let (from, slot) = (Self::owner(slot), slot.to_string());
        let (from_id, to_id) = (self.nodes[from].id(), self.nodes[to].id());
        self.nodes[to].ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        self.nodes[from].ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        for node in
            [to, from].into_iter().chain((0..self.nodes.len()).filter(|&node| node != to && node != from))
        {
            self.nodes[node].ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }

    /// A URL of one node; it leads to all.
    pub(crate) fn url(&self) -> String {
        self.nodes[0].url()
    }
}
