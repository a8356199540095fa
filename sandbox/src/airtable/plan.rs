//! What the workspace is made of, written down as data: three bases, their tables, fields and views. The records follow
//! from it and from the seed.

pub(crate) use self::{
    kind::{DateStyle, Kind, Link, Span, Words},
    words::SENTENCES,
};

mod events;
mod kind;
mod launches;
mod studio;
mod words;

pub(crate) struct BasePlan {
    pub name: &'static str,
    /// What the person may do in the base: `create`, `edit` or `read`.
    pub permission: &'static str,
    pub tables: &'static [TablePlan],
}

pub(crate) struct TablePlan {
    /// Different in all bases, because the ids are made of it.
    pub name: &'static str,
    pub description: Option<&'static str>,
    /// The table's share of all records, in hundredths.
    pub weight: u64,
    /// The first is the primary field.
    pub fields: &'static [FieldPlan],
    pub views: &'static [ViewPlan],
}

pub(crate) struct FieldPlan {
    pub name: &'static str,
    pub kind: Kind,
    pub description: Option<&'static str>,
    /// One cell in so many is empty; 0 for a field that is always filled.
    pub gaps: u64,
}

pub(crate) struct ViewPlan {
    pub name: &'static str,
    pub kind: &'static str,
    /// A formula that keeps some records.
    pub filter: Option<&'static str>,
    /// A field, and whether it runs downwards.
    pub sort: Option<(&'static str, bool)>,
    /// How many fields at the end the view does not show.
    pub hides: usize,
}

/// The bases, in the order in which Airtable lists them.
pub(crate) static WORKSPACE: [BasePlan; 3] = [launches::BASE, events::BASE, studio::BASE];

const fn field(name: &'static str, kind: Kind) -> FieldPlan {
    FieldPlan { name, kind, description: None, gaps: 0 }
}

impl FieldPlan {
    const fn gaps(self, once_in: u64) -> Self {
        Self { gaps: once_in, ..self }
    }

    const fn about(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }
}

const fn view(name: &'static str, kind: &'static str) -> ViewPlan {
    ViewPlan { name, kind, filter: None, sort: None, hides: 0 }
}

const fn grid(name: &'static str) -> ViewPlan {
    view(name, "grid")
}

impl ViewPlan {
    const fn only(self, formula: &'static str) -> Self {
        Self { filter: Some(formula), ..self }
    }

    const fn by(self, field: &'static str) -> Self {
        Self { sort: Some((field, false)), ..self }
    }

    const fn by_descending(self, field: &'static str) -> Self {
        Self { sort: Some((field, true)), ..self }
    }

    const fn hiding(self, hides: usize) -> Self {
        Self { hides, ..self }
    }
}
