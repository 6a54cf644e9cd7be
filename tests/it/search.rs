//! Messages found by their words: what is found, in whose rooms, and that nothing asked for is an operator.

mod indexing;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tertulia::app::rooms::NewDoorRoom;
use tertulia::domain::ids::GlobalId;
use tertulia::domain::search::words;
use tertulia::domain::sessions::{Door, Viewer};

use crate::audit::log;
use crate::directory::{Person, group};
use crate::media::{png, upload};
use crate::rooms::nobody;
use crate::support::exchange::with_token;
use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};
use crate::{on_both, on_both_databases};

const SEARCH: &str = "query($s: MessageSearch!) { searchMessages(search: $s, first: 200) {
    totalCount nodes { text } } }";

/// The texts that a search finds, newest first.
async fn found(caller: &Caller, search: Value) -> Vec<String> {
    let mut list = caller.ask(SEARCH, json!({ "s": search })).await["searchMessages"].take();
    let nodes = list["nodes"].take();
    let texts: Vec<String> =
        nodes.as_array().unwrap().iter().map(|node| node["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["totalCount"], json!(texts.len()), "{search}");
    texts
}

async fn found_by(caller: &Caller, text: &str) -> Vec<String> {
    found(caller, json!({ "text": text })).await
}

async fn refusal(caller: &Caller, search: Value) -> String {
    caller.code(SEARCH, json!({ "s": search })).await
}

fn id_of(sent: &Value) -> String {
    sent["message"]["id"].as_str().unwrap().to_owned()
}

/// Texts of many kinds, signs of the engines' own languages among them.
const TEXTS: [&str; 24] = [
    "Hello, world",
    "hello again; HELLO once more",
    "Élodie met Ørsted at the café",
    "mañana, o pasado mañana",
    "amber@example.com wrote to https://a.example/x?y=1",
    "<b>C++</b> and C# at 50%_off, -3.14e10 or 1e5x",
    "NEAR(one two) OR AND NOT",
    "\"quoted\" 'single' `tick` back\\slash",
    "colon: star* caret^ (brackets) {braces}",
    "привет мир",
    "ΟΔΟΣ Αθηνών",
    "東京タワー is 高い",
    "हिन्दी में लिखा",
    "مرحبا بالعالم",
    "🦀 crab 🦀",
    "1️⃣ keycap",
    "re\u{301}sume\u{301}",
    "ﬁne ＦＵＬＬ width",
    "words: 'one' & two | !three <-> four:*",
    "tab\tand\nlines\u{a0}and\u{2003}wide ones",
    "İstanbul and straße",
    "x",
    "a_b a-b a.b a/b",
    "2026-01-15T10:30:00.000Z",
];

const ASKED: [&str; 40] = [
    "hello",
    "HEL",
    "hello world",
    "world hello",
    "élodie",
    "ÉLO ør",
    "elodie",
    "café",
    "cafe",
    "manana",
    "MAÑ",
    "example",
    "com",
    "https",
    "amber example 1",
    "c",
    "50",
    "3",
    "14e10",
    "1e5",
    "near",
    "NEAR(one",
    "one OR",
    "not and or",
    "quoted",
    "\"quoted\"",
    "back slash",
    "star*",
    "*star",
    "col:star",
    "ПРИВ",
    "οδος",
    "ΑΘΗΝ",
    "東",
    "京東",
    "résumé",
    "fine",
    "full",
    "istanbul",
    "a b",
];

on_both! {
    /// The engines are not asked what a word is, so what they find can be said beforehand.
    async fn whatever_is_asked_the_messages_with_words_that_begin_so_are_found_newest_first(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for text in TEXTS {
            amber.say(&room, text).await;
        }
        let asked: Vec<&str> = ASKED.iter().chain(TEXTS.iter()).copied().collect();
        let mut with_findings = 0;
        for text in asked {
            let wanted = words(text);
            let fits = |said: &&&str| {
                let said = words(said);
                wanted.iter().all(|word| said.iter().any(|other| other.starts_with(word)))
            };
            let expected: Vec<&str> = TEXTS.iter().rev().filter(fits).copied().collect();
            assert_eq!(found_by(&amber, text).await, expected, "{text}");
            with_findings += usize::from(!expected.is_empty());
        }
        assert!(with_findings > 50, "{with_findings}");
    }

    async fn words_are_found_by_their_beginnings_all_of_them_and_without_regard_to_case(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        for text in ["Lantern by the harbour", "harbour lights", "a LANTERN", "plant"] {
            amber.say(&room, text).await;
        }
        assert_eq!(found_by(&amber, "lantern").await, ["a LANTERN", "Lantern by the harbour"]);
        assert_eq!(found_by(&amber, "LAN").await, ["a LANTERN", "Lantern by the harbour"]);
        assert_eq!(found_by(&amber, "harb lant").await, ["Lantern by the harbour"]);
        assert_eq!(found_by(&amber, "antern").await, Vec::<String>::new(), "not from the middle");
        assert_eq!(found_by(&amber, "lanterns").await, Vec::<String>::new());
    }

    async fn only_the_rooms_one_is_in_are_searched(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let (shared, own) = (amber.room("Den", &[&bruno]).await, amber.room("Vault", &[]).await);
        amber.say(&shared, "secret of two").await;
        amber.say(&own, "secret of one").await;
        assert_eq!(found_by(&amber, "secret").await, ["secret of one", "secret of two"]);
        assert_eq!(found_by(&bruno, "secret").await, ["secret of two"]);
        let by_room = async |room: &str| found(&amber, json!({ "text": "secret", "roomId": room })).await;
        assert_eq!(by_room(&shared).await, ["secret of two"]);
        assert_eq!(refusal(&bruno, json!({ "text": "secret", "roomId": own })).await, "NOT_FOUND");
        let nowhere = GlobalId::Room(uuid::Uuid::from_u128(7)).encode();
        assert_eq!(refusal(&bruno, json!({ "text": "secret", "roomId": nowhere })).await, "NOT_FOUND");
        let hall = json!({ "name": "Hall", "visibility": "PUBLIC" });
        let hall = amber.mutate("createRoom", hall, "room { id }").await["room"]["id"].take();
        amber.say(hall.as_str().unwrap(), "secret of members").await;
        assert_eq!(found_by(&bruno, "secret").await, ["secret of two"]);
        assert_eq!(refusal(&bruno, json!({ "text": "secret", "roomId": hall })).await, "NOT_A_MEMBER");
        bruno.mutate("leaveRoom", json!({ "roomId": shared }), "leftRoomId").await;
        assert_eq!(found_by(&bruno, "secret").await, Vec::<String>::new());
        assert_eq!(app.anonymous().code(SEARCH, json!({ "s": { "text": "secret" } })).await, "UNAUTHENTICATED");
    }

    async fn an_open_room_is_searched_by_those_who_are_not_in_it_where_it_is_named(app) {
        let (amber, sam) = (Person::join(&app, "amber").await, Person::join(&app, "sam").await);
        let new = NewDoorRoom { open: true, ..group("Hall", &[]) };
        let room = app.app.create_room_at(&amber.viewer, Door::ThanChat, new).await.unwrap();
        let room = GlobalId::Room(room.view.room.id).encode();
        amber.caller.say(&room, "welcome all").await;
        assert_eq!(found_by(&sam.caller, "welcome").await, Vec::<String>::new());
        assert_eq!(found(&sam.caller, json!({ "text": "welcome", "roomId": room })).await, ["welcome all"]);
        assert_eq!(found_by(&amber.caller, "welcome").await, ["welcome all"]);
    }

    async fn a_deleted_room_is_not_searched_even_before_it_is_emptied(app) {
        let (amber, admin) = (app.user("amber").await, app.admin("dora").await);
        let room = amber.room("Den", &[]).await;
        amber.say(&room, "gone with the room").await;
        amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
        assert_eq!(found_by(&amber, "gone").await, Vec::<String>::new());
        assert_eq!(refusal(&amber, json!({ "text": "gone", "roomId": room })).await, "NOT_FOUND");
        let everywhere = json!({ "text": "gone", "everywhere": true });
        assert_eq!(found(&admin, everywhere.clone()).await, Vec::<String>::new());
        app.app.sweep(&Viewer::Operator).await.unwrap();
        assert_eq!(found(&admin, everywhere).await, Vec::<String>::new());
    }

    async fn an_edited_message_is_found_by_what_it_says_now_and_a_deleted_one_by_nothing(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let first = id_of(&amber.say(&room, "the old harbour").await);
        let second = id_of(&amber.say(&room, "the old lantern").await);
        amber.mutate("editMessage", json!({ "messageId": first, "text": "the new harbour" }), "").await;
        assert_eq!(found_by(&amber, "old").await, ["the old lantern"]);
        assert_eq!(found_by(&amber, "new").await, ["the new harbour"]);
        amber.mutate("deleteMessage", json!({ "messageId": second }), "").await;
        assert_eq!(found_by(&amber, "lantern").await, Vec::<String>::new());
        assert_eq!(found_by(&amber, "the").await, ["the new harbour"]);
    }

    async fn sender_time_and_files_narrow_what_is_found(app) {
        let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
        let room = amber.room("Den", &[&bruno]).await;
        let at = |minutes: i64| (app.clock.now() + TimeDelta::minutes(minutes)).to_rfc3339();
        amber.say(&room, "tea one").await;
        app.pass(TimeDelta::minutes(5));
        bruno.say(&room, "tea two").await;
        app.pass(TimeDelta::minutes(5));
        let file = upload(&amber, "a.png", png(3, 2)).await;
        let input = json!({ "roomId": room, "text": "tea three", "uploadIds": [file] });
        amber.mutate("sendMessage", input, "message { id }").await;
        let with = async |narrowing: Value| {
            let mut search = json!({ "text": "tea" });
            search.as_object_mut().unwrap().extend(narrowing.as_object().unwrap().clone());
            found(&amber, search).await
        };
        assert_eq!(with(json!({ "senderId": amber.id })).await, ["tea three", "tea one"]);
        assert_eq!(with(json!({ "senderId": bruno.id })).await, ["tea two"]);
        assert_eq!(with(json!({ "senderId": nobody(7) })).await, Vec::<String>::new());
        assert_eq!(with(json!({ "hasAttachment": true })).await, ["tea three"]);
        assert_eq!(with(json!({ "hasAttachment": false })).await, ["tea two", "tea one"]);
        assert_eq!(with(json!({ "since": at(-5) })).await, ["tea three", "tea two"], "then or later");
        assert_eq!(with(json!({ "until": at(-5) })).await, ["tea one"], "before then");
        assert_eq!(with(json!({ "since": at(-5), "until": at(0) })).await, ["tea two"]);
        assert_eq!(with(json!({ "since": at(0), "until": at(-5) })).await, Vec::<String>::new());
        assert_eq!(with(json!({ "senderId": amber.id, "hasAttachment": false, "roomId": room })).await, ["tea one"]);
    }

    async fn an_administrator_searches_everywhere_which_is_written_down_and_nobody_else_does(app) {
        let (amber, dora) = (app.user("amber").await, app.admin("dora").await);
        let (den, attic) = (amber.room("Den", &[]).await, amber.room("Attic", &[]).await);
        amber.say(&den, "spam here").await;
        amber.say(&attic, "spam there").await;
        assert_eq!(found_by(&dora, "spam").await, Vec::<String>::new(), "she is in neither");
        assert_eq!(refusal(&dora, json!({ "text": "spam", "roomId": den })).await, "NOT_A_MEMBER");
        assert_eq!(log(&dora).await, Vec::<Value>::new());
        let everywhere = json!({ "text": "spam", "everywhere": true });
        assert_eq!(found(&dora, everywhere.clone()).await, ["spam there", "spam here"]);
        assert_eq!(found(&dora, json!({ "text": "spam", "everywhere": true, "roomId": den })).await, ["spam here"]);
        let entries = [
            json!(["message.search", "dora", den, ""]),
            json!(["message.search", "dora", null, ""]),
        ];
        assert_eq!(log(&dora).await, entries);
        assert_eq!(refusal(&amber, everywhere).await, "FORBIDDEN");
        assert_eq!(found(&amber, json!({ "text": "spam", "everywhere": false })).await.len(), 2);
        assert_eq!(log(&dora).await, entries);
        let query = "query($s: MessageSearch!) { searchMessages(search: $s) { nodes {
            room { name } sender { username } } } }";
        let seen = dora.ask(query, json!({ "s": { "text": "here", "everywhere": true } })).await;
        let here = json!([{ "room": { "name": "Den" }, "sender": { "username": "amber" } }]);
        assert_eq!(seen["searchMessages"]["nodes"], here);
    }

    /// What was looked for is there to be judged, files and all. To read on is for those who are in the room.
    async fn an_administrator_sees_what_was_found_everywhere_with_its_files_and_nothing_around_it(app) {
        let (amber, dora) = (app.user("amber").await, app.admin("dora").await);
        let den = amber.room("Den", &[]).await;
        let first = id_of(&amber.say(&den, "what it answers").await);
        let file = upload(&amber, "spam.txt", b"buy".to_vec()).await;
        let input = json!({ "roomId": den, "text": "spam", "uploadIds": [file], "replyToId": first });
        let found_id = id_of(&amber.mutate("sendMessage", input, "message { id }").await);
        amber.mutate("editMessage", json!({ "messageId": found_id, "text": "spam indeed" }), "").await;
        let query = "query($s: MessageSearch!) { searchMessages(search: $s) { nodes {
            text attachments { id url } replyTo { text } edits { text } room { name } } } }";
        let search = json!({ "s": { "text": "spam", "everywhere": true } });
        let mut found = dora.ask(query, search).await["searchMessages"]["nodes"][0].take();
        let url = found["attachments"][0]["url"].take();
        let bytes = app.http.get(url.as_str().unwrap()).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, "buy");
        assert_eq!(found, json!({ "text": "spam indeed", "attachments": [{ "id": file, "url": null }],
            "replyTo": null, "edits": [], "room": { "name": "Den" } }));
        let read = "query($r: ID!) { room(id: $r) { name messages { nodes { text } } } }";
        assert_eq!(dora.code(read, json!({ "r": den })).await, "NOT_A_MEMBER");
        let nodes = dora.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [found_id, file] })).await;
        assert_eq!(nodes["nodes"], json!([null, null]));
    }

    async fn what_holds_no_word_or_too_many_is_refused_in_words(app) {
        let amber = app.user("amber").await;
        for text in ["", " ", "*", "\"", "'", "%", "🦀", "\u{301}", "-- ; ()"] {
            let answer = amber.send(SEARCH, json!({ "s": { "text": text } })).await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "BAD_INPUT", "{text}");
            assert_eq!(error["message"], "Give at least one word, or the beginning of one.", "{text}");
        }
        assert_eq!(refusal(&amber, json!({ "text": "a\0b" })).await, "BAD_INPUT");
        let many = (0..33).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(refusal(&amber, json!({ "text": many })).await, "TOO_LONG");
        assert_eq!(refusal(&amber, json!({ "text": "w".repeat(1_001) })).await, "TOO_LONG");
        assert_eq!(refusal(&amber, json!({ "text": "a", "roomId": amber.id })).await, "BAD_INPUT");
        assert_eq!(refusal(&amber, json!({ "text": "a", "senderId": "x" })).await, "BAD_INPUT");
    }

    async fn long_words_and_long_texts_are_stored_and_found_by_their_beginnings(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let long = "w".repeat(4_000);
        let many = (0..800).map(|number| format!("{number:04}")).collect::<Vec<_>>().join(" ");
        amber.say(&room, &long).await;
        amber.say(&room, &many).await;
        assert_eq!(found_by(&amber, &long[..1_000]).await, std::slice::from_ref(&long));
        assert_eq!(found_by(&amber, "ww").await, [long]);
        assert_eq!(found_by(&amber, "0799 0000").await, [many]);
    }

    async fn sends_that_come_together_are_found_one_and_all(app) {
        let amber = app.user("amber").await;
        let room = amber.room("Den", &[]).await;
        let sends = (0..60).map(|number| {
            let (amber, room) = (amber.clone(), room.clone());
            tokio::spawn(async move { amber.say(&room, &format!("together {number}")).await })
        });
        futures_util::future::join_all(sends).await;
        assert_eq!(found_by(&amber, "together").await.len(), 60);
        for number in [0, 17, 59] {
            assert!(found_by(&amber, &number.to_string()).await.contains(&format!("together {number}")));
        }
    }
}

