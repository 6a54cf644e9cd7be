//! What each caller is told, for every field that could tell one caller from another.

/// A field, an operation that reaches it, where in the data it stands, and what each caller is told:
/// `OK`, `null` or a code.
pub(super) struct Row {
    pub(super) field: &'static str,
    pub(super) operation: &'static str,
    pub(super) at: &'static str,
    pub(super) expected: [&'static str; 5],
}

const fn row(
    field: &'static str,
    operation: &'static str,
    at: &'static str,
    expected: [&'static str; 5],
) -> Row {
    Row { field, operation, at, expected }
}

/// Callers, in the order of a row's answers. Neither the other nor the administrator is in a room.
pub(super) const CALLERS: [&str; 5] = ["anonymous", "other", "member", "owner", "admin"];

/// For everyone who is signed in.
const SIGNED_IN: [&str; 5] = ["UNAUTHENTICATED", "OK", "OK", "OK", "OK"];
/// For those in the private room, and administrators, who see that it exists.
const SEEN: [&str; 5] = ["UNAUTHENTICATED", "null", "OK", "OK", "OK"];
/// For those in the private room.
const MEMBERS: [&str; 5] = ["UNAUTHENTICATED", "null", "OK", "OK", "null"];
/// For the owner of an account, and administrators.
const OWN: [&str; 5] = ["UNAUTHENTICATED", "null", "null", "OK", "OK"];
/// For administrators.
const ADMIN: [&str; 5] = ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "OK"];
const NONE_FOR_ADMIN: [&str; 5] = ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "null"];
const ANYONE: [&str; 5] = ["OK", "OK", "OK", "OK", "OK"];
const NO_VALUE: [&str; 5] = ["UNAUTHENTICATED", "null", "null", "null", "null"];

