//! Which Redis carries which slots: asked on connecting, so that one URL serves plain and cluster.

use std::fmt;

use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, ConnectionInfo, RedisError, Value};

use super::wire::SLOTS;

/// Where a Redis is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Node {
    pub(super) fn of(target: &ConnectionInfo) -> Self {
        match target.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Self { host: host.clone(), port: *port }
            }
            // A socket file, which no URL of ours can name.
            other => Self { host: other.to_string(), port: 0 },
        }
    }

    /// How to reach it: as the URL says, with this host and port.
    pub(super) fn target(&self, like: &ConnectionInfo) -> ConnectionInfo {
        let (host, port) = (self.host.clone(), self.port);
        let addr = match like.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        like.clone().set_addr(addr)
    }
}

/// The slots from `first` to `last` and the node that has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) node: Node,
}

/// How an installation of Redis is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) sharded: bool,
    /// By slot, without overlaps. A plain Redis has all slots.
    pub(super) ranges: Vec<Range>,
}

/// Asks a node how things are laid out. What it does not name, it means to be itself.
pub(super) async fn ask(connection: &mut MultiplexedConnection, asked: &Node) -> Result<Layout, RedisError> {
    let mut question = redis::cmd("CLUSTER");
    question.arg("SLOTS");
    match connection.send_packed_command(&question).await.and_then(Value::extract_error) {
        Ok(answer) => Ok(Layout { sharded: true, ranges: parse(answer, asked) }),
        // It answers, and not as a cluster does: switched off, unknown, or forbidden. A forbidden one
        // works as well, since PUBLISH reaches all nodes of a cluster, only at a higher price.
        Err(error) if matches!(error.code(), Some("ERR" | "NOPERM")) => Ok(Layout {
            sharded: false,
            ranges: vec![Range { first: 0, last: SLOTS - 1, node: asked.clone() }],
        }),
        Err(error) => Err(error),
    }
}

/// Reads `[[first, last, [host, port, …], …], …]`; what looks otherwise is left out.
fn parse(answer: Value, asked: &Node) -> Vec<Range> {
    let Value::Array(rows) = answer else { return Vec::new() };
    let mut ranges: Vec<Range> = rows.into_iter().filter_map(|row| range(row, asked)).collect();
    ranges.sort_by_key(|range| range.first);
    let mut next = 0;
    ranges.retain(|range| {
        let fits = range.first >= next && range.first <= range.last && range.last < SLOTS;
        if fits {
            next = range.last + 1;
        }
        fits
    });
    ranges
}

fn range(row: Value, asked: &Node) -> Option<Range> {
    let Value::Array(row) = row else { return None };
    let mut row = row.into_iter();
    let (first, last) = (slot(&row.next()?)?, slot(&row.next()?)?);
    let Value::Array(primary) = row.next()? else { return None };
    let mut primary = primary.into_iter();
    let host = match primary.next()? {
        Value::BulkString(host) => String::from_utf8(host).ok()?,
        Value::SimpleString(host) => host,
        _ => String::new(),
    };
    // The specification: empty, null and "?" stand for the host that was asked.
    let host = if host.is_empty() || host == "?" { asked.host.clone() } else { host };
    Some(Range { first, last, node: Node { host, port: slot(&primary.next()?)? } })
}

fn slot(value: &Value) -> Option<u16> {
    match value {
        Value::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Node {
        Node { host: "seed".into(), port: 6379 }
    }

    fn row(first: i64, last: i64, host: Value, port: i64) -> Value {
        let primary = Value::Array(vec![host, Value::Int(port), Value::BulkString(b"id".to_vec())]);
        let replica = Value::Array(vec![Value::BulkString(b"replica".to_vec()), Value::Int(1)]);
        Value::Array(vec![Value::Int(first), Value::Int(last), primary, replica])
    }

    fn named(host: &str) -> Value {
        Value::BulkString(host.as_bytes().to_vec())
    }

    #[test]
    fn slots_belong_to_the_first_node_of_their_row() {
        let answer = Value::Array(vec![row(100, 16_383, named("b"), 7001), row(0, 99, named("a"), 7000)]);
        let ranges = parse(answer, &asked());
        let shown: Vec<String> =
            ranges.iter().map(|range| format!("{}-{} {}", range.first, range.last, range.node)).collect();
        assert_eq!(shown, ["0-99 a:7000", "100-16383 b:7001"]);
    }

    #[test]
    fn a_node_without_a_name_is_the_one_that_was_asked() {
        for host in [Value::Nil, named(""), named("?")] {
            let ranges = parse(Value::Array(vec![row(0, 1, host, 7000)]), &asked());
            assert_eq!(ranges[0].node, Node { host: "seed".into(), port: 7000 });
        }
    }

    #[test]
    fn rows_that_make_no_sense_are_left_out() {
        for bad in [
            row(5, 4, named("a"), 1),
            row(-1, 4, named("a"), 1),
            row(0, 16_384, named("a"), 1),
            row(0, 4, named("a"), 70_000),
            Value::Array(vec![Value::Int(0)]),
            Value::Nil,
        ] {
            assert_eq!(parse(Value::Array(vec![bad.clone()]), &asked()), [], "{bad:?}");
        }
        assert_eq!(parse(Value::Nil, &asked()), []);
        let twice = Value::Array(vec![row(0, 9, named("a"), 1), row(9, 12, named("b"), 1)]);
        assert_eq!(parse(twice, &asked()).len(), 1, "overlaps");
    }
}
