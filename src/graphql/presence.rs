//! Typing and presence in the schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use crate::app::live::{Moment, Told};
use crate::domain;
use crate::domain::ids::{GlobalId, UserKey};
use crate::error::{Error, Result};
use crate::graphql::context::{app, viewer};
use crate::graphql::error::{UserError, settle};
use crate::graphql::ids::DateTime;
use crate::graphql::loaders::load_all;
use crate::graphql::users::User;

/// Whether someone is here.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::presence::PresenceState")]
pub(super) enum PresenceState {
    Online,
    Away,
    Offline,
}

/// Who is typing and who is here now; never stored, never replayed.
pub(super) struct RoomActivity {
    room_id: ID,
    typing: Vec<UserKey>,
    online: Vec<UserKey>,
}

/// Who is typing and who is here now; never stored, never replayed.
#[Object]
impl RoomActivity {
    async fn room_id(&self) -> &ID {
        &self.room_id
    }

    /// In the order they began, yourself included.
    async fn typing(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<User>> {
        Ok(load_all(ctx, &self.typing).await?.into_iter().map(User::from).collect())
    }

    /// Members who are ONLINE or AWAY, yourself included; of very many, some.
    async fn online(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<User>> {
        Ok(load_all(ctx, &self.online).await?.into_iter().map(User::from).collect())
    }
}

impl RoomActivity {
    pub(super) fn of(told: &Told) -> Result<Self> {
        let (Some(room), Moment::Activity(activity)) = (told.room, &told.moment) else {
            return Err(Error::internal("something else was shown as a room's activity"));
        };
        Ok(Self {
            room_id: ID(GlobalId::Room(room.id).encode()),
            typing: activity.typing.clone(),
            online: activity.online.iter().map(|(user, _)| *user).collect(),
        })
    }
}

#[derive(InputObject)]
pub(super) struct SetTypingInput {
    room_id: ID,
    #[graphql(default = true)]
    on: bool,
}

#[derive(SimpleObject, Default)]
pub(super) struct SetTypingPayload {
    /// Send again before this if still typing.
    expires_at: Option<DateTime>,
    errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(super) struct SetPresenceInput {
    state: PresenceState,
}

#[derive(SimpleObject, Default)]
pub(super) struct SetPresencePayload {
    user: Option<User>,
    errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub struct PresenceMutation;

#[Object]
impl PresenceMutation {
    /// Shows you as typing to those who look at the room, until you send, stop or fall silent.
    async fn set_typing(
        &self,
        ctx: &Context<'_>,
        input: SetTypingInput,
    ) -> async_graphql::Result<SetTypingPayload> {
        let SetTypingInput { room_id, on } = input;
        let outcome = async {
            let room = GlobalId::room(&room_id, "roomId")?;
            app(ctx).set_typing(viewer(ctx), room, on).await
        };
        Ok(match settle(ctx, outcome.await)? {
            Ok(until) => SetTypingPayload { expires_at: until.map(DateTime::from), errors: Vec::new() },
            Err(errors) => SetTypingPayload { errors, ..Default::default() },
        })
    }

    /// What to show of you while you are connected; OFFLINE hides you. Without a connection everyone is OFFLINE.
    async fn set_presence(
        &self,
        ctx: &Context<'_>,
        input: SetPresenceInput,
    ) -> async_graphql::Result<SetPresencePayload> {
        let outcome = app(ctx).set_presence(viewer(ctx), input.state.into()).await;
        Ok(match settle(ctx, outcome)? {
            Ok(user) => SetPresencePayload { user: Some(user.into()), errors: Vec::new() },
            Err(errors) => SetPresencePayload { errors, ..Default::default() },
        })
    }
}
