//! The workspace with its ids: every base, table, field and view of the plan, and the ends of links found.

use super::{
    formula::{self, Expression},
    ids::{self, RecordIds},
    plan::{BasePlan, FieldPlan, Kind, Link, TablePlan, ViewPlan, WORKSPACE},
};

pub(crate) struct Catalog {
    pub seed: u64,
    pub bases: Vec<Base>,
    /// Of all bases; a table is known by its index here.
    pub tables: Vec<Table>,
}

pub(crate) struct Base {
    pub id: String,
    pub plan: &'static BasePlan,
    pub tables: Vec<usize>,
}

pub(crate) struct Table {
    pub index: usize,
    pub id: String,
    pub plan: &'static TablePlan,
    pub fields: Vec<Field>,
    pub views: Vec<View>,
    pub record_ids: RecordIds,
    /// What its records' dice are thrown for.
    pub subject: u64,
    /// The weights of the tables before it.
    before: u64,
}

pub(crate) struct Field {
    pub id: String,
    pub plan: &'static FieldPlan,
    pub meaning: Meaning,
}

/// What a field refers to, by index.
pub(crate) enum Meaning {
    Own,
    /// A link to records of a table, whose own field of the link is this one.
    Link {
        table: usize,
        inverse: usize,
    },
    /// A field of the table that a link of this table leads to.
    Through {
        link: usize,
        table: usize,
        field: usize,
    },
    /// The number of records that a link of this table leads to.
    Counted {
        link: usize,
    },
    /// `None` if the formula cannot be read.
    Formula(Option<Expression>),
}

pub(crate) struct View {
    pub id: String,
    pub plan: &'static ViewPlan,
    pub filter: Option<Expression>,
    /// A field, and whether it runs downwards.
    pub sort: Option<(usize, bool)>,
}

impl Catalog {
    pub(crate) fn new(seed: u64) -> Self {
        let mut catalog = Self { seed, bases: Vec::new(), tables: Vec::new() };
        let mut before = 0;
        for plan in &WORKSPACE {
            let base_id = ids::named(seed, "app", plan.name);
            let first = catalog.tables.len();
            for plan in plan.tables {
                catalog.tables.push(table(seed, catalog.tables.len(), before, plan));
                before += plan.weight;
            }
            catalog.bases.push(Base { id: base_id, plan, tables: (first..catalog.tables.len()).collect() });
        }
        catalog
    }

    /// How many of `total` records a table has. The shares of all tables add up to the total.
    pub(crate) fn count(&self, table: &Table, total: u64) -> u64 {
        let whole: u64 = self.tables.iter().map(|table| table.plan.weight).sum();
        let up_to = |weight: u64| total * weight / whole;
        up_to(table.before + table.plan.weight) - up_to(table.before)
    }
}

impl Table {
    /// The index of a field, by its name or its id.
    pub(crate) fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.plan.name == name || field.id == name)
    }

    /// A view, by its name or its id.
    pub(crate) fn view(&self, name: &str) -> Option<&View> {
        self.views.iter().find(|view| view.plan.name == name || view.id == name)
    }
}

fn table(seed: u64, index: usize, before: u64, plan: &'static TablePlan) -> Table {
    let field_id = |field: &FieldPlan| ids::named(seed, "fld", &format!("{}/{}", plan.name, field.name));
    let field_ids: Vec<String> = plan.fields.iter().map(field_id).collect();
    let resolve = |name: &str| {
        let position = plan.fields.iter().position(|field| field.name == name);
        position.or_else(|| field_ids.iter().position(|id| id == name))
    };
    let read = |text: &str| formula::parse(text, resolve).ok();
    let fields = plan.fields.iter().zip(&field_ids);
    let fields = fields.map(|(field, id)| Field { id: id.clone(), plan: field, meaning: meaning(plan, field, &read) });
    let views = plan.views.iter().map(|view| View {
        id: ids::named(seed, "viw", &format!("{}/{}", plan.name, view.name)),
        plan: view,
        filter: view.filter.and_then(read),
        sort: view.sort.and_then(|(name, descending)| resolve(name).map(|field| (field, descending))),
    });
    Table {
        index,
        id: ids::named(seed, "tbl", plan.name),
        plan,
        fields: fields.collect(),
        views: views.collect(),
        record_ids: RecordIds::new(seed, plan.name),
        subject: ids::subject(plan.name),
        before,
    }
}

fn meaning(table: &TablePlan, field: &FieldPlan, read: &dyn Fn(&str) -> Option<Expression>) -> Meaning {
    let found = match field.kind {
        Kind::MultipleRecordLinks(Link::To { table, field } | Link::From { table, field }) => {
            located(table, field).map(|(table, inverse)| Meaning::Link { table, inverse })
        }
        Kind::MultipleLookupValues { link, field } | Kind::Rollup { link, field } => through(table, link, field),
        Kind::Count { link } => position(table, link).map(|link| Meaning::Counted { link }),
        Kind::Formula { text, .. } => Some(Meaning::Formula(read(text))),
        _ => None,
    };
    found.unwrap_or(Meaning::Own)
}

fn through(table: &TablePlan, link: &str, field: &str) -> Option<Meaning> {
    let link = position(table, link)?;
    let Kind::MultipleRecordLinks(Link::To { table: linked, .. } | Link::From { table: linked, .. }) =
        table.fields[link].kind
    else {
        return None;
    };
    located(linked, field).map(|(table, field)| Meaning::Through { link, table, field })
}

/// The indexes of a table and of a field of it.
fn located(table: &str, field: &str) -> Option<(usize, usize)> {
    let mut tables = WORKSPACE.iter().flat_map(|base| base.tables).enumerate();
    let (index, plan) = tables.find(|(_, plan)| plan.name == table)?;
    position(plan, field).map(|field| (index, field))
}

fn position(table: &TablePlan, field: &str) -> Option<usize> {
    table.fields.iter().position(|known| known.name == field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_plan_refers_to_something() {
        let catalog = Catalog::new(1);
        assert_eq!(catalog.tables.iter().map(|table| table.plan.weight).sum::<u64>(), 100);
        for table in &catalog.tables {
            for field in &table.fields {
                let place = format!("{}/{}", table.plan.name, field.plan.name);
                let is_own = matches!(field.meaning, Meaning::Own | Meaning::Formula(None));
                let refers = matches!(
                    field.plan.kind.name(),
                    "multipleRecordLinks" | "multipleLookupValues" | "rollup" | "count" | "formula"
                );
                assert_eq!(is_own, !refers, "{place}");
                if let Meaning::Link { table: other, inverse } = field.meaning {
                    let back = &catalog.tables[other].fields[inverse].meaning;
                    let is_mutual = matches!(back, Meaning::Link { table: back, inverse } if *back == table.index && table.fields[*inverse].id == field.id);
                    assert!(is_mutual, "{place}");
                }
            }
            for view in &table.views {
                assert_eq!(view.filter.is_some(), view.plan.filter.is_some(), "{}", view.plan.name);
                assert_eq!(view.sort.is_some(), view.plan.sort.is_some(), "{}", view.plan.name);
            }
        }
    }

    #[test]
    fn the_records_of_all_tables_add_up() {
        let catalog = Catalog::new(1);
        for total in [0, 1, 7, 99, 1500, 4_000_000_000] {
            let counts: Vec<u64> = catalog.tables.iter().map(|table| catalog.count(table, total)).collect();
            assert_eq!(counts.iter().sum::<u64>(), total, "{counts:?}");
        }
    }
}
