//! Typing and presence from outside: shown to who looks, merged, and nowhere kept.

mod nodes;
mod typing;

use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::raw::PATIENCE;
use crate::support::socket::Socket;
use crate::support::{Caller, Db, TestApp};

const LOOK: &str = "subscription($r: ID!) {
    roomActivity(roomId: $r) { roomId typing { username } online { username presence } } }";

/// Quick, and nobody lingers.
const QUICK: [(&str, &str); 2] = [("LIVE_ACTIVITY_INTERVAL", "50ms"), ("LIVE_PRESENCE_LINGER", "0s")];

async fn start(settings: &[(&str, &str)]) -> TestApp {
    let settings: Vec<_> = QUICK.iter().chain(settings).copied().collect();
    TestApp::with(Db::Sqlite, &settings).await
}

/// Someone who looks at a room over a socket of their own.
struct Looker {
    socket: Socket,
    room: String,
}

/// Who types and who is here, by name.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    typing: Vec<String>,
    online: Vec<(String, String)>,
}

impl Seen {
    fn state(&self, name: &str) -> &str {
        self.online.iter().find(|(who, _)| who == name).map_or("OFFLINE", |(_, state)| state)
    }
}

impl Looker {
    async fn open(app: &TestApp, caller: &Caller, room: &str) -> Self {
        let mut socket = Socket::ready(app, caller.token.as_deref()).await;
        socket.subscribe("look", LOOK, json!({ "r": room })).await;
        Self { socket, room: room.to_owned() }
    }

    async fn next(&mut self) -> Seen {
        let message = self.socket.hear_past_pings().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!("look")), "{message}");
        let payload = &message["payload"];
        assert!(payload.get("errors").is_none(), "{message}");
        let shown = &payload["data"]["roomActivity"];
        assert_eq!(shown["roomId"], json!(self.room));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = |field: &str| shown[field].as_array().unwrap().clone();
        Seen {
            typing: list("typing").iter().map(|user| text(&user["username"])).collect(),
            online: list("online")
                .iter()
                .map(|user| (text(&user["username"]), text(&user["presence"])))
                .collect(),
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        loop {
            let seen = self.next().await;
            if wanted(&seen) {
                return seen;
            }
        }
    }

    /// Reads on to the error that ends it, and gives its code.
    async fn ended(&mut self) -> String {
        loop {
            let message = self.socket.hear_past_pings().await;
            if message["type"] == "error" {
                return message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned();
            }
            assert_eq!(message["type"], "next", "{message}");
        }
    }
}

async fn presence(asker: &Caller, whom: &Caller) -> String {
    let answer = asker.ask("query($id: ID!) { user(id: $id) { presence } }", json!({ "id": whom.id })).await;
    answer["user"]["presence"].as_str().unwrap().to_owned()
}

async fn until_presence(asker: &Caller, whom: &Caller, wanted: &str) {
    let wait = async {
        while presence(asker, whom).await != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "never {wanted}");
}

