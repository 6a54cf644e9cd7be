//! A real PostgreSQL for the tests: a private cluster, made from the installed binaries in a
//! temporary folder, on a free port of 127.0.0.1, and gone when the test process is gone.
//!
//! It does not install anything, touches no cluster that runs already, and keeps nothing on disk
//! safe (`fsync=off`): what it stores outlives `kill`, but not the machine.

use std::{
    env,
    ffi::OsString,
    fs, io,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU16, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The oldest PostgreSQL that the server supports.
const MAJOR_MIN: u32 = 15;
/// The cluster's owner: the role that the tests connect as.
const ROLE: &str = "tertulia";
/// How long a server may take to answer, on a machine that is busy compiling.
const START_MAX: Duration = Duration::from_mins(1);

/// One cluster. Dropping it stops the server and removes its folder.
pub(crate) struct Postgres {
    // Before `folder`, so that the server is gone when the folder is removed.
    server: Option<Watched>,
    binaries: PathBuf,
    port: u16,
    databases: AtomicU32,
    owner: Option<Owner>,
    folder: TempDir,
}

impl Postgres {
    /// The cluster that all tests of this process share, started by the first that asks.
    ///
    /// `None` where PostgreSQL is not installed: the test then says that it is skipped. With
    /// `TERTULIA_TEST_ALL` in the environment that is a failure instead.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A cluster of its own, for a test that stops it. `None` as in [`Postgres::shared`].
    pub(crate) fn start() -> Option<Self> {
        let binaries = installed(binaries(), "PostgreSQL 15 or newer")?;
        Some(Self::create(binaries).unwrap_or_else(|fault| panic!("PostgreSQL does not start: {fault}")))
    }

    fn create(binaries: PathBuf) -> io::Result<Self> {
        let folder = TempDir::new()?;
        let owner = Owner::of(folder.path())?;
        let mut cluster =
            Self { server: None, binaries, port: 0, databases: AtomicU32::new(0), owner, folder };
        cluster.init()?;
        (cluster.server, cluster.port) = on_free_port(|port| cluster.serve(port))?;
        Ok(cluster)
    }

    /// Writes the empty cluster; nearly all of the start-up time goes here.
    fn init(&self) -> io::Result<()> {
        let mut initdb = Command::new(self.binaries.join("initdb"));
        // Byte order for sorting and Unicode for letter case, the same on every machine.
        initdb.args(["--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-sync", "--username", ROLE]);
        initdb.arg("--pgdata").arg(self.data());
        finish(as_owner(&mut initdb, self.owner)).map(drop)
    }

    fn serve(&self, port: u16) -> io::Result<Watched> {
        let mut program = vec![self.binaries.join("postgres").into_os_string()];
        program.extend(["-D".into(), self.data().into(), "-k".into(), self.folder.path().into()]);
        program.extend(["-p".into(), port.to_string().into()]);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "fsync=off"] {
            program.extend(["-c".into(), setting.into()]);
        }
        Watched::start(self.folder.path(), &program, self.owner)
    }

    /// Makes an empty database and returns its URL, `postgres://tertulia@127.0.0.1:PORT/dbN`.
    pub(crate) fn create_database(&self) -> String {
        let name = format!("db{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--host=127.0.0.1", "--username", ROLE, "--dbname=postgres"]);
        // template0: nobody can be connected to it, so that many tests may copy it at once.
        psql.args(["--port", &self.port.to_string(), "--command"]);
        psql.arg(format!("CREATE DATABASE {name} TEMPLATE template0"));
        if let Err(fault) = finish(&mut psql) {
            panic!("no database {name}: {fault}");
        }
        format!("postgres://{ROLE}@127.0.0.1:{}/{name}", self.port)
    }

    /// Shuts down in order: clients are cut off, what they committed is written out.
    pub(crate) fn stop(&mut self) {
        self.end("INT");
    }

    /// Shuts down at once, as in a crash: the next start recovers from the log.
    pub(crate) fn kill(&mut self) {
        self.end("QUIT");
    }

    /// Starts a stopped or killed cluster, on the same port and with the same databases.
    pub(crate) fn start_again(&mut self) {
        assert!(self.server.is_none(), "PostgreSQL already runs");
        match self.serve(self.port) {
            Ok(server) => self.server = Some(server),
            Err(fault) => panic!("PostgreSQL does not start again: {fault}"),
        }
    }

    fn end(&mut self, signal: &str) {
        if let Some(server) = self.server.take() {
            server.end(signal);
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// The folder of the newest installed server: what is in `PATH`, and where Debian puts it.
fn binaries() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = debian.map(|version| version.path().join("bin")).chain(path());
    // A link in PATH may lead to one program of many: its target's folder has them all.
    let real =
        folders.filter_map(|folder| Some(folder.join("postgres").canonicalize().ok()?.parent()?.into()));
    let whole =
        real.filter(|folder: &PathBuf| folder.join("initdb").exists() && folder.join("psql").exists());
    let (major, newest) = whole.filter_map(|folder| Some((major(&folder)?, folder))).max()?;
    (major >= MAJOR_MIN).then_some(newest)
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major(folder: &Path) -> Option<u32> {
    let version = finish(Command::new(folder.join("postgres")).arg("--version")).ok()?;
    version.split_whitespace().nth(2)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The folders of `PATH`.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
pub(crate) fn path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// Passes on what was found, and turns "missing" into a failure where every test has to run.
pub(crate) fn installed<T>(found: Option<T>, what: &str) -> Option<T> {
    let all = super::all_demanded();
    assert!(found.is_some() || !all, "{what} is not installed, and TERTULIA_TEST_ALL is set");
    found
}

/// The user that a server runs as where the tests run as root: PostgreSQL refuses to be root.
#[derive(Clone, Copy)]
pub(crate) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// `None` when we are not root. Otherwise the folder, which we have just made, is handed over.
    fn of(folder: &Path) -> io::Result<Option<Self>> {
        if fs::metadata(folder)?.uid() != 0 {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let owner = ["postgres", "nobody"].iter().find_map(|name| Self::find(&accounts, name));
        let owner = owner.ok_or_else(|| io::Error::other("no user to run it as instead of root"))?;
        chown(folder, Some(owner.user), Some(owner.group))?;
        Ok(Some(owner))
    }

    /// Reads `name:password:user:group:…`.
    fn find(accounts: &str, name: &str) -> Option<Self> {
        let mut account =
            accounts.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
        let user = account.nth(2)?.parse().ok()?;
        Some(Self { user, group: account.next()?.parse().ok()? })
    }
}

fn as_owner(command: &mut Command, owner: Option<Owner>) -> &mut Command {
    // Not the caller's folder: the other user may be unable to enter it.
    command.current_dir("/");
    match owner {
        Some(Owner { user, group }) => command.uid(user).gid(group),
        None => command,
    }
}

/// Runs a command to its end and returns what it printed, or what it complained of.
fn finish(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(io::Error::other(text(&output.stderr)))
    }
}

/// Tries ports until one is still free when the server takes it.
pub(crate) fn on_free_port<T>(mut start: impl FnMut(u16) -> io::Result<T>) -> io::Result<(Option<T>, u16)> {
    let mut tries_left = 3;
    loop {
        let port = free_port()?;
        tries_left -= 1;
        match start(port) {
            Ok(server) => return Ok((Some(server), port)),
            Err(fault) if tries_left == 0 => return Err(fault),
            Err(_) => {}
        }
    }
}

/// A port below those that the system gives to clients. From among those, a client that knocks
/// while its server is down could be given the server's own port, and would talk to itself.
fn free_port() -> io::Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(process::id() % u32::from(COUNT)).map_err(io::Error::other)?;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (own + step) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other("no port is free"))
}

