//! What a dialect is made of: its routes as a table, from which requests are served and the API document is made.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use futures_util::future::BoxFuture;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::domain::sessions::Viewer;
use crate::rest::call::Call;
use crate::rest::drf::fields::Form;
use crate::rest::reply::{Refusal, Reply};
use crate::rest::sockets::SocketRoute;

/// What a handler comes to.
pub(super) type Answer = Result<Reply, Refusal>;

type Run = Arc<dyn Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync>;

/// One legacy server's face.
pub(super) struct Dialect {
    /// What the configuration and the path under `/compat` call it.
    pub(super) name: &'static str,
    /// What people call it; the tag of its operations in the API document.
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// How its callers may prove who they are, as names of security schemes in the API document.
    pub(super) credentials: &'static [&'static str],
    pub(super) authenticate: Authenticate,
    /// What the ids in its paths are.
    pub(super) ids: Ids,
    /// What a caller without a credential is told where one is needed.
    pub(super) challenge: fn() -> Refusal,
    pub(super) routes: Vec<Route>,
    pub(super) sockets: Vec<SocketRoute>,
    pub(super) stand_ins: &'static [StandIn],
}

/// A page of the original, and the one of ours that stands in for it.
pub(super) struct StandIn {
    pub(super) path: &'static str,
    pub(super) ours: &'static str,
}

impl StandIn {
    /// Whether ours is where the original's was, or above it.
    pub(super) fn is_in_place(&self) -> bool {
        self.path.strip_prefix(self.ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Django's administration, and all below.
pub(super) const ADMIN: [StandIn; 2] =
    [StandIn { path: "/admin/", ours: "/admin" }, StandIn { path: "/admin/{*rest}", ours: "/admin" }];

/// What stands for a row in the paths of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    Numbers,
    /// As `domain/short_ids.rs` writes them.
    Short,
    Uuids,
}

/// Finds out who calls; anonymous for a caller who offers nothing.
pub(super) type Authenticate = for<'c> fn(&'c Call) -> BoxFuture<'c, Result<Viewer, Refusal>>;

/// One path and what can be done there.
pub(super) struct Route {
    /// In the dialect's own form; the one with or without the slash at its end is served, too.
    pub(super) path: &'static str,
    /// Origins whose pages may read what it answers, as long as none are configured.
    pub(super) pages: &'static [&'static str],
    pub(super) operations: Vec<Operation>,
}

impl Route {
    pub(super) fn at(path: &'static str) -> Self {
        Self { path, pages: &[], operations: Vec::new() }
    }

    pub(super) fn for_pages(self, pages: &'static [&'static str]) -> Self {
        Self { pages, ..self }
    }

    pub(super) fn get(self, operation: Operation) -> Self {
        self.on(Method::GET, operation)
    }

    pub(super) fn post(self, operation: Operation) -> Self {
        self.on(Method::POST, operation)
    }

    pub(super) fn put(self, operation: Operation) -> Self {
        self.on(Method::PUT, operation)
    }

    pub(super) fn patch(self, operation: Operation) -> Self {
        self.on(Method::PATCH, operation)
    }

    pub(super) fn delete(self, operation: Operation) -> Self {
        self.on(Method::DELETE, operation)
    }

    fn on(mut self, method: Method, operation: Operation) -> Self {
        self.operations.push(Operation { method, ..operation });
        self
    }

    /// The operation for a method; HEAD is GET without its body.
    pub(super) fn operation(&self, method: &Method) -> Option<&Operation> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.operations.iter().find(|operation| operation.method == method)
    }

    /// The value of `Allow`, in the order the originals give it.
    pub(super) fn allow(&self) -> String {
        let order = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let mut words: Vec<&str> =
            order.iter().filter(|method| self.operation(method).is_some()).map(Method::as_str).collect();
        words.push("OPTIONS");
        words.join(", ")
    }
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Those who are signed in.
    SignedIn,
    /// Everyone, but a credential that is offered has to be good.
    Open,
    /// Everyone; credentials are not looked at.
    Unasked,
}

