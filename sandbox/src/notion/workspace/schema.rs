//! The data sources and their properties: between them every type of property there is.

mod tables;

pub(crate) use self::tables::SOURCES;

/// A data source's name and columns.
pub(crate) struct Source {
    pub name: &'static str,
    pub description: &'static str,
    pub properties: &'static [Property],
}

/// A column.
pub(crate) struct Property {
    /// As Notion writes it, with whatever is not plain ASCII percent-encoded.
    pub id: &'static str,
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Title,
    RichText,
    /// `format`, and a range for the values.
    Number {
        format: &'static str,
        most: u64,
    },
    Select(&'static [Choice]),
    MultiSelect(&'static [Choice]),
    /// The options in three groups, which are told by their number.
    Status(&'static [(Choice, u8)]),
    Date(Dates),
    People {
        most: u64,
    },
    Files,
    Checkbox,
    Url,
    Email,
    PhoneNumber,
    Formula {
        expression: &'static str,
        of: &'static str,
        formula: Formula,
    },
    Relation {
        source: u8,
        synced: Option<(&'static str, &'static str)>,
    },
    /// What is rolled up is a property of the data source at the other end of the relation.
    Rollup {
        relation: &'static str,
        property: &'static str,
        function: &'static str,
    },
    CreatedTime,
    CreatedBy,
    LastEditedTime,
    LastEditedBy,
    UniqueId {
        prefix: Option<&'static str>,
    },
    Verification,
    Button,
    Place,
}

#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub id: &'static str,
    pub name: &'static str,
    pub color: &'static str,
}

/// What the values of a date property look like.
#[derive(Clone, Copy)]
pub(crate) enum Dates {
    Day,
    /// Some of them with an end.
    Range,
    /// With a time of day, some of them in a time zone.
    Time,
}

/// What a formula does with the property it is made of.
#[derive(Clone, Copy)]
pub(crate) enum Formula {
    /// A number over eight.
    IsLarge,
    /// A number times four.
    Fourfold,
    /// The day a week after a date.
    WeekLater,
    /// The name of an option, in capitals.
    Capitals,
}

/// The names of the groups of a status and their colours.
pub(crate) const GROUPS: [(&str, &str); 3] = [("To-do", "gray"), ("In progress", "blue"), ("Complete", "green")];

impl Source {
    /// The property with this id or name. Ids are taken with or without their percent-encoding.
    pub(crate) fn property(&self, id_or_name: &str) -> Option<&'static Property> {
        let properties = self.properties.iter();
        properties.into_iter().find(|property| property.name == id_or_name || property.has_id(id_or_name))
    }
}

impl Property {
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.id == id || percent_encoding::percent_decode_str(self.id).decode_utf8().is_ok_and(|decoded| decoded == id)
    }
}

impl Kind {
    /// The type, as Notion calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::RichText => "rich_text",
            Self::Number { .. } => "number",
            Self::Select(_) => "select",
            Self::MultiSelect(_) => "multi_select",
            Self::Status(_) => "status",
            Self::Date(_) => "date",
            Self::People { .. } => "people",
            Self::Files => "files",
            Self::Checkbox => "checkbox",
            Self::Url => "url",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::Formula { .. } => "formula",
            Self::Relation { .. } => "relation",
            Self::Rollup { .. } => "rollup",
            Self::CreatedTime => "created_time",
            Self::CreatedBy => "created_by",
            Self::LastEditedTime => "last_edited_time",
            Self::LastEditedBy => "last_edited_by",
            Self::UniqueId { .. } => "unique_id",
            Self::Verification => "verification",
            Self::Button => "button",
            Self::Place => "place",
        }
    }
}
