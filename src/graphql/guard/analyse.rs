//! What the operations of a document amount to once their fragments are expanded.
//!
//! Expanded on paper only: each fragment is summed up once, and a spread adds the sum. Twenty-two
//! fragments that each spread the next twice are four million selections to an executor, and
//! forty-four additions here. Recursion follows the nesting of the text, which the scan bounded;
//! the chain from fragment to fragment is walked in a loop.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned};

use super::scan::place;
use super::{Limits, Refusal, short};

/// Fields of Mutation that work without a token, each of which tries a secret. One to a request, so
/// that limits on requests are limits on guesses.
pub const LOGIN_FIELDS: &[&str] = &["signup", "login", "refreshSession", "setUpServer"];

/// Lists of the introspection types that lead from type to type. Each level multiplies the answer by
/// the size of the schema, and no tool needs the third.
const SCHEMA_LISTS: &[&str] = &["fields", "inputFields", "interfaces", "possibleTypes"];
const SCHEMA_LISTS_MAX: u64 = 2;

/// One operation of a document, as far as it can be known without variables.
#[derive(Debug, Clone)]
pub struct Operation {
    pub name: Option<Name>,
    pub kind: OperationType,
    /// Names of the fields at the root, without aliases.
    pub roots: BTreeSet<Name>,
    /// How many fields the root has, fragments resolved and repetitions counted.
    pub fields_at_root: u64,
    /// How many of them are [`LOGIN_FIELDS`]: 0 or 1. A batch adds them up.
    pub logins: u64,
    /// Whether `__schema` or `__type` is asked anywhere.
    pub introspects: bool,
    /// Fields within fields, at the deepest.
    pub depth: u64,
    /// Fields and fragments in all.
    pub selections: u64,
}

impl Operation {
    /// Whether every field at the root is one of these.
    pub fn roots_are_among(&self, names: &[&str]) -> bool {
        self.roots.iter().all(|root| names.contains(&root.as_str()))
    }
}

#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) operations: Vec<Operation>,
    /// Fragments, each after those it spreads.
    pub(super) order: Vec<Name>,
    /// Selections looked at, for the test that holds the pass linear.
    #[cfg_attr(not(test), expect(dead_code, reason = "the measure of a test"))]
    pub(super) visited: usize,
}

/// What a selection set amounts to. Numbers stop at their maximum.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    selections: u64,
    fields: u64,
    aliases: u64,
    directives: u64,
    depth: u64,
    nesting: u64,
    /// Fields of the set itself, fragments resolved; then those among them that count by name.
    top: u64,
    top_logins: u64,
    top_meta: u64,
    /// Whether `@skip` or `@include` stands on anything of the set itself.
    top_conditional: bool,
    introspects: bool,
    /// Fields below `__schema` and `__type`, and their lists within lists.
    schema_fields: u64,
    schema_lists: u64,
    /// The same lists, counted from here whether or not this is introspection.
    lists: u64,
}

impl Sum {
    /// Two parts of one selection set.
    fn and(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            top: self.top.saturating_add(other.top),
            top_logins: self.top_logins.saturating_add(other.top_logins),
            top_meta: self.top_meta.saturating_add(other.top_meta),
            top_conditional: self.top_conditional || other.top_conditional,
            introspects: self.introspects || other.introspects,
            schema_fields: self.schema_fields.saturating_add(other.schema_fields),
            schema_lists: self.schema_lists.max(other.schema_lists),
            lists: self.lists.max(other.lists),
        }
    }

    /// The set as the content of a field.
    fn in_field(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        let meta = matches!(name, "__schema" | "__type");
        Self {
            selections: self.selections.saturating_add(1),
            fields: self.fields.saturating_add(1),
            aliases: self.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: self.directives.saturating_add(count(&field.directives)),
            depth: self.depth.saturating_add(1),
            nesting: self.nesting.saturating_add(1),
            top: 1,
            top_logins: u64::from(LOGIN_FIELDS.contains(&name)),
            top_meta: u64::from(name.starts_with("__")),
            top_conditional: conditional(&field.directives),
            introspects: self.introspects || meta,
            schema_fields: if meta { self.fields } else { self.schema_fields },
            schema_lists: if meta { self.lists } else { self.schema_lists },
            lists: self.lists.saturating_add(u64::from(SCHEMA_LISTS.contains(&name))),
        }
    }

    /// The set as the content of a fragment, where it is used.
    fn in_fragment(self, directives: &[Positioned<Directive>]) -> Self {
        Self {
            selections: self.selections.saturating_add(1),
            directives: self.directives.saturating_add(count(directives)),
            nesting: self.nesting.saturating_add(1),
            top_conditional: self.top_conditional || conditional(directives),
            ..self
        }
    }
}

