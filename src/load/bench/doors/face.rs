//! The legacy servers' faces, as their clients use them: signing in, rooms, a send, a page.

use anyhow::{Context as _, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::load::bench::doors::original::Maker;
use crate::load::http::{Connection, Method, request};
use crate::load::person::{Person, email};
use crate::load::socket::Socket;
use crate::load::target::Target;

/// Who of the run are in a room of many.
const MEMBERS: usize = 4;
/// People enough for a thousand rooms of two.
const MANY_PAIRS: usize = 48;
/// People enough for a room of two for each caller. They are others, since two people have but one room.
const FEW_PAIRS: usize = 13;
pub(super) const PEOPLE: usize = MANY_PAIRS + FEW_PAIRS;

/// Which of the legacy servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    ThanChat,
    ChatCrm,
    Condor,
    Mrm,
    Rtca,
}

/// A page on the caller's own machine, from which sockets are opened.
const ORIGIN: &str = "http://127.0.0.1";

/// Someone who is signed in at a face.
pub(super) struct Caller {
    /// As bodies and paths of the face have it.
    id: Value,
    token: String,
    /// The lines of a head that say who calls.
    head: String,
}

/// A room, seen from one of its members.
pub(super) struct Place {
    id: Value,
    /// In a room of two.
    pair: Option<Pair>,
}

#[derive(Clone, Copy)]
struct Pair {
    own: usize,
    other: usize,
}

