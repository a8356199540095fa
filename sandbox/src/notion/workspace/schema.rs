//! The data sources and their properties. Together they have every type of property.

mod tables;

pub(crate) use self::tables::SOURCES;

pub(crate) struct Source {
    pub name: &'static str,
    pub description: &'static str,
    pub properties: &'static [Property],
}

pub(crate) struct Property {
    /// Percent-encoded where it is not plain ASCII, as in Notion's API.
    pub id: &'static str,
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Title,
    RichText,
    /// `most` is the largest value.
    Number {
        format: &'static str,
        most: u64,
    },
    Select(&'static [Choice]),
    MultiSelect(&'static [Choice]),
    /// The options, each with the number of its group.
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
    /// Rolls up a property of the data source at the other end of the relation.
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

/// The form of a date property's values.
#[derive(Clone, Copy)]
pub(crate) enum Dates {
    Day,
    /// Some of them with an end.
    Range,
    /// With a time of day, some of them with a time zone.
    Time,
}

/// What a formula computes from the property it refers to.
#[derive(Clone, Copy)]
pub(crate) enum Formula {
    /// Whether a number is greater than eight.
    IsLarge,
    /// A number times four.
    Fourfold,
    /// The date one week later.
    WeekLater,
    /// The name of an option in capitals.
    Capitals,
}

/// The names and colors of the groups of a status.
pub(crate) const GROUPS: [(&str, &str); 3] = [("To-do", "gray"), ("In progress", "blue"), ("Complete", "green")];

impl Source {
    /// The property with this id or name. Ids may be percent-encoded or decoded.
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
    /// Notion's name of the type.
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
