//! What an operation may cost to run, from the document and the sizes it asks for.
//!
//! A field costs 1, and a page costs its content once for each element it may hold. The weights are
//! by name and need no schema, so the same walk serves documents that validation has not seen yet.
//! Conditions (`@skip`, `@include`) are taken as met, and unreadable sizes as the largest.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Number, Value, Variables};

/// The default budget. A screen of a chat application (50 rooms with their last message, its sender
/// and 10 members each) costs about 850, and a page of 200 messages with everything on them about
/// 15,000; both fit. Two full pages within each other (200 × 200) are 40,000 already, and the third
/// makes 8 million; neither fits. It is some tens of milliseconds of resolving.
pub const COST_MAX: u32 = 20_000;

/// The size of a page when the request does not say.
pub const PAGE_DEFAULT: u64 = 50;
/// The size of the largest page that resolvers give.
pub const PAGE_MAX: u64 = 200;

/// Fields that are paged: what stands below their `edges`, `nodes` or `events` is multiplied by
/// `first` or `last`. A paged field that is not named here costs as its largest page.
pub const LIST_FIELDS: &[&str] = &[
    "auditLog",
    "events",
    "members",
    "messages",
    "messagesAround",
    "readBy",
    "replies",
    "rooms",
    "searchMessages",
    "sessions",
    "uploads",
    "users",
];

/// Fields that are lists of objects without pages, and the length they are taken to have. One that is a page elsewhere
/// is named in both.
pub const PLAIN_LISTS: &[(&str, u64)] = &[
    ("attachments", 10),
    ("configuration", 150),
    ("edits", 10),
    ("errors", 2),
    ("headers", 5),
    ("mentions", 10),
    ("online", 50),
    ("pinnedMessages", 50),
    ("queues", 10),
    ("rateBudgets", 10),
    ("reactions", 10),
    ("sessions", 10),
    ("typing", 10),
    ("webhooks", 50),
];

/// Fields that hold the elements of a page.
pub const ITEM_FIELDS: &[&str] = &["edges", "nodes", "events"];

/// The cost of a selection set: what counts once, and what counts for each element if the set
/// belongs to a page. Two numbers, so that a fragment on a connection is summed up once for pages of
/// every size.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    once: u64,
    each: u64,
}

impl Cost {
    fn of_page(self, size: u64) -> u64 {
        self.once.saturating_add(self.each.saturating_mul(size))
    }
}

/// The cost of one operation. `order` has the fragments, each after those it spreads. An operation
/// that the document does not have costs nothing.
pub(super) fn cost(
    document: &ExecutableDocument,
    order: &[Name],
    name: Option<&Name>,
    variables: &Variables,
) -> u64 {
    let Some((_, operation)) = document.operations.iter().find(|(found, _)| *found == name) else { return 0 };
    let mut scales =
        Scales { variables, operation: &operation.node, fragments: HashMap::with_capacity(order.len()) };
    for name in order {
        if let Some(fragment) = document.fragments.get(name) {
            let cost = scales.selection_set(&fragment.node.selection_set.node);
            scales.fragments.insert(name, cost);
        }
    }
    scales.selection_set(&operation.node.selection_set.node).of_page(1)
}

/// What of an argument's value matters for its cost.
enum Read {
    Nothing,
    Number(Number),
    List(usize),
    Other,
}

impl From<&Value> for Read {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Number(number) => Self::Number(number.clone()),
            Value::List(items) => Self::List(items.len()),
            _ => Self::Other,
        }
    }
}

impl Read {
    /// The number this says; none when it says nothing, the largest when it says anything else.
    /// Below zero it counts as zero: the resolver refuses it.
    fn size(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(size), _) => Some(size),
                (None, Some(_)) => Some(0),
                (None, None) => Some(PAGE_MAX),
            },
            Self::List(_) | Self::Other => Some(PAGE_MAX),
        }
    }

    /// The length of the list this says. A single value stands for a list of itself.
    fn length(&self) -> u64 {
        match self {
            Self::List(length) => u64::try_from(*length).unwrap_or(u64::MAX),
            Self::Nothing | Self::Number(_) | Self::Other => 1,
        }
    }
}

struct Scales<'a> {
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    fragments: HashMap<&'a Name, Cost>,
}

impl Scales<'_> {
    fn selection_set(&self, set: &SelectionSet) -> Cost {
        set.items.iter().fold(Cost::default(), |sum, selection| {
            let part = match &selection.node {
                Selection::Field(field) => self.field(&field.node),
                Selection::InlineFragment(inline) => self.selection_set(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    self.fragments.get(&spread.node.fragment_name.node).copied().unwrap_or_default()
                }
            };
            Cost { once: sum.once.saturating_add(part.once), each: sum.each.saturating_add(part.each) }
        })
    }

    fn field(&self, field: &Field) -> Cost {
        let inner = self.selection_set(&field.selection_set.node);
        let name = field.name.node.as_str();
        if ITEM_FIELDS.contains(&name) && field.arguments.is_empty() {
            return Cost { once: 1, each: inner.of_page(1) };
        }
        let plain = PLAIN_LISTS.iter().find(|(list, _)| *list == name).map(|(_, length)| *length);
        let content = if let Some(ids) = self.read(field, "ids") {
            ids.length().saturating_mul(inner.of_page(1))
        } else {
            match (plain, LIST_FIELDS.contains(&name)) {
                (Some(length), false) => length.saturating_mul(inner.of_page(1)),
                // What is not below `edges` or `nodes` stands in each item, if it is the plain one.
                (Some(length), true) => {
                    Cost { once: length.saturating_mul(inner.once), ..inner }.of_page(self.page(field))
                }
                (None, true) => inner.of_page(self.page(field)),
                (None, false) => inner.of_page(PAGE_MAX),
            }
        };
        Cost { once: content.saturating_add(1), each: 0 }
    }

    /// The size a page is asked to have. `count` is that of `messagesAround`, which goes both ways.
    fn page(&self, field: &Field) -> u64 {
        let asked = ["first", "last", "count"].iter().filter_map(|name| {
            let size = self.read(field, name)?.size()?;
            Some(if *name == "count" { size.saturating_mul(2).saturating_add(1) } else { size })
        });
        asked.max().unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// The value of an argument, if the field has it.
    fn read(&self, field: &Field, name: &str) -> Option<Read> {
        let value = field.get_argument(name)?.node.clone();
        // The type of values in the text has no public name, but its conversion to a constant has.
        let mut variable = None;
        let constant = value.into_const_with(|name| {
            variable = Some(name);
            Ok::<_, Infallible>(Value::Null)
        });
        Some(match (constant, variable) {
            (Ok(Value::Null), Some(name)) => self.variable(&name).map_or(Read::Nothing, Read::from),
            (Ok(value), _) => Read::from(&value),
            (Err(never), _) => match never {},
        })
    }

    /// What the request gives for a variable, or else the default in the operation's head.
    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| {
            let mut all = self.operation.variable_definitions.iter();
            let definition = all.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|default| &default.node)
        })
    }
}