impl Face {
    pub(super) const ALL: [Self; 5] = [Self::ThanChat, Self::ChatCrm, Self::Condor, Self::Mrm, Self::Rtca];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ThanChat => "thanchat",
            Self::ChatCrm => "chatcrm",
            Self::Condor => "condor",
            Self::Mrm => "mrm",
            Self::Rtca => "rtca",
        }
    }

    /// What a send is called in the figures.
    pub(super) fn send_name(self) -> &'static str {
        match self {
            Self::Condor => "send answered with the whole room",
            Self::Rtca => "send over a socket",
            Self::ThanChat | Self::ChatCrm | Self::Mrm => "send",
        }
    }

    /// One of them by its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.name() == name)
    }

    fn is_of_two(self) -> bool {
        matches!(self, Self::Condor | Self::Rtca)
    }

    /// Rooms among which sends go round: of two, where an answer holds a whole room, so many that they stay small.
    pub(super) fn rooms(self) -> usize {
        match self {
            Self::Condor => MANY_PAIRS * (MANY_PAIRS / 2 - 1),
            Self::Rtca => super::CALLERS,
            Self::ThanChat | Self::ChatCrm | Self::Mrm => super::ROOMS,
        }
    }

    /// Who of the run's people use it.
    pub(super) fn people(self, names: &[String]) -> anyhow::Result<&[String]> {
        let names = match self {
            Self::Condor => names.get(..MANY_PAIRS),
            Self::Rtca => names.get(MANY_PAIRS..),
            Self::ThanChat | Self::ChatCrm | Self::Mrm => names.get(..MEMBERS),
        };
        names.context("there are too few people")
    }

    /// Makes accounts by its own ways. Where only someone with an account makes others, `maker` is them.
    pub(super) async fn sign_up(
        self,
        target: &Target,
        names: &[String],
        maker: Option<&Maker>,
    ) -> anyhow::Result<()> {
        let mut connection = Connection::open(target).await?;
        let head = match (self, maker) {
            (Self::Condor, Some(Maker { name, password })) => {
                let body = json!({ "username": name, "password": password });
                let login = request(target, Method::Post, "/api/v1/access_token/", "", Some(&body));
                let answer = connection.exchange(&login).await?;
                ensure!(answer.status == 200, "{name}: {}", String::from_utf8_lossy(answer.body));
                self.caller(&serde_json::from_slice(answer.body)?, &[])?.head
            }
            (Self::Condor, None) => return Err(anyhow!("accounts are made by someone who has one")),
            _ => String::new(),
        };
        for name in names {
            let (path, body) = self.registration(name);
            let answer =
                connection.exchange(&request(target, Method::Post, path, &head, Some(&body))).await?;
            ensure!(answer.status == 201, "{path}: {}", String::from_utf8_lossy(answer.body));
        }
        Ok(())
    }

    fn registration(self, name: &str) -> (&'static str, Value) {
        let (email, password) = (email(name).to_lowercase(), Person::password());
        let names = json!({ "first_name": "Door", "last_name": "Bench" });
        let (path, own) = match self {
            Self::ThanChat => ("/userauth/users/", json!({ "username": name })),
            Self::ChatCrm => ("/api/v1/signup", json!({ "username": name, "passwordTwo": password })),
            Self::Condor => ("/api/v1/profiles/", json!({ "username": name })),
            Self::Mrm => ("/api/register/", json!({ "username": name, "password_confirm": password })),
            Self::Rtca => ("/api/register/", json!({ "confirm_password": password })),
        };
        let mut body = json!({ "email": email, "password": password });
        for fields in [names, own] {
            if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
                body.extend(fields);
            }
        }
        (path, body)
    }

    /// Signs people in; nobody where the server does not have this face. A server with all of them has each
    /// below a path of its own.
    pub(super) async fn sign_in(
        self,
        target: &Target,
        names: &[String],
        is_one_of_many: bool,
    ) -> anyhow::Result<Vec<Caller>> {
        let before = if is_one_of_many { format!("/compat/{}", self.name()) } else { String::new() };
        let mut connection = Connection::open(target).await?;
        let mut callers = Vec::new();
        for name in names {
            let (path, body) = self.login(name);
            let path = format!("{before}{path}");
            let answer = connection.exchange(&request(target, Method::Post, &path, "", Some(&body))).await?;
            if answer.status == 404 {
                return Ok(Vec::new());
            }
            ensure!(answer.status == 200, "{path}: {}", String::from_utf8_lossy(answer.body));
            let cookies: Vec<(&str, &str)> = answer.cookies().collect();
            callers.push(self.caller(&serde_json::from_slice(answer.body)?, &cookies)?);
        }
        Ok(callers)
    }

    fn login(self, name: &str) -> (&'static str, Value) {
        let password = Person::password();
        let by_name = json!({ "username": name, "password": password });
        match self {
            Self::ThanChat => ("/userauth/token/login/", by_name),
            Self::ChatCrm => ("/api/v1/login", by_name),
            Self::Condor => ("/api/v1/access_token/", by_name),
            Self::Mrm => ("/api/login/", by_name),
            Self::Rtca => {
                ("/api/login/", json!({ "email": email(name).to_lowercase(), "password": password }))
            }
        }
    }

    fn caller(self, answer: &Value, cookies: &[(&str, &str)]) -> anyhow::Result<Caller> {
        let text = |pointer| answer.pointer(pointer).and_then(Value::as_str).context("no token");
        let bearer = |claim| {
            let token = text("/access")?.to_owned();
            let head = format!("authorization: Bearer {token}\r\n");
            anyhow::Ok(Caller { id: claim_of(&token, claim)?, token, head })
        };
        match self {
            Self::ThanChat => {
                let token = text("/auth_token")?.to_owned();
                let head = format!("authorization: Token {token}\r\n");
                Ok(Caller { id: Value::Null, token, head })
            }
            Self::ChatCrm => bearer("userId"),
            Self::Condor | Self::Rtca => bearer("user_id"),
            Self::Mrm => {
                let cookie = |name| {
                    let found = cookies.iter().find(|(given, _)| *given == name);
                    found.map(|(_, value)| *value).with_context(|| format!("no cookie {name}"))
                };
                let (session, csrf) = (cookie("sessionid")?, cookie("csrftoken")?);
                let head =
                    format!("cookie: sessionid={session}; csrftoken={csrf}\r\nx-csrftoken: {csrf}\r\n");
                Ok(Caller { id: answer.get("id").context("no id")?.clone(), token: session.into(), head })
            }
        }
    }

    /// Makes rooms: of two one for each pair, otherwise with everyone in each.
    pub(super) async fn open_rooms(
        self,
        target: &Target,
        callers: &[Caller],
        numbers: std::ops::Range<usize>,
    ) -> anyhow::Result<Vec<Place>> {
        let mut connection = Connection::open(target).await?;
        let mut places = Vec::new();
        for number in numbers {
            let own = number % callers.len().max(1);
            let other = (own + 1 + number / callers.len().max(1)) % callers.len().max(1);
            let pair = self.is_of_two().then_some(Pair { own, other });
            let caller = callers.get(if pair.is_some() { own } else { 0 }).context("there is nobody")?;
            let with = callers.get(other).context("there is nobody")?;
            let (method, path, body) = self.opening(number, callers, with);
            let answer =
                connection.exchange(&request(target, method, &path, &caller.head, body.as_ref())).await?;
            ensure!(answer.status < 300, "{path}: {}", String::from_utf8_lossy(answer.body));
            let made: Value = serde_json::from_slice(answer.body)?;
            let id = ["/data/id", "/roomId", "/id"].iter().find_map(|at| made.pointer(at));
            places.push(Place { id: id.with_context(|| format!("no room in {made}"))?.clone(), pair });
        }
        Ok(places)
    }

    fn opening(self, number: usize, callers: &[Caller], with: &Caller) -> (Method, String, Option<Value>) {
        let name = format!("Bench {number}");
        let everyone: Vec<&Value> = callers.iter().map(|caller| &caller.id).collect();
        let (path, body) = match self {
            Self::ThanChat => {
                ("/chatApp/chatRooms/", json!({ "name": name, "capacity": MEMBERS, "link": "bench" }))
            }
            Self::ChatCrm => {
                ("/api/v1/chats/create", json!({ "name": name, "type": "GROUP", "members": everyone }))
            }
            Self::Mrm => ("/api/chats/", json!({ "name": name, "participant_ids": everyone })),
            // The first message opens the room.
            Self::Condor => {
                ("/api/v1/send_message_to_user/", json!({ "message": "hello", "user_id": with.id }))
            }
            Self::Rtca => return (Method::Get, pair_path(with), None),
        };
        (Method::Post, path.to_owned(), Some(body))
    }

    /// One send as bytes, where it goes by request.
    pub(super) fn send(
        self,
        target: &Target,
        callers: &[Caller],
        place: &Place,
        sender: usize,
        text: &str,
    ) -> anyhow::Result<Vec<u8>> {
        let (caller, with) = place.parties(callers, sender)?;
        let id = &place.id;
        let (path, body) = match self {
            Self::ThanChat => (
                "/chatApp/messages/".to_owned(),
                json!({ "message_text": text, "user_receiver": null, "chat_room_receiver": id }),
            ),
            Self::ChatCrm => ("/api/v1/chats/messages".to_owned(), json!({ "roomId": id, "message": text })),
            Self::Mrm => (format!("/api/chats/{}/send_message/", plain(id)), json!({ "content": text })),
            Self::Condor => {
                let to = with.map(|with| &with.id);
                ("/api/v1/send_message_to_user/".to_owned(), json!({ "message": text, "user_id": to }))
            }
            Self::Rtca => return Err(anyhow!("sends go over a socket")),
        };
        Ok(request(target, Method::Post, &path, &caller.head, Some(&body)))
    }

    /// A page of 50 as bytes, or all of a room, which is the same where there are no pages.
    pub(super) fn page(
        self,
        target: &Target,
        callers: &[Caller],
        place: &Place,
        reader: usize,
        whole: bool,
    ) -> anyhow::Result<Vec<u8>> {
        let (caller, with) = place.parties(callers, reader)?;
        let id = plain(&place.id);
        let path = match (self, with) {
            (Self::ThanChat, _) => format!("/chatApp/messages/?chat_room_id={id}"),
            (Self::ChatCrm, _) if whole => format!("/api/v1/chats/messages/{id}"),
            (Self::ChatCrm, _) => format!("/api/v1/chats/messages/{id}?limit=50"),
            (Self::Mrm, _) => format!("/api/chats/{id}/messages/"),
            (Self::Rtca, Some(with)) => pair_path(with),
            (Self::Condor | Self::Rtca, _) => format!("/api/v1/rooms/{id}/"),
        };
        Ok(request(target, Method::Get, &path, &caller.head, None))
    }

    /// The socket of a room, where sends go over one.
    pub(super) async fn socket(
        self,
        target: &Target,
        callers: &[Caller],
        place: &Place,
    ) -> anyhow::Result<Option<Socket>> {
        if self != Self::Rtca {
            return Ok(None);
        }
        let (caller, _) = place.parties(callers, 0)?;
        let path = format!("/ws/chat/{}/?token={}", plain(&place.id), caller.token);
        let socket = Socket::plain(target, &path, ORIGIN).await;
        Ok(Some(socket.map_err(|ended| anyhow!("{ended}"))?))
    }
}

impl Place {
    /// Who acts there, and with whom where it is a room of two.
    fn parties<'c>(
        &self,
        callers: &'c [Caller],
        number: usize,
    ) -> anyhow::Result<(&'c Caller, Option<&'c Caller>)> {
        let own = self.pair.map_or(number % callers.len().max(1), |pair| pair.own);
        let other = self.pair.and_then(|pair| callers.get(pair.other));
        Ok((callers.get(own).context("there is nobody")?, other))
    }
}

/// A value as a path has it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A claim of a JSON web token, which is not verified.
fn claim_of(token: &str, claim: &str) -> anyhow::Result<Value> {
    let payload = token.split('.').nth(1).context("the token has no payload")?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    Ok(claims.get(claim).with_context(|| format!("the token has no {claim}"))?.clone())
}

/// What a send says on a socket.
pub(super) fn frame(callers: &[Caller], place: &Place, text: &str) -> anyhow::Result<String> {
    let (_, with) = place.parties(callers, 0)?;
    let to = with.context("a socket is for two")?;
    Ok(json!({ "message": text, "recipient_id": to.id }).to_string())
}

fn pair_path(with: &Caller) -> String {
    format!("/api/users/{}/chat/", plain(&with.id))
}
