//! Documents that must pass, and documents that must not hurt.

use std::fmt::Write as _;

use async_graphql::parser::types::OperationType;
use async_graphql::{Variables, parser::parse_query};
use serde_json::json;

use super::analyse::analyse;
use super::{COST_MAX, Limits, Prepared, Refusal};
use crate::error::Code;

/// Limits that leave only the rule under test.
pub(super) fn no_limits() -> Limits {
    Limits {
        bytes_max: usize::MAX,
        tokens_max: usize::MAX,
        brackets_max: usize::MAX,
        operations_max: usize::MAX,
        depth_max: u64::MAX,
        nesting_max: u64::MAX,
        selections_max: u64::MAX,
        aliases_max: u64::MAX,
        directives_max: u64::MAX,
        roots_max: u64::MAX,
        introspection_max: u64::MAX,
    }
}

fn prepare(text: &str) -> Result<Prepared, Refusal> {
    Prepared::new(text, &Limits::default())
}

fn passes(text: &str) -> Prepared {
    prepare(text).unwrap_or_else(|refusal| panic!("{}: {text}", refusal.message()))
}

fn refused(text: &str) -> (Code, String) {
    let refusal = prepare(text).err().unwrap_or_else(|| panic!("passed: {text}"));
    (refusal.code().unwrap(), refusal.message().into_owned())
}

fn cost_with(text: &str, variables: serde_json::Value) -> u64 {
    let document = passes(text);
    let operation = document.operations().first().unwrap();
    document.cost(operation, &Variables::from_json(variables))
}

fn cost(text: &str) -> u64 {
    cost_with(text, json!({}))
}

