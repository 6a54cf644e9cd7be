//! What a node says of itself to administrators: its numbers, and the settings it runs by.

use serde_json::{Value, json};

use crate::on_both;
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

const FIGURES: &str = "{ serverFigures { at startedAt version database bus users rooms messages memoryBytes
    connectionsOpen socketsOpen streamsOpen liveRooms liveReaders peopleOnline sendsTotal deliveriesTotal
    requestsTotal errorsTotal queues { name length capacity } } }";

async fn figures(admin: &Caller) -> Value {
    admin.ask(FIGURES, json!({})).await["serverFigures"].take()
}

/// Asks until a figure is as wanted.
async fn until(admin: &Caller, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let found = figures(admin).await;
        if wanted(&found) {
            return found;
        }
    }
}

on_both! {
    async fn a_node_tells_what_it_holds_and_does(app) {
        let (amber, basil, admin) = (app.user("amber").await, app.user("basil").await, app.admin("ada").await);
        let (room, gone) = (amber.room("Den", &[&basil]).await, amber.room("Gone", &[]).await);
        let send = json!({ "roomId": room, "text": "one", "clientMessageId": "1" });
        for _ in 0..2 {
            amber.mutate("sendMessage", send.clone(), "").await;
        }
        amber.mutate("sendDirectMessage", json!({ "userId": basil.id, "text": "two" }), "").await;
        amber.mutate("deleteRoom", json!({ "roomId": gone }), "").await;
        let first = figures(&admin).await;
        let engine = app.app.store().engine_name();
        assert_eq!((&first["database"], &first["bus"]), (&json!(engine), &Value::Null));
        assert_eq!((&first["users"], &first["rooms"], &first["messages"]), (&json!(3), &json!(2), &json!(2.0)));
        assert_eq!(first["sendsTotal"], 2.0, "what is repeated is sent once");
        assert_eq!(first["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!((&first["at"], &first["startedAt"]), (&json!("2027-01-15T08:00:00.000Z"), &first["at"]));
        assert!(first["memoryBytes"].as_f64().unwrap() > 1_000_000.0 || !cfg!(target_os = "linux"));
        assert!(first["connectionsOpen"].as_i64().unwrap() >= 1);
        let names: Vec<&Value> = first["queues"].as_array().unwrap().iter().map(|queue| &queue["name"]).collect();
        assert_eq!(names, ["writes", "passwords", "pictures", "files", "database", "connections", "typing"]);
        for queue in first["queues"].as_array().unwrap() {
            assert!(queue["length"].as_i64().unwrap() <= queue["capacity"].as_i64().unwrap(), "{queue}");
        }

        let mut live = Socket::ready(&app, basil.token.as_deref()).await;
        live.subscribe("s", "subscription($r: ID!) { messageAdded(roomId: $r) { message { text } } }", json!({ "r": room }))
            .await;
        let open = until(&admin, |found| found["liveReaders"] == 1).await;
        assert_eq!((&open["socketsOpen"], &open["liveRooms"], &open["peopleOnline"]), (&json!(1), &json!(1), &json!(1)));
        amber.say(&room, "three").await;
        live.hear_past_pings().await;
        let told = until(&admin, |found| found["deliveriesTotal"] == 1.0).await;
        assert_eq!(told["sendsTotal"], 3.0);
        assert!(told["requestsTotal"].as_f64() > first["requestsTotal"].as_f64());
        assert_eq!(told["errorsTotal"], 0.0);
        drop(live);
        until(&admin, |found| found["socketsOpen"] == 0).await;
    }

    async fn whoever_looks_often_counts_seldom(app) {
        let admin = app.admin("ada").await;
        let before = figures(&admin).await;
        app.user("amber").await;
        let statements = app.app.store().statements();
        for _ in 0..20 {
            assert_eq!(figures(&admin).await["users"], before["users"]);
        }
        // The session is looked up now and then.
        assert!(app.app.store().statements() < statements + 20);
        until(&admin, |found| found["users"] == 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_say_what_joins_them() {
    let Some(pair) = TestApp::pair(&[]).await else { return };
    let admin = pair.one.admin("ada").await;
    assert_eq!(figures(&admin).await["bus"], "Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_in_force_are_shown_without_secrets() {
    const SECRET: &str = "a secret that nobody may see but the server";
    let settings = [("SECRET", SECRET), ("MEDIA_ACCESS_KEY", "id"), ("MEDIA_SECRET_KEY", "hush")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let admin = app.admin("ada").await;
    let found = admin.ask("{ configuration { key value source } }", json!({})).await;
    let settings = found["configuration"].as_array().unwrap();
    let setting = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap();
    assert_eq!(
        setting("bcrypt_cost"),
        &json!({ "key": "bcrypt_cost", "value": "4", "source": "TERTULIA_BCRYPT_COST" })
    );
    assert_eq!(setting("http.batch_max")["source"], "default");
    assert_eq!(setting("secret")["source"], "TERTULIA_SECRET");
    let reference = include_str!("../../config/default.toml");
    let keys = reference.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    assert_eq!(settings.len(), keys, "all of them");
    let all = found.to_string();
    assert!(!all.contains(SECRET) && !all.contains("hush"), "{all}");
}
