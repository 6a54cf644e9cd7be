//! Who gets which document by which name.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, Variables, value};
use proptest::prelude::*;

use super::*;

const TEXT: &str = "{ hello }";

fn store(settings: Settings) -> Documents {
    Documents::new(settings)
}

fn manifest() -> Manifest {
    Manifest::parse(
        &format!(r#"{{"first": "{TEXT}", "{}": "{{ other }}"}}"#, "ab".repeat(16)),
        &Limits::default(),
    )
    .unwrap()
}

fn trusted() -> Documents {
    store(Settings { manifest: manifest(), trusted_only: true, ..Settings::default() })
}

fn hash(text: &str) -> String {
    Prepared::new(text, &Limits::default()).unwrap().sha256_hex()
}

/// Asks by text, document id and hash; answers with a refusal's code or the roots of the document.
fn ask(documents: &Documents, query: Option<&str>, id: Option<&str>, hash: Option<&str>) -> String {
    let variables = Variables::default();
    let incoming =
        Incoming { query, operation_name: None, variables: &variables, document_id: id, persisted: hash };
    match documents.admit(&incoming, 1_000) {
        Ok(admitted) => {
            admitted.operation.roots.iter().map(async_graphql::Name::as_str).collect::<Vec<_>>().join(",")
        }
        Err(refusal) => refusal.code_name().to_owned(),
    }
}

#[test]
fn a_hash_is_known_once_its_text_was_sent() {
    let documents = store(Settings::default());
    let hash = hash(TEXT);
    assert_eq!(ask(&documents, None, None, Some(&hash)), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(&documents, Some(""), None, Some(&hash)), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(&documents, Some(TEXT), None, Some(&hash)), "hello");
    assert_eq!(ask(&documents, None, None, Some(&hash)), "hello");
    assert_eq!(ask(&documents, None, None, Some(&hash.to_uppercase())), "hello");
    assert_eq!(ask(&documents, None, Some(&format!("sha256:{hash}")), None), "hello");
    assert_eq!(ask(&documents, Some("{ other }"), None, Some(&hash)), "BAD_INPUT");
    assert_eq!(ask(&documents, None, None, None), "BAD_INPUT");
    assert_eq!(ask(&documents, None, Some("nothing"), None), "NOT_FOUND");
    assert_eq!(Refusal::PersistedQueryNotFound.message(), "PersistedQueryNotFound");
}

#[test]
fn a_text_with_another_hash_is_refused_in_the_words_of_the_protocol() {
    let variables = Variables::default();
    let hash = "00".repeat(32);
    let incoming = Incoming {
        query: Some(TEXT),
        operation_name: None,
        variables: &variables,
        document_id: None,
        persisted: Some(&hash),
    };
    let refusal = store(Settings::default()).admit(&incoming, 10).unwrap_err();
    assert_eq!(refusal.message(), "provided sha does not match query");
}

#[test]
fn without_automatic_hashes_clients_are_told_to_stop_sending_them() {
    let documents = store(Settings { automatic: false, manifest: manifest(), ..Settings::default() });
    assert_eq!(ask(&documents, Some("{ a }"), None, None), "a");
    assert_eq!(ask(&documents, None, None, Some(&hash("{ a }"))), "PERSISTED_QUERY_NOT_SUPPORTED");
    assert_eq!(ask(&documents, None, None, Some(&hash(TEXT))), "hello");
}

#[test]
fn trusted_only_runs_what_the_manifest_has_by_any_of_its_names() {
    let documents = trusted();
    let hash = hash(TEXT);
    for (query, id, persisted) in [
        (None, Some("first"), None),
        (None, None, Some("first")),
        (None, None, Some(hash.as_str())),
        (None, Some(hash.as_str()), None),
        (None, Some(&*format!("sha256:{hash}")), None),
        (Some(TEXT), None, None),
        (Some(TEXT), Some("first"), None),
        (Some(TEXT), None, Some(hash.as_str())),
    ] {
        assert_eq!(ask(&documents, query, id, persisted), "hello", "{query:?} {id:?} {persisted:?}");
    }
    let other = super::super::guard::Prepared::new("{ a }", &Limits::default()).unwrap().sha256_hex();
    for (query, id, persisted) in [
        (Some("{ __typename }"), None, None),
        (Some("{ a }"), None, Some(other.as_str())),
        (Some("not even GraphQL"), None, None),
        (None, None, Some(other.as_str())),
        (None, Some("second"), None),
    ] {
        assert_eq!(ask(&documents, query, id, persisted), "DOCUMENT_NOT_TRUSTED", "{query:?} {id:?}");
    }
    assert_eq!(ask(&documents, Some("{ other }"), Some("first"), None), "BAD_INPUT");
    assert_eq!(ask(&documents, None, Some("first"), Some(&hash)), "BAD_INPUT");
}

#[test]
fn both_shapes_of_manifest_are_read_and_their_faults_told_together() {
    let limits = Limits::default();
    let apollo = r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
        [{"id": "one", "name": "A", "type": "query", "body": "query A { a }"}, {"id": "two", "body": "{ b }"}]}"#;
    assert_eq!(Manifest::parse(apollo, &limits).unwrap().len(), 2);
    assert!(Manifest::parse("{}", &limits).unwrap().is_empty());
    let id = format!("sha256:{}", "0".repeat(64));
    let bad = format!(r#"{{"one": "{{", "{id}": "{{ a }}", "": "{{ a }}"}}"#);
    match Manifest::parse(&bad, &limits) {
        Err(ManifestError::Documents(problems)) => assert_eq!(problems.len(), 3, "{problems:?}"),
        other => panic!("{other:?}"),
    }
    let twice = apollo.replace("\"two\"", "\"one\"");
    assert!(matches!(Manifest::parse(&twice, &limits), Err(ManifestError::Documents(_))));
    for shape in ["[]", "1", r#"{"a": 1}"#, &apollo.replace("\"version\": 1", "\"version\": 2")] {
        assert!(matches!(Manifest::parse(shape, &limits), Err(ManifestError::Shape)), "{shape}");
    }
    assert!(matches!(Manifest::parse("{", &limits), Err(ManifestError::Json(_))));
    assert!(matches!(Manifest::load("/nowhere/at/all".as_ref(), &limits), Err(ManifestError::Read { .. })));
}

#[test]
fn the_extension_is_read_strictly() {
    let hash = value!({"version": 1, "sha256Hash": "ab"});
    assert_eq!(persisted_hash(Some(&hash)).unwrap(), Some("ab"));
    assert_eq!(persisted_hash(None).unwrap(), None);
    assert_eq!(persisted_hash(Some(&value!(null))).unwrap(), None);
    for bad in [
        value!({"version": 2, "sha256Hash": "a"}),
        value!({"version": 1}),
        value!({"sha256Hash": "a"}),
        value!(1),
    ] {
        assert_eq!(persisted_hash(Some(&bad)).unwrap_err().code(), Some(Code::BadInput), "{bad}");
    }
}

#[test]
fn the_cache_keeps_to_its_entries_and_its_bytes() {
    for (entries, bytes, holds) in [(10, u64::MAX / 2, 10), (1_000_000, 100_000, 40), (0, 1_000_000, 0)] {
        let documents =
            store(Settings { cache_entries_max: entries, cache_bytes_max: bytes, ..Settings::default() });
        for number in 0..500 {
            ask(&documents, Some(&format!("{{ a{number} }}")), None, None);
        }
        documents.cache.run_pending_tasks();
        assert!(documents.cached().0 <= holds, "{:?}", documents.cached());
    }
}

#[test]
fn a_document_is_parsed_once_and_failures_are_not_kept() {
    let documents = store(Settings::default());
    let first = documents.by_text(TEXT).unwrap();
    assert!(Arc::ptr_eq(&first, &documents.by_text(TEXT).unwrap()));
    assert_eq!(ask(&documents, Some("{"), None, None), "BAD_INPUT");
    documents.cache.run_pending_tasks();
    assert_eq!(documents.cached().0, 1);
}

#[test]
fn the_budget_is_the_callers() {
    let documents = store(Settings::default());
    let variables = Variables::default();
    let incoming = Incoming {
        query: Some("{ rooms { nodes { id } } }"),
        operation_name: None,
        variables: &variables,
        document_id: None,
        persisted: None,
    };
    assert_eq!(documents.admit(&incoming, 52).unwrap().cost, 52);
    let refusal = documents.admit(&incoming, 51).unwrap_err();
    assert_eq!(refusal.code(), Some(Code::QueryTooComplex));
    assert_eq!(refusal.message(), "The operation costs 52 with its pages filled; your budget is 51.");
}

struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: Option<String>) -> String {
        name.unwrap_or_else(|| "you".to_owned())
    }
}

/// Runs a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the future waits"),
    }
}

#[test]
fn what_is_admitted_executes_without_its_text() {
    let documents = store(Settings::default());
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let variables = Variables::from_value(value!({"n": "me"}));
    let incoming = Incoming {
        query: Some("query A($n: String) { hello(name: $n) } query B { hello }"),
        operation_name: Some("A"),
        variables: &variables,
        document_id: None,
        persisted: None,
    };
    let admitted = documents.admit(&incoming, 10).unwrap();
    let response = now(schema.execute(admitted.request(variables.clone())));
    assert_eq!(response.data, value!({"hello": "me"}));
}

proptest! {
    #[test]
    fn no_name_breaks_the_store(text in any::<Option<String>>(), id in any::<Option<String>>(), hash in any::<Option<String>>()) {
        for documents in [store(Settings::default()), trusted()] {
            ask(&documents, text.as_deref(), id.as_deref(), hash.as_deref());
        }
    }
}
