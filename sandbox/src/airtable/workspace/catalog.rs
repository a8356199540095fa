//! The workspace with its ids: every base, table, field and view of the definition, with links resolved.

pub(crate) use self::reference::Reference;
use super::{
    definition::{BaseDefinition, FieldDefinition, TableDefinition, ViewDefinition, WORKSPACE},
    ids::{self, RecordIds},
};
use crate::airtable::formula::{self, Expression};

mod reference;

pub(crate) struct Catalog {
    pub seed: u64,
    pub bases: Vec<Base>,
    /// The tables of all bases. A table is referred to by its index here.
    pub tables: Vec<Table>,
}

pub(crate) struct Base {
    pub id: String,
    pub definition: &'static BaseDefinition,
    pub tables: Vec<usize>,
}

pub(crate) struct Table {
    pub index: usize,
    pub id: String,
    pub definition: &'static TableDefinition,
    pub fields: Vec<Field>,
    pub views: Vec<View>,
    pub record_ids: RecordIds,
    /// Distinguishes the dice of this table's records from those of other tables.
    pub subject: u64,
    /// The sum of the weights of the tables before it.
    before: u64,
}

pub(crate) struct Field {
    pub id: String,
    pub definition: &'static FieldDefinition,
    pub reference: Reference,
}

pub(crate) struct View {
    pub id: String,
    pub definition: &'static ViewDefinition,
    pub filter: Option<Expression>,
    /// A field and whether it is descending.
    pub sort: Option<(usize, bool)>,
}

impl Catalog {
    pub(crate) fn new(seed: u64) -> Self {
        let mut catalog = Self { seed, bases: Vec::new(), tables: Vec::new() };
        let mut before = 0;
        for base in &WORKSPACE {
            let base_id = ids::named(seed, "app", base.name);
            let first = catalog.tables.len();
            for definition in base.tables {
                catalog.tables.push(table(seed, catalog.tables.len(), before, definition));
                before += definition.weight;
            }
            catalog.bases.push(Base { id: base_id, definition: base, tables: (first..catalog.tables.len()).collect() });
        }
        catalog
    }

    /// The number of this table's records. The numbers of all tables add up to `total`.
    pub(crate) fn count(&self, table: &Table, total: u64) -> u64 {
        let whole: u64 = self.tables.iter().map(|table| table.definition.weight).sum();
        let up_to = |weight: u64| total * weight / whole;
        up_to(table.before + table.definition.weight) - up_to(table.before)
    }
}

impl Table {
    /// The index of a field, by name or id.
    pub(crate) fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.definition.name == name || field.id == name)
    }

    /// A view, by name or id.
    pub(crate) fn view(&self, name: &str) -> Option<&View> {
        self.views.iter().find(|view| view.definition.name == name || view.id == name)
    }
}

fn table(seed: u64, index: usize, before: u64, definition: &'static TableDefinition) -> Table {
    let field_id = |field: &FieldDefinition| ids::named(seed, "fld", &format!("{}/{}", definition.name, field.name));
    let field_ids: Vec<String> = definition.fields.iter().map(field_id).collect();
    let resolve = |name: &str| {
        let position = definition.fields.iter().position(|field| field.name == name);
        position.or_else(|| field_ids.iter().position(|id| id == name))
    };
    let read = |text: &str| formula::parse(text, resolve).ok();
    let fields = definition.fields.iter().zip(&field_ids);
    let fields = fields.map(|(field, id)| Field {
        id: id.clone(),
        definition: field,
        reference: Reference::of(definition, field, &read),
    });
    let views = definition.views.iter().map(|view| View {
        id: ids::named(seed, "viw", &format!("{}/{}", definition.name, view.name)),
        definition: view,
        filter: view.filter.and_then(read),
        sort: view.sort.and_then(|(name, descending)| resolve(name).map(|field| (field, descending))),
    });
    Table {
        index,
        id: ids::named(seed, "tbl", definition.name),
        definition,
        fields: fields.collect(),
        views: views.collect(),
        record_ids: RecordIds::new(seed, definition.name),
        subject: ids::hash(definition.name),
        before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_the_definition_is_resolved() {
        let catalog = Catalog::new(1);
        assert_eq!(catalog.tables.iter().map(|table| table.definition.weight).sum::<u64>(), 100);
        for table in &catalog.tables {
            for field in &table.fields {
                let place = format!("{}/{}", table.definition.name, field.definition.name);
                let refers_to_nothing = matches!(field.reference, Reference::Nothing | Reference::Formula(None));
                let refers = matches!(
                    field.definition.kind.name(),
                    "multipleRecordLinks" | "multipleLookupValues" | "rollup" | "count" | "formula"
                );
                assert_eq!(refers_to_nothing, !refers, "{place}");
                if let Reference::Link { table: other, inverse } = field.reference {
                    let back = &catalog.tables[other].fields[inverse].reference;
                    let is_mutual = matches!(back, Reference::Link { table: back, inverse } if *back == table.index && table.fields[*inverse].id == field.id);
                    assert!(is_mutual, "{place}");
                }
            }
            for view in &table.views {
                assert_eq!(view.filter.is_some(), view.definition.filter.is_some(), "{}", view.definition.name);
                assert_eq!(view.sort.is_some(), view.definition.sort.is_some(), "{}", view.definition.name);
            }
        }
    }

    #[test]
    fn the_records_of_all_tables_add_up_to_the_total() {
        let catalog = Catalog::new(1);
        for total in [0, 1, 7, 99, 1500, 4_000_000_000] {
            let counts: Vec<u64> = catalog.tables.iter().map(|table| catalog.count(table, total)).collect();
            assert_eq!(counts.iter().sum::<u64>(), total, "{counts:?}");
        }
    }
}
