//! Who is in a room: joining, leaving, adding and removing people.

use serde_json::{Value, json};

use crate::on_both;
use crate::rooms::{head, invite_code, nobody, read};
use crate::support::Caller;

/// Makes a GROUP room with some terms; gives its id.
async fn room(owner: &Caller, terms: Value) -> String {
    let mut input = json!({ "name": "Den" });
    input.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    let payload = owner.mutate("createRoom", input, "room { id }").await;
    payload["room"]["id"].as_str().unwrap().to_owned()
}

/// Members and their roles, in the order they joined.
async fn roles(caller: &Caller, room: &str) -> Vec<(String, String)> {
    let shown =
        read(caller, room, "memberCount members { totalCount edges { role node { username } } }").await;
    let edges = shown["members"]["edges"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let roles: Vec<_> = edges.map(|edge| (text(&edge["node"]["username"]), text(&edge["role"]))).collect();
    assert_eq!(shown["memberCount"], json!(roles.len()));
    assert_eq!(shown["members"]["totalCount"], json!(roles.len()));
    roles
}

fn pairs(roles: &[(&str, &str)]) -> Vec<(String, String)> {
    roles.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

fn add(room: &str, people: &[&Caller], role: &str) -> Value {
    let ids: Vec<_> = people.iter().map(|person| person.id.as_str()).collect();
    json!({ "roomId": room, "userIds": ids, "role": role })
}

fn remove(room: &str, person: &Caller) -> Value {
    json!({ "roomId": room, "userId": person.id })
}

on_both! {
    async fn anyone_joins_a_public_room_by_its_id_and_once(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC" })).await;
        for _ in 0..2 {
            let input = json!({ "roomId": room });
            let payload = birch.mutate("joinRoom", input, "room { id viewerRole } edge { node { id } }").await;
            assert_eq!(payload["room"], json!({ "id": room, "viewerRole": "MEMBER" }));
            assert_eq!(payload["edge"]["node"]["id"], json!(room));
        }
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER"), ("birch", "MEMBER")]));
    }

    async fn joining_again_keeps_ones_role(app) {
        let amber = app.user("amber").await;
        let room = room(&amber, json!({ "visibility": "PUBLIC", "password": "open sesame" })).await;
        amber.mutate("joinRoom", json!({ "roomId": room }), "").await;
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
    }

    async fn a_private_room_is_joined_by_its_invite_code_and_not_by_its_id(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({})).await;
        let code = invite_code(&amber, &room).await;
        assert_eq!(birch.refused("joinRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
        birch.mutate("joinRoom", json!({ "inviteCode": code }), "").await;
        assert_eq!(roles(&birch, &room).await, pairs(&[("amber", "OWNER"), ("birch", "MEMBER")]));
    }

    async fn an_invite_code_that_no_room_has_is_not_found(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({})).await;
        let code = invite_code(&amber, &room).await;
        let wrong = ["", "%", "' OR 1=1 --", "a\u{0}b", &code[1..], &format!("{code}x"), &"x".repeat(10_000)];
        for code in wrong {
            assert_eq!(birch.refused("joinRoom", json!({ "inviteCode": code })).await, ["NOT_FOUND"], "{code:?}");
        }
    }

    async fn a_join_names_the_room_or_the_code(app) {
        let amber = app.user("amber").await;
        let room = room(&amber, json!({})).await;
        let code = invite_code(&amber, &room).await;
        for input in [json!({}), json!({ "roomId": room, "inviteCode": code })] {
            assert_eq!(amber.refused("joinRoom", input).await, ["BAD_INPUT"]);
        }
    }

    async fn a_room_with_a_password_lets_in_those_who_know_it(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC", "password": "open sesame" })).await;
        let code = invite_code(&amber, &room).await;
        for way in [json!({ "roomId": room }), json!({ "inviteCode": code })] {
            for password in [Value::Null, json!(""), json!("Open sesame"), json!("open sesame\u{0}"), json!("p".repeat(5_000))] {
                let mut input = way.clone();
                input["password"] = password.clone();
                assert_eq!(birch.refused("joinRoom", input).await, ["ROOM_PASSWORD_WRONG"], "{password}");
            }
        }
        birch.mutate("joinRoom", json!({ "roomId": room, "password": "open sesame" }), "").await;
        assert_eq!(roles(&birch, &room).await.len(), 2);
    }

    async fn a_full_room_takes_nobody(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC", "capacity": 1 })).await;
        assert_eq!(birch.refused("joinRoom", json!({ "roomId": room })).await, ["ROOM_FULL"]);
        assert_eq!(amber.refused("addMembers", add(&room, &[&birch], "MEMBER")).await, ["ROOM_FULL"]);
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
        amber.mutate("updateRoom", json!({ "roomId": room, "capacity": 2 }), "").await;
        birch.mutate("joinRoom", json!({ "roomId": room }), "").await;
    }

    async fn joiners_at_once_never_exceed_the_capacity(app) {
        let amber = app.user("amber").await;
        let room = room(&amber, json!({ "visibility": "PUBLIC", "capacity": 4 })).await;
        let names: Vec<_> = (0..9).map(|number| format!("joiner{number}")).collect();
        let joiners = futures_util::future::join_all(names.iter().map(|name| app.user(name))).await;
        let input = json!({ "roomId": room });
        let joins = joiners.iter().map(|joiner| joiner.try_mutate("joinRoom", input.clone(), "room { id }"));
        let answers = futures_util::future::join_all(joins).await;
        let full = answers.iter().filter(|answer| answer["errors"][0]["code"] == json!("ROOM_FULL")).count();
        let joined = answers.iter().filter(|answer| answer["room"]["id"] == json!(room)).count();
        assert_eq!((joined, full), (3, 6));
        assert_eq!(roles(&amber, &room).await.len(), 4);
    }

    async fn one_person_who_joins_ten_times_at_once_is_one_member(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC" })).await;
        let joins = (0..10).map(|_| birch.mutate("joinRoom", json!({ "roomId": room }), ""));
        futures_util::future::join_all(joins).await;
        assert_eq!(roles(&amber, &room).await.len(), 2);
        assert_eq!(head(&app, &amber, &room).await.1, 2);
    }

    async fn who_leaves_a_room_no_longer_sees_it(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let payload = birch.mutate("leaveRoom", json!({ "roomId": room }), "leftRoomId").await;
        assert_eq!(payload["leftRoomId"], json!(room));
        assert_eq!(read(&birch, &room, "id").await, Value::Null);
        assert_eq!(birch.refused("leaveRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
    }

    async fn leaving_a_public_room_one_is_not_in_says_so(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC" })).await;
        assert_eq!(birch.refused("leaveRoom", json!({ "roomId": room })).await, ["NOT_A_MEMBER"]);
    }

    async fn the_last_owner_stays_until_there_is_another(app) {
        let (amber, birch, root) = (app.user("amber").await, app.user("birch").await, app.admin("root").await);
        let room = amber.room("Den", &[&birch]).await;
        assert_eq!(amber.refused("leaveRoom", json!({ "roomId": room })).await, ["CONFLICT"]);
        for caller in [&amber, &root] {
            assert_eq!(caller.refused("removeMember", remove(&room, &amber)).await, ["CONFLICT"]);
        }
        for role in ["MODERATOR", "MEMBER", "READER"] {
            assert_eq!(amber.refused("addMembers", add(&room, &[&amber], role)).await, ["CONFLICT"]);
        }
        amber.mutate("addMembers", add(&room, &[&birch], "OWNER"), "").await;
        amber.mutate("leaveRoom", json!({ "roomId": room }), "").await;
        assert_eq!(roles(&birch, &room).await, pairs(&[("birch", "OWNER")]));
    }

    async fn two_owners_cannot_both_be_demoted_or_leave_at_once(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[]).await;
        amber.mutate("addMembers", add(&room, &[&birch], "OWNER"), "").await;
        assert_eq!(amber.refused("addMembers", add(&room, &[&amber, &birch], "READER")).await, ["CONFLICT"]);
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER"), ("birch", "OWNER")]));
        let leave = |caller: &Caller| {
            let caller = caller.clone();
            let input = json!({ "roomId": room });
            async move { caller.try_mutate("leaveRoom", input, "leftRoomId").await["leftRoomId"].is_string() }
        };
        let left = futures_util::future::join(leave(&amber), leave(&birch)).await;
        assert!(left.0 ^ left.1, "{left:?}");
    }

    async fn people_of_a_self_or_duo_room_neither_come_nor_go(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        for input in [json!({ "kind": "SELF" }), json!({ "kind": "DUO", "memberIds": [birch.id] })] {
            let room = amber.mutate("createRoom", input, "room { id }").await["room"]["id"].take();
            let room = room.as_str().unwrap();
            assert_eq!(amber.refused("addMembers", add(room, &[&cedar], "MEMBER")).await, ["FORBIDDEN"]);
            assert_eq!(amber.refused("leaveRoom", json!({ "roomId": room })).await, ["FORBIDDEN"]);
            assert_eq!(amber.refused("removeMember", remove(room, &birch)).await, ["FORBIDDEN"]);
            assert_eq!(cedar.refused("joinRoom", json!({ "roomId": room })).await, ["NOT_FOUND"]);
        }
    }

    async fn people_are_added_with_the_role_given(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[]).await;
        let selection = "room { memberCount } edges { role node { id } }";
        let payload = amber.mutate("addMembers", add(&room, &[&birch, &cedar, &birch], "READER"), selection).await;
        assert_eq!(payload["room"]["memberCount"], json!(3));
        assert_eq!(payload["edges"].as_array().unwrap().len(), 2);
        let expected = pairs(&[("amber", "OWNER"), ("birch", "READER"), ("cedar", "READER")]);
        let mut shown = roles(&amber, &room).await;
        shown.sort_unstable();
        assert_eq!(shown, expected);
    }

    async fn someone_who_is_in_already_gets_the_given_role_and_keeps_their_place(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[&birch, &cedar]).await;
        amber.mutate("addMembers", add(&room, &[&birch], "MODERATOR"), "").await;
        let expected = pairs(&[("amber", "OWNER"), ("birch", "MODERATOR"), ("cedar", "MEMBER")]);
        assert_eq!(roles(&amber, &room).await, expected);
    }

    async fn adding_stores_all_people_or_none(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[]).await;
        let unknown = json!({ "roomId": room, "userIds": [birch.id, nobody(7)] });
        let payload = amber.try_mutate("addMembers", unknown, "").await;
        let fault = &payload["errors"][0];
        assert_eq!((&fault["code"], &fault["path"]), (&json!("BAD_INPUT"), &json!(["input", "userIds"])));
        let many: Vec<_> = (0..101).map(nobody).collect();
        assert_eq!(amber.refused("addMembers", json!({ "roomId": room, "userIds": many })).await, ["TOO_LONG"]);
        amber.mutate("updateRoom", json!({ "roomId": room, "capacity": 2 }), "").await;
        let cedar = app.user("cedar").await;
        assert_eq!(amber.refused("addMembers", add(&room, &[&birch, &cedar], "MEMBER")).await, ["ROOM_FULL"]);
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
    }

    async fn moderators_give_roles_up_to_their_own(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[]).await;
        amber.mutate("addMembers", add(&room, &[&birch], "MODERATOR"), "").await;
        assert_eq!(birch.refused("addMembers", add(&room, &[&cedar], "OWNER")).await, ["FORBIDDEN"]);
        assert_eq!(birch.refused("addMembers", add(&room, &[&birch], "OWNER")).await, ["FORBIDDEN"]);
        assert_eq!(birch.refused("addMembers", add(&room, &[&amber], "MEMBER")).await, ["FORBIDDEN"]);
        for role in ["READER", "MEMBER", "MODERATOR"] {
            birch.mutate("addMembers", add(&room, &[&cedar], role), "").await;
        }
        assert_eq!(birch.refused("addMembers", add(&room, &[&cedar], "MEMBER")).await, ["FORBIDDEN"]);
        let expected = pairs(&[("amber", "OWNER"), ("birch", "MODERATOR"), ("cedar", "MODERATOR")]);
        assert_eq!(roles(&amber, &room).await, expected);
    }

    async fn members_and_readers_add_and_remove_nobody(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[]).await;
        for role in ["MEMBER", "READER"] {
            amber.mutate("addMembers", add(&room, &[&birch], role), "").await;
            assert_eq!(birch.refused("addMembers", add(&room, &[&cedar], "READER")).await, ["FORBIDDEN"]);
            for target in [&amber, &cedar] {
                assert_eq!(birch.refused("removeMember", remove(&room, target)).await, ["FORBIDDEN"]);
            }
        }
    }

    async fn moderators_remove_those_below_them_and_owners_remove_anyone(app) {
        let (amber, birch, cedar) = (app.user("amber").await, app.user("birch").await, app.user("cedar").await);
        let room = amber.room("Den", &[&cedar]).await;
        amber.mutate("addMembers", add(&room, &[&birch], "MODERATOR"), "").await;
        assert_eq!(birch.refused("removeMember", remove(&room, &amber)).await, ["FORBIDDEN"]);
        let selection = "removedUserId room { memberCount }";
        let payload = birch.mutate("removeMember", remove(&room, &cedar), selection).await;
        assert_eq!((&payload["removedUserId"], &payload["room"]["memberCount"]), (&json!(cedar.id), &json!(2)));
        assert_eq!(read(&cedar, &room, "id").await, Value::Null);
        amber.mutate("removeMember", remove(&room, &birch), "").await;
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
    }

    async fn removing_someone_who_is_not_in_is_not_found(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[]).await;
        let unknown = json!({ "roomId": room, "userId": nobody(7) });
        for input in [remove(&room, &birch), unknown] {
            let payload = amber.try_mutate("removeMember", input, "").await;
            let fault = &payload["errors"][0];
            assert_eq!((&fault["code"], &fault["path"]), (&json!("NOT_FOUND"), &json!(["input", "userId"])));
        }
    }

    async fn removing_oneself_is_leaving(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = room(&amber, json!({ "visibility": "PUBLIC" })).await;
        birch.mutate("joinRoom", json!({ "roomId": room }), "").await;
        birch.mutate("removeMember", remove(&room, &birch), "").await;
        assert_eq!(roles(&amber, &room).await, pairs(&[("amber", "OWNER")]));
    }

    async fn the_one_who_leaves_a_private_room_is_not_shown_it_as_they_go(app) {
        let (amber, birch) = (app.user("amber").await, app.user("birch").await);
        let room = amber.room("Den", &[&birch]).await;
        let payload = birch.mutate("removeMember", remove(&room, &birch), "removedUserId room { id }").await;
        assert_eq!(payload["removedUserId"], json!(birch.id));
        assert_eq!(payload["room"], Value::Null);
    }
}