/// The messages whose words the database has.
async fn kept(sql: &mut Sql) -> Vec<String> {
    let query = match sql {
        Sql::Sqlite(_) => "SELECT CAST(id AS TEXT) AS line FROM message_words_docsize ORDER BY id",
        Sql::Postgres(_) => "SELECT message_key::text AS line FROM message_words ORDER BY message_key",
    };
    sql.lines(query).await
}

on_both_databases! {
    async fn the_words_of_a_message_go_with_its_row(db) {
        let app = TestApp::start(db.clone()).await;
        let amber = app.user("amber").await;
        let (gone, there) = (amber.room("Gone", &[]).await, amber.room("There", &[]).await);
        amber.say(&gone, "one").await;
        amber.say(&there, "two").await;
        amber.say(&gone, "three").await;
        assert_eq!(found_by(&amber, "t").await, ["three", "two"]);
        let mut sql = Sql::open(&db, app.data.path()).await;
        assert_eq!(kept(&mut sql).await, ["1", "2", "3"]);
        amber.mutate("deleteRoom", json!({ "roomId": gone }), "").await;
        app.app.sweep(&Viewer::Operator).await.unwrap();
        assert_eq!(kept(&mut sql).await, ["2"]);
        // And with a room's, as the database itself sees to.
        sql.run("DELETE FROM rooms").await;
        assert_eq!(kept(&mut sql).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn searches_have_a_budget_of_their_own() {
    let settings = [("RATE_LIMITS", "on"), ("LIMITS_SEARCH_PER_USER_PER_MINUTE", "3")];
    let app = TestApp::with(Db::Sqlite, &settings).await;
    let (amber, bruno) = (app.user("amber").await, app.user("bruno").await);
    let room = amber.room("Den", &[]).await;
    amber.say(&room, "tea").await;
    for _ in 0..3 {
        assert_eq!(found_by(&amber, "tea").await, ["tea"]);
    }
    let search = json!({ "s": { "text": "tea" } });
    with_token(&app, amber.token.as_deref().unwrap(), SEARCH, search).await.assert_throttled();
    amber.say(&room, "and sends go on").await;
    assert_eq!(found_by(&bruno, "tea").await, Vec::<String>::new());
}
