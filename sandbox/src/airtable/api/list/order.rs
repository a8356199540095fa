//! Which records a list has, and in which order.

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

/// The indexes of all records in their order, where that is not simply the order of their making.
pub(super) fn sorted(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>) -> Option<Arc<[u64]>> {
    if query.sort.is_empty() {
        return None;
    }
    let kept = (0..snapshot.count(table)).filter(|index| keeps(snapshot, table, query, *index));
    let mut keyed: Vec<(Vec<Value>, u64)> = kept
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

/// The records of the next page of a listing, which then knows where the one after that begins.
pub(super) fn page(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>, listing: &mut Listing) -> Vec<u64> {
    let (start, count) = (listing.next.unwrap_or_default(), snapshot.count(table));
    let left = query.max_records.saturating_sub(listing.served).min(query.page_size as u64) as usize;
    let order = listing.order.clone();
    // One more than fits tells whether there is a next page, and where it begins.
    let mut found: Vec<(u64, u64)> = match &order {
        Some(order) => {
            let rest = order.iter().enumerate().skip(start as usize);
            rest.map(|(at, index)| (at as u64, *index)).take(left + 1).collect()
        }
        None => {
            let kept = (start..count).filter(|index| keeps(snapshot, table, query, *index));
            kept.map(|index| (index, index)).take(left + 1).collect()
        }
    };
    let beyond = if found.len() > left { found.pop() } else { None };
    listing.served += found.len() as u64;
    listing.next = beyond.map(|(at, _)| at).filter(|_| listing.served < query.max_records);
    found.into_iter().map(|(_, index)| index).collect()
}

fn keeps(snapshot: Snapshot<'_>, table: &Table, query: &Query<'_>, index: u64) -> bool {
    let record = Record { snapshot, table, index };
    let of_view = query.view.and_then(|view| view.filter.as_ref());
    [of_view, query.filter.as_ref()].into_iter().flatten().all(|formula| formula.evaluate(&record).is_kept())
}

/// Choices sort by their place among the choices, texts whatever the case of their letters.
fn key(snapshot: Snapshot<'_>, table: &Table, field: usize, index: u64) -> Value {
    match (table.fields[field].definition.kind, snapshot.value(table, field, index)) {
        (FieldType::SingleSelect(names), Value::Text(text)) => {
            names.iter().position(|name| *name == text).map_or(Value::Blank, |place| Value::Number(place as f64))
        }
        (_, Value::Text(text)) => Value::Text(text.to_lowercase()),
        (_, Value::Number(number)) if number.is_nan() => Value::Error,
        (_, value) => value,
    }
}

/// Empty cells come first, errors last. Values of one field are otherwise of one kind.
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
