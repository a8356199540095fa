//! The cells of the workspace, each computed from the seed and the index of its record when it is asked for.

use jiff::Timestamp;
use serde_json::{Value, json};

use self::{links::linked, people::by};
use super::{
    catalog::{Catalog, Field, Meaning, Table},
    formula::{self, Subject},
    plan::Kind,
};
use crate::dice::Dice;

pub(crate) mod comments;
mod display;
mod files;
mod links;
mod meaning;
pub(crate) mod people;
mod times;
mod words;

pub(crate) use self::{
    display::text,
    times::{Row, written},
};

/// The workspace with so many records, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub catalog: &'a Catalog,
    /// Records of all tables together.
    pub total: u64,
    /// What formulas take for now. Fields do not ask for it: a record is the same at all times.
    pub now: Timestamp,
}

impl<'a> Sheet<'a> {
    pub(crate) fn count(self, table: &Table) -> u64 {
        self.catalog.count(table, self.total)
    }

    pub(crate) fn row(self, table: &'a Table, index: u64) -> Row {
        Row::new(Dice::new(self.catalog.seed, table.subject, index), index)
    }

    /// The value of a cell in Airtable's JSON, or nothing for an empty one.
    pub(crate) fn cell(self, table: &'a Table, field: usize, index: u64) -> Option<Value> {
        let (known, row) = (&table.fields[field], self.row(table, index));
        // Which cells are empty and what stands in others are thrown for separately.
        let purpose = 1000 * (field as u64 + 1);
        if known.plan.gaps > 0 && row.dice.once_in(purpose, known.plan.gaps) {
            return None;
        }
        match &known.meaning {
            Meaning::Own => self.own(table, known, &row, purpose),
            Meaning::Link { .. } => {
                let ids: Vec<Value> =
                    linked(self, table, field, index).map(|(table, row)| table.record_ids.id(row).into()).collect();
                (!ids.is_empty()).then_some(Value::Array(ids))
            }
            Meaning::Counted { link } => Some(linked(self, table, *link, index).count().into()),
            Meaning::Through { link, field, .. } => {
                let cells = linked(self, table, *link, index).filter_map(|(table, row)| self.cell(table, *field, row));
                if matches!(known.plan.kind, Kind::Rollup { .. }) {
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
            Meaning::Formula(expression) => {
                let record = Record { sheet: self, table, index };
                expression.as_ref().and_then(|expression| result(expression.evaluate(&record)))
            }
        }
    }

    /// The same cell as formulas see it.
    pub(crate) fn value(self, table: &'a Table, field: usize, index: u64) -> formula::Value {
        let cell = self.cell(table, field, index);
        cell.map_or(formula::Value::Blank, |cell| meaning::value(self, table, field, &cell))
    }

    fn own(self, table: &Table, field: &Field, row: &Row, purpose: u64) -> Option<Value> {
        let dice = row.dice;
        let between = |low: i64, high: i64| low + dice.below(purpose + 1, (high - low).unsigned_abs()) as i64;
        match field.plan.kind {
            Kind::SingleLineText(words)
            | Kind::MultilineText(words)
            | Kind::RichText(words)
            | Kind::Email(words)
            | Kind::Url(words) => Some(words::written(words, row, purpose).into()),
            Kind::PhoneNumber => Some(words::telephone(row, purpose).into()),
            Kind::Number { precision, low, high } => {
                Some(number(between(low, high) as f64 / 10_f64.powi(precision as i32)))
            }
            Kind::Percent { low, high } | Kind::Currency { low, high, .. } => {
                Some(number(between(low, high) as f64 / 100.0))
            }
            Kind::Duration { most } => Some((60 * (1 + dice.below(purpose + 1, most))).into()),
            Kind::Rating { max } => Some((1 + dice.below(purpose + 1, max)).into()),
            Kind::Checkbox => Some(true.into()),
            Kind::SingleSelect(names) | Kind::ExternalSyncSource(names) => Some(dice.pick(purpose + 1, names).into()),
            Kind::MultipleSelects(names) => Some(words::some_of(row, purpose, names).into()),
            Kind::SingleCollaborator => Some(by(self.catalog.seed, dice, purpose + 1)),
            Kind::CreatedBy => Some(by(self.catalog.seed, dice, people::CREATOR)),
            Kind::LastModifiedBy => Some(by(self.catalog.seed, dice, people::EDITOR)),
            Kind::MultipleCollaborators => Some(people::team(self.catalog.seed, dice, purpose)),
            Kind::Date(_, span) => Some(times::day(row, span, purpose).into()),
            Kind::DateTime(span) => Some(times::moment(row, span, purpose).into()),
            Kind::CreatedTime => Some(written(row.created).into()),
            Kind::LastModifiedTime => Some(written(row.modified).into()),
            Kind::MultipleAttachments => Some(files::attached(self.catalog.seed, table, row, purpose)),
            Kind::AutoNumber => Some((row.index + 1).into()),
            Kind::Barcode => Some(words::barcode(row, purpose)),
            Kind::Button { label } => {
                let id = table.record_ids.id(row.index);
                Some(json!({"label": label, "url": format!("https://desk.example/reply?record={id}")}))
            }
            Kind::AiText { .. } => Some(words::generated(row, purpose)),
            Kind::MultipleRecordLinks(_)
            | Kind::MultipleLookupValues { .. }
            | Kind::Rollup { .. }
            | Kind::Count { .. }
            | Kind::Formula { .. } => None,
        }
    }
}

/// A record as the subject of formulas.
pub(crate) struct Record<'a> {
    pub sheet: Sheet<'a>,
    pub table: &'a Table,
    pub index: u64,
}

impl Subject for Record<'_> {
    fn field(&self, index: usize) -> formula::Value {
        self.sheet.value(self.table, index, self.index)
    }

    fn record_id(&self) -> String {
        self.table.record_ids.id(self.index)
    }

    fn created(&self) -> Timestamp {
        self.sheet.row(self.table, self.index).created
    }

    fn modified(&self) -> Timestamp {
        self.sheet.row(self.table, self.index).modified
    }

    fn now(&self) -> Timestamp {
        self.sheet.now
    }
}

/// A number as JavaScript writes it: without a fraction where there is none.
fn number(value: f64) -> Value {
    let rounded = (value * 1e9).round() / 1e9;
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 { json!(rounded as i64) } else { json!(rounded) }
}

/// What stands in a cell whose formula came to this. Infinities and what is not a number have a word instead of a number.
fn result(value: formula::Value) -> Option<Value> {
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
        Formula::Moment(moment) => Some(written(moment).into()),
        Formula::Error => Some(json!({"error": "#ERROR!"})),
    }
}
