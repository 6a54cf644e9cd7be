//! What an import did, in numbers and with a few examples; bounded, however much there was.

use std::collections::BTreeMap;

/// Examples kept of each remark.
const EXAMPLES_MAX: usize = 5;

/// What an import is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Accounts,
    Rooms,
    Messages,
    Pictures,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub stage: Stage,
    /// Rows of the original that were dealt with.
    pub done: i64,
    /// Of how many; 0 where they were not counted.
    pub of: i64,
}

/// What became of the rows of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were there when the import began.
    pub found: i64,
    /// Rows dealt with so far.
    pub read: i64,
    /// Brought now, or to be brought.
    pub brought: i64,
    /// Of those, how many kept their number.
    pub kept_number: i64,
    /// Brought before.
    pub known: i64,
    pub left_out: i64,
}

/// Something that was not brought, or not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// A row that did not come.
    LeftOut(&'static str),
    /// A row that came, but not as it was.
    Changed(&'static str),
    /// A whole table that has no place here.
    LeftBehind(&'static str),
}

/// How often a remark was made, and some of its occasions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasions {
    pub count: i64,
    pub examples: Vec<String>,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub people: Tally,
    pub rooms: Tally,
    pub messages: Tally,
    /// Pictures of people, and files of messages.
    pub pictures: Tally,
    /// Memberships brought now.
    pub members: i64,
    /// Rooms of two that ThanChat's direct messages made.
    pub direct_rooms: i64,
    pub remarks: BTreeMap<Remark, Occasions>,
}

/// What became of one page of rows.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) brought: i64,
    pub(super) kept_number: i64,
    pub(super) known: i64,
    pub(super) left_out: i64,
    pub(super) members: i64,
    pub(super) direct_rooms: i64,
    remarks: Vec<(Remark, String)>,
}

impl Findings {
    /// Rows of which nothing is known but whether they came before.
    pub(super) fn foreseen(new: usize, known: usize) -> Self {
        let count = |rows| i64::try_from(rows).unwrap_or_default();
        Self { brought: count(new), known: count(known), ..Self::default() }
    }

    pub(super) fn leave_out(&mut self, why: &'static str, which: impl Into<String>) {
        self.left_out += 1;
        self.remarks.push((Remark::LeftOut(why), which.into()));
    }

    pub(super) fn change(&mut self, how: &'static str, which: impl Into<String>) {
        self.remarks.push((Remark::Changed(how), which.into()));
    }

    /// Something smaller than a row was left out.
    pub(super) fn miss(&mut self, why: &'static str, which: impl Into<String>) {
        self.remarks.push((Remark::LeftOut(why), which.into()));
    }
}

impl Report {
    pub(super) fn tally(&mut self, stage: Stage) -> &mut Tally {
        match stage {
            Stage::Accounts => &mut self.people,
            Stage::Rooms => &mut self.rooms,
            Stage::Messages => &mut self.messages,
            Stage::Pictures => &mut self.pictures,
        }
    }

    pub(super) fn take(&mut self, stage: Stage, findings: Findings) {
        let tally = self.tally(stage);
        tally.brought += findings.brought;
        tally.kept_number += findings.kept_number;
        tally.known += findings.known;
        tally.left_out += findings.left_out;
        self.members += findings.members;
        self.direct_rooms += findings.direct_rooms;
        for (remark, which) in findings.remarks {
            let occasions = self.remarks.entry(remark).or_default();
            occasions.count += 1;
            if occasions.examples.len() < EXAMPLES_MAX {
                occasions.examples.push(which);
            }
        }
    }

    pub(super) fn remark(&mut self, remark: Remark, count: i64) {
        self.remarks.entry(remark).or_default().count += count;
    }
}
