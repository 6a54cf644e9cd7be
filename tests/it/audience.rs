//! Holds the list of fields whose value depends on the viewer against the resolvers: by their source, and
//! by what several viewers are shown of the same event. A field that is missing there would be shared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};
use tertulia::graphql::schema::sdl;

use crate::support::socket::Socket;
use crate::support::sql::Sql;
use crate::support::{Caller, Db, TestApp};

/// Functions that have the viewer in their hands and yet show all members of a room the same, with the
/// reason. Who may not see it gets an error, or has been removed meanwhile, and neither is shared.
const SAME_FOR_ALL_MEMBERS: &[(&str, &str)] = &[
    ("Attachment.thumbnail_url", "a link names the file, not who looks"),
    ("Attachment.url", "a link names the file, not who looks"),
    ("User.private", "the fields that call it are on the list"),
    ("Room.last_message", "the role only tells members from others"),
    ("Room.events", "the page is refused, or the same"),
    ("User.presence", "whoever sees a person may know it, and all are told the same"),
    ("RoomMemberConnection.of", "the page is refused, or the same"),
    ("MessageConnection.around", "the page is refused, or the same"),
    ("MessageConnection.of_replies", "the page is refused, or the same"),
    ("MessageConnection.of_room", "the page is refused, or the same"),
    ("ReactionGroup.users", "the page is refused, or the same"),
    ("ServerInfo.setup_needed", "what is told of the server hangs off Query alone"),
    ("Upload.thumbnail_url", "files of everyone hang off Query alone"),
    ("Upload.url", "files of everyone hang off Query alone"),
    ("UploadConnection.totals", "files of everyone hang off Query alone"),
    ("Total.count", "lists of people, rooms and all messages hang off Query alone"),
    ("fn.find_nodes", "nodes hang off Query alone"),
    ("fn.settle", "the language is part of an audience"),
    ("fn.top_level", "the language is part of an audience, and what has errors is not shared"),
];

/// Where the executor and the transports are, which are no resolvers, and the definition of `viewer`.
const NO_RESOLVERS: &[&str] =
    &["context.rs", "documents", "guard", "http", "live", "loaders.rs", "operation.rs", "ws"];

fn viewer_fields() -> BTreeSet<String> {
    let text = source("src/graphql/live/audience.rs");
    let list = text.split("VIEWER_FIELDS: &[&str]").nth(1).unwrap().split(';').next().unwrap();
    let names: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(names.len() > 3, "the list was not found");
    names
}

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..])
}

/// Functions of types that something reaches from an event, which look at the viewer or at their role.
fn functions_with_the_viewer() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let relative =
                path.strip_prefix(&root).unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            if NO_RESOLVERS.iter().any(|no| relative.split('/').next() == Some(no.trim_end_matches(".rs"))) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            scan(&fs::read_to_string(&path).unwrap(), &mut found);
        }
    }
    found
}

fn scan(text: &str, found: &mut BTreeSet<String>) {
    let (mut of, mut function) = ("", "");
    for line in text.lines() {
        if !line.starts_with(' ') && line.contains("fn ") {
            // No method of any type.
            of = "fn";
        }
        let line = line.trim();
        if let Some(name) = line.strip_prefix("impl ") {
            let name = name.rsplit(" for ").next().unwrap();
            of = name.split([' ', '<']).next().unwrap();
        }
        if let Some((head, rest)) = line.split_once("fn ")
            && (head.is_empty() || head.ends_with(' '))
        {
            function = rest.split(['(', '<']).next().unwrap();
        }
        let is_root = ["Query", "Mutation", "Subscriptions"].iter().any(|root| of.ends_with(root));
        let looks = ["viewer(ctx)", "caller(ctx)", ".private(", "self.0.role", "view.role", "Viewer::"];
        if !is_root && !line.starts_with("//") && looks.iter().any(|look| line.contains(look)) {
            found.insert(format!("{of}.{function}"));
        }
    }
}

#[test]
fn each_resolver_that_looks_at_the_viewer_is_on_the_list_or_has_a_reason_not_to_be() {
    let listed = viewer_fields();
    let found = functions_with_the_viewer();
    assert!(found.contains("Room.viewer_role") && found.contains("Message.client_message_id"), "{found:?}");
    for function in &found {
        let name = camel(function.split('.').nth(1).unwrap());
        let excused = SAME_FOR_ALL_MEMBERS.iter().any(|(known, _)| known == function);
        assert!(excused != listed.contains(&name), "{function} depends on the viewer, as it seems");
    }
    for (excused, _) in SAME_FOR_ALL_MEMBERS {
        assert!(found.contains(*excused), "{excused} needs no excuse");
    }
}

/// The types of the schema that have fields, and what implements what.
struct Schema {
    objects: BTreeMap<String, Vec<FieldDefinition>>,
    implementors: BTreeMap<String, Vec<String>>,
}

impl Schema {
    fn read() -> Self {
        let mut schema = Self { objects: BTreeMap::new(), implementors: BTreeMap::new() };
        for definition in parse_schema(sdl()).unwrap().definitions {
            let TypeSystemDefinition::Type(of) = definition else { continue };
            let name = of.node.name.node.to_string();
            let fields = match of.node.kind {
                TypeKind::Object(object) => {
                    for interface in object.implements {
                        let all = schema.implementors.entry(interface.node.to_string()).or_default();
                        all.push(name.clone());
                    }
                    object.fields
                }
                TypeKind::Interface(interface) => interface.fields,
                _ => continue,
            };
            schema.objects.insert(name, fields.into_iter().map(|field| field.node).collect());
        }
        schema
    }

