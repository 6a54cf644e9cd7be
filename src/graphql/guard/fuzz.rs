//! Arbitrary texts, heaps of tokens and documents by the grammar: nothing panics, and the scan agrees
//! with the parser about where strings and comments end.

use std::fmt::Write as _;

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::scan::scan;
use super::tests::no_limits;
use super::{Limits, Prepared};

/// Documents by the grammar, nested as far as the strategy likes, with names that meet each other.
fn documents() -> impl Strategy<Value = String> {
    let name =
        prop::sample::select(vec!["a", "login", "rooms", "nodes", "__schema", "fields", "events", "F0"]);
    let leaf = prop_oneof![
        name.clone().prop_map(str::to_owned),
        name.clone().prop_map(|name| format!("x: {name}(first: $n, ids: [1]) @skip(if: true)")),
        (0..4).prop_map(|number| format!("...F{number}")),
        Just("b(x: \"\\\"{[\", y: \"\"\"{ \\\"\"\" [\"\"\") # {[(\n".to_owned()),
    ];
    let set = leaf.prop_recursive(12, 200, 6, move |inner| {
        let inside = prop::collection::vec(inner, 1..6);
        prop_oneof![
            (name.clone(), inside.clone()).prop_map(|(name, all)| format!("{name} {{ {} }}", all.join(" "))),
            inside.prop_map(|all| format!("... on T {{ {} }}", all.join(" "))),
        ]
    });
    let kind = prop::sample::select(vec!["", "query Q ($n: Int = 3)", "mutation", "subscription S"]);
    (kind, prop::collection::vec(set, 1..6)).prop_map(|(kind, mut sets)| {
        let root = sets.pop().unwrap_or_default();
        let mut text = format!("{kind} {{ {root} }}");
        for (number, set) in sets.iter().enumerate() {
            write!(text, " fragment F{number} on T {{ {set} }}").unwrap();
        }
        text
    })
}

fn survives(text: &str, limits: &Limits) {
    if let Ok(document) = Prepared::new(text, limits) {
        for operation in document.operations() {
            document.cost(operation, &Variables::default());
            assert!(operation.selections >= 1 || limits == &no_limits());
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_guard(text in any::<String>()) {
        survives(&text, &Limits::default());
    }

    #[test]
    fn no_heap_of_tokens_breaks_the_guard(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "\\", "\\\"\"\"", "#", "\n", "\r", "...", ".", "-", "1", "1.5e3",
            ":", "$", "@", "!", "=", "|", "&", "a", "on", "query", "fragment", "mutation", "é", "\u{feff}", ",", " ", "null",
        ]), 0..200)
    ) {
        survives(&tokens.concat(), &Limits::default());
        survives(&tokens.join(" "), &no_limits());
    }

    #[test]
    fn no_document_breaks_the_guard(text in documents()) {
        survives(&text, &Limits::default());
        survives(&text, &no_limits());
        // The scan and the parser agree about strings and comments, or one would have refused.
        prop_assert!(scan(&text, &no_limits()).is_ok());
        prop_assert!(parse_query(&text).is_ok());
    }
}