async fn say_presence(caller: &Caller, state: &str) -> String {
    let payload = caller.mutate("setPresence", json!({ "state": state }), "user { id presence }").await;
    assert_eq!(payload["user"]["id"], json!(caller.id));
    payload["user"]["presence"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn someone_is_online_while_a_socket_is_open_and_offline_after_the_last() {
    let app = start(&[]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    assert_eq!(presence(&birch, &amber).await, "OFFLINE");
    let first = Socket::ready(&app, amber.token.as_deref()).await;
    assert_eq!(presence(&birch, &amber).await, "ONLINE");
    let second = Socket::ready(&app, amber.token.as_deref()).await;
    let login = "mutation($p: String!) { login(input: { usernameOrEmail: \"amber\", password: $p }) {
        user { presence } errors { code } } }";
    let answer = app.anonymous().ask(login, json!({ "p": PASSWORD })).await;
    assert_eq!(answer["login"]["user"]["presence"], "ONLINE", "to oneself");
    drop(first);
    crate::sockets::until_metric(&app, "tertulia_sockets_open", "1").await;
    assert_eq!(crate::sockets::metric(&app, "tertulia_people_online").await, "1");
    assert_eq!(presence(&birch, &amber).await, "ONLINE");
    drop(second);
    until_presence(&birch, &amber, "OFFLINE").await;
    assert_eq!(crate::sockets::metric(&app, "tertulia_people_online").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_counts_from_the_renewal_that_says_whose_it_is() {
    let app = start(&[]).await;
    let amber = app.user("amber").await;
    let mut socket = Socket::ready(&app, None).await;
    assert_eq!(presence(&amber, &amber).await, "OFFLINE");
    let renew = "mutation($t: String!) { renewConnection(input: { accessToken: $t }) { errors { code } } }";
    for _ in 0..2 {
        socket.ask(renew, json!({ "t": amber.token })).await;
        until_presence(&amber, &amber, "ONLINE").await;
    }
    drop(socket);
    until_presence(&amber, &amber, "OFFLINE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_word_of_a_person_holds_until_their_last_connection_goes() {
    let app = start(&[]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    assert_eq!(say_presence(&amber, "AWAY").await, "OFFLINE", "without a connection");
    let socket = Socket::ready(&app, amber.token.as_deref()).await;
    assert_eq!(presence(&birch, &amber).await, "ONLINE");
    for state in ["AWAY", "OFFLINE", "AWAY", "ONLINE", "OFFLINE"] {
        assert_eq!(say_presence(&amber, state).await, state);
        assert_eq!(presence(&birch, &amber).await, state);
    }
    drop(socket);
    crate::sockets::until_metric(&app, "tertulia_people_online", "0").await;
    let _socket = Socket::ready(&app, amber.token.as_deref()).await;
    assert_eq!(presence(&birch, &amber).await, "ONLINE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_at_a_room_sees_its_members_come_go_and_change() {
    let app = start(&[]).await;
    let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
    let room = amber.room("Den", &[&birch]).await;
    let mut look = Looker::open(&app, &amber, &room).await;
    let first = look.next().await;
    assert_eq!(first.online, [("amber".to_owned(), "ONLINE".to_owned())]);
    assert!(first.typing.is_empty());
    let _stranger = Socket::ready(&app, cedar.token.as_deref()).await;
    let socket = Socket::ready(&app, birch.token.as_deref()).await;
    let seen = look.next().await;
    assert_eq!((seen.state("birch"), seen.state("cedar")), ("ONLINE", "OFFLINE"), "not a member");
    say_presence(&birch, "AWAY").await;
    assert_eq!(look.next().await.state("birch"), "AWAY");
    say_presence(&birch, "OFFLINE").await;
    assert_eq!(look.next().await.state("birch"), "OFFLINE");
    say_presence(&birch, "ONLINE").await;
    assert_eq!(look.next().await.state("birch"), "ONLINE");
    drop(socket);
    assert_eq!(look.next().await.state("birch"), "OFFLINE");
    // Who comes into the room while here shows, and goes with leaving it.
    amber.mutate("addMembers", json!({ "roomId": room, "userIds": [cedar.id] }), "").await;
    assert_eq!(look.next().await.state("cedar"), "ONLINE");
    cedar.mutate("leaveRoom", json!({ "roomId": room }), "").await;
    assert_eq!(look.next().await.state("cedar"), "OFFLINE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reconnects_at_once_does_not_flicker() {
    let app = start(&[("LIVE_PRESENCE_LINGER", "60s")]).await;
    let (amber, birch) = (app.user("amber").await, app.user("birch").await);
    let room = amber.room("Den", &[&birch]).await;
    let socket = Socket::ready(&app, birch.token.as_deref()).await;
    let mut look = Looker::open(&app, &amber, &room).await;
    assert_eq!(look.next().await.state("birch"), "ONLINE");
    drop(socket);
    crate::sockets::until_metric(&app, "tertulia_sockets_open", "1").await;
    assert_eq!(presence(&amber, &birch).await, "ONLINE");
    let _socket = Socket::ready(&app, birch.token.as_deref()).await;
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    let seen = look.next().await;
    assert_eq!((seen.typing.len(), seen.state("birch")), (1, "ONLINE"), "the first change is the typing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_who_is_here_has_a_bound() {
    let app = start(&[("LIVE_ACTIVITY_PEOPLE_MAX", "2")]).await;
    let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
    let room = amber.room("Den", &[&birch, &cedar]).await;
    let _birch = Socket::ready(&app, birch.token.as_deref()).await;
    let _cedar = Socket::ready(&app, cedar.token.as_deref()).await;
    let mut look = Looker::open(&app, &amber, &room).await;
    assert_eq!(look.next().await.online.len(), 2);
    for caller in [&amber, &birch, &cedar] {
        caller.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    }
    let seen = look.until(|seen| seen.typing.len() > 1).await;
    assert_eq!(seen.typing, ["amber", "birch"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_look_and_only_while_they_are_members() {
    let app = start(&[]).await;
    let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
    let room = amber.room("Den", &[&birch]).await;
    assert_eq!(Looker::open(&app, &cedar, &room).await.ended().await, "NOT_FOUND");
    assert_eq!(Looker::open(&app, &cedar, "no room").await.ended().await, "BAD_INPUT");
    assert_eq!(Looker::open(&app, &app.anonymous(), &room).await.ended().await, "UNAUTHENTICATED");
    let mut look = Looker::open(&app, &birch, &room).await;
    let mut own = Looker::open(&app, &amber, &room).await;
    look.next().await;
    own.next().await;
    birch.mutate("setTyping", json!({ "roomId": room }), "expiresAt").await;
    own.until(|seen| seen.typing == ["birch"]).await;
    amber.mutate("removeMember", json!({ "roomId": room, "userId": birch.id }), "").await;
    assert_eq!(look.ended().await, "NOT_A_MEMBER");
    let seen = own.until(|seen| seen.typing.is_empty()).await;
    assert_eq!((seen.state("amber"), seen.state("birch")), ("ONLINE", "OFFLINE"));
    amber.mutate("deleteRoom", json!({ "roomId": room }), "").await;
    assert_eq!(own.ended().await, "NOT_FOUND");
}
