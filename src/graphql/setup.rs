//! The first administrator, in the schema.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::SecretString;

use crate::app::auth::Signup;
use crate::domain::users::UserType;
use crate::graphql::auth::AuthTokens;
use crate::graphql::context::{app, caller, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::users::User;

#[derive(InputObject)]
pub(super) struct SetUpServerInput {
    /// From the one-time link.
    code: String,
    username: String,
    email: String,
    password: String,
    #[graphql(default_with = "Some(String::new())")]
    first_name: Option<String>,
    #[graphql(default_with = "Some(String::new())")]
    last_name: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct SetUpServerPayload {
    user: Option<User>,
    tokens: Option<AuthTokens>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct SetupMutation;

#[Object]
impl SetupMutation {
    /// Makes the first administrator, with the code of the link that the server printed; once.
    async fn set_up_server(
        &self,
        ctx: &Context<'_>,
        input: SetUpServerInput,
    ) -> async_graphql::Result<SetUpServerPayload> {
        let SetUpServerInput { code, username, email, password, first_name, last_name } = input;
        let signup = Signup {
            username,
            email,
            password: SecretString::from(password),
            first_name: first_name.unwrap_or_default(),
            last_name: last_name.unwrap_or_default(),
            user_type: UserType::Other,
            phone: None,
            address: None,
        };
        let origin = &caller(ctx).origin;
        let outcome = app(ctx).set_up(viewer(ctx), origin, SecretString::from(code), signup).await;
        Ok(match settle(ctx, outcome)? {
            Ok((user, tokens)) => SetUpServerPayload {
                user: Some(User::own(user)),
                tokens: Some(tokens.into()),
                errors: Vec::new(),
            },
            Err(errors) => SetUpServerPayload { errors, ..Default::default() },
        })
    }
}