/// A server process that cannot outlive the test process, however that ends.
///
/// Its parent is a small shell that reads from a pipe of ours. A signal's name ends the server and
/// keeps the folder. The pipe closes when we drop it, panic, abort or are killed; then the server
/// is ended at once and the folder removed.
pub(crate) struct Watched {
    keeper: Child,
}

/// `$1` is the folder, the rest the server's command line. At the end, QUIT is what makes
/// PostgreSQL leave without waiting for anyone; Redis, and a server that has not got as far as
/// handling signals, heed TERM.
const KEEPER: &str = r#"
    folder=$1; shift
    "$@" </dev/null >"$folder/log" 2>&1 &
    if read -r signal; then
        kill -s "$signal" $!; wait $!
    else
        kill -s QUIT $!; kill -s TERM $!; wait $!; rm -rf "$folder"
    fi
"#;

impl Watched {
    /// Starts a server and waits until its log says that it is ready.
    pub(crate) fn start(folder: &Path, program: &[OsString], owner: Option<Owner>) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(folder).args(program);
        // A group of its own: Ctrl-C must reach only us, and the keeper through us.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let log = folder.join("log");
        // An earlier run's log must not be taken for this one's.
        let _ = fs::remove_file(&log);
        let server = Self { keeper: as_owner(&mut shell, owner).spawn()? };
        match wait_until_ready(&log) {
            Ok(()) => Ok(server),
            Err(fault) => {
                // Not dropped: the folder is needed for the next try.
                server.end("TERM");
                Err(fault)
            }
        }
    }

    /// Sends the server a signal, waits for its end and keeps its folder.
    pub(crate) fn end(mut self, signal: &str) {
        if let Some(mut pipe) = self.keeper.stdin.take() {
            // An error means that the keeper has ended, and the server with it.
            let _ = io::Write::write_all(&mut pipe, format!("{signal}\n").as_bytes());
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// What PostgreSQL and Redis say when they take connections, and moto.
const READY: [&str; 2] = ["ready to accept connections", "running on http"];

fn wait_until_ready(log: &Path) -> io::Result<()> {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        let text_lower = text.to_lowercase();
        if READY.iter().any(|words| text_lower.contains(words)) {
            return Ok(());
        }
        // Clients that knock while it starts are told so, as FATAL; that is no fault of the server.
        let fatal =
            text.lines().any(|line| line.contains("FATAL") && !line.contains("the database system is"));
        if fatal || text.contains("in use") || started.elapsed() > START_MAX {
            return Err(io::Error::other(text));
        }
        thread::sleep(Duration::from_millis(5));
    }
}
