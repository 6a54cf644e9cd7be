//! A transaction that is begun and ended by its first and its last query, in their round trips.
//!
//! The driver does not know of it. So the connection is marked as broken until the transaction has ended,
//! and one that is dropped before goes back to no pool.

use diesel::QueryResult;
use diesel::connection::TransactionManagerStatus;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl as _, TransactionManager};

use crate::error::{Error, Result};
use crate::storage::pool::{Conn, Engined, RETRY};
use crate::storage::prepared::Control;

/// Who begins and ends the transaction of a unit of work, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::storage) enum Span {
    /// Whoever lent the connection does.
    #[default]
    Lender,
    /// The queries do, and none was run yet.
    Ahead,
    Open,
    Committed,
    /// It was to be committed, and nobody knows whether it was.
    Unknown,
}

impl Conn {
    /// Leaves it to the queries to begin and end the next transaction.
    pub(super) fn leave_open(&mut self) -> Result<()> {
        if *self.span() == Span::Unknown {
            return Err(Error::unavailable(RETRY));
        }
        *self.span() = Span::Ahead;
        Ok(())
    }

    /// Whether the query that asks has to begin the transaction.
    pub(in crate::storage) fn begins_here(&mut self) -> bool {
        let begins = *self.span() == Span::Ahead;
        if begins {
            *self.span() = Span::Open;
            self.status(TransactionManagerStatus::InError);
        }
        begins
    }

    /// Whether the query that asks has to commit the transaction; then [`Conn::committed_here`] is to be told.
    pub(in crate::storage) fn commits_here(&mut self) -> bool {
        let commits = *self.span() == Span::Open;
        if commits {
            *self.span() = Span::Unknown;
        }
        commits
    }

    /// Takes in what became of a query that was sent with `COMMIT` behind it.
    pub(in crate::storage) fn committed_here<T>(
        &mut self,
        query: &QueryResult<T>,
        commit: QueryResult<usize>,
    ) -> Result<()> {
        match (query, commit) {
            (Ok(_), Ok(_)) => self.end(Span::Committed),
            // The server has made a rollback of it.
            (Err(DieselError::DatabaseError(kind, _)), Ok(_)) if !is_outage(*kind) => self.end(Span::Ahead),
            (_, Err(fault)) => return Err(Error::unavailable(RETRY).caused_by(fault)),
            (Err(_), Ok(_)) => {}
        }
        Ok(())
    }

    /// Ends the transaction if no query has. An error means that nobody knows what is stored.
    pub(super) async fn finish(&mut self, succeeded: bool) -> Result<()> {
        match *self.span() {
            Span::Lender | Span::Ahead | Span::Committed => Ok(()),
            Span::Unknown => Err(Error::unavailable(RETRY)),
            Span::Open => {
                *self.span() = Span::Unknown;
                let word = Control(if succeeded { "COMMIT" } else { "ROLLBACK" });
                let Engined::Postgres(db) = self.engined() else { return Ok(()) };
                word.execute(db).await.map_err(|fault| Error::unavailable(RETRY).caused_by(fault))?;
                self.end(if succeeded { Span::Committed } else { Span::Ahead });
                Ok(())
            }
        }
    }

    fn end(&mut self, span: Span) {
        *self.span() = span;
        self.status(TransactionManagerStatus::default());
    }

    fn status(&mut self, status: TransactionManagerStatus) {
        if let Engined::Postgres(db) = self.engined() {
            *<AnsiTransactionManager as TransactionManager<AsyncPgConnection>>::transaction_manager_status_mut(
                db,
            ) = status;
        }
    }
}

fn is_outage(kind: DatabaseErrorKind) -> bool {
    matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
}
