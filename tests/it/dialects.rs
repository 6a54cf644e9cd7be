//! The REST faces and sockets of legacy servers, each by its own contract.

mod chatcrm;
mod dispatch;
mod mrm;
mod realtime;
mod sockets;
mod support;
