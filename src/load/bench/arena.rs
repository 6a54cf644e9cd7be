//! The two servers and the people of a run, and where all of them run.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::load::bench::{Options, Workload, real};
use crate::load::http::{Connection, post};
use crate::load::measure::Score;
use crate::load::person::{Person, text_at};
use crate::load::process::{Cores as Place, Server, cpu_seconds};
use crate::load::target::Target;

/// Accounts, few because each costs a password hash.
const PEOPLE: usize = 4;
/// How long a server may be away before the run fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Descriptors that a process needs beside its sockets.
const DESCRIPTORS: usize = 200;

const CREATE_ROOM: &str = "mutation($i: CreateRoomInput!) { createRoom(input: $i) {
    room { id headCursor } errors { code message } } }";
const SEND: &str = "mutation($i: SendMessageInput!) { sendMessage(input: $i) {
    message { id seq createdAt } edge { cursor } errors { code message } } }";

/// A folder that goes with the run.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Tertulia,
    Probe,
}

/// Everything of a run.
pub(super) struct Arena {
    pub(super) target: Target,
    pub(super) probe: Target,
    /// Where the probe's sockets are that get what others send.
    pub(super) fan: Target,
    pub(super) people: Vec<Person>,
    pub(super) sockets: usize,
    pub(super) slot: Duration,
    pub(super) rounds: usize,
    pub(super) run: String,
    /// The probe inserts into the server's own file.
    pub(super) has_writer: bool,
    pub(super) postgres: Option<String>,
    /// What all times are counted from.
    pub(super) began: Instant,
    rooms_made: usize,
    server: Option<Server>,
    probe_server: Server,
    folder: Folder,
}

/// A room of the bench.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) head: String,
}