/// One method of a path: what runs, and what the API document says of it.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) access: Access,
    pub(super) run: Run,
    pub(super) summary: &'static str,
    /// What the body may hold.
    pub(super) form: Option<&'static Form>,
    /// Parameters of the query string, and what they say.
    pub(super) query: Vec<(&'static str, &'static str)>,
    pub(super) answers: Vec<Documented>,
}

/// One status an operation may answer with.
pub(super) struct Documented {
    pub(super) status: StatusCode,
    pub(super) about: &'static str,
    pub(super) body: DocumentedBody,
    /// What the body refers to, by name.
    pub(super) parts: Vec<(String, RefOr<Schema>)>,
}

pub(super) enum DocumentedBody {
    Nothing,
    Html,
    Png,
    One(String),
    Many(String),
    /// A piece of a list, in its envelope.
    Piece(String),
}

impl Operation {
    fn new<F, Fut>(access: Access, summary: &'static str, run: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let run: Run = Arc::new(move |call| Box::pin(run(call)));
        let (query, answers) = (Vec::new(), Vec::new());
        Self { method: Method::GET, access, run, summary, form: None, query, answers }
    }

    /// The fields of its body.
    pub(super) fn takes(mut self, form: &'static Form) -> Self {
        self.form = Some(form);
        self
    }

    /// A parameter of its query string.
    pub(super) fn asks(mut self, name: &'static str, about: &'static str) -> Self {
        self.query.push((name, about));
        self
    }

    /// What it answers when all went well.
    pub(super) fn gives<T: ToSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.documented::<T>(status, about, DocumentedBody::One(T::name().into_owned()))
    }

    /// As [`Operation::gives`], an array of them.
    pub(super) fn gives_many<T: ToSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.documented::<T>(status, about, DocumentedBody::Many(T::name().into_owned()))
    }

    /// As [`Operation::gives`], a piece of a list, in the envelope of `drf/paging.rs`.
    pub(super) fn gives_piece<T: ToSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.documented::<T>(status, about, DocumentedBody::Piece(T::name().into_owned()))
    }

    /// An answer without a body.
    pub(super) fn gives_nothing(mut self, status: StatusCode, about: &'static str) -> Self {
        self.answers.push(Documented { status, about, body: DocumentedBody::Nothing, parts: Vec::new() });
        self
    }

    pub(super) fn gives_page(mut self, status: StatusCode, about: &'static str) -> Self {
        self.answers.push(Documented { status, about, body: DocumentedBody::Html, parts: Vec::new() });
        self
    }

    pub(super) fn gives_png(mut self, status: StatusCode, about: &'static str) -> Self {
        self.answers.push(Documented { status, about, body: DocumentedBody::Png, parts: Vec::new() });
        self
    }

    /// A refusal that not every operation of its kind has; its body is a `detail`, or an error for each field.
    pub(super) fn refuses(mut self, status: StatusCode, about: &'static str) -> Self {
        let body = if status == StatusCode::BAD_REQUEST { "FieldErrors" } else { "Detail" };
        let body = DocumentedBody::One(body.to_owned());
        self.answers.push(Documented { status, about, body, parts: Vec::new() });
        self
    }

    fn documented<T: ToSchema>(
        mut self,
        status: StatusCode,
        about: &'static str,
        body: DocumentedBody,
    ) -> Self {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        self.answers.push(Documented { status, about, body, parts });
        self
    }
}

/// An operation for those who are signed in.
pub(super) fn signed_in<F, Fut>(summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Operation::new(Access::SignedIn, summary, run)
}

/// An operation for everyone, which a bad credential spoils all the same.
pub(super) fn open<F, Fut>(summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Operation::new(Access::Open, summary, run)
}

/// An operation for everyone, whatever credentials they send.
pub(super) fn unasked<F, Fut>(summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Operation::new(Access::Unasked, summary, run)
}
