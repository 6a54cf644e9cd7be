//! The schema as a whole, and its SDL.

use std::sync::Arc;

use async_graphql::{Context, ID, MergedObject, Object, SDLExportOptions, Schema};

use crate::app::App;
use crate::domain::ids::GlobalId;
use crate::error::{Code, Error, Text};
use crate::graphql::audit::{AuditEntry, AuditQuery};
use crate::graphql::auth::AuthMutation;
use crate::graphql::context::{Links, app, viewer};
use crate::graphql::error::{Nullable, expose};
use crate::graphql::figures::FiguresQuery;
use crate::graphql::ids::Node;
use crate::graphql::loaders::{FileId, SessionId, load};
use crate::graphql::media::{Attachment, MediaMutation, UploadQuery};
use crate::graphql::messages::{Message, MessageMutation, MessageQuery};
use crate::graphql::presence::PresenceMutation;
use crate::graphql::rooms::{
    ArchiveMutation, MembershipMutation, ReadMarkMutation, Room, RoomMutation, RoomQuery,
};
use crate::graphql::search::SearchQuery;
use crate::graphql::server_info::{Allowances, ServerInfoQuery};
use crate::graphql::sessions::{Session, SessionMutation, SessionQuery};
use crate::graphql::setup::SetupMutation;
use crate::graphql::subscriptions::Subscriptions;
use crate::graphql::users::{AdministrationMutation, User, UserMutation, UserQuery};

#[derive(Debug, Default, MergedObject)]
pub struct Query(
    NodeQuery,
    UserQuery,
    RoomQuery,
    MessageQuery,
    SearchQuery,
    ServerInfoQuery,
    AuditQuery,
    SessionQuery,
    UploadQuery,
    FiguresQuery,
);

#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    AuthMutation,
    SessionMutation,
    SetupMutation,
    UserMutation,
    AdministrationMutation,
    RoomMutation,
    MembershipMutation,
    ReadMarkMutation,
    ArchiveMutation,
    MessageMutation,
    MediaMutation,
    PresenceMutation,
);

pub type ChatSchema = Schema<Query, Mutation, Subscriptions>;

/// Objects that one `nodes` call may ask for.
const NODES_MAX: usize = 200;

#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Any object by id; null if absent or hidden from you.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Nullable<Node> {
        find_nodes(ctx, &[id]).await.map(|found| found.into_iter().next().flatten()).transpose()
    }

    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            let error = Error::new(Code::TooLong, Text::TooMany { max: NODES_MAX });
            return expose(ctx, Err(error));
        }
        find_nodes(ctx, &ids).await
    }
}

/// Looks ids of all types up in one statement for each type.
async fn find_nodes(ctx: &Context<'_>, ids: &[ID]) -> async_graphql::Result<Vec<Option<Node>>> {
    let (app, viewer) = (app(ctx), viewer(ctx));
    let wanted: Vec<Option<GlobalId>> = ids.iter().map(|id| GlobalId::decode(id)).collect();
    let named = |pick: fn(GlobalId) -> Option<uuid::Uuid>| {
        wanted.iter().flatten().copied().filter_map(pick).collect::<Vec<_>>()
    };
    let people = named(|id| if let GlobalId::User(id) = id { Some(id) } else { None });
    let rooms = named(|id| if let GlobalId::Room(id) = id { Some(id) } else { None });
    // Asked even for no ids, so that a signed-out caller is told so whatever the ids are.
    let people = expose(ctx, app.users_by_id(viewer, people).await)?;
    let rooms =
        if rooms.is_empty() { Vec::new() } else { expose(ctx, app.rooms_by_id(viewer, rooms).await)? };
    // All at once, so that those of one type are looked up together.
    let found = futures_util::future::join_all(wanted.into_iter().map(async |id| {
        Ok(match id {
            None => None,
            Some(GlobalId::User(id)) => {
                people.iter().find(|user| user.id == id).cloned().map(|user| Node::User(User::from(user)))
            }
            Some(GlobalId::Room(id)) => {
                rooms.iter().find(|view| view.room.id == id).cloned().map(|view| Node::Room(Room(view)))
            }
            Some(GlobalId::Message(key)) => {
                load(ctx, key).await?.map(|sent| Node::Message(Message::from(sent)))
            }
            Some(GlobalId::File(id)) => {
                load(ctx, FileId(id)).await?.map(|file| Node::Attachment(Attachment(file)))
            }
            Some(GlobalId::Session(id)) => {
                load(ctx, SessionId(id)).await?.map(|session| Node::Session(Session(session)))
            }
            Some(GlobalId::Audit(key)) => {
                load(ctx, key).await?.map(|entry| Node::AuditEntry(AuditEntry(entry)))
            }
        })
    }));
    found.await.into_iter().collect()
}

/// Builds the schema over the use cases.
pub fn build(app: Arc<App>, links: Links, allowances: Allowances, introspection: bool) -> ChatSchema {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscriptions);
    let schema = schema.data(app).data(links).data(allowances);
    let schema = if introspection { schema } else { schema.disable_suggestions() };
    schema.finish()
}

/// The SDL, in an order that does not depend on the code's.
pub fn sdl() -> String {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscriptions).finish();
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident()
        .indent_width(2);
    // The exporter leaves blanks at line ends and blank lines at the end.
    let text = schema.sdl_with_options(options);
    let mut sdl = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
    sdl
}
