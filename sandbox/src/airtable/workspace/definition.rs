//! The definition of the workspace as data: three bases with their tables, fields and views. Records are generated from
//! it and the seed.

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
    /// The user's permission level in the base: `create`, `edit` or `read`.
    pub permission: &'static str,
    pub tables: &'static [TableDefinition],
}

pub(crate) struct TableDefinition {
    /// Unique over all bases, because ids are derived from it.
    pub name: &'static str,
    pub description: Option<&'static str>,
    /// The table's share of all records in percent.
    pub weight: u64,
    /// The first is the primary field.
    pub fields: &'static [FieldDefinition],
    pub views: &'static [ViewDefinition],
}

pub(crate) struct FieldDefinition {
    pub name: &'static str,
    pub kind: FieldType,
    pub description: Option<&'static str>,
    /// One cell in this many is empty; 0 for a field that is always filled.
    pub empty_once_in: u64,
}

pub(crate) struct ViewDefinition {
    pub name: &'static str,
    pub kind: &'static str,
    /// A formula that selects the view's records.
    pub filter: Option<&'static str>,
    /// A field and whether it is descending.
    pub sort: Option<(&'static str, bool)>,
    /// The number of fields at the end that the view hides.
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
    const fn filtered_by(self, formula: &'static str) -> Self {
        Self { filter: Some(formula), ..self }
    }

    const fn sorted_by(self, field: &'static str) -> Self {
        Self { sort: Some((field, false)), ..self }
    }

    const fn sorted_by_descending(self, field: &'static str) -> Self {
        Self { sort: Some((field, true)), ..self }
    }

    const fn hiding(self, hidden_fields: usize) -> Self {
        Self { hidden_fields, ..self }
    }
}
