//! What the criterion bench and the comparison share: the data, the client, the workloads, and the
//! bare server that both are read against.
#![allow(dead_code, reason = "each of the two programs uses a part of it")]

pub(crate) mod reference;
pub(crate) mod workloads;
pub(crate) mod world;