/// What every tool asks, at its fullest: nine levels of `ofType`, deprecated inputs, repeatable, oneOf.
const INTROSPECTION: &str = r"
query IntrospectionQuery {
  __schema {
    description
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
}";

/// `first` spreads twice what spreads twice … `levels` times.
fn bomb(levels: usize, last: &str) -> String {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..levels {
        let next = level + 1;
        write!(text, " fragment F{level} on Query {{ ...F{next} ...F{next} }}").unwrap();
    }
    write!(text, " fragment F{levels} on Query {{ {last} }}").unwrap();
    text
}

#[test]
fn the_standard_introspection_query_passes() {
    let document = passes(INTROSPECTION);
    let operation = document.select(None).unwrap();
    assert!(operation.introspects);
    assert_eq!(operation.depth, 15);
    assert!(document.cost(operation, &Variables::default()) < u64::from(COST_MAX));
}

#[test]
fn lists_of_types_within_lists_of_types_are_refused_in_introspection_only() {
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(refused(deep).0, Code::QueryTooComplex);
    assert_eq!(
        refused(
            "{ __type(name: \"A\") { ...A } } fragment A on __Type { interfaces { ...B } } \
            fragment B on __Type { possibleTypes { fields { name } } }"
        )
        .0,
        Code::QueryTooComplex
    );
    passes(&deep.replace("__schema", "schema"));
    let wide = "a: __schema { types { ...FullType } } b: __schema { types { ...FullType } } __schema { types";
    assert_eq!(
        refused(&INTROSPECTION.replacen("__schema {\n", &format!("{wide} {{ name }}"), 1)).0,
        Code::QueryTooComplex
    );
}

#[test]
fn nested_brackets_are_refused_before_the_parser_sees_them() {
    for open in ["[", "{a:", "{ a ", "(a:["] {
        let text = format!("{{ a(x: {}", open.repeat(4_096 / open.len()));
        assert_eq!(refused(&text).0, Code::QueryTooComplex);
    }
}

#[test]
fn the_deepest_nesting_that_passes_the_scan_fits_the_stack_of_the_parser() {
    let limits = no_limits();
    let deepest = super::scan::BRACKETS_CEILING - 2;
    let list = format!("{{ a(x: {}{}) }}", "[".repeat(deepest), "]".repeat(deepest));
    assert!(Prepared::new(&list, &limits).is_ok());
    let object = format!("{{ a(x: {}1{}) }}", "{a:".repeat(deepest), "}".repeat(deepest));
    assert!(Prepared::new(&object, &limits).is_ok());
    let selection = format!("{} a {}", "{ a ".repeat(deepest), "}".repeat(deepest));
    assert_eq!(Prepared::new(&selection, &limits).unwrap_err().code(), Some(Code::QueryTooComplex));
}

#[test]
fn twenty_thousand_of_anything_are_refused() {
    for one in ["a:b ", "a ", "...F ", "... { a } "] {
        assert_eq!(refused(&format!("{{ {} }}", one.repeat(20_000))).0, Code::QueryTooComplex, "{one}");
    }
    assert_eq!(refused(&format!("{{ a {} }}", "@b ".repeat(20_000))).0, Code::QueryTooComplex);
    // The same where tokens are not short, so that the numbers below them speak.
    let limits = Limits { bytes_max: usize::MAX, tokens_max: usize::MAX, ..Limits::default() };
    for (text, says) in [
        (format!("{{ x {{ {} }} }}", "a:b ".repeat(1_000)), "1000 aliases; at most 100"),
        (format!("{{ x {{ {} }} }}", "a ".repeat(20_000)), "20001 fields and fragments"),
        (format!("{{ x {{ a {} }} }}", "@b ".repeat(20_000)), "20000 directives; at most 100"),
        (format!("query {} {{ a }}", "@b ".repeat(101)), "101 directives; at most 100"),
        (format!("query ($a: A {}) {{ a }}", "@b ".repeat(101)), "101 directives; at most 100"),
        (format!("{{ {} }}", "a ".repeat(51)), "51 fields at its root; at most 50"),
        (format!("{} a {}", "{ a ".repeat(21), "}".repeat(21)), "21 fields within each other; at most 20"),
        (format!("{{ {} a {} }}", "... { ".repeat(32), "}".repeat(32)), "33 fields and fragments within"),
    ] {
        let message = Prepared::new(&text, &limits).unwrap_err().message().into_owned();
        assert!(message.contains(says), "{message}");
    }
    let many: String =
        (0..51).fold(String::new(), |text, number| text + &format!("query A{number} {{ a }} "));
    assert_eq!(refused(&many).1, "The document has 51 operations; at most 50 are allowed.");
}

#[test]
fn the_pass_looks_at_each_selection_a_fixed_number_of_times() {
    for (text, written) in [
        (format!("{{ {} }}", "a:b ".repeat(20_000)), 20_000),
        (bomb(22, "a"), 46),
        (bomb(2_000, "...Missing"), 4_002),
        (format!("{{ {} }} fragment F on Q {{ a b c }}", "...F ".repeat(1_000)), 1_003),
    ] {
        let analysis = analyse(&parse_query(&text).unwrap(), &no_limits()).unwrap();
        assert!(analysis.visited <= 2 * written, "{} for {written}", analysis.visited);
    }
}

#[test]
fn fragment_bombs_are_refused_whatever_they_hold() {
    for last in ["a", "...Missing", "...{ a }"] {
        assert_eq!(refused(&bomb(22, last)).0, Code::QueryTooComplex);
    }
    // More doublings than a counter has bits.
    let limits = Limits { tokens_max: usize::MAX, nesting_max: u64::MAX, ..Limits::default() };
    let refusal = Prepared::new(&bomb(200, "a"), &limits).unwrap_err();
    assert!(refusal.message().contains("selects 18446744073709551615 fields and fragments"));
    assert!(cost_of_bomb() > u64::from(COST_MAX));
}

fn cost_of_bomb() -> u64 {
    let document = Prepared::new(&bomb(200, "users { nodes { id } }"), &no_limits()).unwrap();
    document.cost(document.select(None).unwrap(), &Variables::default())
}

#[test]
fn fragment_cycles_are_refused_and_missing_fragments_are_left_to_validation() {
    for text in [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { b { ... { ...B } } } fragment B on Query { a ...C } fragment C on Query { ...A }",
        "{ a } fragment A on Query { ...B } fragment B on Query { ...A }",
    ] {
        let (code, message) = refused(text);
        assert_eq!(code, Code::BadInput);
        assert!(message.contains("contains itself"), "{message}");
    }
    passes("{ a ...Missing } fragment A on Query { ...Missing }");
    // One level of nesting for a fragment, and one selection for its use.
    let short: String = (0..31).fold("{ ...F0 }".to_owned(), |text, number| {
        text + &format!(" fragment F{number} on Q {{ ...F{} }}", number + 1)
    });
    assert_eq!(passes(&short).select(None).unwrap().selections, 32);
    // A long way round that is no cycle: thousands of fragments, each naming the next.
    let chain: String = (0..5_000).fold("{ ...F0 }".to_owned(), |text, number| {
        text + &format!(" fragment F{number} on Q {{ ...F{} }}", number + 1)
    });
    assert!(Prepared::new(&chain, &no_limits()).is_ok());
}

#[test]
fn a_subscription_has_one_root_field_without_conditions() {
    passes("subscription { messageAdded(roomId: 1) { message { text } } }");
    passes(
        "subscription { ...A } fragment A on Subscription { ... { messageAdded { cursor @skip(if: true) } } }",
    );
    for root in [
        "messageAdded { a } roomEvents { a }",
        "...A ...B",
        "...A ...A",
        "__typename",
        "messageAdded { a } __typename",
        "...Missing",
        "messageAdded @skip(if: false) { a }",
        "... @include(if: $a) { messageAdded { a } }",
        "...A @include(if: $a)",
        "...C",
    ] {
        let text = format!(
            "subscription ($a: Boolean) {{ {root} }} fragment A on Subscription {{ a }} \
             fragment B on Subscription {{ b }} fragment C on Subscription {{ c @include(if: $a) }}"
        );
        assert_eq!(refused(&text).0, Code::BadInput, "{root}");
    }
}

#[test]
fn a_request_tries_one_secret() {
    passes("mutation { login { a } createRoom { a } }");
    for root in ["a: login b: login", "login signup", "...A ...A", "refreshSession ... { ...A }"] {
        let text = format!("mutation {{ {root} }} fragment A on Mutation {{ login }}");
        assert_eq!(refused(&text).0, Code::QueryTooComplex, "{root}");
    }
    let document = passes("mutation A { login } mutation B { x { login } }");
    assert_eq!(document.select(Some("A")).unwrap().logins, 1);
    assert_eq!(document.select(Some("B")).unwrap().logins, 0);
}

#[test]
fn the_operation_is_chosen_by_name() {
    let document =
        passes("query A { a ...F } mutation B { login } fragment F on Query { __schema { x } b: c }");
    let first = document.select(Some("A")).unwrap();
    assert_eq!(first.kind, OperationType::Query);
    assert!(
        first.introspects && !first.roots_are_among(&["a"]) && first.roots_are_among(&["a", "c", "__schema"])
    );
    let second = document.select(Some("B")).unwrap();
    assert_eq!((second.kind, second.introspects), (OperationType::Mutation, false));
    for name in [None, Some(""), Some("C")] {
        assert_eq!(document.select(name).unwrap_err().code(), Some(Code::BadInput));
    }
    assert!(passes("{ a }").select(Some("")).is_ok());
    assert!(passes("{ a }").select(Some("A")).is_err());
    assert!(passes("query A { a }").select(None).is_ok());
}

#[test]
fn a_syntax_error_says_where_and_does_not_quote_the_document() {
    let refusal = prepare("{\n  a(x: )\n}").unwrap_err();
    assert_eq!(refusal.code(), Some(Code::BadInput));
    assert_eq!(refusal.at().map(|at| (at.line, at.column)), Some((2, 8)));
    assert_eq!(refusal.message(), "The document cannot be parsed at line 2, column 8: expected value.");
    let long = format!("{{ {} ! }}", "x".repeat(50_000));
    assert!(refused(&long).1.len() < 300);
    let duplicate = format!("query {0} {{ a }} query {0} {{ a }}", "x".repeat(10_000));
    assert!(refused(&duplicate).1.len() < 200);
    for text in ["", "fragment A on Q { a }", "{ a } query B { b }", "type A { a: B }", "{ }"] {
        assert_eq!(refused(text).0, Code::BadInput, "{text}");
    }
}

#[test]
fn a_page_costs_its_content_once_for_each_element() {
    assert_eq!(cost("{ viewer { id } }"), 2);
    assert_eq!(cost("{ rooms { totalCount pageInfo { endCursor } } }"), 4);
    assert_eq!(cost("{ rooms(first: 3) { totalCount nodes { id name } } }"), 1 + 1 + 1 + 3 * 2);
    assert_eq!(
        cost("{ rooms(first: 3) { ...R } } fragment R on RoomConnection { edges { node { id } } }"),
        2 + 3 * 2
    );
    assert_eq!(cost("{ rooms { nodes { id } } }"), 2 + 50);
    assert_eq!(cost("{ rooms(last: 7) { nodes { id } } }"), 2 + 7);
    assert_eq!(cost("{ rooms(first: 99999999) { nodes { id } } }"), 2 + 200);
    assert_eq!(cost("{ rooms(first: -1) { nodes { id } } }"), 2 + 1);
    assert_eq!(cost("{ rooms(first: 1e9) { nodes { id } } }"), 2 + 200);
    assert_eq!(cost("{ nodes(ids: [1, 2, 3]) { id } }"), 1 + 3);
    assert_eq!(cost("{ node { messagesAround(messageId: 1, count: 10) { nodes { id } } } }"), 1 + 2 + 21);
    assert_eq!(
        cost("{ room { events(after: 1, first: 10) { events { cursor at } endCursor } } }"),
        1 + 3 + 20
    );
    assert_eq!(cost("{ someLaterList { nodes { id } } }"), 2 + 200);
    assert_eq!(cost("{ webhooks { url events } }"), 1 + 50 * 2);
    assert_eq!(cost("{ node { pinnedMessages { mentions { id } } } }"), 2 + 50 * 11);
}

#[test]
fn sizes_come_from_variables_and_their_defaults() {
    let text =
        "query ($n: Int = 20, $ids: [ID!]!) { rooms(first: $n) { nodes { id } } nodes(ids: $ids) { id } }";
    assert_eq!(cost_with(text, json!({})), 2 + 20 + 2);
    assert_eq!(cost_with(text, json!({"n": 5, "ids": ["a", "b"]})), 2 + 5 + 3);
    assert_eq!(cost_with(text, json!({"n": null, "ids": "a"})), 2 + 50 + 2);
    assert_eq!(cost_with(text, json!({"n": "many", "ids": []})), 2 + 200 + 1);
    assert_eq!(cost_with("query ($a: ID) { nodes(ids: [$a, $a]) { id } }", json!({})), 1 + 2);
}

#[test]
fn the_budget_holds_a_screen_of_rooms_and_not_three_full_pages() {
    let screen = "{ rooms(first: 50) { nodes { name lastMessage { text sender { username } }
        members(first: 10) { nodes { username } } } } }";
    assert_eq!(cost(screen), 852);
    let everything = "{ messages(last: 200) { pageInfo { hasPreviousPage startCursor } edges { cursor node {
        id seq text createdAt editedAt deletedAt clientMessageId replyCount pinnedAt mentionsViewer
        sender { id username displayName avatarUrl presence } replyTo { id text sender { id username } }
        attachments { id kind fileName url } reactions { emoji count viewerReacted } } } } }";
    assert!((15_000..u64::from(COST_MAX)).contains(&cost(everything)), "{}", cost(everything));
    let pages = "{ rooms(first: 200) { nodes { members(first: 200) { nodes { id } } } } }";
    assert!(cost(pages) > u64::from(COST_MAX));
    let more = pages.replace("{ id }", "{ rooms(first: 200) { nodes { id } } }");
    assert!(cost(&more) > 8_000_000);
}
