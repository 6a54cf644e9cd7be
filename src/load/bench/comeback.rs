//! W6: clients that all drop at once, and come back with a token and a cursor for what they missed,
//! beside bare upgrades.

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::time::sleep;

use crate::load::bench::arena::{Arena, PATIENCE, Room, Side};
use crate::load::bench::crowd::{self, Judge, read_until};
use crate::load::bench::line;
use crate::load::bench::sends::padded;
use crate::load::http::Connection;
use crate::load::socket::Socket;
use crate::load::stamp::Stamp;
use crate::load::target::Buffer;

const ROOMS: usize = 50;
const MISSED: usize = 20;
const TEXT_BYTES: usize = 200;
/// How many come at the same time; more would only wait in the kernel's queue.
const AT_ONCE: usize = 256;

pub(super) async fn measure(arena: &mut Arena) -> anyhow::Result<Vec<String>> {
    let mut rooms = arena.rooms(ROOMS).await?;
    let mut seen = 0;
    let mut times = Vec::new();
    let all = arena.sockets;
    for _ in 0..arena.rounds {
        let sockets = gather(arena, &rooms).await?;
        drop(sockets);
        // The server has to notice.
        sleep(Duration::from_millis(500)).await;
        let missed = miss(arena, &rooms, seen).await?;
        let subject = come_back(arena, &rooms, seen).await?;
        let limit = bare(arena).await?;
        times.push((subject, Some(limit)));
        seen += MISSED;
        for (room, head) in rooms.iter_mut().zip(missed) {
            room.head = head;
        }
    }
    let name = format!("W6 {all} clients come back, each for the {MISSED} messages that it missed");
    Ok(vec![
        line(&name, "s", &times)?,
        format!("W6 {} messages, each once and in order.", all * MISSED * arena.rounds),
    ])
}

/// All clients, where they have read all there is.
async fn gather(arena: &Arena, rooms: &[Room]) -> anyhow::Result<Vec<Socket>> {
    let seats = stream::iter(0..arena.sockets).map(|seat| async move {
        let room = rooms.get(seat % rooms.len().max(1)).context("there is no room")?;
        crowd::open(arena, Side::Tertulia, seat, room).await.map_err(|ended| anyhow!("{ended}"))
    });
    seats.buffer_unordered(AT_ONCE).try_collect().await
}

/// Sends what the clients miss; gives the rooms' cursors after it.
async fn miss(arena: &Arena, rooms: &[Room], seen: usize) -> anyhow::Result<Vec<String>> {
    let token = arena.owner()?.token().await;
    let mut connection = Connection::open(&arena.target).await?;
    let mut heads = Vec::new();
    for room in rooms {
        let mut head = String::new();
        for number in seen + 1..=seen + MISSED {
            let stamp = Stamp {
                run: arena.run.clone(),
                room: room.number,
                sender: 0,
                number: number as u64,
                at: arena.began.elapsed(),
            };
            let request = arena.send_request(&token, room, &padded(&stamp, TEXT_BYTES));
            let answer = tokio::time::timeout(PATIENCE, connection.exchange(&request)).await??;
            let answer: serde_json::Value = serde_json::from_slice(answer.body)?;
            let cursor = answer.pointer("/data/sendMessage/edge/cursor").and_then(serde_json::Value::as_str);
            cursor.with_context(|| format!("refused: {answer}"))?.clone_into(&mut head);
        }
        heads.push(head);
    }
    Ok(heads)
}

/// Seconds until the last client has the last message.
async fn come_back(arena: &Arena, rooms: &[Room], seen: usize) -> anyhow::Result<f64> {
    let (seen, last) = (i64::try_from(seen)?, i64::try_from(seen + MISSED)?);
    let begun = Instant::now();
    let seats = stream::iter(0..arena.sockets).map(|seat| async move {
        let room = rooms.get(seat % rooms.len().max(1)).context("there is no room")?;
        let socket = crowd::open(arena, Side::Tertulia, seat, room).await;
        let mut socket = socket.map_err(|ended| anyhow!("{ended}"))?;
        read_until(&mut socket, &mut Judge::new(room.number, seen), &arena.run, last).await?;
        anyhow::Ok(socket)
    });
    let sockets: Vec<Socket> = seats.buffer_unordered(AT_ONCE).try_collect().await?;
    let time = begun.elapsed().as_secs_f64();
    drop(sockets);
    Ok(time)
}

/// Seconds until as many bare sockets are open.
async fn bare(arena: &Arena) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let seats = stream::iter(0..arena.sockets).map(|_| async {
        let socket = Socket::upgrade(&arena.probe, "/idle", Buffer::Usual).await;
        socket.map_err(|ended| anyhow!("{ended}"))
    });
    let sockets: Vec<Socket> = seats.buffer_unordered(AT_ONCE).try_collect().await?;
    let time = begun.elapsed().as_secs_f64();
    drop(sockets);
    Ok(time)
}
