//! What administrators do to accounts, in the schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::users::NewAccount;
use crate::domain::ids::GlobalId;
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::ids::UserType;
use crate::graphql::users::User;

#[derive(InputObject)]
pub(super) struct CreateUserInput {
    username: String,
    email: String,
    /// Left out: one is made, and shown once.
    password: Option<String>,
    #[graphql(default_with = "Some(String::new())")]
    first_name: Option<String>,
    #[graphql(default_with = "Some(String::new())")]
    last_name: Option<String>,
    #[graphql(default_with = "Some(UserType::Other)")]
    user_type: Option<UserType>,
    #[graphql(default)]
    is_admin: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct CreateUserPayload {
    user: Option<User>,
    /// Shown once; null where you gave one.
    password: Option<String>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct SetUserDisabledInput {
    user_id: ID,
    #[graphql(default = true)]
    on: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct SetUserDisabledPayload {
    user: Option<User>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct SetAdministratorInput {
    user_id: ID,
    #[graphql(default = true)]
    on: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct SetAdministratorPayload {
    user: Option<User>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct ResetPasswordInput {
    user_id: ID,
    /// Left out: one is made, and shown once.
    new_password: Option<String>,
}

#[derive(SimpleObject, Default)]
pub(super) struct ResetPasswordPayload {
    user: Option<User>,
    /// Shown once; null where you gave one.
    password: Option<String>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Makes an account, also while sign-ups are closed; administrators only.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        input: CreateUserInput,
    ) -> async_graphql::Result<CreateUserPayload> {
        let CreateUserInput { username, email, password, first_name, last_name, user_type, is_admin } = input;
        let new = NewAccount {
            username,
            email,
            password: password.map(SecretString::from),
            first_name: first_name.unwrap_or_default(),
            last_name: last_name.unwrap_or_default(),
            user_type: user_type.unwrap_or(UserType::Other).into(),
            is_admin,
        };
        Ok(match settle(ctx, app(ctx).create_account(viewer(ctx), new).await)? {
            Ok(made) => CreateUserPayload {
                user: Some(made.user.into()),
                password: made.password.map(|password| password.expose_secret().to_owned()),
                errors: Vec::new(),
            },
            Err(errors) => CreateUserPayload { errors, ..Default::default() },
        })
    }

    /// Locks someone out and ends all they have open, or lets them in again; administrators only, and not oneself.
    async fn set_user_disabled(
        &self,
        ctx: &Context<'_>,
        input: SetUserDisabledInput,
    ) -> async_graphql::Result<SetUserDisabledPayload> {
        let outcome = async {
            let id = GlobalId::user(&input.user_id, "userId")?;
            app(ctx).set_disabled(viewer(ctx), id, input.on).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(user) => SetUserDisabledPayload { user: Some(user.into()), errors: Vec::new() },
            Err(errors) => SetUserDisabledPayload { errors, ..Default::default() },
        })
    }

    /// Makes someone an administrator, or takes that from them and signs them out; administrators only, not of oneself.
    async fn set_administrator(
        &self,
        ctx: &Context<'_>,
        input: SetAdministratorInput,
    ) -> async_graphql::Result<SetAdministratorPayload> {
        let outcome = async {
            let id = GlobalId::user(&input.user_id, "userId")?;
            app(ctx).set_administrator(viewer(ctx), id, input.on).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(user) => SetAdministratorPayload { user: Some(user.into()), errors: Vec::new() },
            Err(errors) => SetAdministratorPayload { errors, ..Default::default() },
        })
    }

    /// Gives someone another password and signs them out everywhere; administrators only. For your own: changePassword.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        input: ResetPasswordInput,
    ) -> async_graphql::Result<ResetPasswordPayload> {
        let outcome = async {
            let id = GlobalId::user(&input.user_id, "userId")?;
            let given = input.new_password.map(SecretString::from);
            app(ctx).reset_password(viewer(ctx), id, given).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(reset) => ResetPasswordPayload {
                user: Some(reset.user.into()),
                password: reset.password.map(|password| password.expose_secret().to_owned()),
                errors: Vec::new(),
            },
            Err(errors) => ResetPasswordPayload { errors, ..Default::default() },
        })
    }
}