fn count<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

fn conditional(directives: &[Positioned<Directive>]) -> bool {
    directives.iter().any(|directive| matches!(directive.node.name.node.as_str(), "skip" | "include"))
}

/// Sums up every operation and holds it against the limits.
pub(super) fn analyse(document: &ExecutableDocument, limits: &Limits) -> Result<Analysis, Refusal> {
    let (found, max) = (document.operations.iter().len(), limits.operations_max);
    if found > max {
        let text = format!("The document has {found} operations; at most {max} are allowed.");
        return Err(Refusal::too_complex(text, None));
    }
    let order = dependency_order(document)?;
    let mut pass = Pass { sums: HashMap::with_capacity(order.len()), visited: 0 };
    for name in &order {
        if let Some(fragment) = document.fragments.get(name) {
            let mut sum = pass.selection_set(&fragment.node.selection_set.node);
            sum.directives = sum.directives.saturating_add(count(&fragment.node.directives));
            pass.sums.insert(name, sum);
        }
    }
    let mut named: Vec<_> = document.operations.iter().collect();
    named.sort_by_key(|(_, operation)| operation.pos);
    let mut operations = Vec::with_capacity(named.len());
    for (name, definition) in named {
        let mut sum = pass.selection_set(&definition.node.selection_set.node);
        sum.directives = sum.directives.saturating_add(header_directives(&definition.node));
        check(&sum, definition, limits)?;
        operations.push(Operation {
            name: name.cloned(),
            kind: definition.node.ty,
            roots: pass.roots(document, &definition.node.selection_set.node),
            fields_at_root: sum.top,
            logins: sum.top_logins,
            introspects: sum.introspects,
            depth: sum.depth,
            selections: sum.selections,
        });
    }
    let visited = pass.visited;
    Ok(Analysis { operations, order, visited })
}

fn header_directives(definition: &OperationDefinition) -> u64 {
    let variables = definition.variable_definitions.iter().map(|variable| count(&variable.node.directives));
    variables.fold(count(&definition.directives), u64::saturating_add)
}

struct Pass<'a> {
    /// Sums of the fragments done so far; those of a document come in dependency order, so a name that
    /// is missing here is missing in the document, and validation will say so.
    sums: HashMap<&'a Name, Sum>,
    visited: usize,
}

impl Pass<'_> {
    fn selection_set(&mut self, set: &SelectionSet) -> Sum {
        let mut sum = Sum::default();
        for selection in &set.items {
            self.visited += 1;
            sum = sum.and(match &selection.node {
                Selection::Field(field) => {
                    self.selection_set(&field.node.selection_set.node).in_field(&field.node)
                }
                Selection::InlineFragment(fragment) => self
                    .selection_set(&fragment.node.selection_set.node)
                    .in_fragment(&fragment.node.directives),
                Selection::FragmentSpread(spread) => self
                    .sums
                    .get(&spread.node.fragment_name.node)
                    .copied()
                    .unwrap_or_default()
                    .in_fragment(&spread.node.directives),
            });
        }
        sum
    }

    /// Names of the fields of a set. Each fragment is entered once, so the work is that of the text.
    fn roots(&mut self, document: &ExecutableDocument, set: &SelectionSet) -> BTreeSet<Name> {
        let (mut roots, mut entered) = (BTreeSet::new(), HashSet::new());
        let mut sets = vec![set];
        while let Some(set) = sets.pop() {
            for selection in &set.items {
                self.visited += 1;
                match &selection.node {
                    Selection::Field(field) => {
                        roots.insert(field.node.name.node.clone());
                    }
                    Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                    Selection::FragmentSpread(spread) => {
                        let name = &spread.node.fragment_name.node;
                        if entered.insert(name)
                            && let Some(fragment) = document.fragments.get(name)
                        {
                            sets.push(&fragment.node.selection_set.node);
                        }
                    }
                }
            }
        }
        roots
    }
}

