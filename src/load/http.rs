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
    pub body: &'c [u8],
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
        Ok(Answer { status, body: self.buffer.get(head..head + length).unwrap_or_default() })
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

/// A whole request with a JSON body.
pub fn post(target: &Target, path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let (authority, before, length) = (&target.authority, &target.path, body.len());
    format!(
        "POST {before}{path} HTTP/1.1\r\nhost: {authority}\r\naccept: application/graphql-response+json\r\n\
         content-type: application/json\r\n{authorization}content-length: {length}\r\n\r\n{body}"
    )
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
