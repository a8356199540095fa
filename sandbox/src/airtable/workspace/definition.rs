//! What the workspace is made of, written down as data: three bases, their tables, fields and views. The records follow
//! from it and from the seed.

pub(crate) use self::{
    kind::{DateStyle, DayRange, FieldType, Link, TextSource},
    vocabulary::SENTENCES,
};

mod event_planning;
mod kind;
mod product_launches;
mod studio_crm;
mod vocabulary;

pub(crate) struct BaseDefinition {
    pub name: &'static str,
    /// What the person may do in the base: `create`, `edit` or `read`.
    pub permission: &'static str,
    pub tables: &'static [TableDefinition],
}

pub(crate) struct TableDefinition {
    /// Different in all bases, because the ids are made of it.
    pub name: &'static str,
    pub description: Option<&'static str>,
    /// The table's share of all records, in hundredths.
    pub weight: u64,
    /// The first is the primary field.
    pub fields: &'static [FieldDefinition],
    pub views: &'static [ViewDefinition],
}

pub(crate) struct FieldDefinition {
    pub name: &'static str,
    pub kind: FieldType,
    pub description: Option<&'static str>,
    /// One cell in so many is empty; 0 for a field that is always filled.
    pub empty_once_in: u64,
}

pub(crate) struct ViewDefinition {
    pub name: &'static str,
    pub kind: &'static str,
    /// A formula that keeps some records.
    pub filter: Option<&'static str>,
    /// A field, and whether it runs downwards.
    pub sort: Option<(&'static str, bool)>,
    /// How many fields at the end the view does not show.
    pub hidden_fields: usize,
}

/// The bases, in the order in which Airtable lists them.
pub(crate) static WORKSPACE: [BaseDefinition; 3] = [product_launches::BASE, event_planning::BASE, studio_crm::BASE];

const fn field(name: &'static str, kind: FieldType) -> FieldDefinition {
    FieldDefinition { name, kind, description: None, empty_once_in: 0 }
}

impl FieldDefinition {
    const fn empty_once_in(self, once_in: u64) -> Self {
        Self { empty_once_in: once_in, ..self }
    }

    const fn about(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }
}

const fn view(name: &'static str, kind: &'static str) -> ViewDefinition {
    ViewDefinition { name, kind, filter: None, sort: None, hidden_fields: 0 }
}

const fn grid(name: &'static str) -> ViewDefinition {
    view(name, "grid")
}

impl ViewDefinition {
    const fn only(self, formula: &'static str) -> Self {
        Self { filter: Some(formula), ..self }
    }

    const fn by(self, field: &'static str) -> Self {
        Self { sort: Some((field, false)), ..self }
    }

    const fn by_descending(self, field: &'static str) -> Self {
        Self { sort: Some((field, true)), ..self }
    }

    const fn hiding(self, hidden_fields: usize) -> Self {
        Self { hidden_fields, ..self }
    }
}