impl Arena {
    pub(super) async fn prepare(
        options: &Options,
        workload: Workload,
        cores: &Cores,
        tell: &mut impl FnMut(&str),
    ) -> anyhow::Result<Self> {
        let (place, run) = (cores.place(), format!("{}-{workload:?}", options.run));
        let folder = Folder(options.folder.join(format!("tertulia-bench-{run}")));
        fs::create_dir_all(&folder.0).context("cannot make a folder for the data")?;
        let server = match &options.target {
            Some(_) => None,
            None => {
                let arguments = arguments(options, workload, &folder.0);
                Some(Server::start(&options.program, arguments, "/graphql", place).await?)
            }
        };
        let target = options.target.clone().or_else(|| server.as_ref().map(|server| server.target.clone()));
        let file = folder.0.join("tertulia.db");
        let mut probe_arguments = vec!["probe".to_owned(), "--data-dir".into(), text(&folder.0)];
        let has_writer = file.exists();
        if has_writer {
            probe_arguments.extend(["--database-url".into(), format!("sqlite:{}", text(&file))]);
        }
        let probe_server = Server::start(&options.program, probe_arguments, "/hello", place).await?;
        let fan = fan(&probe_server.target).await?;
        let target = target.context("there is no server")?;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(Person::sign_up(&target, format!("bench-{run}-{number}"), PATIENCE).await?);
        }
        let sockets = options.sockets.min(descriptors().saturating_sub(DESCRIPTORS));
        if sockets < options.sockets {
            tell(&format!(
                "The limit of open files is {}: at most {sockets} sockets. `ulimit -n 20000` raises it.",
                descriptors()
            ));
        }
        ensure!(sockets > 0, "the limit of open files leaves no sockets");
        Ok(Self {
            target,
            probe: probe_server.target.clone(),
            fan,
            people,
            sockets,
            slot: options.slot,
            rounds: options.rounds,
            run,
            has_writer,
            postgres: options.database_url.clone().filter(|url| url.starts_with("postgres")),
            began: Instant::now(),
            rooms_made: 0,
            server,
            probe_server,
            folder,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(super) fn owner(&self) -> anyhow::Result<&Person> {
        self.people.first().context("there is nobody")
    }

    /// Whoever it is that a client acts for.
    pub(super) fn person(&self, number: usize) -> anyhow::Result<&Person> {
        self.people.get(number % self.people.len().max(1)).context("there is nobody")
    }

    /// Makes rooms that everybody of the run is in.
    pub(super) async fn rooms(&mut self, count: usize) -> anyhow::Result<Vec<Room>> {
        let members: Vec<String> = self.people.iter().skip(1).map(|person| person.id.clone()).collect();
        let mut rooms = Vec::new();
        for _ in 0..count {
            let number = self.rooms_made;
            self.rooms_made += 1;
            let input = json!({ "i": { "name": format!("Bench {number}"), "memberIds": members } });
            let owner = self.owner()?;
            let made = owner.insist(&self.target, ("createRoom", CREATE_ROOM), input, PATIENCE).await?;
            let (id, head) = (text_at(&made, "/room/id")?, text_at(&made, "/room/headCursor")?);
            rooms.push(Room { number, id, head });
        }
        Ok(rooms)
    }

    /// One `sendMessage` as bytes.
    pub(super) fn send_request(&self, token: &str, room: &Room, text: &str) -> Vec<u8> {
        let body = json!({ "query": SEND, "variables": { "i": { "roomId": room.id, "text": text } } });
        post(&self.target, "/graphql", Some(token), &body)
    }

    /// Processor time of a side so far; `None` when its process is not ours.
    pub(super) fn cpu(&self, side: Side) -> anyhow::Result<Option<f64>> {
        self.process(side).map(Server::cpu_seconds).transpose()
    }

    /// Memory of a side in bytes; `None` when its process is not ours.
    pub(super) fn resident(&self, side: Side) -> anyhow::Result<Option<f64>> {
        let found = self.process(side).map(Server::resident_bytes).transpose()?;
        Ok(found.map(|(now, _)| real(usize::try_from(now).unwrap_or(usize::MAX))))
    }

    fn process(&self, side: Side) -> Option<&Server> {
        match side {
            Side::Tertulia => self.server.as_ref(),
            Side::Probe => Some(&self.probe_server),
        }
    }

    /// What a side did for some work.
    pub(super) async fn score<F>(&self, side: Side, work: F) -> anyhow::Result<Score>
    where
        F: Future<Output = anyhow::Result<usize>>,
    {
        let (server, own, begun) = (self.cpu(side)?, cpu_seconds("self")?, Instant::now());
        let answers = work.await?;
        Ok(Score {
            answers: real(answers),
            seconds: begun.elapsed().as_secs_f64(),
            cpu_seconds: self.cpu(side)?.zip(server).map_or(0.0, |(after, before)| after - before),
            generator_seconds: cpu_seconds("self")? - own,
        })
    }

    /// Whether processor time of the server can be told.
    pub(super) fn is_own(&self) -> bool {
        self.server.is_some()
    }
}

fn arguments(options: &Options, workload: Workload, folder: &Path) -> Vec<String> {
    let mut arguments = vec!["--data-dir".to_owned(), text(folder)];
    if let Some(url) = &options.database_url {
        arguments.extend(["--database-url".to_owned(), url.clone()]);
    }
    let ours = ["rate_limits=off", "access_token_ttl=24h", "log=warn"].map(str::to_owned);
    // It signs many people in, and does not measure that.
    let cheap = (workload == Workload::W7).then(|| "bcrypt_cost=4".to_owned());
    let settings = ours.iter().chain(&cheap).chain(&options.settings);
    arguments.extend(settings.flat_map(|setting| ["--set".to_owned(), setting.clone()]));
    arguments
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Who runs where.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cores {
    /// The servers have the first, the generator the others up to this.
    Divided(usize),
    One,
    /// Originals run as they were started, wherever they like; so all others do.
    Shared,
    /// There is no program that divides them.
    Undivided,
}

impl Cores {
    /// Moves this process, which has one thread so far, off the first core.
    pub(super) fn divide(has_originals: bool) -> anyhow::Result<Self> {
        if has_originals {
            return Ok(Self::Shared);
        }
        let last = available_parallelism()?.get() - 1;
        if last == 0 {
            return Ok(Self::One);
        }
        let mut command = Command::new("taskset");
        let own = std::process::id().to_string();
        command.args(["--all-tasks", "--cpu-list", "--pid", &format!("1-{last}"), &own]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let divided = command.status().is_ok_and(|status| status.success());
        Ok(if divided { Self::Divided(last) } else { Self::Undivided })
    }

    fn place(self) -> Place {
        if matches!(self, Self::Divided(_)) { Place::First } else { Place::All }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Divided(1) => write!(f, "Server and probe share core 0, the generator has core 1."),
            Self::Divided(last) => {
                write!(f, "Server and probe share core 0, the generator has cores 1 to {last}.")
            }
            Self::One => write!(f, "There is one core: server, probe and generator share it."),
            Self::Shared => write!(f, "Originals, server and generator share all cores."),
            Self::Undivided => {
                write!(f, "taskset cannot be used: server, probe and generator share all cores.")
            }
        }
    }
}

/// How many files this process may have open.
fn descriptors() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(1024)
}

async fn fan(probe: &Target) -> anyhow::Result<Target> {
    let mut connection = Connection::open(probe).await?;
    let answer = connection.exchange(&post(probe, "/hello", None, &json!({}))).await?;
    let answer: Value = serde_json::from_slice(answer.body)?;
    let authority = answer.get("fan").and_then(Value::as_str).context("the probe has no sockets")?;
    Ok(Target { authority: authority.to_owned(), path: String::new() })
}
