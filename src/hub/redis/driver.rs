//! Keeps a link to each node that carries channels, for as long as there is a bus.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use redis::{ConnectionInfo, RedisError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{info, warn};

use super::Shared;
use super::link::{self, Link, LinkId};
use super::routes::{Routes, Span};
use super::topology::{self, Layout, Node};
use super::wire::Sort;
use crate::hub::bus::Topic;

/// Between two tries to connect; doubles from the first to the second.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// After so long without a loss, the next one is again met with `PAUSE_MIN`.
const STEADY_AFTER: Duration = Duration::from_secs(5);
/// How often things that nobody wakes for are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) async fn run(shared: Arc<Shared>, seed: ConnectionInfo, closing: Arc<Notify>) {
    let mut driver =
        Driver { shared: Arc::clone(&shared), seed, links: Vec::new(), known: Vec::new(), told: None };
    tokio::select! {
        () = driver.drive() => {}
        () = closing.notified() => {}
    }
    // The links end with their last handle, when they have sent what they have.
    shared.set_routes(Routes::default());
    shared.judge();
}

struct Driver {
    shared: Arc<Shared>,
    seed: ConnectionInfo,
    links: Vec<Arc<Link>>,
    /// Nodes that belonged to the cluster when it was last seen, beside the one of the URL.
    known: Vec<Node>,
    /// What the log was last told: whether there is a connection.
    told: Option<bool>,
}

impl Driver {
    async fn drive(&mut self) {
        let mut pause = PAUSE_MIN;
        let mut whole_since = None;
        loop {
            let moved = self.shared.moved.swap(false, Ordering::SeqCst);
            if moved || !self.shared.connected() {
                if whole_since.take().is_some_and(|since: Instant| since.elapsed() > STEADY_AFTER) {
                    pause = PAUSE_MIN;
                }
                if self.told == Some(true) && !self.shared.connected() {
                    self.tell(false, &self.shared.reason());
                }
                // Also before the first try: a loop of connecting and losing has to be a slow one.
                if self.told.is_some() {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                let outcome = self.connect().await;
                self.report(outcome.err());
            } else if whole_since.is_none() {
                whole_since = Some(Instant::now());
            } else {
                self.mend();
            }
            if self.shared.connected() {
                tokio::select! {
                    () = self.shared.woken.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }

    /// Brings the links in line with the layout. An error when some slots have none.
    async fn connect(&mut self) -> Result<(), String> {
        self.links.retain(|link| !link.is_gone());
        let layout = self.layout().await.map_err(|error| error.to_string())?;
        let mut nodes: Vec<&Node> = Vec::new();
        for range in &layout.ranges {
            if !nodes.contains(&&range.node) {
                nodes.push(&range.node);
            }
        }
        self.links.retain(|link| link.sharded == layout.sharded && nodes.contains(&&link.node));
        let missing = nodes.iter().filter(|&&node| self.links.iter().all(|link| link.node != *node));
        let opened =
            join_all(missing.map(|&node| {
                let target = node.target(&self.seed);
                let shared = &self.shared;
                async move {
                    Link::open(shared, node.clone(), &target, layout.sharded).await.map_err(|e| (node, e))
                }
            }))
            .await;
        let mut fault = None;
        for outcome in opened {
            match outcome {
                Ok(link) => self.links.push(link),
                Err((node, error)) => fault = Some(format!("{node}: {error}")),
            }
        }
        self.known = nodes.into_iter().cloned().collect();
        self.install(&layout);
        if self.shared.connected() {
            return Ok(());
        }
        Err(fault.unwrap_or_else(|| "the cluster has slots without a node".to_owned()))
    }

    /// Asks those who are connected, then whoever is known.
    async fn layout(&self) -> Result<Layout, RedisError> {
        for link in &self.links {
            if let Ok(layout) = topology::ask(&mut link.connection.clone(), &link.node).await {
                return Ok(layout);
            }
        }
        let mut outcome = self.ask_at(&self.seed).await;
        for node in &self.known {
            if outcome.is_ok() {
                break;
            }
            outcome = self.ask_at(&node.target(&self.seed)).await.or(outcome);
        }
        outcome
    }

    async fn ask_at(&self, target: &ConnectionInfo) -> Result<Layout, RedisError> {
        let mut connection = link::connect(target).await?;
        topology::ask(&mut connection, &Node::of(target)).await
    }

    fn install(&self, layout: &Layout) {
        let by_node: HashMap<&Node, &Arc<Link>> = self.links.iter().map(|link| (&link.node, link)).collect();
        let spans = layout.ranges.iter().filter_map(|range| {
            let link = by_node.get(&range.node)?;
            Some(Span { first: range.first, last: range.last, link: Arc::clone(link) })
        });
        self.shared.set_routes(Routes::new(spans.collect()));
        self.subscribe();
        self.shared.judge();
    }

    /// Has every topic subscribed to where it belongs.
    fn subscribe(&self) {
        let topics: Vec<(Topic, Option<LinkId>)> = self.shared.subscriptions().iter().collect();
        let mut wanted: HashMap<LinkId, (Arc<Link>, Vec<Topic>)> = HashMap::new();
        for (topic, on) in topics {
            let link = self.shared.route(&self.shared.channels.name(topic));
            let id = link.as_ref().map(|link| link.id);
            match (on, link) {
                // It would be heard from two sides.
                (Some(on), _) if id != Some(on) => {
                    self.links.iter().filter(|link| link.id == on).for_each(|link| link.stop());
                }
                (None, Some(link)) => {
                    wanted.entry(link.id).or_insert_with(|| (link, Vec::new())).1.push(topic);
                }
                _ => {}
            }
        }
        for (link, topics) in wanted.into_values() {
            link.turn(topics);
        }
    }

    /// What can be put right on links that stand.
    fn mend(&self) {
        if self.shared.subscriptions().late() > 0 {
            self.subscribe();
        }
        let untold = self.shared.missed.swap(false, Ordering::SeqCst);
        if untold && !self.shared.send(Topic::Everyone, Sort::Missed, Bytes::new()) {
            self.shared.missed.store(true, Ordering::SeqCst);
        }
    }

    fn report(&mut self, fault: Option<String>) {
        if self.shared.connected() {
            let kind = if self.links.iter().any(|link| link.sharded) { "cluster" } else { "server" };
            self.tell(true, kind);
        } else {
            self.tell(false, &fault.unwrap_or_else(|| self.shared.reason()));
        }
    }

    /// One line for each change.
    fn tell(&mut self, connected: bool, what: &str) {
        if self.told.replace(connected) == Some(connected) {
            return;
        }
        let address = self.seed.addr();
        if connected {
            info!("connected to the Redis {what} at {address}, {} connections", self.links.len());
        } else {
            let partly = self.links.iter().any(|link| link.sharded && !link.is_gone());
            let whom = if partly { "a part of the Redis cluster" } else { "Redis" };
            warn!(
                "no connection to {whom} at {address}: {what}; nodes hear of each other late until it is back"
            );
        }
    }
}
