//! The least HTTP/1.1 client that can keep a server busy: one socket, one request at a time, and no
//! work for each answer but to find its end.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A socket that is kept open from one request to the next.
pub(crate) struct Connection {
    socket: TcpStream,
    /// The answer that was read last.
    buffer: Vec<u8>,
}

/// An answer, as long as the next request is not sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'c> {
    pub(crate) status: u16,
    pub(crate) body: &'c [u8],
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await.context("cannot reach the server")?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request made by [`post`] and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            self.fill().await?;
            if let Some(head) = head_bytes(&self.buffer) {
                break (head, length(self.buffer.get(..head).unwrap_or_default())?);
            }
        };
        while self.buffer.len() < head + length {
            self.fill().await?;
        }
        let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok()).context("an answer without a status")?;
        Ok(Answer { status, body: self.buffer.get(head..head + length).unwrap_or_default() })
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        ensure!(self.socket.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
        Ok(())
    }

    /// Runs one GraphQL operation, which must succeed, and gives its data.
    pub(crate) async fn ask(
        &mut self,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> anyhow::Result<Value> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        let answer = self.exchange(&post("/graphql", token, &body)).await?;
        let mut json: Value = serde_json::from_slice(answer.body)?;
        if answer.status != 200 || json.get("errors").is_some() {
            bail!("refused: {json}");
        }
        Ok(json.get_mut("data").map(Value::take).unwrap_or_default())
    }
}

/// A whole request with a JSON body.
pub(crate) fn post(path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/graphql-response+json\r\n\
         content-type: application/json\r\n{authorization}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Where the body begins, once the head is complete.
fn head_bytes(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?;
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(field.context("an answer without Content-Length")?.parse()?)
}
