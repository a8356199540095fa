//! Which records a link leads to. The record with index i links to the one with index i modulo the size of the other
//! table, moved by a fixed number, so that the other end finds all that link to it without looking at the rest.

use super::Sheet;
use crate::{
    airtable::{
        catalog::{Meaning, Table},
        plan::{Kind, Link},
    },
    dice::Dice,
};

/// The tables and indexes of the records that a field of a record links to.
pub(super) fn linked<'a>(
    sheet: Sheet<'a>,
    table: &'a Table,
    field: usize,
    index: u64,
) -> impl Iterator<Item = (&'a Table, u64)> {
    let (other, indexes) = ends(sheet, table, field, index);
    indexes.into_iter().map(move |index| (other, index))
}

fn ends<'a>(sheet: Sheet<'a>, table: &'a Table, field: usize, index: u64) -> (&'a Table, Vec<u64>) {
    let Meaning::Link { table: other, inverse } = table.fields[field].meaning else { return (table, Vec::new()) };
    let other = &sheet.catalog.tables[other];
    let (here, there) = (sheet.count(table), sheet.count(other));
    let is_forward = matches!(table.fields[field].plan.kind, Kind::MultipleRecordLinks(Link::To { .. }));
    if here == 0 || there == 0 {
        return (other, Vec::new());
    }
    if is_forward {
        let is_set = !is_gap(sheet, table, field, index);
        return (other, if is_set { vec![(index + shift(sheet, table)) % there] } else { Vec::new() });
    }
    let first = (index + here - shift(sheet, other) % here) % here;
    let sources = (first..there).step_by(here as usize);
    (other, sources.filter(|source| !is_gap(sheet, other, inverse, *source)).collect())
}

/// Whether the cell is one of those that are empty; the other end of the link must know it too.
fn is_gap(sheet: Sheet<'_>, table: &Table, field: usize, index: u64) -> bool {
    let gaps = table.fields[field].plan.gaps;
    gaps > 0 && Dice::new(sheet.catalog.seed, table.subject, index).once_in(1000 * (field as u64 + 1), gaps)
}

fn shift(sheet: Sheet<'_>, table: &Table) -> u64 {
    Dice::new(sheet.catalog.seed, table.subject, u64::MAX).below(0, 1000)
}
