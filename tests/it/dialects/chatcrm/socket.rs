//! The socket: messages, typing and who is online, to whom they belong and to nobody else.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::{Member, PASSWORD, global_room};
use crate::dialects::support::Wire;
use crate::on_both;
use crate::support::{Caller, TestApp};

/// Quick, and nobody lingers.
const QUICK: [(&str, &str); 2] = [("LIVE_ACTIVITY_INTERVAL", "50ms"), ("LIVE_PRESENCE_LINGER", "0s")];

fn path(member: &Member) -> String {
    format!("/ws/user/{}/chat/?token={}", member.short, member.access)
}

/// A socket that has heard who is online, so that nothing happens before it listens.
pub async fn open(app: &TestApp, member: &Member) -> Wire {
    let mut wire = Wire::open(app.address, &path(member), &[]).await.unwrap();
    wire.hear_one(is("onlineUser")).await;
    wire
}

fn is(action: &str) -> impl Fn(&Value) -> bool {
    move |message| message["action"] == action
}

/// The next thing said about a room.
pub async fn hear(wire: &mut Wire) -> Value {
    wire.hear_one(|message| message["action"] != "onlineUser").await
}

fn message(member: &Member, room: &str, text: &str) -> Value {
    json!({ "action": "message", "roomId": room, "user": member.short, "message": text })
}

async fn trio(app: &TestApp) -> (Member, Member, Member) {
    (Member::join(app, "hazel").await, Member::join(app, "rowan").await, Member::join(app, "cedar").await)
}

