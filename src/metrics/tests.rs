use ::metrics::Unit;

use super::*;

fn touch_all(metrics: &Metrics) -> Vec<Counted> {
    metrics.http_request("GET", "/graphql", Some(200), Duration::from_millis(3));
    metrics.connection_overdue(Overdue::Head);
    metrics.accept_error(true);
    metrics.socket_closed(SocketEnd::Peer);
    metrics.upload(UploadEnd::Stored);
    metrics.graphql_operation("query", Some("NOT_FOUND"));
    metrics.observe(Levels { db_statements: 3, ..Levels::default() });
    vec![
        metrics.http_in_flight(),
        metrics.socket_open(),
        metrics.socket_operation_open(),
        metrics.stream_open(),
        metrics.stream_reserved(),
    ]
}

#[test]
fn every_metric_of_the_table_shows_with_its_help_and_kind() {
    let metrics = Metrics::new();
    let _open = touch_all(&metrics);
    let text = metrics.render();
    for Metric { name, kind, help, .. } in TABLE {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        assert!(text.contains(&format!("# HELP {name} {help}\n")), "{name} in {text}");
        assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{name} in {text}");
    }
    let shown = text.lines().filter(|line| line.starts_with("# TYPE tertulia_")).count();
    assert_eq!(shown, TABLE.len(), "{text}");
}

#[test]
fn names_follow_the_conventions() {
    for Metric { name, kind, unit, .. } in TABLE {
        assert!(name.starts_with("tertulia_"), "{name}");
        assert_eq!(name.ends_with("_total"), matches!(kind, Kind::Counter), "{name}");
        assert_eq!(name.contains("_seconds"), *unit == Unit::Seconds, "{name}");
    }
}

#[test]
fn two_servers_in_one_process_count_apart() {
    let (one, other) = (Metrics::new(), Metrics::new());
    one.connection_accepted();
    assert!(one.render().contains("tertulia_connections_accepted_total 1\n"));
    assert!(other.render().contains("tertulia_connections_accepted_total 0\n"));
}

#[test]
fn what_is_counted_while_it_lives_goes_back_to_base() {
    let metrics = Metrics::new();
    let open = metrics.connection_open();
    assert!(metrics.render().contains("tertulia_connections_open 1\n"));
    drop(open);
    assert!(metrics.render().contains("tertulia_connections_open 0\n"));
}

#[test]
fn administrators_read_what_prometheus_is_shown() {
    let metrics = Metrics::new();
    let (connection, _socket, _stream) =
        (metrics.connection_open(), metrics.socket_open(), metrics.stream_open());
    let _other = metrics.connection_open();
    drop(connection);
    metrics.sent();
    metrics.delivered(3);
    let took = Duration::from_millis(1);
    for (route, status) in [("/graphql", 200), ("/graphql", 500), ("/api/login/", 503), ("/api/login/", 404)]
    {
        metrics.http_request("POST", route, Some(status), took);
    }
    for code in [None, Some("NOT_FOUND"), Some("INTERNAL"), Some("UNAVAILABLE")] {
        metrics.graphql_operation("query", code);
    }
    let reading = metrics.read();
    let expected = Reading {
        memory_bytes: reading.memory_bytes,
        connections_open: 1,
        sockets_open: 1,
        streams_open: 1,
        sends: 1,
        deliveries: 3,
        requests: 4,
        // The answer of 500 is what its operation said.
        errors: 3,
    };
    assert_eq!(reading, expected);
    #[cfg(target_os = "linux")]
    assert!(reading.memory_bytes > 1_000_000, "{reading:?}");
    let text = metrics.render();
    assert!(
        text.contains("tertulia_sends_total 1\n") && text.contains("tertulia_deliveries_total 3\n"),
        "{text}"
    );
}
