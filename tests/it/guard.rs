//! Documents made to hurt: each is a coded 400 before anything runs, and the server goes on serving.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{GRAPHQL, Got, ask, post, sha256};
use crate::support::{Db, TestApp};

async fn start() -> TestApp {
    TestApp::start(Db::Sqlite).await
}

/// Sends a document that must be refused before the database hears of it.
async fn refused(app: &TestApp, query: &str, code: &str) -> Got {
    let what: String = query.chars().take(60).collect();
    let (statements, started) = (app.app.store().statements(), Instant::now());
    let got = ask(app, GRAPHQL, query).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{what} took {:?}", started.elapsed());
    got.assert_refused(400, code, &what);
    assert!(got.text.len() < 2_000, "the answer to {what} has {} bytes", got.text.len());
    assert_eq!(app.app.store().statements(), statements, "{what} reached the database");
    assert_eq!(ask(app, GRAPHQL, "{ __typename }").await.status, 200, "after {what}");
    got
}

/// The repetition of a piece with its number in it.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[tokio::test]
async fn brackets_nested_without_end_are_refused() {
    let app = start().await;
    for bracket in ["[", "{", "(", "{a", "{a(x:", "{a(x:{y:", "{...on Q"] {
        let depth = 4_000 / bracket.len();
        refused(&app, &bracket.repeat(depth), "QUERY_TOO_COMPLEX").await;
        refused(&app, &format!("{{ a(x: {} ) }}", bracket.repeat(depth)), "QUERY_TOO_COMPLEX").await;
    }
    refused(&app, &format!("{{ a(x: {}{}) }}", "[".repeat(2000), "]".repeat(2000)), "QUERY_TOO_COMPLEX")
        .await;
    refused(
        &app,
        &format!("query($v: {}Int{}) {{ a }}", "[".repeat(500), "]".repeat(500)),
        "QUERY_TOO_COMPLEX",
    )
    .await;
}

#[tokio::test]
async fn brackets_in_strings_and_comments_are_no_brackets() {
    let app = start().await;
    let query = format!("# {0}\n{{ __typename @skip(if: false) }} # \"{0}", "[{(".repeat(500));
    assert_eq!(ask(&app, GRAPHQL, &query).await.status, 200);
}

#[tokio::test]
async fn fragments_that_double_forty_times_are_refused_at_once() {
    let app = start().await;
    let bomb = many(40, |n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1));
    let query = format!("{{ ...F0 }} {bomb} fragment F40 on Query {{ __typename }}");
    refused(&app, &query, "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn fragments_that_contain_themselves_are_refused() {
    let app = start().await;
    refused(&app, "{ ...A } fragment A on Query { ...A }", "BAD_INPUT").await;
    refused(&app, "{ ...A } fragment A on Query { ...B } fragment B on Query { x { ...A } }", "BAD_INPUT")
        .await;
    refused(&app, "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }", "BAD_INPUT")
        .await;
    let ring = many(200, |n| format!("fragment F{n} on Query {{ ...F{} }} ", (n + 1) % 200));
    refused(&app, &format!("{{ ...F0 }} {ring}"), "BAD_INPUT").await;
}

#[tokio::test]
async fn twenty_thousand_of_anything_are_refused() {
    let app = start().await;
    for query in [
        format!("{{ {} }}", many(20_000, |n| format!("a{n}: __typename "))),
        format!("{{ {} }}", "__typename ".repeat(20_000)),
        format!("{{ {} }}", "a ".repeat(20_000)),
        format!("{{ __typename {} }}", "@skip(if: false) ".repeat(20_000)),
        format!("{{ __typename {} }}", "@a ".repeat(20_000)),
        format!("query({}) {{ __typename }}", many(20_000, |n| format!("$v{n}: Int "))),
        format!("{{ a(x: [{}]) }}", "1 ".repeat(20_000)),
        many(5_000, |n| format!("query Q{n} {{ a }} ")),
    ] {
        refused(&app, &query, "QUERY_TOO_COMPLEX").await;
    }
}

