//! The first minute of a server: while nobody administers it, whoever has the link that its start printed makes
//! themselves the first administrator, once.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::App;
use crate::app::auth::{Origin, SessionTokens, Signup, check_signup, insert_user};
use crate::auth::SetupCode;
use crate::domain::audit::{Deed, Note};
use crate::domain::ids::GlobalId;
use crate::domain::sessions::Viewer;
use crate::domain::users::User;
use crate::error::{Code, Error, Result, Text};
use crate::storage::setup::SetupLink;
use crate::storage::{Conn, audit, setup, users};

/// How long a link is good.
const LINK_LASTS: TimeDelta = TimeDelta::minutes(30);

impl App {
    /// Whether there is no administrator yet.
    pub async fn setup_needed(&self, _viewer: &Viewer) -> Result<bool> {
        // The last administrator stays one, so this is looked up for as long as there is none.
        if self.is_set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let found = self.store.read(|conn| Box::pin(users::has_admin(conn))).await?;
        self.is_set_up.store(found, Ordering::Relaxed);
        Ok(!found)
    }

    /// Makes the link of this start, and voids that of an earlier one; gives its code. `None` where there is an
    /// administrator.
    pub async fn open_setup(&self, viewer: &Viewer) -> Result<Option<SecretString>> {
        if *viewer != Viewer::Operator {
            return Err(Error::new(Code::Forbidden, Text::NotAllowed));
        }
        let code = SetupCode::generate();
        let link = SetupLink { hash: code.hash, expires_at: self.clock.now() + LINK_LASTS };
        let opened = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    if users::has_admin(conn).await? {
                        setup::clear(conn).await?;
                        return Ok(false);
                    }
                    setup::put(conn, link).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(opened.then(|| code.shown.into()))
    }

    /// Makes the first administrator with the code of the link, and signs them in.
    ///
    /// # Errors
    /// `FORBIDDEN` for a code that is wrong, used or late, and where there is an administrator.
    pub async fn set_up(
        &self,
        _viewer: &Viewer,
        origin: &Origin,
        code: SecretString,
        signup: Signup,
    ) -> Result<(User, SessionTokens)> {
        self.limits.setup(origin.address)?;
        let link = self.usable_link(&code).await?;
        check_signup(&signup)?;
        let new = self.new_user(signup, true).await?;
        let (opening, refresh) = self.new_session(origin);
        let at = self.clock.now();
        let (user, opened) = self
            .store
            .write(move |conn| {
                Box::pin(async move {
                    use_up(conn, link).await?;
                    let user = insert_user(conn, &new).await?;
                    let target = Some(GlobalId::User(user.id));
                    let note =
                        Note { actor: Some(user.key), deed: Deed::SetUp, target, detail: String::new(), at };
                    audit::insert(conn, &note.naming(&user.username)).await?;
                    let opened = opening.open(conn, user.key).await?;
                    Ok((user, opened))
                })
            })
            .await?;
        tracing::info!(user.id = %user.id, "The first administrator was made with the set-up link.");
        let tokens = self.session_tokens(user.id, opened.id, refresh, opened.expires_at)?;
        Ok((user, tokens))
    }

    /// The link of a code. All that is wrong looks alike, and takes as long.
    async fn usable_link(&self, code: &SecretString) -> Result<SetupLink> {
        let now = self.clock.now();
        let (link, is_set_up) = self
            .store
            .read(|conn| {
                Box::pin(async move { Ok((setup::get(conn).await?, users::has_admin(conn).await?)) })
            })
            .await?;
        let hash = link.map_or([0; 32], |link| link.hash);
        let is_right = SetupCode::verify(code.expose_secret(), &hash);
        link.filter(|link| is_right && !is_set_up && link.expires_at > now).ok_or_else(over)
    }
}

/// Two callers with one code both come here, and one of them is the first.
async fn use_up(conn: &mut Conn, link: SetupLink) -> Result<()> {
    if setup::take(conn, link).await? && !users::has_admin(conn).await? { Ok(()) } else { Err(over()) }
}

fn over() -> Error {
    Error::new(Code::Forbidden, Text::SetupOver)
}
