//! One connection to one Redis: sends in batches, knocks when there is nothing to send, and hears.
//!
//! One pipeline is on its way at a time, and what comes meanwhile is the next. So a busy node makes
//! few large writes, and a pipeline without an answer is how a dead connection shows.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, PushInfo, PushKind, RedisError, Value};
use tokio::sync::{Notify, mpsc};
use tracing::warn;

use super::Shared;
use super::topology::Node;
use super::wire::{self, Sort};
use crate::hub::bus::{Heard, Topic};

/// How many messages go into one write.
const BATCH_MAX: usize = 256;
/// How many subscriptions go into one write; a reconnect may have very many.
const TURN_MAX: usize = 4096;
/// A connection that has nothing to send is tried this often.
const KNOCK_AFTER: Duration = Duration::from_secs(1);
/// With `KNOCK_AFTER`, a connection that is only half there is noticed within three seconds.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// Counts connections, so that one is never taken for its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LinkId(pub(super) u64);

/// A message on its way out.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) channel: String,
    pub(super) sort: Sort,
    pub(super) payload: Bytes,
}

pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) node: Node,
    /// Whether it belongs to a cluster, where channels are sharded.
    pub(super) sharded: bool,
    pub(super) connection: MultiplexedConnection,
    /// Dropping it, with the link, lets the task send what is left and end.
    jobs: mpsc::Sender<Job>,
    task: Arc<Task>,
}

/// What the link and its task share.
struct Task {
    /// Topics that were wanted or forgotten, and that Redis has not been told of.
    turned: Mutex<HashSet<Topic>>,
    waiting: Notify,
    pulse: Arc<Pulse>,
}

impl Task {
    fn turned(&self) -> MutexGuard<'_, HashSet<Topic>> {
        self.turned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes into the next write. The rest stays, and is not forgotten.
    fn take_turned(&self) -> Vec<Topic> {
        let mut turned = self.turned();
        let taken: Vec<Topic> = turned.iter().take(TURN_MAX).copied().collect();
        for topic in &taken {
            turned.remove(topic);
        }
        if !turned.is_empty() {
            self.waiting.notify_one();
        }
        taken
    }
}

/// Whether a connection still stands. Apart from all else, so that what hears does not hold what sends.
#[derive(Default)]
pub(super) struct Pulse {
    gone: AtomicBool,
    stopped: Notify,
}

impl Pulse {
    pub(super) fn stop(&self) {
        self.gone.store(true, Ordering::SeqCst);
        self.stopped.notify_one();
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}

/// A plain connection for questions.
pub(super) async fn connect(target: &ConnectionInfo) -> Result<MultiplexedConnection, RedisError> {
    open(target, AsyncConnectionConfig::new()).await
}

async fn open(
    target: &ConnectionInfo,
    config: AsyncConnectionConfig,
) -> Result<MultiplexedConnection, RedisError> {
    let config = config.set_connection_timeout(Some(CONNECT_MAX)).set_response_timeout(Some(ANSWER_MAX));
    Client::open(target.clone())?.get_multiplexed_async_connection_with_config(&config).await
}

impl Link {
    pub(super) async fn open(
        shared: &Arc<Shared>,
        node: Node,
        target: &ConnectionInfo,
        sharded: bool,
    ) -> Result<Arc<Self>, RedisError> {
        let id = shared.next_link();
        let pulse = Arc::new(Pulse::default());
        let (hearer, heard_by) = (Arc::clone(&pulse), Arc::clone(shared));
        let config = AsyncConnectionConfig::new().set_push_sender(move |push: PushInfo| {
            hear(&heard_by, id, &hearer, push);
            Ok::<(), std::convert::Infallible>(())
        });
        let connection = open(target, config).await?;
        let (jobs, waiting_jobs) = mpsc::channel(shared.outbox_max);
        let task = Arc::new(Task { turned: Mutex::default(), waiting: Notify::new(), pulse });
        let link = Self { id, node, sharded, connection: connection.clone(), jobs, task: Arc::clone(&task) };
        let sender = Sender {
            id,
            name: link.node.to_string(),
            verbs: if sharded { SHARDED } else { PLAIN },
            connection,
            task,
            shared: Arc::clone(shared),
            complained: false,
        };
        tokio::spawn(sender.run(waiting_jobs));
        Ok(Arc::new(link))
    }

    /// `false` when the message does not fit.
    pub(super) fn send(&self, job: Job) -> bool {
        !self.is_gone() && self.jobs.try_send(job).is_ok()
    }

    /// Has Redis told whether the topic is wanted.
    pub(super) fn turn(&self, topics: impl IntoIterator<Item = Topic>) {
        self.task.turned().extend(topics);
        self.task.waiting.notify_one();
    }

    pub(super) fn is_gone(&self) -> bool {
        self.task.pulse.is_gone()
    }

