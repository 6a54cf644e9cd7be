//! What Redis sees: names of channels, the slots they are in, and the head before each payload.

use bytes::{Buf as _, Bytes};

use crate::domain::ids::RoomKey;
use crate::domain::paging::Epoch;
use crate::hub::bus::Topic;

/// The slots of every Redis Cluster.
pub(super) const SLOTS: u16 = 16_384;

/// Names of channels: `tertulia:EPOCH:room:KEY` and `tertulia:EPOCH:everyone`, with the epoch as eight
/// hexadecimal digits. They have no hash tag, so that rooms spread over all shards of a cluster.
#[derive(Debug)]
pub(super) struct Channels {
    prefix: String,
}

impl Channels {
    pub(super) fn new(Epoch(epoch): Epoch) -> Self {
        Self { prefix: format!("tertulia:{epoch:08x}:") }
    }

    pub(super) fn name(&self, topic: Topic) -> String {
        match topic {
            Topic::Room(key) => format!("{}room:{key}", self.prefix),
            Topic::Everyone => format!("{}everyone", self.prefix),
        }
    }

    pub(super) fn topic(&self, channel: &[u8]) -> Option<Topic> {
        match std::str::from_utf8(channel).ok()?.strip_prefix(&self.prefix)? {
            "everyone" => Some(Topic::Everyone),
            name => name.strip_prefix("room:")?.parse().ok().map(|key| Topic::Room(RoomKey(key))),
        }
    }
}

/// The slot of a channel: CRC-16/XMODEM of its name, as the specification of Redis Cluster has it.
/// Hash tags are left out, since our names have none.
pub(super) fn slot(channel: &str) -> u16 {
    let crc = channel.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    crc % SLOTS
}

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// The caller's.
    Message,
    /// The sender could not send everything: whoever hears this has missed something.
    Missed,
}

/// The sort in one byte, then the sender in eight.
const HEAD_BYTES: usize = 9;

/// A payload behind its head.
pub(super) fn frame(sort: Sort, node: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
    frame.push(match sort {
        Sort::Message => 0,
        Sort::Missed => 1,
    });
    frame.extend_from_slice(&node.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Takes the head off; `None` for what no node of this version sends.
pub(super) fn unframe(mut frame: Bytes) -> Option<(Sort, u64, Bytes)> {
    let sort = match frame.try_get_u8().ok()? {
        0 => Sort::Message,
        1 => Sort::Missed,
        _ => return None,
    };
    let node = frame.try_get_u64().ok()?;
    Some((sort, node, frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_names_its_installation_and_its_topic() {
        let channels = Channels::new(Epoch(0xbeef));
        assert_eq!(channels.name(Topic::Room(RoomKey(42))), "tertulia:0000beef:room:42");
        assert_eq!(channels.name(Topic::Everyone), "tertulia:0000beef:everyone");
        for topic in [Topic::Room(RoomKey(i64::MAX)), Topic::Everyone] {
            assert_eq!(channels.topic(channels.name(topic).as_bytes()), Some(topic));
        }
        for other in
            ["tertulia:0000beee:room:42", "tertulia:0000beef:room:", "tertulia:0000beef:x", "", "\u{e9}"]
        {
            assert_eq!(channels.topic(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        // The check value of CRC-16/XMODEM is 0x31C3; the others are what CLUSTER KEYSLOT answers.
        for (channel, expected) in
            [("123456789", 0x31C3 % SLOTS), ("", 0), ("foo", 12_182), ("tertulia:0000beef:room:42", 14_622)]
        {
            assert_eq!(slot(channel), expected, "{channel}");
        }
    }

    #[test]
    fn rooms_spread_over_the_slots() {
        let channels = Channels::new(Epoch(7));
        let thirds: std::collections::HashMap<u16, usize> = (0..300)
            .map(|key| slot(&channels.name(Topic::Room(RoomKey(key)))) / (SLOTS / 3))
            .fold(std::collections::HashMap::new(), |mut counts, third| {
                *counts.entry(third).or_default() += 1;
                counts
            });
        assert!(thirds.values().filter(|&&count| count > 60).count() == 3, "{thirds:?}");
    }

    #[test]
    fn a_frame_comes_back_as_it_went() {
        for (sort, payload) in [(Sort::Message, &b"hello"[..]), (Sort::Missed, b""), (Sort::Message, b"")] {
            let framed = Bytes::from(frame(sort, u64::MAX - 1, payload));
            assert_eq!(unframe(framed), Some((sort, u64::MAX - 1, Bytes::copy_from_slice(payload))));
        }
        for broken in [&b""[..], b"\0\0\0", b"\x02\0\0\0\0\0\0\0\0rest"] {
            assert_eq!(unframe(Bytes::copy_from_slice(broken)), None);
        }
    }
}
