//! The numbers the server shows about itself, as Prometheus text.
//!
//! A [`Metrics`] is a value that is handed about, not a process-wide static: servers in one test
//! process count apart, and a metric can only be touched through a method here, so that `TABLE` has
//! all of them. Labels take few values, and none comes from a caller.

mod labels;
mod process;
mod readable;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

pub use labels::{Overdue, SocketEnd, UploadEnd};
use process::Process;
pub use readable::Counted;
use readable::{Living, Total};
use table::{
    ACCEPT_ERRORS, BUS_CONNECTED, BUS_DROPPED, BUS_PUBLISHED, BUS_RECEIVED, CONNECTIONS_ACCEPTED,
    CONNECTIONS_OPEN, CONNECTIONS_OVERDUE, CONNECTIONS_REFUSED, DB_IN_USE, DB_STATEMENTS, DECODE_QUEUE,
    DELIVERIES, DOCUMENTS_CACHED, HTTP_IN_FLIGHT, HTTP_REQUESTS, HTTP_SECONDS, INDEX_BACKLOG, Kind,
    LIVE_EVENTS, LIVE_READERS, LIVE_ROOMS, MEDIA_BYTES, Metric, OPERATIONS, PASSWORD_QUEUE, PEOPLE_ONLINE,
    PEOPLE_TYPING, SENDS, SOCKET_OPERATIONS, SOCKETS_CLOSED, SOCKETS_OPEN, STREAM_RESERVATIONS, STREAMS_OPEN,
    TABLE, UPLOADS, WRITE_QUEUE,
};

/// All metrics of one server. Cloning gives another handle on the same numbers.
#[derive(Debug, Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: Process,
    http_in_flight: Arc<Living>,
    connections_accepted: Counter,
    connections_refused: Counter,
    connections_open: Arc<Living>,
    sends: Total,
    deliveries: Total,
    requests: AtomicU64,
    errors: AtomicU64,
    live_rooms: Gauge,
    live_readers: Gauge,
    live_events: Gauge,
    documents_cached: Gauge,
    sockets_open: Arc<Living>,
    socket_operations: Arc<Living>,
    streams_open: Arc<Living>,
    stream_reservations: Arc<Living>,
    people_online: Gauge,
    people_typing: Gauge,
    write_queue: Gauge,
    index_backlog: Gauge,
    password_queue: Gauge,
    db_in_use: Gauge,
    db_statements: Counter,
    bus_published: Counter,
    bus_received: Counter,
    bus_unsent: Counter,
    bus_unheard: Counter,
    bus_connected: Gauge,
    media_bytes: Counter,
    decode_queue: Gauge,
}

/// Numbers that other parts keep for themselves, read at each scrape.
#[derive(Debug, Clone, Copy, Default)]
pub struct Levels {
    pub live_rooms: usize,
    pub live_readers: usize,
    pub live_events: usize,
    pub documents_cached: usize,
    pub write_queue: usize,
    pub index_backlog: usize,
    pub password_queue: usize,
    pub db_in_use: usize,
    pub db_statements: u64,
    pub people_online: usize,
    pub people_typing: usize,
    pub decode_queue: usize,
}

/// Numbers as they are now; totals count from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// 0 where the system does not tell.
    pub memory_bytes: u64,
    pub connections_open: u64,
    pub sockets_open: u64,
    pub streams_open: u64,
    pub sends: u64,
    pub deliveries: u64,
    pub requests: u64,
    /// What failed through no fault of a caller's: HTTP answers of 500 and above, and GraphQL operations that were
    /// INTERNAL or UNAVAILABLE.
    pub errors: u64,
}

/// The route whose errors are told by its operations.
const GRAPHQL: &str = "/graphql";

