//! People: finding them, what others see of them, and editing a profile.

use serde_json::{Value, json};

use crate::on_both;
use crate::rooms::nobody;
use crate::support::Caller;

/// The usernames that a filter finds, in the order listed.
async fn found(caller: &Caller, filter: Value) -> Vec<String> {
    let query = "query($f: UserFilter) { users(filter: $f) { nodes { username } totalCount } }";
    let list = caller.ask(query, json!({ "f": filter })).await["users"].take();
    let nodes = list["nodes"].as_array().unwrap().iter();
    let names: Vec<_> = nodes.map(|user| user["username"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["totalCount"], json!(names.len()));
    names
}

/// What a caller sees of a person.
async fn profile(caller: &Caller, person: &Caller, fields: &str) -> Value {
    let query = format!("query($id: ID!) {{ user(id: $id) {{ {fields} }} }}");
    caller.ask(&query, json!({ "id": person.id })).await["user"].take()
}

on_both! {
    async fn people_are_found_by_the_start_of_any_name_without_regard_to_case(app) {
        let (amber, birch) = (app.user("Amber").await, app.user("birch").await);
        app.user("zoë").await;
        amber.mutate("updateProfile", json!({ "firstName": "Élodie", "lastName": "Ørsted" }), "").await;
        birch.mutate("updateProfile", json!({ "lastName": "van Eyck" }), "").await;
        let expected: [(&str, &[&str]); 14] = [
            ("AMB", &["Amber"]),
            ("amber", &["Amber"]),
            ("ÉLO", &["Amber"]),
            ("élodie ør", &["Amber"]),
            ("øRS", &["Amber"]),
            ("VAN E", &["birch"]),
            ("ZOË", &["zoë"]),
            ("zoe", &[]),
            ("mber", &[]),
            ("%", &[]),
            ("_mber", &[]),
            ("a%", &[]),
            ("\\", &[]),
            ("' OR 1=1 --", &[]),
        ];
        for (search, names) in expected {
            assert_eq!(found(&amber, json!({ "search": search })).await, names, "{search}");
        }
    }

    async fn without_a_search_everyone_is_listed_by_username(app) {
        let birch = app.user("birch").await;
        app.user("Amber").await;
        app.user("cedar").await;
        for filter in [Value::Null, json!({}), json!({ "search": "" }), json!({ "search": "  " })] {
            assert_eq!(found(&birch, filter).await, ["Amber", "birch", "cedar"]);
        }
    }

    async fn usernames_may_hold_what_like_takes_for_a_wildcard(app) {
        let amber = app.user("a_b").await;
        app.user("axb").await;
        assert_eq!(found(&amber, json!({ "search": "a_" })).await, ["a_b"]);
    }

    async fn a_search_is_bounded_and_holds_no_nul(app) {
        let amber = app.user("amber").await;
        let query = "query($s: String!) { users(filter: { search: $s }) { totalCount } }";
        assert_eq!(amber.code(query, json!({ "s": "s".repeat(151) })).await, "TOO_LONG");
        assert_eq!(amber.code(query, json!({ "s": "a\u{0}" })).await, "BAD_INPUT");
    }

    async fn people_can_be_left_out_of_the_list(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        app.user("cedar").await;
        assert_eq!(found(&amber, json!({ "excludeIds": [birch.id, nobody(7)] })).await, ["amber", "cedar"]);
        assert_eq!(found(&amber, json!({ "excludeViewer": true })).await, ["birch", "cedar"]);
        assert_eq!(found(&amber, json!({ "excludeViewer": true, "excludeIds": [birch.id] })).await, ["cedar"]);
        assert_eq!(found(&amber, json!({ "search": "b", "excludeIds": [birch.id] })).await, Vec::<String>::new());
    }

    async fn what_can_be_left_out_is_bounded_and_typed(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let query = "query($ids: [ID!]) { users(filter: { excludeIds: $ids }) { totalCount } }";
        let many: Vec<_> = (0..1_001).map(nobody).collect();
        assert_eq!(amber.code(query, json!({ "ids": many })).await, "TOO_LONG");
        assert_eq!(amber.code(query, json!({ "ids": [room] })).await, "BAD_INPUT");
    }

    async fn private_fields_are_for_oneself_and_administrators(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        let details = json!({ "phone": "+34 600", "address": "Calle 1" });
        amber.mutate("updateProfile", details, "").await;
        let fields = "email phone address";
        let all = json!({ "email": "amber@example.com", "phone": "+34 600", "address": "Calle 1" });
        let none = json!({ "email": null, "phone": null, "address": null });
        assert_eq!(profile(&amber, &amber, fields).await, all);
        assert_eq!(profile(&root, &amber, fields).await, all);
        assert_eq!(profile(&birch, &amber, fields).await, none);
    }

    async fn private_fields_stay_private_in_lists_rooms_and_messages(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let details = json!({ "phone": "+34 600", "address": "Calle 1" });
        amber.mutate("updateProfile", details, "").await;
        let room = amber.room("Den", &[&birch]).await;
        amber.say(&room, "hello").await;
        let seen = birch
            .ask(
                "query($room: ID!) { users(filter: { search: \"amber\" }) { nodes { ...P } }
                    room(id: $room) { createdBy { ...P } members { nodes { ...P } }
                        lastMessage { sender { ...P } } messages { nodes { sender { ...P } } } } }
                 fragment P on User { username email phone address }",
                json!({ "room": room }),
            )
            .await
            .to_string();
        assert_eq!(seen.matches("\"amber\"").count(), 5, "{seen}");
        for private in ["amber@example.com", "+34 600", "Calle 1"] {
            assert!(!seen.contains(private), "{seen}");
        }
    }

    async fn one_edits_ones_own_profile(app) {
        let amber = app.user("amber").await;
        let change = json!({ "username": "amber.stone", "email": "stone@example.com", "firstName": "Amber",
            "lastName": "Stone", "bio": "rocks", "phone": "1", "address": "2", "userType": "STAFF" });
        let fields = "username email firstName lastName bio phone address userType";
        let payload = amber.mutate("updateProfile", change.clone(), &format!("user {{ {fields} displayName }}")).await;
        assert_eq!(payload["user"]["displayName"], json!("Amber Stone"));
        assert_eq!(profile(&amber, &amber, fields).await, change);
        app.login("Amber.Stone", crate::support::app::PASSWORD).await;
        app.login("stone@example.com", crate::support::app::PASSWORD).await;
    }

    async fn what_a_profile_change_leaves_out_stays_and_null_clears(app) {
        let amber = app.user("amber").await;
        let change = json!({ "firstName": "Amber", "bio": "rocks", "phone": "1", "address": "2" });
        amber.mutate("updateProfile", change, "").await;
        let fields = "username firstName bio phone address";
        let update = async |change: Value| {
            amber.mutate("updateProfile", change, "").await;
            profile(&amber, &amber, fields).await
        };
        let mut expected =
            json!({ "username": "amber", "firstName": "Amber", "bio": "rocks", "phone": "1", "address": "2" });
        assert_eq!(update(json!({})).await, expected);
        assert_eq!(update(json!({ "firstName": null, "username": null })).await, expected);
        expected["bio"] = Value::Null;
        assert_eq!(update(json!({ "bio": null })).await, expected);
        expected["phone"] = Value::Null;
        expected["address"] = Value::Null;
        assert_eq!(update(json!({ "phone": null, "address": null })).await, expected);
    }

    async fn an_administrator_edits_anyone_and_others_only_themselves(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        let change = json!({ "userId": amber.id, "bio": "edited" });
        assert_eq!(birch.refused("updateProfile", change.clone()).await, ["FORBIDDEN"]);
        let unknown = json!({ "userId": nobody(7), "bio": "edited" });
        assert_eq!(birch.refused("updateProfile", unknown.clone()).await, ["FORBIDDEN"]);
        assert_eq!(root.refused("updateProfile", unknown).await, ["NOT_FOUND"]);
        assert_eq!(profile(&amber, &amber, "bio").await["bio"], Value::Null);
        root.mutate("updateProfile", change, "").await;
        assert_eq!(profile(&amber, &amber, "bio").await["bio"], json!("edited"));
    }

    async fn a_taken_username_or_address_is_refused_by_name(app) {
        let (amber, _birch) = (app.user("amber").await, app.user("birch").await);
        let change = json!({ "username": "BIRCH", "email": "Birch@Example.com" });
        let payload = amber.try_mutate("updateProfile", change, "user { id }").await;
        let faults: Vec<_> = payload["errors"].as_array().unwrap().iter().map(|fault| &fault["code"]).collect();
        assert_eq!(faults, ["USERNAME_TAKEN", "EMAIL_TAKEN"]);
        assert_eq!(payload["errors"][0]["path"], json!(["input", "username"]));
        assert_eq!(payload["errors"][1]["path"], json!(["input", "email"]));
        let own = json!({ "username": "AMBER", "email": "AMBER@example.com" });
        amber.mutate("updateProfile", own, "").await;
        assert_eq!(profile(&amber, &amber, "username").await["username"], json!("AMBER"));
    }

    async fn of_many_who_take_one_name_at_once_one_gets_it_and_the_rest_are_told(app) {
        let names: Vec<_> = (0..8).map(|number| format!("person{number}")).collect();
        let people = futures_util::future::join_all(names.iter().map(|name| app.user(name))).await;
        let change = json!({ "username": "wanted" });
        let tries = people.iter().map(|person| person.try_mutate("updateProfile", change.clone(), "user { id }"));
        let answers = futures_util::future::join_all(tries).await;
        let taken = answers.iter().filter(|answer| answer["errors"][0]["code"] == json!("USERNAME_TAKEN")).count();
        assert_eq!(taken, 7, "{answers:?}");
    }

    async fn a_profile_is_bounded(app) {
        let amber = app.user("amber").await;
        let refusals = [
            (json!({ "username": "" }), "EMPTY"),
            (json!({ "username": "a b" }), "BAD_INPUT"),
            (json!({ "username": "u".repeat(151) }), "TOO_LONG"),
            (json!({ "email": "no address" }), "BAD_INPUT"),
            (json!({ "email": "a@b.co\r\nBcc: c@d.co" }), "BAD_INPUT"),
            (json!({ "firstName": "f".repeat(151) }), "TOO_LONG"),
            (json!({ "lastName": "a\u{0}" }), "BAD_INPUT"),
            (json!({ "bio": "b".repeat(2_001) }), "TOO_LONG"),
            (json!({ "phone": "p".repeat(256) }), "TOO_LONG"),
            (json!({ "address": "a".repeat(501) }), "TOO_LONG"),
        ];
        for (change, code) in refusals {
            assert_eq!(amber.refused("updateProfile", change.clone()).await, [code], "{change}");
        }
    }

    async fn a_person_who_does_not_exist_is_null(app) {
        let amber = app.user("amber").await;
        let query = "query($id: ID!) { user(id: $id) { id } node(id: $id) { id } }";
        assert_eq!(amber.ask(query, json!({ "id": nobody(7) })).await, json!({ "user": null, "node": null }));
    }
}
