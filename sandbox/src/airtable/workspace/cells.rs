//! The cells of the workspace. Each is computed from the seed and the index of its record when it is requested.

use jiff::Timestamp;
use serde_json::{Value, json};

use self::links::linked;
use super::{
    catalog::{Catalog, Field, Reference, Table},
    definition::FieldType,
};
use crate::{
    airtable::formula::{self, Subject},
    fixtures::dice::Dice,
};

mod attachments;
pub(crate) mod collaborators;
pub(crate) mod comments;
mod display;
mod formula_value;
mod links;
mod texts;
mod times;

pub(crate) use self::{
    display::text,
    times::{Row, format_time},
};

/// The workspace with this many records, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub catalog: &'a Catalog,
    /// The number of records of all tables together.
    pub total: u64,
    /// The current time for formulas. No field depends on it, so a record is always the same.
    pub now: Timestamp,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn count(self, table: &Table) -> u64 {
        self.catalog.count(table, self.total)
    }

    pub(crate) fn row(self, table: &'a Table, index: u64) -> Row {
        Row::new(Dice::new(self.catalog.seed, table.subject, index), index)
    }

    /// The value of a cell as Airtable's JSON, or `None` if it is empty.
    pub(crate) fn cell(self, table: &'a Table, field: usize, index: u64) -> Option<Value> {
        let (known, row) = (&table.fields[field], self.row(table, index));
        // Each field uses its own range of purposes, so that its values are independent of those of other fields.
        let purpose = 1000 * (field as u64 + 1);
        if known.definition.empty_once_in > 0 && row.dice.once_in(purpose, known.definition.empty_once_in) {
            return None;
        }
        match &known.reference {
            Reference::Nothing => self.generated(table, known, &row, purpose),
            Reference::Link { .. } => {
                let ids: Vec<Value> =
                    linked(self, table, field, index).map(|(table, row)| table.record_ids.id(row).into()).collect();
                (!ids.is_empty()).then_some(Value::Array(ids))
            }
            Reference::Count { link } => Some(linked(self, table, *link, index).count().into()),
            Reference::Lookup { link, field, .. } => {
                let cells = linked(self, table, *link, index).filter_map(|(table, row)| self.cell(table, *field, row));
                if matches!(known.definition.kind, FieldType::Rollup { .. }) {
                    return Some(number(cells.filter_map(|cell| cell.as_f64()).sum()));
                }
                let flat: Vec<Value> = cells
                    .flat_map(|cell| match cell {
                        Value::Array(cells) => cells,
                        cell => vec![cell],
                    })
                    .collect();
                (!flat.is_empty()).then_some(Value::Array(flat))
            }
            Reference::Formula(expression) => {
                let record = Record { snapshot: self, table, index };
                expression.as_ref().and_then(|expression| formula_result(expression.evaluate(&record)))
            }
        }
    }

    /// The value of a cell as formulas see it.
    pub(crate) fn value(self, table: &'a Table, field: usize, index: u64) -> formula::Value {
        let cell = self.cell(table, field, index);
        cell.map_or(formula::Value::Blank, |cell| formula_value::value(self, table, field, &cell))
    }

    fn generated(self, table: &Table, field: &Field, row: &Row, purpose: u64) -> Option<Value> {
        let dice = row.dice;
        let between = |low: i64, high: i64| low + dice.below(purpose + 1, (high - low).unsigned_abs()) as i64;
        match field.definition.kind {
            FieldType::SingleLineText(words)
            | FieldType::MultilineText(words)
            | FieldType::RichText(words)
            | FieldType::Email(words)
            | FieldType::Url(words) => Some(texts::text(words, row, purpose).into()),
            FieldType::PhoneNumber => Some(texts::telephone(row, purpose).into()),
            FieldType::Number { precision, low, high } => {
                Some(number(between(low, high) as f64 / 10_f64.powi(precision as i32)))
            }
            FieldType::Percent { low, high } | FieldType::Currency { low, high, .. } => {
                Some(number(between(low, high) as f64 / 100.0))
            }
            FieldType::Duration { most } => Some((60 * (1 + dice.below(purpose + 1, most))).into()),
            FieldType::Rating { max } => Some((1 + dice.below(purpose + 1, max)).into()),
            FieldType::Checkbox => Some(true.into()),
            FieldType::SingleSelect(names) | FieldType::ExternalSyncSource(names) => {
                Some(dice.pick(purpose + 1, names).into())
            }
            FieldType::MultipleSelects(names) => Some(texts::options(row, purpose, names).into()),
            FieldType::SingleCollaborator => Some(collaborators::pick(self.catalog.seed, dice, purpose + 1)),
            FieldType::CreatedBy => Some(collaborators::pick(self.catalog.seed, dice, collaborators::CREATOR)),
            FieldType::LastModifiedBy => Some(collaborators::pick(self.catalog.seed, dice, collaborators::EDITOR)),
            FieldType::MultipleCollaborators => Some(collaborators::team(self.catalog.seed, dice, purpose)),
            FieldType::Date(_, span) => Some(times::day(row, span, purpose).into()),
            FieldType::DateTime(span) => Some(times::moment(row, span, purpose).into()),
            FieldType::CreatedTime => Some(format_time(row.created).into()),
            FieldType::LastModifiedTime => Some(format_time(row.modified).into()),
            FieldType::MultipleAttachments => Some(attachments::attached(self.catalog.seed, table, row, purpose)),
            FieldType::AutoNumber => Some((row.index + 1).into()),
            FieldType::Barcode => Some(texts::barcode(row, purpose)),
            FieldType::Button { label } => {
                let id = table.record_ids.id(row.index);
                Some(json!({"label": label, "url": format!("https://desk.example/reply?record={id}")}))
            }
            FieldType::AiText { .. } => Some(texts::ai_text(row, purpose)),
            FieldType::MultipleRecordLinks(_)
            | FieldType::MultipleLookupValues { .. }
            | FieldType::Rollup { .. }
            | FieldType::Count { .. }
            | FieldType::Formula { .. } => None,
        }
    }
}