/// Beyond four thousand million a level is no longer exact, and no bound here allows so much.
fn level(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let builder = TABLE.iter().try_fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
            Kind::Histogram(buckets) => {
                builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
            }
            Kind::Counter | Kind::Gauge => Ok(builder),
        });
        // Only an empty list of buckets is refused; the test of the table would see a summary.
        let builder = builder.unwrap_or_default();
        let recorder = builder.build_recorder();
        for Metric { name, kind, unit, help } in TABLE {
            let (name, unit, help) = (KeyName::from_const_str(name), Some(*unit), (*help).into());
            match kind {
                Kind::Counter => recorder.describe_counter(name, unit, help),
                Kind::Gauge => recorder.describe_gauge(name, unit, help),
                Kind::Histogram(_) => recorder.describe_histogram(name, unit, help),
            }
        }
        Self { shared: Arc::new(Shared::new(recorder)) }
    }

    /// The Prometheus text, format 0.0.4.
    pub fn render(&self) -> String {
        let mut text = self.shared.handle.render();
        self.shared.process.render(&mut text);
        text
    }

    /// Folds recorded durations into their buckets. Without it, or a scrape, they pile up.
    pub fn upkeep(&self) {
        self.shared.handle.run_upkeep();
    }

    /// Counts a request as in flight until the guard is dropped.
    pub fn http_in_flight(&self) -> Counted {
        Counted::new(&self.shared.http_in_flight)
    }

    /// `status` is `None` when the caller went away before there was one.
    pub fn http_request(&self, method: &'static str, route: &str, status: Option<u16>, took: Duration) {
        let class = match status.map(|status| status / 100) {
            Some(1) => "1xx",
            Some(2) => "2xx",
            Some(3) => "3xx",
            Some(4) => "4xx",
            Some(_) => "5xx",
            None => "aborted",
        };
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        // Operations of GraphQL say for themselves how they ended.
        if class == "5xx" && route != GRAPHQL {
            self.shared.errors.fetch_add(1, Ordering::Relaxed);
        }
        let labels = || {
            let route = Label::new("route", route.to_owned());
            vec![Label::from_static_parts("method", method), route, Label::from_static_parts("status", class)]
        };
        self.counter(HTTP_REQUESTS, labels()).increment(1);
        self.histogram(HTTP_SECONDS, labels()).record(took.as_secs_f64());
    }

    pub fn connection_accepted(&self) {
        self.shared.connections_accepted.increment(1);
    }

    pub fn connection_refused(&self) {
        self.shared.connections_refused.increment(1);
    }

    /// Counts a connection as open until the guard is dropped.
    pub fn connection_open(&self) -> Counted {
        Counted::new(&self.shared.connections_open)
    }

    pub fn connection_overdue(&self, which: Overdue) {
        self.counter(CONNECTIONS_OVERDUE, vec![Label::from_static_parts("deadline", which.as_str())])
            .increment(1);
    }

    /// `resources` when descriptors or memory ran out, else the peer gave up first.
    pub fn accept_error(&self, resources: bool) {
        let kind = if resources { "resources" } else { "peer" };
        self.counter(ACCEPT_ERRORS, vec![Label::from_static_parts("kind", kind)]).increment(1);
    }

    /// `kind` is query, mutation or subscription; `code` is that of the first error.
    pub fn graphql_operation(&self, kind: &'static str, code: Option<&'static str>) {
        if matches!(code, Some("INTERNAL" | "UNAVAILABLE")) {
            self.shared.errors.fetch_add(1, Ordering::Relaxed);
        }
        let code = Label::from_static_parts("code", code.unwrap_or("OK"));
        self.counter(OPERATIONS, vec![Label::from_static_parts("type", kind), code]).increment(1);
    }

    /// A message was stored that had not been before.
    pub fn sent(&self) {
        self.shared.sends.add(1);
    }

    pub fn delivered(&self, results: usize) {
        self.shared.deliveries.add(u64::try_from(results).unwrap_or(u64::MAX));
    }

    /// Messages that Redis took.
    pub fn bus_published(&self, count: usize) {
        self.shared.bus_published.increment(count as u64);
    }

    pub fn bus_received(&self) {
        self.shared.bus_received.increment(1);
    }

    /// Messages that did not reach Redis.
    pub fn bus_unsent(&self, count: usize) {
        self.shared.bus_unsent.increment(count as u64);
    }

    /// A message that did not fit into the inbox.
    pub fn bus_unheard(&self) {
        self.shared.bus_unheard.increment(1);
    }

    pub fn bus_connected(&self, connected: bool) {
        self.shared.bus_connected.set(f64::from(u8::from(connected)));
    }

    /// Counts a socket as open until the guard is dropped.
    pub fn socket_open(&self) -> Counted {
        Counted::new(&self.shared.sockets_open)
    }

    pub fn socket_closed(&self, why: SocketEnd) {
        self.counter(SOCKETS_CLOSED, vec![Label::from_static_parts("why", why.as_str())]).increment(1);
    }

    /// Counts an operation of a socket as running until the guard is dropped.
    pub fn socket_operation_open(&self) -> Counted {
        Counted::new(&self.shared.socket_operations)
    }

    /// Counts a stream of events as open until the guard is dropped.
    pub fn stream_open(&self) -> Counted {
        Counted::new(&self.shared.streams_open)
    }

    /// Counts a single connection as reserved until the guard is dropped.
    pub fn stream_reserved(&self) -> Counted {
        Counted::new(&self.shared.stream_reservations)
    }

    /// What became of a file that someone sent.
    pub fn upload(&self, end: UploadEnd) {
        self.counter(UPLOADS, vec![Label::from_static_parts("result", end.as_str())]).increment(1);
    }

    pub fn media_stored(&self, bytes: u64) {
        self.shared.media_bytes.increment(bytes);
    }

    /// The numbers that administrators are shown.
    pub fn read(&self) -> Reading {
        let Shared { process, connections_open, sockets_open, streams_open, .. } = &*self.shared;
        let Shared { sends, deliveries, requests, errors, .. } = &*self.shared;
        Reading {
            memory_bytes: process.resident_bytes(),
            connections_open: connections_open.get(),
            sockets_open: sockets_open.get(),
            streams_open: streams_open.get(),
            sends: sends.get(),
            deliveries: deliveries.get(),
            requests: requests.load(Ordering::Relaxed),
            errors: errors.load(Ordering::Relaxed),
        }
    }

    /// Takes over the numbers that others keep.
    pub fn observe(&self, levels: Levels) {
        let Levels { live_rooms, live_readers, live_events, .. } = levels;
        self.shared.live_rooms.set(level(live_rooms));
        self.shared.live_readers.set(level(live_readers));
        self.shared.live_events.set(level(live_events));
        let Levels { documents_cached, write_queue, password_queue, db_in_use, db_statements, .. } = levels;
        self.shared.documents_cached.set(level(documents_cached));
        self.shared.write_queue.set(level(write_queue));
        self.shared.password_queue.set(level(password_queue));
        self.shared.db_in_use.set(level(db_in_use));
        self.shared.db_statements.absolute(db_statements);
        self.shared.people_online.set(level(levels.people_online));
        self.shared.people_typing.set(level(levels.people_typing));
        self.shared.decode_queue.set(level(levels.decode_queue));
        self.shared.index_backlog.set(level(levels.index_backlog));
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.shared.recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
    }

    fn histogram(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        self.shared.recorder.register_histogram(&Key::from_parts(name, labels), &METADATA)
    }
}

