//! The REST faces and sockets of legacy servers, each by its own contract.

mod chatcrm;
mod condor;
mod support;