#[tokio::test]
async fn each_limit_holds_at_its_number_and_not_before() {
    let app = start().await;
    let aliases = |count| format!("{{ {} }}", many(count, |n| format!("a{n}: __typename ")));
    let roots = |count: usize| format!("{{ {} }}", "__typename ".repeat(count));
    let two_each = "__typename @skip(if: false) @include(if: true) ".repeat(50);
    let app_aliases =
        TestApp::with(Db::Sqlite, &[("GRAPHQL_ROOTS_MAX", "200"), ("GRAPHQL_ALIASES_MAX", "100")]).await;
    assert_eq!(ask(&app_aliases, GRAPHQL, &aliases(100)).await.status, 200);
    refused(&app_aliases, &aliases(101), "QUERY_TOO_COMPLEX").await;
    assert_eq!(ask(&app, GRAPHQL, &roots(50)).await.status, 200);
    refused(&app, &roots(51), "QUERY_TOO_COMPLEX").await;
    assert_eq!(ask(&app, GRAPHQL, &format!("{{ {two_each} }}")).await.status, 200);
    refused(&app, &format!("query @one {{ {two_each} }}"), "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn a_document_of_more_than_64_kib_is_refused_whatever_is_in_it() {
    let app = start().await;
    let padded = |bytes: usize| format!("{{ __typename }} {}", "#".repeat(bytes - 15));
    assert_eq!(ask(&app, GRAPHQL, &padded(65_536)).await.status, 200);
    refused(&app, &padded(65_537), "QUERY_TOO_COMPLEX").await;
    refused(&app, &padded(900_000), "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn sixty_fields_within_each_other_are_refused() {
    let app = start().await;
    refused(&app, &format!("{}{}", "{ a ".repeat(60), "}".repeat(60)), "QUERY_TOO_COMPLEX").await;
    refused(
        &app,
        &format!("{}{{ __typename }}{}", "{ ... on Query ".repeat(60), "}".repeat(60)),
        "QUERY_TOO_COMPLEX",
    )
    .await;
    let chain = many(60, |n| format!("fragment F{n} on Query {{ a {{ ...F{} }} }} ", n + 1));
    refused(&app, &format!("{{ ...F0 }} {chain} fragment F60 on Query {{ a }}"), "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn limits_are_the_operators() {
    let app = TestApp::with(Db::Sqlite, &[("GRAPHQL_DEPTH_MAX", "2"), ("GRAPHQL_TOKENS_MAX", "12")]).await;
    assert_eq!(ask(&app, GRAPHQL, "{ viewer { id } }").await.status, 200);
    refused(&app, "{ a { b { c } } }", "QUERY_TOO_COMPLEX").await;
    refused(&app, "{ a b c d e f g h i j k }", "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn pages_within_pages_are_refused_for_what_they_cost() {
    let app = start().await;
    let nested = "{ rooms(first: 200) { nodes { messages(first: 200) { nodes { id } } } } }";
    let got = refused(&app, nested, "QUERY_TOO_COMPLEX").await;
    assert!(got.text.contains("20000"), "it names the budget: {}", got.text);
    let document = "query($n: Int) { rooms(first: $n) { nodes { messages(first: $n) { nodes { id } } } } }";
    for (size, dear) in [(200, true), (i64::MAX, true), (5, false)] {
        let body = json!({ "query": document, "variables": { "n": size } });
        let got = Got::of(post(&app, GRAPHQL, body.to_string())).await;
        assert_eq!(got.code() == "QUERY_TOO_COMPLEX", dear, "{size}: {}", got.text);
    }
    let in_fragments = "{ rooms(first: 200) { ...A } } fragment A on RoomConnection { nodes { ...B } }
        fragment B on Room { messages(last: 200) { edges { node { id } } } }";
    refused(&app, in_fragments, "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn one_document_tries_one_password() {
    let app = start().await;
    let login = r#"login(input: {usernameOrEmail: "amber", password: "guess"}) { errors { code } }"#;
    refused(&app, &format!("mutation {{ a: {login} b: {login} }}"), "QUERY_TOO_COMPLEX").await;
    refused(&app, &format!("mutation {{ {login} {login} }}"), "QUERY_TOO_COMPLEX").await;
    let hidden = format!(
        "mutation {{ ...A ... on Mutation {{ a: {login} }} }} fragment A on Mutation {{ b: {login} }}"
    );
    refused(&app, &hidden, "QUERY_TOO_COMPLEX").await;
    let mixed = format!(
        r#"mutation {{ {login} refreshSession(input: {{refreshToken: "x"}}) {{ errors {{ code }} }} }}"#
    );
    refused(&app, &mixed, "QUERY_TOO_COMPLEX").await;
    let skipped = format!("mutation {{ ... @skip(if: true) {{ a: {login} }} b: {login} }}");
    refused(&app, &skipped, "QUERY_TOO_COMPLEX").await;
}

#[tokio::test]
async fn a_document_that_earns_thousands_of_errors_is_told_a_few() {
    let app = start().await;
    let query = format!("{{ {} }}", many(49, |n| format!("nonsense{n} ")));
    let got = ask(&app, GRAPHQL, &query).await;
    assert_eq!(got.status, 400);
    assert!(got.json()["errors"].as_array().unwrap().len() <= 10, "{}", got.text);
}

#[tokio::test]
async fn a_refused_document_is_not_kept() {
    let app = start().await;
    let query = format!("{{ a {}", "[".repeat(100));
    refused(&app, &query, "QUERY_TOO_COMPLEX").await;
    let by_hash =
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256(&query) } } });
    let got = Got::of(post(&app, GRAPHQL, by_hash.to_string())).await;
    got.assert_refused(400, "PERSISTED_QUERY_NOT_FOUND", "by its hash");
}

/// As tools send it.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name }
    subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } }
    fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description
    args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue }
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

