//! What tests share: a server of their own, callers who are signed in, and private databases.

pub mod app;
pub mod events;
pub mod exchange;
pub mod moto;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod redis;
pub mod rest;
pub mod socket;
pub mod sql;

pub use app::{Caller, Db, TestApp};

use std::io::Write as _;
use std::sync::Mutex;

/// Says once, past the capture of test output, what is left out and why.
pub fn skip(reason: &'static str) {
    static SAID: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap();
    assert!(!all_demanded(), "left out, though everything is demanded: {reason}");
    if !said.contains(&reason) {
        said.push(reason);
        let _ = writeln!(std::io::stderr(), "left out: {reason}");
    }
}

/// Whether the run was told to leave nothing out.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
pub fn all_demanded() -> bool {
    std::env::var_os("TERTULIA_TEST_ALL").is_some()
}

/// Runs each test once on SQLite and once on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    // For a test that starts its servers itself.
    ($name:ident, async |$db:ident: Db| $body:block) => {
        mod $name {
            use super::*;

            async fn check($db: $crate::support::Db) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check($crate::support::Db::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::support::Db::postgres() {
                    check(db).await;
                }
            }
        }
    };
    ($($(#[$meta:meta])* async fn $name:ident($app:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs more than its app")]
            use super::*;

            async fn check($app: $crate::support::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check($crate::support::TestApp::start($crate::support::Db::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = $crate::support::Db::postgres() {
                    check($crate::support::TestApp::start(db).await).await;
                }
            }
        }
    )*};
}
