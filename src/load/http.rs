//! The least HTTP/1.1 client that can keep a server busy: one socket, one request at a time, and no
//! work for each answer but to find its end.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::load::target::{Buffer, Target};

/// The longest head and the longest body of an answer, in bytes.
const HEAD_MAX: usize = 64 * 1024;
const BODY_MAX: usize = 64 * 1024 * 1024;

/// A socket that is kept open from one request to the next. After a fault it is of no more use.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    /// The answer that was read last.
    buffer: Vec<u8>,
}

/// An answer, as long as the next request is not sent.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'c> {
    pub status: u16,
    head: &'c [u8],
    pub body: &'c [u8],
}

impl<'c> Answer<'c> {
    /// The cookies that it sets.
    pub fn cookies(&self) -> impl Iterator<Item = (&'c str, &'c str)> + use<'c> {
        let lines = std::str::from_utf8(self.head).unwrap_or_default().lines();
        let set = lines.filter_map(|line| line.split_once(": "));
        let set = set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        set.filter_map(|(_, cookie)| cookie.split(';').next()?.split_once('='))
    }
}

impl Connection {
    pub async fn open(target: &Target) -> io::Result<Self> {
        Ok(Self { socket: target.connect(Buffer::Usual).await?, buffer: Vec::with_capacity(4 * 1024) })
    }

    /// Sends a request made by [`post`] and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            self.fill().await?;
            if let Some(head) = head_bytes(&self.buffer) {
                break (head, length(self.buffer.get(..head).unwrap_or_default())?);
            }
            if self.buffer.len() > HEAD_MAX {
                return Err(io::Error::other("a head without an end"));
            }
        };
        if length > BODY_MAX {
            return Err(io::Error::other("an answer that is too long"));
        }
        while self.buffer.len() < head + length {
            self.fill().await?;
        }
        let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("an answer without a status"))?;
        let (head, body) = (self.buffer.get(..head), self.buffer.get(head..head + length));
        Ok(Answer { status, head: head.unwrap_or_default(), body: body.unwrap_or_default() })
    }

    /// Sends a request and hangs up before its answer.
    pub(super) async fn abandon(mut self, request: &[u8]) -> io::Result<()> {
        self.socket.write_all(request).await
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// How a request asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A whole request to GraphQL, or to whoever takes JSON in the same way.
pub fn post(target: &Target, path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!("accept: application/graphql-response+json\r\n{authorization}");
    request(target, Method::Post, path, &head, Some(body))
}

/// A whole request with these lines in its head, each with its end, and perhaps a JSON body.
pub fn request(target: &Target, method: Method, path: &str, lines: &str, body: Option<&Value>) -> Vec<u8> {
    let (authority, before) = (&target.authority, &target.path);
    let method = if method == Method::Get { "GET" } else { "POST" };
    let body = body.map(Value::to_string);
    let content = body.as_ref().map(|body| {
        let length = body.len();
        format!("content-type: application/json\r\ncontent-length: {length}\r\n")
    });
    let (content, body) = (content.unwrap_or_default(), body.unwrap_or_default());
    format!("{method} {before}{path} HTTP/1.1\r\nhost: {authority}\r\n{lines}{content}\r\n{body}")
        .into_bytes()
}

/// Where the body begins, once the head is complete.
fn head_bytes(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn length(head: &[u8]) -> io::Result<usize> {
    let head = std::str::from_utf8(head).map_err(io::Error::other)?;
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let field = field.ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
    field.parse().map_err(io::Error::other)
}
