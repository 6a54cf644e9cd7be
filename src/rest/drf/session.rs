//! Django's sessions: the cookie `sessionid` that says who calls, the cookies that a sign-in sets, and the
//! one that a sign-out clears.

use std::time::Duration;

use secrecy::SecretString;

use crate::app::auth::{DoorSession, LoginName};
use crate::auth::credential::Credential;
use crate::auth::random;
use crate::clock::Timestamp;
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::User;
use crate::error::{Code, Result};
use crate::rest::call::Call;
use crate::rest::drf::csrf;
use crate::rest::reply::{Refusal, Reply};
use crate::rest::route::Dialect;

/// The name of this credential among [`Dialect::credentials`].
pub(in crate::rest) const SCHEME: &str = "session";
pub(in crate::rest) const COOKIE: &str = "sessionid";

const DAY: Duration = Duration::from_hours(24);
const LASTS: Duration = DAY.saturating_mul(14);
/// Fifty-two weeks, as Django has it.
const CSRF_LASTS: Duration = DAY.saturating_mul(364);
/// What Django makes of a cookie that is deleted.
const CLEARED: &str =
    "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";

/// Who calls with the session cookie; anonymous without one, or with one whose session is over. Writes have
/// to show that they come from no other site.
pub(in crate::rest) async fn caller(call: &Call) -> Result<Viewer, Refusal> {
    let viewer = reader(call).await?;
    if viewer.signed_in().is_some() {
        csrf::check(call).await?;
    }
    Ok(viewer)
}

/// As [`caller`], for those who only read, as the handshake of a socket does.
pub(in crate::rest) async fn reader(call: &Call) -> Result<Viewer> {
    let Some(key) = call.cookie(COOKIE).filter(|key| !key.is_empty()) else { return Ok(Viewer::Anonymous) };
    match call.app().identify_from(&call.origin, &Credential::Key(key.to_owned())).await {
        Ok(identity) => Ok(identity.viewer),
        Err(error) if matches!(error.code(), Code::Unauthenticated | Code::TokenExpired) => {
            Ok(Viewer::Anonymous)
        }
        Err(error) => Err(error),
    }
}

/// Opens a session that the caller names by its cookie from now on.
///
/// # Errors
/// `BAD_CREDENTIALS`, `RATE_LIMITED`; a refusal in the words of [`csrf`] where another site's page asks.
pub(in crate::rest) async fn sign_in(
    call: &Call,
    door: Door,
    username: &str,
    password: SecretString,
) -> Result<(User, Cookies), Refusal> {
    csrf::check_page(call)?;
    let name = LoginName::Username(username);
    let opened = call.app().sign_in_cookie(&Viewer::Anonymous, &call.origin, door, name, password, LASTS);
    let (DoorSession { user, expires_at, .. }, key) = opened.await?;
    // The originals differ in the length of this one.
    let csrf = random::csrf_token();
    let csrf = if door == Door::Condor { csrf.as_str() } else { csrf.get(..32).unwrap_or(&csrf) };
    Ok((user, Cookies::new(call, &key, csrf, expires_at)))
}

/// Ends the caller's session; `reply` then clears its cookie.
pub(in crate::rest) async fn sign_out(call: &Call, reply: Reply) -> Result<Reply, Refusal> {
    call.app().logout(&call.viewer, None).await?;
    Ok(reply.cookie(CLEARED))
}

/// What a sign-in sets.
#[derive(Debug)]
pub(in crate::rest) struct Cookies {
    session: String,
    csrf: String,
}

impl Cookies {
    fn new(call: &Call, key: &str, csrf: &str, session_ends: Timestamp) -> Self {
        let secure = secure(call);
        let csrf_ends = session_ends - LASTS + CSRF_LASTS;
        let until = |end: Timestamp| end.format("%a, %d %b %Y %H:%M:%S GMT");
        let (session_age, csrf_age) = (LASTS.as_secs(), CSRF_LASTS.as_secs());
        Self {
            session: format!(
                "{COOKIE}={key}; expires={}; HttpOnly; Max-Age={session_age}; Path=/; SameSite=Lax{secure}",
                until(session_ends)
            ),
            csrf: format!(
                "{}={csrf}; expires={}; Max-Age={csrf_age}; Path=/; SameSite=Lax{secure}",
                csrf::COOKIE,
                until(csrf_ends)
            ),
        }
    }

    pub(in crate::rest) fn set(&self, reply: Reply) -> Reply {
        reply.cookie(&self.csrf).cookie(&self.session)
    }
}

/// Gives the guard of a form: the value that it is to send back is the caller's, or a new one, and the answer sets
/// it as a cookie.
pub(in crate::rest) fn with_token(call: &Call, page: impl FnOnce(&str) -> Reply) -> Reply {
    let is_ours = |value: &&str| value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let token = call.cookie(csrf::COOKIE).filter(is_ours).map_or_else(random::csrf_token, str::to_owned);
    let age = CSRF_LASTS.as_secs();
    let secure = secure(call);
    page(&token).cookie(&format!("{}={token}; Max-Age={age}; Path=/; SameSite=Lax{secure}", csrf::COOKIE))
}

/// A cookie for encrypted connections alone would not come back over another.
fn secure(call: &Call) -> &'static str {
    if call.base.starts_with("https://") { "; Secure" } else { "" }
}

/// Whether the caller holds a cookie whose session is over, in a dialect that would take it.
pub(in crate::rest) fn is_over(dialect: &Dialect, call: &Call) -> bool {
    dialect.credentials.contains(&SCHEME) && call.viewer == Viewer::Anonymous && call.cookie(COOKIE).is_some()
}

/// Takes a cookie back whose session is over, unless the answer sets another.
pub(in crate::rest) fn clear(reply: Reply) -> Reply {
    if reply.sets_cookie(COOKIE) { reply } else { reply.cookie(CLEARED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_last_as_long_as_djangos() {
        assert_eq!((LASTS.as_secs(), CSRF_LASTS.as_secs()), (1_209_600, 31_449_600));
    }
}
