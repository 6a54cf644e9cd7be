//! Files that are made from the code equal it, and the guard's lists keep up with the schema.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use tertulia::docs;
use tertulia::graphql::guard::LIST_FIELDS;
use tertulia::graphql::guard::cost::{ITEM_FIELDS, PLAIN_LISTS};
use tertulia::graphql::schema::sdl;

#[test]
fn every_generated_file_is_what_the_code_makes() {
    for (path, made) in docs::all() {
        let checked_in =
            std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
        // Not assert_eq: the files are long, and what helps is the command.
        assert!(checked_in == made, "{path} is not what the code makes; run `{}`", docs::COMMAND);
    }
}

fn base(of: &Type) -> (&str, bool) {
    match &of.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(inner) => (base(inner).0, true),
    }
}

/// Every field of every object, with the name of its type, as `Type.field`.
fn each_field(mut visit: impl FnMut(&str, &FieldDefinition, bool)) {
    let document = parse_schema(sdl()).unwrap();
    let types = || {
        document.definitions.iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(&definition.node),
            _ => None,
        })
    };
    let composite: Vec<&str> = types()
        .filter(|of| !matches!(of.kind, TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_)))
        .map(|of| of.name.node.as_str())
        .collect();
    let mut seen = 0;
    for of in types() {
        if let TypeKind::Object(object) = &of.kind {
            for field in &object.fields {
                seen += 1;
                let is_composite = composite.contains(&base(&field.node.ty.node).0);
                visit(of.name.node.as_str(), &field.node, is_composite);
            }
        }
    }
    assert!(seen > 100, "only {seen} fields were seen");
}

#[test]
fn every_page_is_weighed_as_one() {
    let mut pages = 0;
    each_field(|of, field, _| {
        let name = field.name.node.as_str();
        if base(&field.ty.node).0.ends_with("Connection") {
            pages += 1;
            assert!(
                LIST_FIELDS.contains(&name),
                "{of}.{name} is a page: name it in LIST_FIELDS of guard/cost.rs"
            );
        }
    });
    assert!(pages >= 4, "only {pages} pages were seen");
}

#[test]
fn every_list_of_objects_is_weighed_as_one() {
    // Its length is that of the input, which members_per_call_max bounds.
    let exceptions = ["AddMembersPayload.edges"];
    let mut lists = 0;
    each_field(|of, field, is_composite| {
        let name = field.name.node.as_str();
        if !is_composite || !base(&field.ty.node).1 {
            return;
        }
        lists += 1;
        let known = PLAIN_LISTS.iter().any(|(plain, _)| *plain == name)
            || (ITEM_FIELDS.contains(&name) && (of.ends_with("Connection") || of.ends_with("Page")))
            || field.arguments.iter().any(|argument| argument.node.name.node == "ids")
            || exceptions.contains(&format!("{of}.{name}").as_str());
        assert!(known, "{of}.{name} is a list of objects: give it a length in PLAIN_LISTS of guard/cost.rs");
    });
    assert!(lists >= 10, "only {lists} lists were seen");
}
