//! Who is shown an event the same way, told by what they ask and who they are.

use std::collections::{BTreeSet, HashSet};

use async_graphql::parser::types::{Directive, Field, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Variables};
use sha2::{Digest as _, Sha256};

use crate::graphql::context::Caller;
use crate::graphql::documents::Admitted;
use crate::hub::RenderKey;

/// Fields whose value depends on who looks. A selection with one of them is rendered for its viewer alone.
/// By name, whatever their type: a name too many costs some work, a name too few shows what is not
/// one's to see. tests/it/audience.rs holds this against the resolvers.
pub(in crate::graphql) const VIEWER_FIELDS: &[&str] = &[
    "address",
    "clientMessageId",
    "current",
    "disabledAt",
    "email",
    "inviteUrl",
    "isAdmin",
    "phone",
    "sessions",
    "viewerReacted",
    "viewerRole",
    "viewerState",
];

/// Those who see an event in the same bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audience {
    live: RenderKey,
    replayed: RenderKey,
}

impl Audience {
    pub(super) fn of(admitted: &Admitted, variables: &Variables, caller: &Caller) -> Self {
        let mut asked = Asked::default();
        asked.read(admitted);
        let mut hash = Sha256::new();
        hash.update(admitted.document.sha256());
        part(&mut hash, admitted.operation.name.as_deref().unwrap_or_default().as_bytes());
        part(&mut hash, &[caller.language as u8]);
        for name in &asked.variables {
            part(&mut hash, name.as_bytes());
            let value = variables.get(name).map(ToString::to_string).unwrap_or_default();
            part(&mut hash, value.as_bytes());
        }
        if let Some(signed_in) = caller.viewer.signed_in().filter(|_| asked.is_private) {
            part(&mut hash, &signed_in.user.0.to_be_bytes());
        }
        let key = |replayed: bool| {
            let digest = hash.clone().chain_update([u8::from(replayed)]).finalize();
            digest.iter().take(16).fold(0, |key: RenderKey, byte| key << 8 | RenderKey::from(*byte))
        };
        Self { live: key(false), replayed: key(true) }
    }

    pub(super) const fn key(&self, replayed: bool) -> RenderKey {
        if replayed { self.replayed } else { self.live }
    }
}

/// With its length, so that two parts are not another two.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(bytes.len().to_be_bytes());
    hash.update(bytes);
}

/// What an operation's results depend on besides the event.
#[derive(Debug, Default)]
struct Asked {
    /// Variables that the selection uses. Arguments of the root field say where a feed begins, and
    /// each reader may begin elsewhere.
    variables: BTreeSet<Name>,
    is_private: bool,
}

impl Asked {
    fn read(&mut self, admitted: &Admitted) {
        let document = admitted.document.document();
        let name = admitted.operation.name.as_ref();
        let mut spread: Vec<Name> = Vec::new();
        for (_, operation) in document.operations.iter().filter(|(known, _)| *known == name) {
            self.directives(&operation.node.directives);
            self.set(&operation.node.selection_set.node, true, &mut spread);
        }
        let mut seen: HashSet<Name> = HashSet::new();
        while let Some(name) = spread.pop() {
            if let Some(fragment) = document.fragments.get(&name).filter(|_| seen.insert(name.clone())) {
                self.directives(&fragment.node.directives);
                // The root field may stand in a fragment; its arguments are then counted, which only
                // makes audiences smaller.
                self.set(&fragment.node.selection_set.node, false, &mut spread);
            }
        }
    }

    fn set(&mut self, set: &SelectionSet, at_root: bool, spread: &mut Vec<Name>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, at_root, spread),
                Selection::FragmentSpread(found) => {
                    self.directives(&found.node.directives);
                    spread.push(found.node.fragment_name.node.clone());
                }
                Selection::InlineFragment(found) => {
                    self.directives(&found.node.directives);
                    self.set(&found.node.selection_set.node, at_root, spread);
                }
            }
        }
    }

    fn field(&mut self, field: &Field, at_root: bool, spread: &mut Vec<Name>) {
        self.is_private |= VIEWER_FIELDS.contains(&field.name.node.as_str());
        self.directives(&field.directives);
        if !at_root {
            self.arguments(&field.arguments);
        }
        self.set(&field.selection_set.node, false, spread);
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for directive in directives {
            self.arguments(&directive.node.arguments);
        }
    }

    fn arguments<V>(&mut self, arguments: &[(Positioned<Name>, Positioned<V>)])
    where
        V: ToString,
    {
        // Variables are all that can stand behind a dollar sign outside of a string, and a name too
        // many only makes audiences smaller.
        for (_, value) in arguments {
            let text = value.node.to_string();
            let names = text.split('$').skip(1);
            let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            self.variables.extend(names.map(|name| Name::new(name.split(ends).next().unwrap_or_default())));
        }
    }
}
