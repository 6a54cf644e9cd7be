//! The REST faces and sockets of legacy servers: the frame that they share, and each by its own contract.

mod chatcrm;
mod frame;
mod support;
mod thanchat;
