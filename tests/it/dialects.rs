//! The REST faces and sockets of legacy servers: the frame that they share, and each by its own contract.

mod chatcrm;
mod condor;
mod dispatch;
mod frame;
mod guide;
mod mrm;
mod parity;
mod realtime;
mod sockets;
mod stand_ins;
mod support;
mod thanchat;
