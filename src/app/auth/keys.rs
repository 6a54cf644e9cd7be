//! Sessions that are called by a key which says nothing: ThanChat's token, and the `sessionid` cookie.

use std::time::Duration;

use secrecy::SecretString;

use crate::app::App;
use crate::app::auth::{DoorSession, LoginName, Origin};
use crate::auth::tokens::OpaqueKey;
use crate::domain::sessions::{Door, Viewer};
use crate::error::Result;
use crate::storage::session_keys;

impl App {
    /// The token of a session, 40 hexadecimal digits, the same again for the same session. It is derived
    /// and not stored; after a change of the signing key the one from before is good, too.
    pub async fn api_key(&self, _viewer: &Viewer, session: &DoorSession) -> Result<String> {
        let OpaqueKey { shown, hash } = self.tokens.session_key(session.id)?;
        let (key, now) = (session.key, self.clock.now());
        self.store
            .write(move |conn| Box::pin(async move { session_keys::insert(conn, &hash, key, now).await }))
            .await?;
        Ok(shown)
    }

    /// Opens a session at a door, as [`App::sign_in`], and gives the text of its cookie: 32 small letters
    /// and digits.
    pub async fn sign_in_cookie(
        &self,
        _viewer: &Viewer,
        origin: &Origin,
        door: Door,
        name: LoginName<'_>,
        password: SecretString,
        lasts: Duration,
    ) -> Result<(DoorSession, String)> {
        let OpaqueKey { shown, hash } = OpaqueKey::generate();
        let opening = self.new_door_session(origin, door, lasts).called(hash);
        let (user, opened) = self.open_with_password(origin, name, password, opening).await?;
        let session =
            DoorSession { user, id: opened.id, key: opened.key, door, expires_at: opened.expires_at };
        Ok((session, shown))
    }
}
