//! Sockets in rooms. What is sent to a room is framed once and written once to each socket in it.
//!
//! A client says `join ROOM`; or `send ROOM TEXT`; or `store ROOM TEXT`, which is flushed to a file
//! first.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

type Peer = Arc<tokio::sync::Mutex<OwnedWriteHalf>>;

#[derive(Debug)]
struct Fan {
    /// Bounded by the sockets that `bench` opens.
    rooms: Mutex<HashMap<String, Vec<Peer>>>,
    log: Mutex<File>,
}

pub(super) async fn serve(listener: TcpListener, folder: &Path) -> anyhow::Result<()> {
    let log = OpenOptions::new().create(true).append(true).open(folder.join("probe-log"))?;
    let fan = Arc::new(Fan { rooms: Mutex::default(), log: Mutex::new(log) });
    loop {
        let (stream, _) = listener.accept().await?;
        let fan = Arc::clone(&fan);
        // A client that goes away ends its task, and nothing else.
        tokio::spawn(async move {
            let _ = fan.attend(stream).await;
        });
    }
}

impl Fan {
    async fn attend(&self, stream: TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
        let inner = accept_hdr_async_with_config(stream, agree, Some(config)).await?.into_inner();
        let (reading, writing) = inner.into_split();
        let own: Peer = Arc::new(tokio::sync::Mutex::new(writing));
        // What this side would say by itself is not worth a lock on each write.
        let both = tokio::io::join(reading, tokio::io::sink());
        let mut socket = WebSocketStream::from_raw_socket(both, Role::Server, Some(config)).await;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let mut words = text.splitn(3, ' ');
            let (Some(verb), Some(room)) = (words.next(), words.next()) else { continue };
            let text = words.next().unwrap_or_default();
            match verb {
                "join" => self.rooms().entry(room.to_owned()).or_default().push(Arc::clone(&own)),
                "store" => {
                    tokio::task::block_in_place(|| self.store(text))?;
                    self.send(room, text).await;
                }
                _ => self.send(room, text).await,
            }
        }
        self.rooms().values_mut().for_each(|peers| peers.retain(|peer| !Arc::ptr_eq(peer, &own)));
        Ok(())
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Peer>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self, text: &str) -> std::io::Result<()> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.write_all(text.as_bytes())?;
        log.sync_data()
    }

    async fn send(&self, room: &str, text: &str) {
        let peers = self.rooms().get(room).cloned().unwrap_or_default();
        let frame = framed(text);
        for peer in peers {
            let _ = peer.lock().await.write_all(&frame).await;
        }
    }
}

/// A text frame of a server: RFC 6455, section 5.2.
fn framed(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(length @ 0..=125) => frame.push(length.to_be_bytes()[1]),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}

#[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "the library's own signature")]
fn agree(
    _: &Request,
    mut response: Response,
) -> Result<Response, tokio_tungstenite::tungstenite::handshake::server::ErrorResponse> {
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(response)
}
