//! Sign-up, sign-in and passwords in the schema.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::auth::{SessionTokens, Signup};
use crate::auth::Credential;
use crate::error::{Code, Error};
use crate::graphql::context::{app, caller, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::ids::{DateTime, UserType};
use crate::graphql::users::User;
use crate::graphql::ws::connection::Connection;

/// Fields that a caller without a valid token may use.
pub(super) const PUBLIC_FIELDS: [&str; 5] =
    ["signup", "login", "refreshSession", "serverInfo", "setUpServer"];

/// Send accessToken as 'Authorization: Bearer ...', or in connection_init under Authorization.
#[derive(SimpleObject)]
pub(super) struct AuthTokens {
    access_token: String,
    access_expires_at: DateTime,
    refresh_token: String,
    refresh_expires_at: DateTime,
}

impl From<SessionTokens> for AuthTokens {
    fn from(tokens: SessionTokens) -> Self {
        let SessionTokens { access, access_expires_at, refresh, refresh_expires_at } = tokens;
        Self {
            access_token: access,
            access_expires_at: access_expires_at.into(),
            refresh_token: refresh.expose_secret().to_owned(),
            refresh_expires_at: refresh_expires_at.into(),
        }
    }
}

#[derive(InputObject)]
pub(super) struct SignupInput {
    username: String,
    email: String,
    password: String,
    #[graphql(default_with = "Some(String::new())")]
    first_name: Option<String>,
    #[graphql(default_with = "Some(String::new())")]
    last_name: Option<String>,
    #[graphql(default_with = "Some(UserType::Other)")]
    user_type: Option<UserType>,
    phone: Option<String>,
    address: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct SignupPayload {
    user: Option<User>,
    tokens: Option<AuthTokens>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct LoginInput {
    username_or_email: String,
    password: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct LoginPayload {
    user: Option<User>,
    tokens: Option<AuthTokens>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RefreshSessionInput {
    refresh_token: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct RefreshSessionPayload {
    tokens: Option<AuthTokens>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct LogoutInput {
    /// Left out, the current session ends.
    refresh_token: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct LogoutPayload {
    logged_out: bool,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct ChangePasswordInput {
    current_password: String,
    new_password: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct ChangePasswordPayload {
    tokens: Option<AuthTokens>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct RenewConnectionInput {
    access_token: String,
}

#[derive(SimpleObject, Default)]
pub(super) struct RenewConnectionPayload {
    /// This socket is good until then.
    expires_at: Option<DateTime>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct AuthMutation;

#[Object]
impl AuthMutation {
    async fn signup(&self, ctx: &Context<'_>, input: SignupInput) -> async_graphql::Result<SignupPayload> {
        let SignupInput { username, email, password, first_name, last_name, user_type, phone, address } =
            input;
        let signup = Signup {
            username,
            email,
            password: SecretString::from(password),
            first_name: first_name.unwrap_or_default(),
            last_name: last_name.unwrap_or_default(),
            user_type: user_type.unwrap_or(UserType::Other).into(),
            phone,
            address,
        };
        let outcome = app(ctx).signup(viewer(ctx), &caller(ctx).origin, signup).await;
        Ok(match settle(ctx, outcome)? {
            Ok((user, tokens)) => {
                SignupPayload { user: Some(User::own(user)), tokens: Some(tokens.into()), errors: Vec::new() }
            }
            Err(errors) => SignupPayload { errors, ..Default::default() },
        })
    }

    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> async_graphql::Result<LoginPayload> {
        let LoginInput { username_or_email, password } = input;
        let password = SecretString::from(password);
        let outcome = app(ctx).login(viewer(ctx), &caller(ctx).origin, &username_or_email, password).await;
        Ok(match settle(ctx, outcome)? {
            Ok((user, tokens)) => {
                LoginPayload { user: Some(User::own(user)), tokens: Some(tokens.into()), errors: Vec::new() }
            }
            Err(errors) => LoginPayload { errors, ..Default::default() },
        })
    }

    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        input: RefreshSessionInput,
    ) -> async_graphql::Result<RefreshSessionPayload> {
        let outcome = app(ctx).refresh(viewer(ctx), &input.refresh_token).await;
        Ok(match settle(ctx, outcome)? {
            Ok(tokens) => RefreshSessionPayload { tokens: Some(tokens.into()), errors: Vec::new() },
            Err(errors) => RefreshSessionPayload { errors, ..Default::default() },
        })
    }

    async fn logout(&self, ctx: &Context<'_>, input: LogoutInput) -> async_graphql::Result<LogoutPayload> {
        let outcome = app(ctx).logout(viewer(ctx), input.refresh_token.as_deref()).await;
        Ok(match settle(ctx, outcome)? {
            Ok(logged_out) => LogoutPayload { logged_out, errors: Vec::new() },
            Err(errors) => LogoutPayload { errors, ..Default::default() },
        })
    }

    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> async_graphql::Result<ChangePasswordPayload> {
        let (current, new) = (input.current_password.into(), input.new_password.into());
        let outcome = app(ctx).change_password(viewer(ctx), &caller(ctx).origin, current, new).await;
        Ok(match settle(ctx, outcome)? {
            Ok(tokens) => ChangePasswordPayload { tokens: Some(tokens.into()), errors: Vec::new() },
            Err(errors) => ChangePasswordPayload { errors, ..Default::default() },
        })
    }

    /// On a WebSocket only: a fresh token for the socket in use, so long subscriptions outlive short tokens.
    async fn renew_connection(
        &self,
        ctx: &Context<'_>,
        input: RenewConnectionInput,
    ) -> async_graphql::Result<RenewConnectionPayload> {
        let renewed = async {
            let connection = ctx.data_opt::<Connection>().ok_or_else(|| {
                Error::plain(
                    Code::BadInput,
                    "Only a WebSocket is renewed; elsewhere each request has its token.",
                )
            })?;
            let credential = Credential::from_header(&format!("Bearer {}", input.access_token));
            let identity = app(ctx).identify(&credential).await?;
            connection.renew(identity)?;
            Ok(identity.lasts.map(|lasts| lasts.until.into()))
        };
        Ok(match settle(ctx, renewed.await)? {
            Ok(expires_at) => RenewConnectionPayload { expires_at, errors: Vec::new() },
            Err(errors) => RenewConnectionPayload { errors, ..Default::default() },
        })
    }
}