#[tokio::test]
async fn the_schema_is_shown_to_the_tools_that_ask_for_it() {
    let app = start().await;
    let got = ask(&app, GRAPHQL, INTROSPECTION).await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert!(got.json()["data"]["__schema"]["types"].as_array().unwrap().len() > 30);
}

#[tokio::test]
async fn the_schema_within_the_schema_is_refused() {
    let app = start().await;
    let nested = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    refused(&app, nested, "QUERY_TOO_COMPLEX").await;
}

async fn closed() -> TestApp {
    TestApp::with(Db::Sqlite, &[("INTROSPECTION", "off")]).await
}

#[tokio::test]
async fn a_closed_server_refuses_every_question_about_its_schema() {
    let app = closed().await;
    for query in [
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"User\") { name } }",
        "{ a: __schema { types { name } } }",
        "{ ...F } fragment F on Query { __schema { types { name } } }",
        "{ __typename ... on Query { __type(name: \"User\") { name } } }",
        "query($no: Boolean = false) { __schema @include(if: $no) { types { name } } }",
        INTROSPECTION,
    ] {
        let got = refused(&app, query, "FORBIDDEN").await;
        assert!(!got.text.contains("User"), "{}", got.text);
    }
}

#[tokio::test]
async fn a_closed_server_still_tells_typenames() {
    let app = closed().await;
    let amber = app.user("amber").await;
    let data = amber.ask("{ __typename viewer { __typename } }", json!({})).await;
    assert_eq!(data, json!({ "__typename": "Query", "viewer": { "__typename": "User" } }));
}

fn without_place(got: &Got) -> Value {
    let mut error = got.json()["errors"][0].take();
    error["locations"] = Value::Null;
    error["extensions"]["requestId"] = Value::Null;
    error
}

#[tokio::test]
async fn a_closed_server_says_the_same_of_all_that_does_not_fit_its_schema() {
    let app = closed().await;
    let mut told = Vec::new();
    for query in [
        "{ nonsense }",
        "{ viewr { id } }",
        "{ viewer { emial } }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "{ room { id } }",
        "{ room(id: \"x\", extra: 1) { id } }",
        "{ rooms(filter: {kind: NOPE}) { totalCount } }",
        "{ rooms(first: 99999999999) { totalCount } }",
        "query($id: ID!) { room(id: $id) { id } }",
        "query($f: Nonsense) { rooms(filter: $f) { totalCount } }",
        "mutation { signup(input: {}) { user { id } } }",
    ] {
        let got = ask(&app, GRAPHQL, query).await;
        got.assert_refused(400, "BAD_INPUT", query);
        for name in ["Did you mean", "viewer", "email", "User", "Query", "Room", "SignupInput", "Int", "ID"] {
            assert!(
                !got.json()["errors"][0]["message"].as_str().unwrap().contains(name),
                "{query}: {}",
                got.text
            );
        }
        told.push(without_place(&got));
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:#?}");
}

#[tokio::test]
async fn an_open_server_helps_with_a_misspelt_field() {
    let app = start().await;
    assert!(ask(&app, GRAPHQL, "{ viewr { id } }").await.text.contains("viewer"));
}
