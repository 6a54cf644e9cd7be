//! What a run says of itself: a line while it goes on, and the proof at its end.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::load::torture::Run;

/// One room at the end of a run.
#[derive(Debug, Clone)]
pub struct RoomProof {
    pub id: String,
    pub messages: usize,
    pub acknowledged: usize,
    /// Readers that have seen all of it.
    pub readers: usize,
    /// Of numbers and texts, in order; the same for the stored room and for each of its readers.
    pub digest: String,
}

/// A run in which every reader was told everything once and in order.
#[derive(Debug, Clone)]
pub struct Proof {
    pub time: Duration,
    pub sent: u64,
    pub acknowledged: u64,
    /// Sends that were made again, with their answer lost or not.
    pub repeated: u64,
    pub deliveries: u64,
    pub readers: usize,
    /// Sockets that readers dropped, without and with the loss of what they knew.
    pub drops: u64,
    pub crashes: u64,
    pub stalls: u64,
    /// Subscriptions that went on from a cursor.
    pub resumes: u64,
    /// Sockets that the server ended or that could not be opened.
    pub outages: u64,
    pub rooms: Vec<RoomProof>,
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Proof {
    pub(super) fn of(run: &Run, rooms: Vec<RoomProof>, readers: usize) -> Self {
        let counters = &run.counters;
        Self {
            time: run.began.elapsed(),
            sent: read(&counters.sent),
            acknowledged: read(&counters.acknowledged),
            repeated: read(&counters.repeated),
            deliveries: read(&counters.deliveries),
            readers,
            drops: read(&counters.drops),
            crashes: read(&counters.crashes),
            stalls: read(&counters.stalls),
            resumes: read(&counters.resumes),
            outages: read(&counters.outages),
            rooms,
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Proof, after {:.1} s:", self.time.as_secs_f64())?;
        writeln!(
            f,
            "  {} messages sent, {} acknowledged, {} sends repeated",
            self.sent, self.acknowledged, self.repeated
        )?;
        writeln!(
            f,
            "  {} deliveries to {} readers, each once and in order, without a hole",
            self.deliveries, self.readers
        )?;
        writeln!(
            f,
            "  {} drops, {} crashes, {} stalls, {} resumes, {} times without the server",
            self.drops, self.crashes, self.stalls, self.resumes, self.outages
        )?;
        writeln!(f, "  {} rooms compared with what was acknowledged and read:", self.rooms.len())?;
        for room in &self.rooms {
            let RoomProof { id, messages, acknowledged, readers, digest } = room;
            writeln!(
                f,
                "    {id}: {messages} messages, {acknowledged} acknowledged, {readers} readers, digest {digest}"
            )?;
        }
        Ok(())
    }
}

/// How it stands.
pub(super) fn progress(run: &Run) -> String {
    let counters = &run.counters;
    format!(
        "{:>4} s  {} sent  {} acknowledged  {} repeated  {} delivered  {} drops  {} crashes  {} stalls  \
         {} resumes  {} outages",
        run.began.elapsed().as_secs(),
        read(&counters.sent),
        read(&counters.acknowledged),
        read(&counters.repeated),
        read(&counters.deliveries),
        read(&counters.drops),
        read(&counters.crashes),
        read(&counters.stalls),
        read(&counters.resumes),
        read(&counters.outages),
    )
}
