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
