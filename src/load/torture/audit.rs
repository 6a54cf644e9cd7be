//! The end of a run: what is stored, compared with what was acknowledged and with what readers saw.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::load::torture::ledger::{Fault, Follower};
use crate::load::torture::{Failure, Room, RoomProof, Run};

const PAGE: &str = "query($room: ID!, $after: String) { messages(roomId: $room, first: 100, after: $after) {
    totalCount nodes { seq text } pageInfo { hasNextPage endCursor } } }";

/// Compares every room; gives what each of them is proven by.
pub(super) async fn compare(run: &Run, read: &[Vec<(usize, Follower)>]) -> Result<Vec<RoomProof>, Failure> {
    let mut proofs = Vec::new();
    for (number, room) in run.rooms.iter().enumerate() {
        let (messages, total) = pages(run, number, room).await?;
        let mut ledger = room.ledger();
        let judged = ledger.audit(&messages, total);
        let digest = judged.map_err(|fault| run.violation(number, fault))?;
        let mut readers = 0;
        for (reader, ways) in read.iter().enumerate() {
            for (_, follower) in ways.iter().filter(|(room, _)| *room == number) {
                readers += 1;
                if follower.digest() != digest {
                    let fault = Fault::Unlike { reader: follower.digest(), room: digest };
                    let mut violation = run.violation(number, fault);
                    violation.reader = Some(reader);
                    return Err(violation.into());
                }
            }
        }
        proofs.push(RoomProof {
            id: room.id.clone(),
            messages: messages.len(),
            acknowledged: ledger.acknowledged(),
            readers,
            digest,
        });
    }
    Ok(proofs)
}

/// All of a room's messages, oldest first, and how many it says there are.
async fn pages(run: &Run, number: usize, room: &Room) -> Result<(Vec<(i64, String)>, i64), Failure> {
    let (mut messages, mut after) = (Vec::new(), Value::Null);
    // Cursors are good on any node; rooms take turns.
    let target = run.target(&mut Dice::of(0, number))?;
    loop {
        let input = json!({ "room": room.id, "after": after });
        let mut page = run.person(0)?.insist(target, ("messages", PAGE), input, run.patience).await?;
        let broken = || Failure::Broken("a page without its fields".into());
        for node in page.pointer("/nodes").and_then(Value::as_array).ok_or_else(broken)? {
            let seq = node.pointer("/seq").and_then(Value::as_i64).ok_or_else(broken)?;
            let text = node.pointer("/text").and_then(Value::as_str).ok_or_else(broken)?;
            messages.push((seq, text.to_owned()));
        }
        let more = page.pointer("/pageInfo/hasNextPage").and_then(Value::as_bool).ok_or_else(broken)?;
        if !more {
            let total = page.pointer("/totalCount").and_then(Value::as_i64).ok_or_else(broken)?;
            return Ok((messages, total));
        }
        after = page.pointer_mut("/pageInfo/endCursor").map(Value::take).unwrap_or_default();
    }
}
