//! The field types, each with its options and how its cells are generated. The names are those of
//! <https://airtable.com/developers/web/api/field-model>.

#[derive(Clone, Copy)]
pub(crate) enum FieldType {
    SingleLineText(TextSource),
    MultilineText(TextSource),
    RichText(TextSource),
    Email(TextSource),
    Url(TextSource),
    PhoneNumber,
    Number {
        precision: u32,
        low: i64,
        high: i64,
    },
    /// In hundredths: 25 is 0.25, which Airtable shows as 25%.
    Percent {
        low: i64,
        high: i64,
    },
    /// In the smallest unit of the currency.
    Currency {
        symbol: &'static str,
        low: i64,
        high: i64,
    },
    /// In minutes; Airtable stores seconds.
    Duration {
        most: u64,
    },
    Rating {
        max: u64,
    },
    Checkbox,
    SingleSelect(&'static [&'static str]),
    MultipleSelects(&'static [&'static str]),
    ExternalSyncSource(&'static [&'static str]),
    SingleCollaborator,
    MultipleCollaborators,
    CreatedBy,
    LastModifiedBy,
    Date(DateStyle, DayRange),
    DateTime(DayRange),
    CreatedTime,
    LastModifiedTime,
    MultipleAttachments,
    MultipleRecordLinks(Link),
    /// The values of a field of the linked records.
    MultipleLookupValues {
        link: &'static str,
        field: &'static str,
    },
    /// The sum of a field of the linked records.
    Rollup {
        link: &'static str,
        field: &'static str,
    },
    Count {
        link: &'static str,
    },
    Formula {
        text: &'static str,
        result: &'static FieldType,
    },
    AutoNumber,
    Barcode,
    Button {
        label: &'static str,
    },
    AiText {
        prompt: &'static str,
        about: &'static str,
    },
}

/// How a text is generated.
#[derive(Clone, Copy)]
pub(crate) enum TextSource {
    /// One element of each list, separated by spaces.
    Pattern(&'static [&'static [&'static str]]),
    /// A person's name, the same in all such fields of a record.
    Person,
    PersonEmail,
    /// A company's name, the same in all such fields of a record.
    Company,
    CompanyEmail,
    CompanySite,
    /// Sentences; in some cells very many of them.
    Prose,
    /// Sentences formatted as Markdown.
    Markdown,
}

/// A link between two tables, seen from one end. The fields at both ends name each other.
#[derive(Clone, Copy)]
pub(crate) enum Link {
    /// Each record links to one record of that table.
    To { table: &'static str, field: &'static str },
    /// Each record is linked to by several records of that table.
    From { table: &'static str, field: &'static str },
}

/// A field's date format.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum DateStyle {
    Iso,
    Local,
    European,
    Friendly,
}

/// The days between a record's creation and the date in it, the second number excluded.
#[derive(Clone, Copy)]
pub(crate) struct DayRange(pub i64, pub i64);

impl FieldType {
    /// Airtable's name of the type.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::SingleLineText(_) => "singleLineText",
            Self::MultilineText(_) => "multilineText",
            Self::RichText(_) => "richText",
            Self::Email(_) => "email",
            Self::Url(_) => "url",
            Self::PhoneNumber => "phoneNumber",
            Self::Number { .. } => "number",
            Self::Percent { .. } => "percent",
            Self::Currency { .. } => "currency",
            Self::Duration { .. } => "duration",
            Self::Rating { .. } => "rating",
            Self::Checkbox => "checkbox",
            Self::SingleSelect(_) => "singleSelect",
            Self::MultipleSelects(_) => "multipleSelects",
            Self::ExternalSyncSource(_) => "externalSyncSource",
            Self::SingleCollaborator => "singleCollaborator",
            Self::MultipleCollaborators => "multipleCollaborators",
            Self::CreatedBy => "createdBy",
            Self::LastModifiedBy => "lastModifiedBy",
            Self::Date(..) => "date",
            Self::DateTime(_) => "dateTime",
            Self::CreatedTime => "createdTime",
            Self::LastModifiedTime => "lastModifiedTime",
            Self::MultipleAttachments => "multipleAttachments",
            Self::MultipleRecordLinks(_) => "multipleRecordLinks",
            Self::MultipleLookupValues { .. } => "multipleLookupValues",
            Self::Rollup { .. } => "rollup",
            Self::Count { .. } => "count",
            Self::Formula { .. } => "formula",
            Self::AutoNumber => "autoNumber",
            Self::Barcode => "barcode",
            Self::Button { .. } => "button",
            Self::AiText { .. } => "aiText",
        }
    }
}
