//! What a node is doing now, in numbers.

use crate::domain::Timestamp;

/// How much a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    pub users: i64,
    pub rooms: i64,
    /// Deleted ones are among them: they keep their place.
    pub messages: i64,
}

/// Something that waits or is lent out, and how much of it there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    pub name: &'static str,
    pub length: usize,
    pub capacity: usize,
}

/// What a node is doing. Totals count from its start.
#[derive(Debug, Clone)]
pub struct Figures {
    pub at: Timestamp,
    pub started_at: Timestamp,
    pub database: &'static str,
    /// `None` on one node.
    pub bus: Option<&'static str>,
    pub stock: Stock,
    /// Zero where the system does not tell.
    pub memory_bytes: u64,
    pub connections_open: u64,
    pub sockets_open: u64,
    pub streams_open: u64,
    pub live_rooms: usize,
    pub live_readers: usize,
    pub people_online: usize,
    pub sends: u64,
    pub deliveries: u64,
    pub requests: u64,
    pub errors: u64,
    pub queues: Vec<Queue>,
}
