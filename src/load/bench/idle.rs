//! W4: sockets that wait, each signed in and with one subscription, beside bare ones.

use anyhow::{Context as _, anyhow};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::time::sleep;

use crate::load::bench::arena::{Arena, Room, Side};
use crate::load::bench::{crowd, line, real};
use crate::load::socket::Socket;
use crate::load::target::Buffer;

/// Handshakes at the same time.
const AT_ONCE: usize = 256;
const ROOMS: usize = 50;

pub(super) async fn measure(arena: &mut Arena) -> anyhow::Result<Vec<String>> {
    let rooms = arena.rooms(ROOMS).await?;
    let name = format!("W4 {} idle connections", arena.sockets);
    if !arena.is_own() {
        return Ok(vec![format!("{name}: not measured, the server is not started by this run")]);
    }
    let (kilobytes, busy) = side(arena, Side::Tertulia, &rooms).await?;
    let (bare_kilobytes, bare_busy) = side(arena, Side::Probe, &rooms).await?;
    Ok(vec![
        line(&format!("{name}, memory of each"), "KB", &[(kilobytes, Some(bare_kilobytes))])?,
        format!("{name}, processor: {busy:.2} % of a core, limit {bare_busy:.2} %"),
    ])
}

/// Kilobytes of each connection, and percent of a core while nothing happens.
async fn side(arena: &Arena, side: Side, rooms: &[Room]) -> anyhow::Result<(f64, f64)> {
    let before = arena.resident(side)?.context("the server has no process")?;
    let seats = stream::iter(0..arena.sockets).map(|seat| async move {
        let room = rooms.get(seat % rooms.len().max(1)).context("there is no room")?;
        let opened = match side {
            Side::Tertulia => crowd::open(arena, side, seat, room).await,
            Side::Probe => Socket::upgrade(&arena.probe, "/idle", Buffer::Usual).await,
        };
        opened.map_err(|ended| anyhow!("{ended}"))
    });
    let sockets: Vec<Socket> = seats.buffer_unordered(AT_ONCE).try_collect().await?;
    // What opening them has left to do.
    sleep(arena.slot).await;
    let after = arena.resident(side)?.context("the server has no process")?;
    let cpu = arena.cpu(side)?.unwrap_or_default();
    sleep(arena.slot).await;
    let busy = (arena.cpu(side)?.unwrap_or_default() - cpu) / arena.slot.as_secs_f64() * 100.0;
    Ok(((after - before).max(1.0) / real(sockets.len()) / 1024.0, busy))
}