on_both! {
    async fn a_message_goes_to_every_member_and_to_nobody_else(app) {
        let (hazel, rowan, cedar) = trio(&app).await;
        let room = hazel.room("Orchard", &[&rowan]).await;
        let (mut hazels, mut rowans) = (open(&app, &hazel).await, open(&app, &rowan).await);
        let mut cedars = open(&app, &cedar).await;
        hazels.say(message(&hazel, &room, "ripe")).await;
        let expected = json!({
            "action": "message", "user": hazel.id, "userId": hazel.short, "roomId": room, "message": "ripe",
            "userImage": null, "userName": "Hazel Reed", "timestamp": "2027-01-15 08:00:00+00:00", "image": null,
        });
        assert_eq!(hear(&mut hazels).await, expected);
        assert_eq!(hear(&mut rowans).await, expected);
        // An empty text is one.
        rowans.say(message(&rowan, &room, "")).await;
        assert_eq!(hear(&mut hazels).await["message"], "");
        // What cedar hears next is of a room of cedar's.
        let own = cedar.room("Bark", &[]).await;
        cedar.say(&own, "mine").await;
        assert_eq!(hear(&mut cedars).await["message"], "mine");
        assert_eq!(hazel.texts(&room).await, ["", "ripe"]);
    }

    async fn messages_of_every_door_come_in_the_sockets_own_shape(app) {
        let (hazel, rowan, _) = trio(&app).await;
        let mut rowans = open(&app, &rowan).await;
        // A room that is made while the socket is open is heard, too.
        let room = hazel.room("Orchard", &[&rowan]).await;
        hazel.say(&room, "over REST").await;
        let heard = hear(&mut rowans).await;
        assert_eq!((&heard["message"], &heard["roomId"]), (&json!("over REST"), &json!(room)));
        let caller = hazel.at_graphql(&app, "hazel").await;
        let global = global_room(&caller, "Orchard").await;
        caller.say(&global, "over the schema").await;
        let heard = hear(&mut rowans).await;
        assert_eq!((&heard["message"], &heard["userId"]), (&json!("over the schema"), &json!(hazel.short)));
        // And the reverse: what a socket says is read at the others.
        rowans.say(message(&rowan, &room, "over the socket")).await;
        assert_eq!(hear(&mut rowans).await["message"], "over the socket");
        let query = "query($r: ID!) { room(id: $r) { messages(last: 1) { nodes { text sender { username } } } } }";
        let last = caller.ask(query, json!({ "r": global })).await["room"]["messages"]["nodes"][0].take();
        assert_eq!(last, json!({ "text": "over the socket", "sender": { "username": "rowan" } }));
    }

    async fn only_a_good_access_token_of_the_person_in_the_path_opens_a_socket(app) {
        let (hazel, rowan, _) = trio(&app).await;
        let at = |id: &str, token: &str| format!("/ws/user/{id}/chat/?token={token}");
        let refused = [
            format!("/ws/user/{}/chat/", hazel.short),
            at(&hazel.short, ""),
            at(&hazel.short, "garbage"),
            at(&hazel.short, &hazel.refresh),
            at(&hazel.short, &rowan.access),
            at(&rowan.short, &hazel.access),
            at(&hazel.id.to_string(), &hazel.access),
            at("null", &hazel.access),
            at("zzzzzzzzzzzzzzzzzzzzzz", &hazel.access),
        ];
        for path in refused {
            assert_eq!(Wire::open(app.address, &path, &[]).await.err(), Some(403), "{path}");
        }
        let bare = format!("/ws/user/{}/chat/", hazel.short);
        for (token, opens) in [(&rowan.access, false), (&hazel.refresh, false), (&hazel.access, true)] {
            let header = format!("Bearer {token}");
            let opened = Wire::open(app.address, &bare, &[("authorization", &header)]).await;
            assert_eq!(opened.is_ok(), opens);
        }
        // In either form of the path, from any page, and below the dialect's own prefix.
        let slashless = path(&hazel).replace("/chat/?", "/chat?");
        assert!(Wire::open(app.address, &slashless, &[]).await.is_ok());
        assert!(Wire::open(app.address, &path(&hazel), &[("origin", "http://elsewhere.example")]).await.is_ok());
        assert!(Wire::open(app.address, &format!("/compat/chatcrm{}", path(&hazel)), &[]).await.is_ok());
    }

    async fn nobody_writes_in_anothers_name_or_into_a_room_they_are_not_in(app) {
        let (hazel, rowan, cedar) = trio(&app).await;
        let room = hazel.room("Orchard", &[&rowan]).await;
        for said in [
            message(&hazel, &room, "as hazel"),
            message(&cedar, &room, "from outside"),
            message(&cedar, "3333333333333333333333", "into nothing"),
            json!({ "action": "typing", "roomId": room }),
        ] {
            let mut cedars = open(&app, &cedar).await;
            cedars.say(said.clone()).await;
            assert_eq!(cedars.closed().await, 1008, "{said}");
        }
        assert!(hazel.texts(&room).await.is_empty());
    }

    async fn a_frame_that_is_none_ends_the_socket(app) {
        let hazel = Member::join(&app, "hazel").await;
        let room = hazel.room("Orchard", &[]).await;
        let mut broken = vec![Frame::text("nope"), Frame::text("[]"), Frame::text("7"), Frame::binary(vec![123, 125])];
        for value in [
            json!({ "roomId": room, "user": hazel.short, "message": "x" }),
            json!({ "action": "message", "user": hazel.short, "message": "x" }),
            json!({ "action": "message", "roomId": room, "message": "x" }),
            json!({ "action": "message", "roomId": room, "user": hazel.short }),
            json!({ "action": "message", "roomId": room, "user": 1, "message": "x" }),
            json!({ "action": "message", "roomId": "nope", "user": hazel.short, "message": "x" }),
            json!({ "action": "typing", "roomId": "nope" }),
            json!({ "action": "message", "roomId": room, "user": hazel.short, "message": "a\u{0}" }),
        ] {
            broken.push(Frame::text(value.to_string()));
        }
        for frame in broken {
            let mut wire = open(&app, &hazel).await;
            wire.frame(frame.clone()).await;
            assert_eq!(wire.closed().await, 1011, "{frame:?}");
        }
        let mut wire = open(&app, &hazel).await;
        wire.say(message(&hazel, &room, &"x".repeat(50_000))).await;
        assert_eq!(wire.closed().await, 1009);
        assert!(hazel.texts(&room).await.is_empty());
        // What is only not known does no harm.
        let mut wire = open(&app, &hazel).await;
        wire.say(json!({ "action": "wave", "roomId": room })).await;
        assert_eq!(hear(&mut wire).await, json!({}));
    }

    async fn a_socket_ends_with_its_session(app) {
        let hazel = Member::join(&app, "hazel").await;
        let other = Member::enter(&app, "hazel", hazel.id).await;
        let mut wire = open(&app, &other).await;
        let new = "figs-and-medlars-3";
        let body = json!({ "current_password": PASSWORD, "new_password": new, "confirm_new_password": new });
        assert_eq!(hazel.post("/change-password", body).await.status, 200);
        assert_eq!(wire.closed().await, 1008);
        app.pass(TimeDelta::days(2));
        assert_eq!(Wire::open(app.address, &path(&hazel), &[]).await.err(), Some(403));
    }
}