/// A record for which formulas are evaluated.
pub(crate) struct Record<'a> {
    pub snapshot: Snapshot<'a>,
    pub table: &'a Table,
    pub index: u64,
}

impl Subject for Record<'_> {
    fn field(&self, index: usize) -> formula::Value {
        self.snapshot.value(self.table, index, self.index)
    }

    fn record_id(&self) -> String {
        self.table.record_ids.id(self.index)
    }

    fn created(&self) -> Timestamp {
        self.snapshot.row(self.table, self.index).created
    }

    fn modified(&self) -> Timestamp {
        self.snapshot.row(self.table, self.index).modified
    }

    fn now(&self) -> Timestamp {
        self.snapshot.now
    }
}

/// A number as JavaScript writes it: without a fraction if that is zero.
fn number(value: f64) -> Value {
    let rounded = (value * 1e9).round() / 1e9;
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 { json!(rounded as i64) } else { json!(rounded) }
}

/// The cell value of a formula's result. Infinities and NaN have special values.
fn formula_result(value: formula::Value) -> Option<Value> {
    use formula::Value as Formula;
    match value {
        Formula::Blank => None,
        Formula::Text(text) => (!text.is_empty()).then(|| text.into()),
        Formula::Number(value) if value.is_nan() => Some(json!({"specialValue": "NaN"})),
        Formula::Number(value) if value.is_infinite() => {
            Some(json!({"specialValue": if value > 0.0 { "Infinity" } else { "-Infinity" }}))
        }
        Formula::Number(value) => Some(number(value)),
        Formula::Flag(flag) => Some(u8::from(flag).into()),
        Formula::Moment(moment) => Some(format_time(moment).into()),
        Formula::Error => Some(json!({"error": "#ERROR!"})),
    }
}
