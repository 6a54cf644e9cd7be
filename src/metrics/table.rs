//! Every metric of the server by name, kind, unit and help.

use ::metrics::Unit;

/// From half a millisecond, a cached read, to ten seconds, a request about to time out.
const REQUEST_SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram(&'static [f64]),
}

#[derive(Debug)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) help: &'static str,
}

macro_rules! table {
    ($($id:ident = $name:literal, $kind:expr, $unit:ident, $help:literal;)*) => {
        $(pub(super) const $id: &str = $name;)*
        /// Every metric of the server; the process has its own beside it.
        pub(super) const TABLE: &[Metric] =
            &[$(Metric { name: $id, kind: $kind, unit: Unit::$unit, help: $help }),*];
    };
}

table! {
    HTTP_REQUESTS = "tertulia_http_requests_total", Kind::Counter, Count,
        "HTTP requests answered, by method, route and class of status; `aborted` is a caller that went away.";
    HTTP_SECONDS = "tertulia_http_request_duration_seconds", Kind::Histogram(REQUEST_SECONDS), Seconds,
        "Time from the head of a request to the head of its answer, by method, route and class of status.";
    HTTP_IN_FLIGHT = "tertulia_http_requests_in_flight", Kind::Gauge, Count,
        "HTTP requests being worked on.";
    CONNECTIONS_ACCEPTED = "tertulia_connections_accepted_total", Kind::Counter, Count,
        "TCP connections accepted, refused ones among them.";
    CONNECTIONS_REFUSED = "tertulia_connections_refused_total", Kind::Counter, Count,
        "Connections over the cap: answered with 503, or dropped when even that was too much.";
    CONNECTIONS_OPEN = "tertulia_connections_open", Kind::Gauge, Count,
        "Connections open, upgraded ones among them.";
    CONNECTIONS_OVERDUE = "tertulia_connections_overdue_total", Kind::Counter, Count,
        "Connections closed at a deadline, by which one: head, idle, stalled or drain.";
    ACCEPT_ERRORS = "tertulia_connection_accept_errors_total", Kind::Counter, Count,
        "Connections that the system could not hand over, by kind: peer or resources.";
    OPERATIONS = "tertulia_graphql_operations_total", Kind::Counter, Count,
        "GraphQL operations, by type and by the code of their first error, `OK` without one.";
    SENDS = "tertulia_sends_total", Kind::Counter, Count,
        "Messages stored, by whatever door they came.";
    DELIVERIES = "tertulia_deliveries_total", Kind::Counter, Count,
        "Results of subscriptions handed to connections.";
    LIVE_ROOMS = "tertulia_live_rooms", Kind::Gauge, Count,
        "Rooms whose newest events are held in memory.";
    LIVE_READERS = "tertulia_live_readers", Kind::Gauge, Count,
        "Readers of rooms, one for each room that a subscription follows.";
    LIVE_EVENTS = "tertulia_live_events", Kind::Gauge, Count,
        "Events held in memory for readers.";
    STREAMS_OPEN = "tertulia_streams_open", Kind::Gauge, Count,
        "Answers open that are streams of events: SSE and multipart.";
    STREAM_RESERVATIONS = "tertulia_stream_reservations", Kind::Gauge, Count,
        "Single connections of SSE reserved, open ones among them.";
    PEOPLE_ONLINE = "tertulia_people_online", Kind::Gauge, Count,
        "People with a live connection to this node, or with one a moment ago.";
    PEOPLE_TYPING = "tertulia_people_typing", Kind::Gauge, Count,
        "People who are typing, once for each room.";
    DOCUMENTS_CACHED = "tertulia_graphql_documents_cached", Kind::Gauge, Count,
        "Parsed documents kept.";
    SOCKETS_OPEN = "tertulia_sockets_open", Kind::Gauge, Count,
        "WebSockets open that speak a known sub-protocol.";
    SOCKETS_CLOSED = "tertulia_sockets_closed_total", Kind::Counter, Count,
        "WebSockets ended, by why: peer, protocol, forbidden, init_timeout, unresponsive, internal or shutdown.";
    SOCKET_OPERATIONS = "tertulia_socket_operations_open", Kind::Gauge, Count,
        "GraphQL operations running on WebSockets.";
    WRITE_QUEUE = "tertulia_write_queue_depth", Kind::Gauge, Count,
        "Work waiting for SQLite's writer, or messages for their rooms on PostgreSQL.";
    INDEX_BACKLOG = "tertulia_search_backlog", Kind::Gauge, Count,
        "Messages stored through this node that are not known to be indexed for searches.";
    PASSWORD_QUEUE = "tertulia_password_queue_depth", Kind::Gauge, Count,
        "Passwords waiting to be hashed.";
    DB_IN_USE = "tertulia_db_connections_in_use", Kind::Gauge, Count,
        "Database connections lent out.";
    DB_STATEMENTS = "tertulia_db_statements_total", Kind::Counter, Count,
        "SQL statements run.";
    MEDIA_BYTES = "tertulia_media_stored_bytes_total", Kind::Counter, Bytes,
        "Bytes of files that were sent and stored, their small forms among them.";
    UPLOADS = "tertulia_uploads_total", Kind::Counter, Count,
        "Files that were sent, by what became of them: stored, refused, unavailable or failed.";
    DECODE_QUEUE = "tertulia_media_decode_queue_depth", Kind::Gauge, Count,
        "Pictures waiting to be decoded.";
    BUS_PUBLISHED = "tertulia_bus_published_total", Kind::Counter, Count,
        "Messages that Redis took for the other nodes.";
    BUS_RECEIVED = "tertulia_bus_received_total", Kind::Counter, Count,
        "Messages of other nodes heard.";
    BUS_DROPPED = "tertulia_bus_dropped_total", Kind::Counter, Count,
        "Messages between nodes that were lost, by side: outbox, full or without a connection, or a full inbox.";
    BUS_CONNECTED = "tertulia_bus_connected", Kind::Gauge, Count,
        "1 while Redis, or every shard of a cluster, is connected; 0 otherwise, and without Redis.";
}
