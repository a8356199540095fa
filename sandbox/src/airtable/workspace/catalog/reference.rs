//! What fields refer to: links, lookups, counts and formulas, resolved from names to indexes.

use crate::airtable::{
    formula::Expression,
    workspace::definition::{FieldDefinition, FieldType, Link, TableDefinition, WORKSPACE},
};

/// Tables and fields are given by index.
pub(crate) enum Reference {
    Nothing,
    /// Records of a table whose field `inverse` is the other end of the link.
    Link {
        table: usize,
        inverse: usize,
    },
    /// A field of the records that a link field of this table leads to.
    Lookup {
        link: usize,
        table: usize,
        field: usize,
    },
    /// The number of records that a link field of this table leads to.
    Count {
        link: usize,
    },
    /// `None` if the formula is invalid.
    Formula(Option<Expression>),
}

impl Reference {
    /// `read` parses a formula.
    pub(super) fn of(
        table: &TableDefinition,
        field: &FieldDefinition,
        read: &dyn Fn(&str) -> Option<Expression>,
    ) -> Self {
        let found = match field.kind {
            FieldType::MultipleRecordLinks(Link::To { table, field } | Link::From { table, field }) => {
                find(table, field).map(|(table, inverse)| Reference::Link { table, inverse })
            }
            FieldType::MultipleLookupValues { link, field } | FieldType::Rollup { link, field } => {
                lookup(table, link, field)
            }
            FieldType::Count { link } => position(table, link).map(|link| Reference::Count { link }),
            FieldType::Formula { text, .. } => Some(Reference::Formula(read(text))),
            _ => None,
        };
        found.unwrap_or(Reference::Nothing)
    }
}

fn lookup(table: &TableDefinition, link: &str, field: &str) -> Option<Reference> {
    let link = position(table, link)?;
    let FieldType::MultipleRecordLinks(Link::To { table: linked, .. } | Link::From { table: linked, .. }) =
        table.fields[link].kind
    else {
        return None;
    };
    find(linked, field).map(|(table, field)| Reference::Lookup { link, table, field })
}

/// The indexes of a table and of one of its fields.
fn find(table: &str, field: &str) -> Option<(usize, usize)> {
    let mut tables = WORKSPACE.iter().flat_map(|base| base.tables).enumerate();
    let (index, definition) = tables.find(|(_, definition)| definition.name == table)?;
    position(definition, field).map(|field| (index, field))
}

fn position(table: &TableDefinition, field: &str) -> Option<usize> {
    table.fields.iter().position(|known| known.name == field)
}
