//! The records that links lead to. The record with index i links to the one with index i modulo the size of the other
//! table, shifted by a constant, so the other end finds all records that link to it without a scan.

use super::Snapshot;
use crate::{
    airtable::workspace::{
        catalog::{Reference, Table},
        definition::{FieldType, Link},
    },
    fixtures::dice::Dice,
};

/// The tables and indexes of the records that a link field of a record leads to.
pub(super) fn linked<'a>(
    snapshot: Snapshot<'a>,
    table: &'a Table,
    field: usize,
    index: u64,
) -> impl Iterator<Item = (&'a Table, u64)> {
    let (other, indexes) = ends(snapshot, table, field, index);
    indexes.into_iter().map(move |index| (other, index))
}

fn ends<'a>(snapshot: Snapshot<'a>, table: &'a Table, field: usize, index: u64) -> (&'a Table, Vec<u64>) {
    let Reference::Link { table: other, inverse } = table.fields[field].reference else { return (table, Vec::new()) };
    let other = &snapshot.catalog.tables[other];
    let (here, there) = (snapshot.count(table), snapshot.count(other));
    let is_forward = matches!(table.fields[field].definition.kind, FieldType::MultipleRecordLinks(Link::To { .. }));
    if here == 0 || there == 0 {
        return (other, Vec::new());
    }
    if is_forward {
        let is_set = !is_empty(snapshot, table, field, index);
        return (other, if is_set { vec![(index + shift(snapshot, table)) % there] } else { Vec::new() });
    }
    let first = (index + here - shift(snapshot, other) % here) % here;
    let sources = (first..there).step_by(here as usize);
    (other, sources.filter(|source| !is_empty(snapshot, other, inverse, *source)).collect())
}

/// Whether this link cell is empty, which the other end of the link must also know.
fn is_empty(snapshot: Snapshot<'_>, table: &Table, field: usize, index: u64) -> bool {
    let empty_once_in = table.fields[field].definition.empty_once_in;
    empty_once_in > 0
        && Dice::new(snapshot.catalog.seed, table.subject, index).once_in(1000 * (field as u64 + 1), empty_once_in)
}

fn shift(snapshot: Snapshot<'_>, table: &Table) -> u64 {
    Dice::new(snapshot.catalog.seed, table.subject, u64::MAX).below(0, 1000)
}
