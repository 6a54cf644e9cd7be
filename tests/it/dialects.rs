//! The REST faces and sockets of legacy servers, each by its own contract.

mod condor;
mod support;