/// Words in capitals after a `$` are filled in from the scene.
#[expect(clippy::too_many_lines, reason = "a table, a row for each field")]
pub(super) fn matrix() -> Vec<Row> {
    let mut rows = vec![
        row("Query.configuration", "{ configuration { key } }", "/configuration/0", ADMIN),
        row("Query.serverFigures", "{ serverFigures { at } }", "/serverFigures/at", ADMIN),
        row("Query.sessions", "{ sessions { nodes { id } } }", "/sessions/nodes/0", ADMIN),
        row("Query.uploads", "{ uploads { nodes { id } } }", "/uploads/nodes/0", ADMIN),
        row("Query.auditLog", "{ auditLog { totalCount } }", "/auditLog/totalCount", ADMIN),
        row("Query.messages", "{ messages(roomId: $ROOM) { nodes { id } } }", "/messages/nodes/0",
            ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Query.messages", "{ messages(roomId: $HALL) { nodes { id } } }", "/messages/nodes/0",
            ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Query.messages", "{ messages { nodes { id } } }", "/messages/nodes/0", MEMBERS),
        row("Query.node", "{ node(id: $ROOM) { id } }", "/node", SEEN),
        row("Query.node", "{ node(id: $HALL) { id } }", "/node", SIGNED_IN),
        row("Query.node", "{ node(id: $MESSAGE) { id } }", "/node", MEMBERS),
        row("Query.node", "{ node(id: $GREETING) { id } }", "/node", MEMBERS),
        row("Query.node", "{ node(id: $FILE) { id } }", "/node", MEMBERS),
        row("Query.node", "{ node(id: $ENTRY) { id } }", "/node", ["UNAUTHENTICATED", "null", "null", "null", "OK"]),
        row("Query.node", "{ node(id: $OWNER) { id } }", "/node", SIGNED_IN),
        row("Query.node", "{ node(id: $NOBODY) { id } }", "/node", NO_VALUE),
        row("Query.node", "{ node(id: \"no id\") { id } }", "/node", NO_VALUE),
        row("Query.node", "{ node(id: $DEVICE) { id } }", "/node", OWN),
        row("Query.nodes", "{ nodes(ids: [$OWNER, $MESSAGE, $ROOM]) { id } }", "/nodes/0", SIGNED_IN),
        row("Query.nodes", "{ nodes(ids: [$OWNER, $MESSAGE, $ROOM]) { id } }", "/nodes/1", MEMBERS),
        row("Query.nodes", "{ nodes(ids: [$OWNER, $MESSAGE, $ROOM]) { id } }", "/nodes/2", SEEN),
        row("Query.room", "{ room(id: $ROOM) { id } }", "/room", SEEN),
        row("Query.room", "{ room(id: $HALL) { id } }", "/room", SIGNED_IN),
        row("Query.rooms", "{ rooms { nodes { id } } }", "/rooms/nodes/0", MEMBERS),
        row("Query.rooms", "{ rooms(filter: { scope: PUBLIC }) { nodes { id } } }", "/rooms/nodes/0", SIGNED_IN),
        row("Query.rooms", "{ rooms(filter: { scope: PUBLIC, search: \"Den\" }) { nodes { id } } }",
            "/rooms/nodes/0", NO_VALUE),
        row("Query.searchMessages", "{ searchMessages(search: { text: \"hello\" }) { nodes { id } } }",
            "/searchMessages/nodes/0", MEMBERS),
        row("Query.searchMessages",
            "{ searchMessages(search: { text: \"hello\", roomId: $ROOM }) { nodes { id } } }",
            "/searchMessages/nodes/0", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Query.searchMessages",
            "{ searchMessages(search: { text: \"hello\", roomId: $HALL }) { nodes { id } } }",
            "/searchMessages/nodes/0", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Query.searchMessages",
            "{ searchMessages(search: { text: \"hello\", everywhere: true }) { nodes { id } } }",
            "/searchMessages/nodes/0", ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "OK"]),
        row("Query.searchMessages",
            "{ searchMessages(search: { text: \"hello\", everywhere: true, roomId: $ROOM }) { nodes { id } } }",
            "/searchMessages/nodes/0", ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "OK"]),
        row("Query.serverInfo", "{ serverInfo { version } }", "/serverInfo", ANYONE),
        row("Query.rooms", "{ rooms(filter: { scope: ALL, search: \"Den\" }) { nodes { id } } }", "/rooms/nodes/0", ADMIN),
        row("Query.user", "{ user(id: $OWNER) { id } }", "/user", SIGNED_IN),
        row("Query.users", "{ users { nodes { id } } }", "/users/nodes/0", SIGNED_IN),
        row("Query.users", "{ users(filter: { disabled: false }) { nodes { id } } }", "/users/nodes/0", ADMIN),
        row("Query.users", "{ users(filter: { isAdmin: true }) { nodes { id } } }", "/users/nodes/0", ADMIN),
        row("Query.viewer", "{ viewer { id } }", "/viewer", ["null", "OK", "OK", "OK", "OK"]),
        row("Mutation.addMembers",
            "mutation { addMembers(input: { roomId: $ROOM, userIds: [$STRANGER] }) { room { id } errors { code } } }",
            "/addMembers/room", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "OK", "NOT_A_MEMBER"]),
        // Someone who is in gets another role.
        row("Mutation.addMembers",
            "mutation { addMembers(input: { roomId: $ROOM, userIds: [$SECOND], role: MODERATOR }) {
                room { id } errors { code } } }",
            "/addMembers/room", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "OK", "OK"]),
        row("Mutation.archiveRoom",
            "mutation { archiveRoom(input: { roomId: $ROOM }) { room { id } errors { code } } }",
            "/archiveRoom/room", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "OK"]),
        row("Mutation.changePassword",
            "mutation { changePassword(input: { currentPassword: $PASSWORD, newPassword: \"another long phrase\" }) {
                tokens { accessToken } errors { code } } }",
            "/changePassword/tokens", SIGNED_IN),
        row("Mutation.createUpload",
            "mutation { createUpload(input: { fileName: \"a.txt\", contentType: \"text/plain\", byteSize: 1 }) {
                ticket { id } errors { code } } }",
            "/createUpload/ticket", SIGNED_IN),
        row("Mutation.createRoom",
            "mutation { createRoom(input: { name: \"Nest\" }) { room { id } errors { code } } }",
            "/createRoom/room", SIGNED_IN),
        row("Mutation.createUser",
            "mutation { createUser(input: { username: $FRESH, email: \"$BARE@example.com\" }) {
                user { id } errors { code } } }",
            "/createUser/user", ADMIN),
        row("Mutation.deleteMessage",
            "mutation { deleteMessage(input: { messageId: $MESSAGE }) { deletedMessageId errors { code } } }",
            "/deleteMessage/deletedMessageId", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "OK"]),
        row("Mutation.deleteMessage",
            "mutation { deleteMessage(input: { messageId: $GREETING }) { deletedMessageId errors { code } } }",
            "/deleteMessage/deletedMessageId", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "OK"]),
        row("Mutation.deleteRoom",
            "mutation { deleteRoom(input: { roomId: $ROOM }) { deletedRoomId errors { code } } }",
            "/deleteRoom/deletedRoomId", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "OK", "OK"]),
        row("Mutation.editMessage",
            "mutation { editMessage(input: { messageId: $MESSAGE, text: \"new\" }) { message { id } errors { code } } }",
            "/editMessage/message", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "FORBIDDEN", "NOT_FOUND"]),
        row("Mutation.editMessage",
            "mutation { editMessage(input: { messageId: $GREETING, text: \"new\" }) { message { id } errors { code } } }",
            "/editMessage/message", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "FORBIDDEN", "NOT_FOUND"]),
        row("Mutation.endSession", "mutation { endSession(input: {}) { ended errors { code } } }",
            "/endSession/ended", SIGNED_IN),
        row("Mutation.endSession",
            "mutation { endSession(input: { sessionId: $DEVICE }) { ended errors { code } } }",
            "/endSession/ended", ["UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "OK", "OK"]),
        row("Mutation.endSession",
            "mutation { endSession(input: { userId: $OWNER }) { ended errors { code } } }",
            "/endSession/ended", ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "OK", "OK"]),
        row("Mutation.joinRoom",
            "mutation { joinRoom(input: { roomId: $ROOM }) { room { id } errors { code } } }",
            "/joinRoom/room", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "FORBIDDEN"]),
        row("Mutation.joinRoom",
            "mutation { joinRoom(input: { inviteCode: $INVITE }) { room { id } errors { code } } }",
            "/joinRoom/room", SIGNED_IN),
        row("Mutation.joinRoom",
            "mutation { joinRoom(input: { roomId: $HALL }) { room { id } errors { code } } }",
            "/joinRoom/room", SIGNED_IN),
        row("Mutation.leaveRoom",
            "mutation { leaveRoom(input: { roomId: $ROOM }) { leftRoomId errors { code } } }",
            "/leaveRoom/leftRoomId", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "CONFLICT", "NOT_A_MEMBER"]),
        row("Mutation.login",
            "mutation { login(input: { usernameOrEmail: $NAME, password: $PASSWORD }) { user { email } errors { code } } }",
            "/login/user/email", ANYONE),
        row("Mutation.logout", "mutation { logout(input: {}) { loggedOut errors { code } } }",
            "/logout/loggedOut", SIGNED_IN),
        row("Mutation.reactToMessage",
            "mutation { reactToMessage(input: { messageId: $MESSAGE, emoji: \"👍\" }) { message { id } errors { code } } }",
            "/reactToMessage/message", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_FOUND"]),
        row("Mutation.markRead",
            "mutation { markRead(input: { roomId: $ROOM, seq: 1 }) { room { id } errors { code } } }",
            "/markRead/room", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.markRead",
            "mutation { markRead(input: { roomId: $HALL, seq: 1 }) { room { id } errors { code } } }",
            "/markRead/room", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.refreshSession",
            "mutation { refreshSession(input: { refreshToken: $REFRESH }) { tokens { accessToken } errors { code } } }",
            "/refreshSession/tokens", ["BAD_CREDENTIALS", "OK", "OK", "OK", "OK"]),
        row("Mutation.removeMember",
            "mutation { removeMember(input: { roomId: $ROOM, userId: $SECOND }) { removedUserId errors { code } } }",
            "/removeMember/removedUserId", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "OK", "OK"]),
        // What it does on a socket is in sockets/tokens.rs.
        row("Mutation.renewConnection",
            "mutation { renewConnection(input: { accessToken: $GUESSED }) { expiresAt errors { code } } }",
            "/renewConnection/expiresAt", ["BAD_INPUT", "BAD_INPUT", "BAD_INPUT", "BAD_INPUT", "BAD_INPUT"]),
        row("Mutation.resetPassword",
            "mutation { resetPassword(input: { userId: $SECOND }) { password errors { code } } }",
            "/resetPassword/password", ADMIN),
        row("Mutation.sendDirectMessage",
            "mutation { sendDirectMessage(input: { userId: $STRANGER, text: \"hi\" }) { message { id } errors { code } } }",
            "/sendDirectMessage/message", SIGNED_IN),
        row("Mutation.sendMessage",
            "mutation { sendMessage(input: { roomId: $ROOM, text: \"hi\" }) { message { id } errors { code } } }",
            "/sendMessage/message", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.sendMessage",
            "mutation { sendMessage(input: { roomId: $HALL, text: \"hi\" }) { message { id } errors { code } } }",
            "/sendMessage/message", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.setAdministrator",
            "mutation { setAdministrator(input: { userId: $SECOND }) { user { id } errors { code } } }",
            "/setAdministrator/user", ADMIN),
        row("Mutation.setPresence", "mutation { setPresence(input: { state: AWAY }) { user { id } errors { code } } }",
            "/setPresence/user", SIGNED_IN),
        row("Mutation.setTyping", "mutation { setTyping(input: { roomId: $ROOM }) { expiresAt errors { code } } }",
            "/setTyping/expiresAt", ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.setTyping", "mutation { setTyping(input: { roomId: $HALL }) { expiresAt errors { code } } }",
            "/setTyping/expiresAt", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Mutation.setUserDisabled",
            "mutation { setUserDisabled(input: { userId: $SECOND }) { user { id } errors { code } } }",
            "/setUserDisabled/user", ADMIN),
        // What it does while there is no administrator is in setup.rs.
        row("Mutation.setUpServer",
            "mutation { setUpServer(input: { code: $GUESSED, username: $FRESH, email: \"$BARE@example.com\",
                password: $PASSWORD }) { user { id } errors { code } } }",
            "/setUpServer/user", ["FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]),
        row("Mutation.signup",
            "mutation { signup(input: { username: $FRESH, email: \"$BARE@example.com\", password: $PASSWORD }) {
                user { email } errors { code } } }",
            "/signup/user/email", ANYONE),
        row("Mutation.updateProfile",
            "mutation { updateProfile(input: { bio: \"new\" }) { user { id } errors { code } } }",
            "/updateProfile/user", SIGNED_IN),
        row("Mutation.updateProfile",
            "mutation { updateProfile(input: { userId: $OWNER, bio: \"new\" }) { user { id } errors { code } } }",
            "/updateProfile/user", ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "OK", "OK"]),
        row("Mutation.updateRoom",
            "mutation { updateRoom(input: { roomId: $ROOM, name: \"Nest\" }) { room { id } errors { code } } }",
            "/updateRoom/room", ["UNAUTHENTICATED", "NOT_FOUND", "FORBIDDEN", "OK", "OK"]),
        // Who may not read is told so before the cursor is looked at.
        row("Room.events", "{ room(id: $ROOM) { events(after: \"none\") { hasMore } } }", "/room/events",
            ["UNAUTHENTICATED", "null", "CURSOR_INVALID", "CURSOR_INVALID", "NOT_A_MEMBER"]),
        row("Room.events", "{ room(id: $HALL) { events(after: \"none\") { hasMore } } }", "/room/events",
            ["UNAUTHENTICATED", "NOT_A_MEMBER", "CURSOR_INVALID", "CURSOR_INVALID", "NOT_A_MEMBER"]),
        row("Subscription.inboxEvents", "", "$ROOM", SIGNED_IN),
        row("Subscription.messageAdded", "", "$ROOM",
            ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.messageAdded", "", "$HALL",
            ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.messageAdded", "", "$GUESSED",
            ["UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]),
        row("Subscription.roomEvents", "", "$ROOM",
            ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.roomEvents", "", "$HALL",
            ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.roomEvents", "", "$GUESSED",
            ["UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]),
        row("Subscription.roomActivity", "", "$ROOM",
            ["UNAUTHENTICATED", "NOT_FOUND", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.roomActivity", "", "$HALL",
            ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
        row("Subscription.roomActivity", "", "$GUESSED",
            ["UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]),
    ];
    rows.extend(
        USER_FIELDS.map(|(field, at, expected)| row(field, "{ user(id: $OWNER) { $FIELD } }", at, expected)),
    );
    rows.extend(
        ROOM_FIELDS.map(|(field, at, expected)| row(field, "{ room(id: $ROOM) { $FIELD } }", at, expected)),
    );
    rows.extend(
        HALL_FIELDS.map(|(field, at, expected)| row(field, "{ room(id: $HALL) { $FIELD } }", at, expected)),
    );
    let sessions = "{ user(id: $OWNER) { sessions { $FIELD } } }";
    rows.extend(SESSION_FIELDS.map(|(field, at)| row(field, sessions, at, OWN)));
    rows.extend(INFO_FIELDS.map(|(field, at)| row(field, "{ serverInfo { $FIELD } }", at, ANYONE)));
    let read = "{ node(id: $MESSAGE) { ... on Message { $FIELD } } }";
    rows.extend(
        FILE_FIELDS.map(|(field, at)| {
            row(field, "{ node(id: $FILE) { ... on Attachment { $FIELD } } }", at, MEMBERS)
        }),
    );
    let log = "{ auditLog(action: \"user.update\", first: 1) { nodes { $FIELD } } }";
    rows.extend(AUDIT_FIELDS.map(|(field, at)| row(field, log, at, ADMIN)));
    let uploads = "{ uploads(first: 1) { nodes { $FIELD } } }";
    rows.extend(UPLOAD_FIELDS.map(|(field, at, expected)| row(field, uploads, at, expected)));
    let figures = "{ serverFigures { $FIELD } }";
    rows.extend(FIGURES.map(|(field, at, expected)| row(field, figures, at, expected)));
    let queues = "{ serverFigures { queues { $FIELD } } }";
    for (field, at) in [
        ("QueueFigure.capacity", "/serverFigures/queues/0/capacity"),
        ("QueueFigure.length", "/serverFigures/queues/0/length"),
        ("QueueFigure.name", "/serverFigures/queues/0/name"),
    ] {
        rows.push(row(field, queues, at, ADMIN));
    }
    let settings = "{ configuration { $FIELD } }";
    for (field, at) in [
        ("Setting.key", "/configuration/0/key"),
        ("Setting.source", "/configuration/0/source"),
        ("Setting.value", "/configuration/0/value"),
    ] {
        rows.push(row(field, settings, at, ADMIN));
    }
    rows.extend(MESSAGE_FIELDS.map(|(field, at, expected)| row(field, read, at, expected)));
    rows
}

/// Of the room owner's account.
const USER_FIELDS: [(&str, &str, [&str; 5]); 17] = [
    ("User.address", "/user/address", OWN),
    // Nobody has a picture yet.
    ("User.avatarUrl", "/user/avatarUrl", NO_VALUE),
    ("User.bio", "/user/bio", SIGNED_IN),
    ("User.createdAt", "/user/createdAt", SIGNED_IN),
    ("User.databaseId", "/user/databaseId", SIGNED_IN),
    // It is not disabled.
    ("User.disabledAt", "/user/disabledAt", NO_VALUE),
    ("User.displayName", "/user/displayName", SIGNED_IN),
    ("User.email", "/user/email", OWN),
    ("User.firstName", "/user/firstName", SIGNED_IN),
    ("User.id", "/user/id", SIGNED_IN),
    ("User.isAdmin", "/user/isAdmin", OWN),
    ("User.lastName", "/user/lastName", SIGNED_IN),
    ("User.phone", "/user/phone", OWN),
    ("User.presence", "/user/presence", SIGNED_IN),
    ("User.sessions", "/user/sessions/0", OWN),
    ("User.userType", "/user/userType", SIGNED_IN),
    ("User.username", "/user/username", SIGNED_IN),
];

/// Of the room owner's device.
const SESSION_FIELDS: [(&str, &str); 8] = [
    ("Session.client", "/user/sessions/0/client"),
    ("Session.createdAt", "/user/sessions/0/createdAt"),
    ("Session.current", "/user/sessions/0/current"),
    ("Session.door", "/user/sessions/0/door"),
    ("Session.expiresAt", "/user/sessions/0/expiresAt"),
    ("Session.id", "/user/sessions/0/id"),
    ("Session.lastUsedAt", "/user/sessions/0/lastUsedAt"),
    ("Session.user", "/user/sessions/0/user"),
];

const INFO_FIELDS: [(&str, &str); 12] = [
    ("ServerInfo.languages", "/serverInfo/languages"),
    ("ServerInfo.legacyDialects", "/serverInfo/legacyDialects"),
    ("ServerInfo.maxPageSize", "/serverInfo/maxPageSize"),
    ("ServerInfo.maxQueryCost", "/serverInfo/maxQueryCost"),
    ("ServerInfo.maxTextLength", "/serverInfo/maxTextLength"),
    ("ServerInfo.maxUploadBytes", "/serverInfo/maxUploadBytes"),
    ("ServerInfo.maxUploadsPerMessage", "/serverInfo/maxUploadsPerMessage"),
    ("ServerInfo.schemaHash", "/serverInfo/schemaHash"),
    ("ServerInfo.setupNeeded", "/serverInfo/setupNeeded"),
    ("ServerInfo.signupOpen", "/serverInfo/signupOpen"),
    ("ServerInfo.trustedDocumentsOnly", "/serverInfo/trustedDocumentsOnly"),
    ("ServerInfo.version", "/serverInfo/version"),
];

/// Of the private room.
const ROOM_FIELDS: [(&str, &str, [&str; 5]); 21] = [
    ("Room.archivedAt", "/room/archivedAt", NO_VALUE),
    ("Room.capacity", "/room/capacity", SEEN),
    ("Room.createdAt", "/room/createdAt", SEEN),
    ("Room.createdBy", "/room/createdBy", SEEN),
    ("Room.databaseId", "/room/databaseId", SEEN),
    ("Room.description", "/room/description", SEEN),
    ("Room.hasPassword", "/room/hasPassword", SEEN),
    ("Room.headCursor", "/room/headCursor", SEEN),
    ("Room.id", "/room/id", SEEN),
    ("Room.inviteUrl", "/room/inviteUrl", ["UNAUTHENTICATED", "null", "null", "OK", "null"]),
    ("Room.isOpen", "/room/isOpen", SEEN),
    ("Room.kind", "/room/kind", SEEN),
    ("Room.lastMessage", "/room/lastMessage", MEMBERS),
    ("Room.memberCount", "/room/memberCount", SEEN),
    ("Room.members", "/room/members", SEEN),
    ("Room.messages", "/room/messages", ["UNAUTHENTICATED", "null", "OK", "OK", "NOT_A_MEMBER"]),
    ("Room.messagesAround", "/room/messagesAround", ["UNAUTHENTICATED", "null", "OK", "OK", "NOT_A_MEMBER"]),
    ("Room.name", "/room/name", SEEN),
    ("Room.viewerRole", "/room/viewerRole", MEMBERS),
    ("Room.viewerState", "/room/viewerState", MEMBERS),
    ("Room.visibility", "/room/visibility", SEEN),
];

/// Of the public room, where it answers otherwise.
const HALL_FIELDS: [(&str, &str, [&str; 5]); 8] = [
    ("Room.name", "/room/name", SIGNED_IN),
    ("Room.inviteUrl", "/room/inviteUrl", ["UNAUTHENTICATED", "null", "null", "OK", "null"]),
    ("Room.lastMessage", "/room/lastMessage", MEMBERS),
    ("Room.members", "/room/members", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "OK"]),
    ("Room.messages", "/room/messages", ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"]),
    (
        "Room.messagesAround",
        "/room/messagesAround",
        ["UNAUTHENTICATED", "NOT_A_MEMBER", "OK", "OK", "NOT_A_MEMBER"],
    ),
    ("Room.viewerRole", "/room/viewerRole", MEMBERS),
    ("Room.viewerState", "/room/viewerState", MEMBERS),
];

/// Of a picture in that message.
const FILE_FIELDS: [(&str, &str); 9] = [
    ("Attachment.byteSize", "/node/byteSize"),
    ("Attachment.contentType", "/node/contentType"),
    ("Attachment.fileName", "/node/fileName"),
    ("Attachment.height", "/node/height"),
    ("Attachment.id", "/node/id"),
    ("Attachment.kind", "/node/kind"),
    ("Attachment.thumbnailUrl", "/node/thumbnailUrl"),
    ("Attachment.url", "/node/url"),
    ("Attachment.width", "/node/width"),
];

/// Of a picture in a message of the public room, which the administrator is not in.
const UPLOAD_FIELDS: [(&str, &str, [&str; 5]); 12] = [
    ("Upload.byteSize", "/uploads/nodes/0/byteSize", ADMIN),
    ("Upload.complete", "/uploads/nodes/0/complete", ADMIN),
    ("Upload.createdAt", "/uploads/nodes/0/createdAt", ADMIN),
    ("Upload.fileName", "/uploads/nodes/0/fileName", ADMIN),
    ("Upload.id", "/uploads/nodes/0/id", ADMIN),
    ("Upload.isImage", "/uploads/nodes/0/isImage", ADMIN),
    ("Upload.message", "/uploads/nodes/0/message", NONE_FOR_ADMIN),
    ("Upload.messageId", "/uploads/nodes/0/messageId", ADMIN),
    ("Upload.owner", "/uploads/nodes/0/owner", ADMIN),
    ("Upload.room", "/uploads/nodes/0/room", ADMIN),
    ("Upload.thumbnailUrl", "/uploads/nodes/0/thumbnailUrl", ADMIN),
    ("Upload.url", "/uploads/nodes/0/url", ADMIN),
];

/// Of a node that is alone.
const FIGURES: [(&str, &str, [&str; 5]); 20] = [
    ("ServerFigures.at", "/serverFigures/at", ADMIN),
    ("ServerFigures.bus", "/serverFigures/bus", NONE_FOR_ADMIN),
    ("ServerFigures.connectionsOpen", "/serverFigures/connectionsOpen", ADMIN),
    ("ServerFigures.database", "/serverFigures/database", ADMIN),
    ("ServerFigures.deliveriesTotal", "/serverFigures/deliveriesTotal", ADMIN),
    ("ServerFigures.errorsTotal", "/serverFigures/errorsTotal", ADMIN),
    ("ServerFigures.liveReaders", "/serverFigures/liveReaders", ADMIN),
    ("ServerFigures.liveRooms", "/serverFigures/liveRooms", ADMIN),
    ("ServerFigures.memoryBytes", "/serverFigures/memoryBytes", ADMIN),
    ("ServerFigures.messages", "/serverFigures/messages", ADMIN),
    ("ServerFigures.peopleOnline", "/serverFigures/peopleOnline", ADMIN),
    ("ServerFigures.queues", "/serverFigures/queues/0", ADMIN),
    ("ServerFigures.requestsTotal", "/serverFigures/requestsTotal", ADMIN),
    ("ServerFigures.rooms", "/serverFigures/rooms", ADMIN),
    ("ServerFigures.sendsTotal", "/serverFigures/sendsTotal", ADMIN),
    ("ServerFigures.socketsOpen", "/serverFigures/socketsOpen", ADMIN),
    ("ServerFigures.startedAt", "/serverFigures/startedAt", ADMIN),
    ("ServerFigures.streamsOpen", "/serverFigures/streamsOpen", ADMIN),
    ("ServerFigures.users", "/serverFigures/users", ADMIN),
    ("ServerFigures.version", "/serverFigures/version", ADMIN),
];

/// Of what the administrator did.
const AUDIT_FIELDS: [(&str, &str); 6] = [
    ("AuditEntry.action", "/auditLog/nodes/0/action"),
    ("AuditEntry.actor", "/auditLog/nodes/0/actor"),
    ("AuditEntry.at", "/auditLog/nodes/0/at"),
    ("AuditEntry.detail", "/auditLog/nodes/0/detail"),
    ("AuditEntry.id", "/auditLog/nodes/0/id"),
    ("AuditEntry.targetId", "/auditLog/nodes/0/targetId"),
];

/// Of a message by the member.
const MESSAGE_FIELDS: [(&str, &str, [&str; 5]); 15] = [
    ("Message.attachments", "/node/attachments/0", MEMBERS),
    ("Message.clientMessageId", "/node/clientMessageId", ["UNAUTHENTICATED", "null", "OK", "null", "null"]),
    ("Message.createdAt", "/node/createdAt", MEMBERS),
    ("Message.deletedAt", "/node/deletedAt", NO_VALUE),
    ("Message.editedAt", "/node/editedAt", NO_VALUE),
    ("Message.edits", "/node/edits", MEMBERS),
    ("Message.id", "/node/id", MEMBERS),
    ("Message.reactions", "/node/reactions", MEMBERS),
    ("Message.replies", "/node/replies", MEMBERS),
    ("Message.replyCount", "/node/replyCount", MEMBERS),
    // It answers nothing.
    ("Message.replyTo", "/node/replyTo", NO_VALUE),
    ("Message.room", "/node/room", MEMBERS),
    ("Message.sender", "/node/sender", MEMBERS),
    ("Message.seq", "/node/seq", MEMBERS),
    ("Message.text", "/node/text", MEMBERS),
];