    /// All leaves of a type, and of the types below it that are not above it.
    fn selection(&self, of: &str, above: &mut Vec<String>, but: &[&str]) -> String {
        above.push(of.to_owned());
        let mut out = String::new();
        for field in &self.objects[of] {
            let name = field.name.node.as_str();
            let needs_argument = field
                .arguments
                .iter()
                .any(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
            // One of its arguments has to be given.
            let needs_one = name == "messagesAround";
            if but.contains(&name) || needs_argument || needs_one {
                continue;
            }
            let below = base(&field.ty.node);
            if !self.objects.contains_key(below) {
                out.extend([name, " "]);
            } else if !above.iter().any(|known| known == below) {
                let inner = self.selection(below, above, &[]);
                out.extend([name, " { ", &inner, "} "]);
            }
        }
        above.pop();
        out
    }

    /// Everything that a room's subscription can be asked for.
    fn subscription(&self) -> String {
        let common: Vec<&str> =
            self.objects["RoomEvent"].iter().map(|field| field.name.node.as_str()).collect();
        let mut out =
            format!("subscription($r: ID!) {{ roomEvents(roomId: $r) {{ __typename {} ", common.join(" "));
        for of in &self.implementors["RoomEvent"] {
            let inner = self.selection(of, &mut Vec::new(), &common);
            if !inner.is_empty() {
                out.extend(["... on ", of, " { ", &inner, "} "]);
            }
        }
        out + "} }"
    }
}

fn base(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

/// The names of the leaves in which two results differ. Below a field that is on the list itself, others need
/// not be.
fn differing(one: &Value, other: &Value, name: &str, out: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            assert!(one.keys().eq(other.keys()));
            for (name, value) in one {
                let (listed, mut below) = (viewer_fields(), BTreeSet::new());
                differing(value, &other[name], name, &mut below);
                if listed.contains(name) && !below.is_empty() {
                    below.retain(|leaf| listed.contains(leaf));
                    below.insert(name.to_owned());
                }
                out.append(&mut below);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).for_each(|(one, other)| differing(one, other, name, out));
        }
        _ if one != other => drop(out.insert(name.to_owned())),
        _ => {}
    }
}

async fn event(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let mut message = socket.hear_past_pings().await;
        assert!(message["payload"].get("errors").is_none(), "{message:#}");
        let event = message["payload"]["data"]["roomEvents"].take();
        if event["__typename"] == kind {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_viewers_are_shown_differs_in_the_fields_of_the_list_and_in_no_others() {
    let app =
        TestApp::with(Db::Sqlite, &[("GRAPHQL_COST_MAX", "10000000"), ("GRAPHQL_FIELDS_MAX", "10000")]).await;
    let (amber, basil) = (app.user("amber").await, app.user("basil").await);
    let (dora, erin) = (app.admin("dora").await, app.user("erin").await);
    for person in [&amber, &basil] {
        person.mutate("updateProfile", json!({ "phone": "+34 600 000 000", "address": "Here 1" }), "").await;
    }
    let fern = app.user("fern").await;
    let room = amber.room("Den", &[&dora, &fern]).await;
    // Behind the server's back, so that there is something that administrators alone are shown.
    let mut sql = Sql::open(&Db::Sqlite, app.data.path()).await;
    sql.run("UPDATE users SET disabled_at = created_at WHERE username = 'fern'").await;
    let add = |who: &Caller, role: &str| json!({ "roomId": room, "userIds": [who.id], "role": role });
    amber.mutate("addMembers", add(&basil, "READER"), "").await;
    let message = amber.say(&room, "before").await["message"]["id"].take();

    let query = Schema::read().subscription();
    for name in ["inviteUrl", "clientMessageId", "members", "lastMessage", "createdBy", "pageInfo"] {
        assert!(query.contains(name), "{name} is not asked for: {query}");
    }
    let mut sockets = Vec::new();
    for (number, viewer) in [&amber, &basil, &dora].into_iter().enumerate() {
        let mut socket = Socket::ready(&app, viewer.token.as_deref()).await;
        // Another text is another document, of which nothing is shared.
        socket.subscribe("s", &format!("# {number}\n{query}"), json!({ "r": room })).await;
        event(&mut socket, "CaughtUp").await;
        sockets.push(socket);
    }
    let mut differ = BTreeSet::new();
    for (kind, mutation, input) in [
        ("MessageAdded", "sendMessage", json!({ "roomId": room, "text": "x", "clientMessageId": "amber's" })),
        ("MemberChanged", "addMembers", add(&erin, "MEMBER")),
        ("MemberChanged", "addMembers", add(&basil, "MODERATOR")),
        ("MessageChanged", "editMessage", json!({ "messageId": message, "text": "y" })),
        ("MessageChanged", "reactToMessage", json!({ "messageId": message, "emoji": "👍" })),
        ("ReadMoved", "markRead", json!({ "roomId": room, "seq": 2 })),
        ("MessageDeleted", "deleteMessage", json!({ "messageId": message })),
        ("RoomChanged", "updateRoom", json!({ "roomId": room, "name": "Study" })),
    ] {
        amber.mutate(mutation, input, "").await;
        let mut shown = Vec::new();
        for socket in &mut sockets {
            // All have seen it before the next thing happens, so that they are shown the same room.
            shown.push(event(socket, kind).await);
        }
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            differing(&shown[one], &shown[other], kind, &mut differ);
        }
    }
    assert_eq!(differ, viewer_fields(), "a field that is missing from the list would be shared");
}

#[test]
fn every_field_on_the_list_is_in_the_schema() {
    let schema = Schema::read();
    let known: BTreeSet<String> =
        schema.objects.values().flatten().map(|field| field.name.node.to_string()).collect();
    for name in viewer_fields() {
        assert!(known.contains(&name), "{name} is no field");
    }
}