on_both!(typing_shows_to_members_whatever_door_it_comes_by, async |db: Db| {
    let app = TestApp::with(db, &QUICK).await;
    let (hazel, rowan, cedar) = trio(&app).await;
    let room = hazel.room("Orchard", &[&rowan]).await;
    let (mut hazels, mut rowans) = (open(&app, &hazel).await, open(&app, &rowan).await);
    let mut cedars = open(&app, &cedar).await;
    hazels.say(json!({ "action": "typing", "roomId": room, "user": hazel.short, "more": 1 })).await;
    let expected = json!({ "action": "typing", "roomId": room, "user": hazel.short });
    assert_eq!(hear(&mut rowans).await, expected);
    assert_eq!(hear(&mut hazels).await, expected);
    let caller = rowan.at_graphql(&app, "rowan").await;
    let global = global_room(&caller, "Orchard").await;
    caller.mutate("setTyping", json!({ "roomId": global }), "").await;
    assert_eq!(hear(&mut hazels).await, json!({ "action": "typing", "roomId": room, "user": rowan.short }));
    // Whoever has sent begins anew.
    hazels.say(message(&hazel, &room, "done")).await;
    assert_eq!(hear(&mut hazels).await["message"], "done");
    hazels.say(json!({ "action": "typing", "roomId": room })).await;
    assert_eq!(hear(&mut hazels).await, expected);
    let own = cedar.room("Bark", &[]).await;
    cedar.say(&own, "nothing but mine").await;
    assert_eq!(hear(&mut cedars).await["message"], "nothing but mine");
});

on_both!(who_is_removed_hears_nothing_more_of_the_room, async |db: Db| {
    let app = TestApp::with(db, &QUICK).await;
    let (hazel, rowan, _) = trio(&app).await;
    let room = hazel.room("Orchard", &[&rowan]).await;
    let mut rowans = open(&app, &rowan).await;
    hazel.say(&room, "before").await;
    assert_eq!(hear(&mut rowans).await["message"], "before");
    let caller: Caller = hazel.at_graphql(&app, "hazel").await;
    let global = global_room(&caller, "Orchard").await;
    let rowan_id = rowan.at_graphql(&app, "rowan").await.id;
    caller.mutate("removeMember", json!({ "roomId": global, "userId": rowan_id }), "").await;
    caller.mutate("setTyping", json!({ "roomId": global }), "").await;
    hazel.say(&room, "after").await;
    let own = rowan.room("Bark", &[]).await;
    rowan.say(&own, "mine").await;
    assert_eq!(hear(&mut rowans).await["message"], "mine");
    // Back again, they hear what is said from then on.
    caller.mutate("addMembers", json!({ "roomId": global, "userIds": [rowan_id] }), "").await;
    hazel.say(&room, "again").await;
    assert_eq!(
        rowans.hear_one(|message| message["roomId"] == json!(room) && message["message"] == "again").await["user"],
        hazel.id
    );
});

on_both!(presence_is_of_people_and_not_of_sockets, async |db: Db| {
    let app = TestApp::with(db, &QUICK).await;
    let (hazel, rowan, cedar) = trio(&app).await;
    let list = |ids: &[i64]| json!({ "action": "onlineUser", "userList": ids });
    let mut hazels = Wire::open(app.address, &path(&hazel), &[]).await.unwrap();
    assert_eq!(hazels.hear().await, list(&[1]));
    let first = Wire::open(app.address, &path(&rowan), &[]).await.unwrap();
    assert_eq!(hazels.hear().await, list(&[1, 2]));
    let mut second = Wire::open(app.address, &path(&rowan), &[]).await.unwrap();
    assert_eq!(second.hear().await, list(&[1, 2]));
    // One of two sockets goes, and the person stays: the next that is told is somebody else's coming.
    drop(first);
    let mut cedars = Wire::open(app.address, &path(&cedar), &[]).await.unwrap();
    assert_eq!(hazels.hear().await, list(&[1, 2, 3]));
    assert_eq!(cedars.hear().await, list(&[1, 2, 3]));
    drop(second);
    assert_eq!(hazels.hear().await, list(&[1, 3]));
    // Whoever hides at another door is not shown here.
    let caller = cedar.at_graphql(&app, "cedar").await;
    caller.mutate("setPresence", json!({ "state": "OFFLINE" }), "").await;
    assert_eq!(hazels.hear().await, list(&[1]));
});