    pub(super) fn stop(&self) {
        self.task.pulse.stop();
    }
}

/// What Redis pushes, on the task of the connection, which must not be held up.
fn hear(shared: &Shared, id: LinkId, pulse: &Pulse, push: PushInfo) {
    let PushInfo { kind, data } = push;
    let mut data = data.into_iter();
    match (kind, data.next(), data.next()) {
        (
            PushKind::Message | PushKind::SMessage,
            Some(Value::BulkString(channel)),
            Some(Value::BulkString(payload)),
        ) => {
            let framed = shared.channels.topic(&channel).zip(wire::unframe(payload.into()));
            match framed {
                Some((_, (_, node, _))) if node == shared.node => {}
                Some((topic, (Sort::Message, _, payload))) => {
                    shared.feed.hear(Heard::Message { topic, payload });
                }
                Some((_, (Sort::Missed, ..))) => shared.feed.hear(Heard::Gap),
                None => {}
            }
        }
        // A slot moved away, and its subscriptions ended unasked. The client library takes that for an
        // answer and is out of step from here, so the connection has to go as well.
        (PushKind::Unsubscribe | PushKind::SUnsubscribe, Some(Value::BulkString(channel)), _) => {
            let taken = shared.channels.topic(&channel).is_some_and(|topic| shared.is_on(topic, id));
            if taken {
                pulse.stop();
            }
        }
        (PushKind::Disconnection, ..) => pulse.stop(),
        _ => {}
    }
}

/// The commands for channels.
#[derive(Clone, Copy)]
struct Verbs {
    publish: &'static str,
    subscribe: &'static str,
    unsubscribe: &'static str,
}

const PLAIN: Verbs = Verbs { publish: "PUBLISH", subscribe: "SUBSCRIBE", unsubscribe: "UNSUBSCRIBE" };
const SHARDED: Verbs = Verbs { publish: "SPUBLISH", subscribe: "SSUBSCRIBE", unsubscribe: "SUNSUBSCRIBE" };

struct Sender {
    id: LinkId,
    name: String,
    verbs: Verbs,
    connection: MultiplexedConnection,
    task: Arc<Task>,
    shared: Arc<Shared>,
    /// Whether the log has a refusal of this connection.
    complained: bool,
}

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("answers are out of step")]
    OutOfStep,
}

impl Sender {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        let reason = loop {
            tokio::select! {
                biased;
                () = self.task.pulse.stopped.notified() => break "the connection was closed".to_owned(),
                () = self.task.waiting.notified() => {}
                taken = jobs.recv_many(&mut batch, BATCH_MAX) => if taken == 0 { return },
                () = tokio::time::sleep(KNOCK_AFTER) => {}
            }
            while batch.len() < BATCH_MAX
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            let turned = self.shared.wanted(self.task.take_turned());
            if let Err(fault) = self.exchange(&turned, &batch).await {
                break fault.to_string();
            }
            batch.clear();
        };
        self.task.pulse.stop();
        jobs.close();
        self.shared.lose(self.id, batch.len() + jobs.len(), format!("{}: {reason}", self.name));
    }

    /// One write and all its answers.
    async fn exchange(&mut self, turned: &[(Topic, bool)], batch: &[Job]) -> Result<(), Fault> {
        let mut pipeline = redis::Pipeline::with_capacity(turned.len() + batch.len() + 1);
        for &(topic, wanted) in turned {
            let verb = if wanted { self.verbs.subscribe } else { self.verbs.unsubscribe };
            pipeline.cmd(verb).arg(self.shared.channels.name(topic));
        }
        for Job { channel, sort, payload } in batch {
            pipeline.cmd(self.verbs.publish).arg(channel).arg(wire::frame(*sort, self.shared.node, payload));
        }
        if pipeline.is_empty() {
            pipeline.cmd("PING");
        }
        let count = pipeline.len();
        let answers = self.connection.send_packed_commands(&pipeline, 0, count).await?;
        if answers.len() != count {
            return Err(Fault::OutOfStep);
        }
        let mut answers = answers.into_iter();
        self.settle_topics(turned, &mut answers)?;
        self.settle_batch(batch, answers)
    }

    fn settle_topics(
        &mut self,
        turned: &[(Topic, bool)],
        answers: &mut impl Iterator<Item = Value>,
    ) -> Result<(), Fault> {
        let mut in_force = Vec::new();
        for (&(topic, wanted), answer) in turned.iter().zip(answers) {
            match answer {
                Value::Push { .. } if wanted => in_force.push(topic),
                Value::Push { .. } => {}
                Value::ServerError(error) => {
                    self.refused(&error.into());
                    self.shared.give_up(topic);
                }
                _ => return Err(Fault::OutOfStep),
            }
        }
        self.shared.confirm(self.id, &in_force);
        Ok(())
    }

    fn settle_batch(&mut self, batch: &[Job], answers: impl Iterator<Item = Value>) -> Result<(), Fault> {
        let mut refused = 0;
        for (_, answer) in batch.iter().zip(answers) {
            match answer {
                Value::Int(_) => {}
                Value::ServerError(error) => {
                    refused += 1;
                    self.refused(&error.into());
                }
                _ => return Err(Fault::OutOfStep),
            }
        }
        self.shared.metrics.bus_published(batch.len() - refused);
        if refused > 0 {
            self.shared.dropped(refused);
        }
        Ok(())
    }

    /// Redis said no. That a slot is elsewhere is for the driver; anything else is for the operator,
    /// once for each connection.
    fn refused(&mut self, error: &RedisError) {
        if error.redirect_node().is_some() {
            self.shared.reconsider();
        } else if !self.complained {
            self.complained = true;
            warn!("Redis at {} refuses a part of the bus: {error}", self.name);
        }
    }
}
