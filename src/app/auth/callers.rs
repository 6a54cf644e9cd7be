//! Who calls: every kind of credential, turned into a viewer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use secrecy::SecretString;
use uuid::Uuid;

use crate::app::App;
use crate::app::auth::{DoorSession, Identity, Lasts, LoginName, Origin};
use crate::auth::tokens::{Claims, OpaqueKey};
use crate::auth::{Credential, Fingerprint, Fingerprints};
use crate::clock::Timestamp;
use crate::domain::sessions::{Door, NEVER, SignedIn, Viewer};
use crate::error::{Code, Error, Result, Text};
use crate::storage::sessions::{self, LiveSession};
use crate::storage::{session_keys, users};

/// How long a node may go on believing in a session that another node has ended.
const SESSION_BELIEF: Duration = Duration::from_millis(500);
/// Sessions remembered at once; beyond it the least used are read again.
const SESSIONS_REMEMBERED_MAX: u64 = 100_000;
/// How long a name with its password is known again without hashing it. Its session is asked each time.
const PASSWORD_BELIEF: Duration = Duration::from_mins(5);
/// Names with passwords remembered at once; beyond it the least used are hashed again.
const PASSWORDS_REMEMBERED_MAX: u64 = 10_000;

/// What was found out about callers a moment ago.
#[derive(Debug)]
pub(in crate::app) struct Callers {
    sessions: Cache<Named, Remembered>,
    era: AtomicU64,
    /// The sessions of names whose password was right.
    passwords: Cache<Fingerprint, Named>,
    fingerprints: Fingerprints,
}

/// How a caller names a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    Id {
        session: Uuid,
        user: Uuid,
    },
    /// The hash of an opaque key.
    Key([u8; 32]),
}

/// What there is under that name.
#[derive(Debug, Clone, Copy)]
enum Known {
    Live(LiveSession),
    Over,
    AccountGone,
}

/// The time between two changes on this node, of whoever may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Era(u64);

#[derive(Debug, Clone, Copy)]
struct Remembered {
    known: Known,
    /// When the look began that found it.
    era: Era,
}

impl Callers {
    pub(in crate::app) fn new() -> Self {
        Self {
            sessions: Cache::builder()
                .max_capacity(SESSIONS_REMEMBERED_MAX)
                .time_to_live(SESSION_BELIEF)
                .build(),
            era: AtomicU64::new(0),
            passwords: Cache::builder()
                .max_capacity(PASSWORDS_REMEMBERED_MAX)
                .time_to_live(PASSWORD_BELIEF)
                .build(),
            fingerprints: Fingerprints::new(),
        }
    }

    /// Makes this node look every session up again, those too that are being looked up just now.
    pub(in crate::app) fn forget(&self) {
        self.era.fetch_add(1, Ordering::SeqCst);
        self.sessions.invalidate_all();
        self.passwords.invalidate_all();
    }

    fn era(&self) -> Era {
        Era(self.era.load(Ordering::SeqCst))
    }

    fn known(&self, name: &Named) -> Option<Known> {
        let found = self.sessions.get(name)?;
        (found.era == self.era()).then_some(found.known)
    }

    /// `era` is that in which the look began: what ends a session meanwhile is not seen by it.
    fn remember(&self, name: Named, known: Known, era: Era) {
        self.sessions.insert(name, Remembered { known, era });
    }
}

impl App {
    /// Who calls with this credential.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is not one of ours, or its session is over; `TOKEN_EXPIRED`.
    pub async fn authenticate(&self, credential: &Credential) -> Result<Viewer> {
        Ok(self.identify(credential).await?.viewer)
    }

    /// Who calls with this credential, and until when it is good.
    ///
    /// # Errors
    /// As [`App::authenticate`].
    pub async fn identify(&self, credential: &Credential) -> Result<Identity> {
        self.identify_from(&Origin::default(), credential).await
    }

    /// The same for a caller whose address is known, by which guesses at passwords are counted.
    ///
    /// # Errors
    /// As [`App::authenticate`]; for a name with a password also `BAD_CREDENTIALS` and `RATE_LIMITED`.
    pub async fn identify_from(&self, origin: &Origin, credential: &Credential) -> Result<Identity> {
        match credential {
            Credential::None => Ok(Identity::ANONYMOUS),
            Credential::Malformed => Err(invalid()),
            Credential::Bearer(token) => {
                let claims = self.tokens.verify_access(token)?;
                let live = self.session_of(&claims).await?;
                Ok(self.identity(live, claims.expires_at))
            }
            Credential::Key(key) => {
                let hash = OpaqueKey::parse(key).ok_or_else(invalid)?;
                match self.look_up(Named::Key(hash)).await? {
                    Known::Live(live) if live.expires_at > self.clock.now() => {
                        Ok(self.identity(live, live.expires_at))
                    }
                    Known::Live(_) => Err(Error::new(Code::Unauthenticated, Text::SessionOver)),
                    Known::Over | Known::AccountGone => Err(invalid()),
                }
            }
            Credential::Basic { name, password } => self.identify_by_password(origin, name, password).await,
        }
    }