fn check(sum: &Sum, definition: &Positioned<OperationDefinition>, limits: &Limits) -> Result<(), Refusal> {
    let at = Some(definition.pos);
    let meta = limits.introspection_max;
    for (found, max, verb, what) in [
        (sum.depth, limits.depth_max, "nests", "fields within each other"),
        (sum.nesting, limits.nesting_max, "nests", "fields and fragments within each other"),
        (sum.selections, limits.selections_max, "selects", "fields and fragments, each use counted"),
        (sum.aliases, limits.aliases_max, "uses", "aliases"),
        (sum.directives, limits.directives_max, "uses", "directives"),
        (sum.top, limits.roots_max, "selects", "fields at its root"),
        (sum.schema_fields, meta, "selects", "fields of the schema's description"),
        (sum.schema_lists, SCHEMA_LISTS_MAX, "nests", "lists of the schema's description within each other"),
        (sum.top_logins, 1, "selects", "fields that try a secret (signup, login, refreshSession)"),
    ] {
        if found > max {
            let text = format!("The operation {verb} {found} {what}; at most {max} are allowed.");
            return Err(Refusal::too_complex(text, at));
        }
    }
    if definition.node.ty == OperationType::Subscription {
        let fault = if sum.top_conditional {
            Some("The field of a subscription cannot be subject to @skip or @include.")
        } else if sum.top_meta > 0 {
            Some("A subscription cannot select __typename or introspection at its root.")
        } else if sum.top != 1 {
            Some("A subscription selects exactly one field at its root.")
        } else {
            None
        };
        if let Some(text) = fault {
            return Err(Refusal::malformed(text, at));
        }
    }
    Ok(())
}

/// How far the walk has come with a fragment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Open,
    Done,
}

/// The fragments, each after those it spreads; fails when one spreads itself on some way.
fn dependency_order(document: &ExecutableDocument) -> Result<Vec<Name>, Refusal> {
    let mut named: Vec<_> = document.fragments.iter().collect();
    named.sort_by_key(|(_, fragment)| fragment.pos);
    let mut progress: HashMap<&Name, Progress> = HashMap::with_capacity(named.len());
    let mut order = Vec::with_capacity(named.len());
    for (name, fragment) in named {
        if progress.contains_key(name) {
            continue;
        }
        progress.insert(name, Progress::Open);
        let mut path = vec![(name, spreads(fragment))];
        while let Some((name, rest)) = path.last_mut() {
            let Some((next, at)) = rest.pop() else {
                progress.insert(name, Progress::Done);
                order.push((*name).clone());
                path.pop();
                continue;
            };
            match (progress.get(next), document.fragments.get(next)) {
                (Some(Progress::Open), _) => return Err(cycle(next, at)),
                (Some(Progress::Done), _) | (None, None) => {}
                (None, Some(fragment)) => {
                    progress.insert(next, Progress::Open);
                    path.push((next, spreads(fragment)));
                }
            }
        }
    }
    Ok(order)
}

fn cycle(name: &Name, at: Pos) -> Refusal {
    let text = format!("The fragment {} contains itself, by way of {}.", short(name), place(at));
    Refusal::malformed(text, Some(at))
}

/// The fragments that a fragment names, with places.
fn spreads(fragment: &Positioned<FragmentDefinition>) -> Vec<(&Name, Pos)> {
    let mut found = Vec::new();
    let mut sets = vec![&fragment.node.selection_set.node];
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => sets.push(&field.node.selection_set.node),
                Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    found.push((&spread.node.fragment_name.node, selection.pos));
                }
            }
        }
    }
    found
}
