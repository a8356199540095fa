//! Selects the records of a list and their order.

use std::{cmp::Ordering, sync::Arc};

use super::{Listing, Query};
use crate::airtable::{
    formula::Value,
    workspace::{
        catalog::Table,
        cells::{Record, Snapshot},
        definition::FieldType,
    },
};

/// The indexes of all matching records in the requested order, or `None` for the order of creation.
pub(super) fn sorted(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>) -> Option<Arc<[u64]>> {
    if query.sort.is_empty() {
        return None;
    }
    let matching = (0..snapshot.count(table)).filter(|index| is_match(snapshot, table, query, *index));
    let mut keyed: Vec<(Vec<Value>, u64)> = matching
        .map(|index| (query.sort.iter().map(|(field, _)| key(snapshot, table, *field, index)).collect(), index))
        .collect();
    keyed.sort_by(|(left, _), (right, _)| {
        let orders = left.iter().zip(right).zip(&query.sort);
        let orders = orders.map(|((left, right), (_, descending))| {
            let order = compare(left, right);
            if *descending { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Some(keyed.into_iter().map(|(_, index)| index).collect())
}

/// The records of the next page. Advances the list to the page after that.
pub(super) fn page(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>, listing: &mut Listing) -> Vec<u64> {
    let (start, count) = (listing.next.unwrap_or_default(), snapshot.count(table));
    let left = query.max_records.saturating_sub(listing.served).min(query.page_size as u64) as usize;
    let order = listing.order.clone();
    // One record more than the page has shows whether there is a next page, and where it starts.
    let mut found: Vec<(u64, u64)> = match &order {
        Some(order) => {
            let rest = order.iter().enumerate().skip(start as usize);
            rest.map(|(at, index)| (at as u64, *index)).take(left + 1).collect()
        }
        None => {
            let matching = (start..count).filter(|index| is_match(snapshot, table, query, *index));
            matching.map(|index| (index, index)).take(left + 1).collect()
        }
    };
    let beyond = if found.len() > left { found.pop() } else { None };
    listing.served += found.len() as u64;
    listing.next = beyond.map(|(at, _)| at).filter(|_| listing.served < query.max_records);
    found.into_iter().map(|(_, index)| index).collect()
}

fn is_match(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>, index: u64) -> bool {
    let record = Record { snapshot, table, index };
    let of_view = query.view.and_then(|view| view.filter.as_ref());
    [of_view, query.filter.as_ref()].into_iter().flatten().all(|formula| formula.evaluate(&record).keeps_record())
}

/// Select options sort by their position in the field's definition, and text ignores case.
fn key(snapshot: Snapshot<'_>, table: &Table, field: usize, index: u64) -> Value {
    match (table.fields[field].definition.kind, snapshot.value(table, field, index)) {
        (FieldType::SingleSelect(names), Value::Text(text)) => {
            names.iter().position(|name| *name == text).map_or(Value::Blank, |position| Value::Number(position as f64))
        }
        (_, Value::Text(text)) => Value::Text(text.to_lowercase()),
        (_, Value::Number(number)) if number.is_nan() => Value::Error,
        (_, value) => value,
    }
}

/// Empty cells come first and errors last. All other values of a field have the same type.
fn compare(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Blank => 0,
        Value::Error => 2,
        _ => 1,
    };
    rank(left).cmp(&rank(right)).then_with(|| match rank(left) {
        1 => left.compare(right).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    })
}