    /// The session that a token names, if it lives and is the token's person's.
    pub(super) async fn session_of(&self, claims: &Claims) -> Result<LiveSession> {
        let Claims { session, user, .. } = *claims;
        match self.look_up(Named::Id { session, user }).await? {
            Known::Live(live) if live.user_id == user => Ok(live),
            Known::Live(_) | Known::Over => Err(Error::new(Code::Unauthenticated, Text::SessionOver)),
            Known::AccountGone => Err(Error::new(Code::Unauthenticated, Text::AccountGone)),
        }
    }

    async fn identify_by_password(
        &self,
        origin: &Origin,
        name: &str,
        password: &SecretString,
    ) -> Result<Identity> {
        let mark = self.callers.fingerprints.of(name, password);
        if let Some(session) = self.callers.passwords.get(&mark) {
            // A changed password and a disabled account have ended it.
            if let Known::Live(live) = self.look_up(session).await?
                && live.expires_at > self.clock.now()
            {
                return Ok(self.identity(live, live.expires_at));
            }
            self.callers.passwords.invalidate(&mark);
        }
        let by_name = LoginName::Username(name);
        let opened = self.sign_in(
            &Viewer::Anonymous,
            origin,
            Door::ThanChat,
            by_name,
            password.clone(),
            Duration::MAX,
        );
        let DoorSession { user, id, key, expires_at, .. } = opened.await?;
        self.callers.passwords.insert(mark, Named::Id { session: id, user: user.id });
        let live = LiveSession { key, user: user.key, user_id: user.id, is_admin: user.is_admin, expires_at };
        Ok(self.identity(live, expires_at))
    }

    async fn look_up(&self, name: Named) -> Result<Known> {
        if let Some(known) = self.callers.known(&name) {
            return Ok(known);
        }
        let era = self.callers.era();
        let known = self
            .store
            .read(move |conn| {
                Box::pin(async move {
                    let live = match name {
                        Named::Id { session, .. } => sessions::find_live(conn, session).await?,
                        Named::Key(hash) => session_keys::find_live(conn, &hash).await?,
                    };
                    Ok(match (live, name) {
                        (Some(live), _) => Known::Live(live),
                        (None, Named::Id { user, .. }) if !users::is_enabled(conn, user).await? => {
                            Known::AccountGone
                        }
                        (None, _) => Known::Over,
                    })
                })
            })
            .await?;
        // Anyone can make up keys, and they would push out what others need.
        if matches!((name, known), (Named::Id { .. }, _) | (_, Known::Live(_))) {
            self.callers.remember(name, known, era);
        }
        Ok(known)
    }

    fn identity(&self, live: LiveSession, until: Timestamp) -> Identity {
        let LiveSession { key, user, user_id, is_admin, .. } = live;
        let left = || (until - self.clock.now()).to_std().unwrap_or_default();
        Identity {
            viewer: Viewer::User(SignedIn { user, user_id, session: key, is_admin }),
            lasts: (until < NEVER).then(|| Lasts { until, left: left() }),
        }
    }
}

fn invalid() -> Error {
    Error::new(Code::Unauthenticated, Text::TokenInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{SessionKey, UserKey};

    #[test]
    fn what_was_found_before_a_session_ended_is_not_believed_after_it() {
        let (callers, name) = (Callers::new(), Named::Key([7; 32]));
        let live = LiveSession {
            key: SessionKey(1),
            user: UserKey(1),
            user_id: Uuid::from_u128(1),
            is_admin: false,
            expires_at: NEVER,
        };
        let before = callers.era();
        callers.remember(name, Known::Live(live), before);
        assert!(matches!(callers.known(&name), Some(Known::Live(_))));
        callers.forget();
        assert!(callers.known(&name).is_none());
        callers.remember(name, Known::Live(live), before);
        assert!(callers.known(&name).is_none(), "the look began before");
        callers.remember(name, Known::Over, callers.era());
        assert!(matches!(callers.known(&name), Some(Known::Over)));
    }
}