const METADATA: Metadata<'static> = Metadata::new("tertulia", Level::INFO, None);

impl Shared {
    /// Metrics without labels are registered at once, so that they show as 0 from the first scrape.
    fn new(recorder: PrometheusRecorder) -> Self {
        let counter = |name| recorder.register_counter(&Key::from_static_name(name), &METADATA);
        let gauge = |name| recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        let living = |name| Living::new(gauge(name));
        let dropped = |side| {
            let key = Key::from_parts(BUS_DROPPED, vec![Label::from_static_parts("side", side)]);
            recorder.register_counter(&key, &METADATA)
        };
        Self {
            handle: recorder.handle(),
            process: Process::default(),
            http_in_flight: living(HTTP_IN_FLIGHT),
            connections_accepted: counter(CONNECTIONS_ACCEPTED),
            connections_refused: counter(CONNECTIONS_REFUSED),
            connections_open: living(CONNECTIONS_OPEN),
            sends: Total::new(counter(SENDS)),
            deliveries: Total::new(counter(DELIVERIES)),
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            live_rooms: gauge(LIVE_ROOMS),
            live_readers: gauge(LIVE_READERS),
            live_events: gauge(LIVE_EVENTS),
            documents_cached: gauge(DOCUMENTS_CACHED),
            sockets_open: living(SOCKETS_OPEN),
            socket_operations: living(SOCKET_OPERATIONS),
            streams_open: living(STREAMS_OPEN),
            stream_reservations: living(STREAM_RESERVATIONS),
            people_online: gauge(PEOPLE_ONLINE),
            people_typing: gauge(PEOPLE_TYPING),
            write_queue: gauge(WRITE_QUEUE),
            index_backlog: gauge(INDEX_BACKLOG),
            password_queue: gauge(PASSWORD_QUEUE),
            db_in_use: gauge(DB_IN_USE),
            db_statements: counter(DB_STATEMENTS),
            bus_published: counter(BUS_PUBLISHED),
            bus_received: counter(BUS_RECEIVED),
            bus_unsent: dropped("outbox"),
            bus_unheard: dropped("inbox"),
            bus_connected: gauge(BUS_CONNECTED),
            media_bytes: counter(MEDIA_BYTES),
            decode_queue: gauge(DECODE_QUEUE),
            recorder,
        }
    }
}
