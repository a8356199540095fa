//! The base "Studio CRM": the clients of a design studio, its projects and invoices.

use super::{
    BaseDefinition, DateStyle, DayRange, FieldDefinition, FieldType, Link, TableDefinition, TextSource, field, grid,
    view, vocabulary::PROJECT_KINDS,
};

pub(super) const BASE: BaseDefinition =
    BaseDefinition { name: "Studio CRM", permission: "read", tables: &[CLIENTS, PROJECTS, INVOICES] };

const CLIENTS: TableDefinition = TableDefinition {
    name: "Clients",
    description: None,
    weight: 4,
    fields: CLIENT_FIELDS,
    views: &[grid("All clients").sorted_by("Client"), grid("Good ones").filtered_by("{Worth} > 3").hiding(4)],
};

const CLIENT_FIELDS: &[FieldDefinition] = &[
    field("Client", FieldType::SingleLineText(TextSource::Company)).empty_once_in(30),
    field("Website", FieldType::Url(TextSource::CompanySite)).empty_once_in(5),
    field("Contact", FieldType::SingleLineText(TextSource::Person)).empty_once_in(6),
    field("E-mail", FieldType::Email(TextSource::CompanyEmail)).empty_once_in(4),
    field("Phone", FieldType::PhoneNumber).empty_once_in(3),
    field("Worth", FieldType::Rating { max: 5 }).empty_once_in(5),
    field("Trades in", FieldType::MultipleSelects(&["food", "fashion", "music", "science", "public sector", "sport"]))
        .empty_once_in(6),
    field("Projects", FieldType::MultipleRecordLinks(Link::From { table: "Projects", field: "Client" })),
    field("Fees of all projects", FieldType::Rollup { link: "Projects", field: "Fee" }),
    field("Since", FieldType::Date(DateStyle::Local, DayRange(-900, 0))).empty_once_in(9),
    field("History", FieldType::RichText(TextSource::Markdown)).empty_once_in(2),
];

const PROJECTS: TableDefinition = TableDefinition {
    name: "Projects",
    description: Some("Everything that was offered, whether or not it came to be"),
    weight: 10,
    fields: PROJECT_FIELDS,
    views: &[
        grid("All projects"),
        grid("Running").filtered_by("AND({Status}='Running', {Fee} > 0)").sorted_by_descending("Fee"),
        view("Pipeline", "kanban"),
    ],
};

const PROJECT_FIELDS: &[FieldDefinition] = &[
    field(
        "Project",
        FieldType::Formula {
            text: "IF({Client}, {Client} & \" – \", \"\") & {Subject}",
            result: &FieldType::SingleLineText(TextSource::Company),
        },
    ),
    field("Subject", FieldType::SingleLineText(TextSource::Pattern(&[PROJECT_KINDS]))).empty_once_in(12),
    field("Client", FieldType::MultipleRecordLinks(Link::To { table: "Clients", field: "Projects" })).empty_once_in(14),
    field("Status", FieldType::SingleSelect(&["Offered", "Running", "Done", "Lost"])),
    field("Fee", FieldType::Currency { symbol: "€", low: 80_000, high: 4_000_000 }).empty_once_in(6),
    field("Share of work done", FieldType::Percent { low: 0, high: 101 }).empty_once_in(4),
    field("Begins", FieldType::Date(DateStyle::Iso, DayRange(5, 60))).empty_once_in(5),
    field("Ends", FieldType::Date(DateStyle::Iso, DayRange(60, 400))).empty_once_in(5),
    field(
        "Days",
        FieldType::Formula {
            text: "IF(AND({Begins}, {Ends}), DATETIME_DIFF({Ends}, {Begins}, 'days'))",
            result: &FieldType::Number { precision: 0, low: 0, high: 0 },
        },
    ),
    field("Invoices", FieldType::MultipleRecordLinks(Link::From { table: "Invoices", field: "Project" })),
    field("Files", FieldType::MultipleAttachments).empty_once_in(2),
    field("Lead", FieldType::SingleCollaborator).empty_once_in(8),
];

const INVOICES: TableDefinition = TableDefinition {
    name: "Invoices",
    description: None,
    weight: 12,
    fields: INVOICE_FIELDS,
    views: &[
        grid("All invoices"),
        grid("Unpaid").filtered_by("AND({Paid}=BLANK(), {Amount} > 0)").sorted_by("Due"),
        grid("Large amounts").filtered_by("{Amount} >= 5000").sorted_by_descending("Amount").hiding(2),
    ],
};

const INVOICE_FIELDS: &[FieldDefinition] = &[
    field("Number", FieldType::AutoNumber),
    field("Project", FieldType::MultipleRecordLinks(Link::To { table: "Projects", field: "Invoices" }))
        .empty_once_in(20),
    field("Subject of project", FieldType::MultipleLookupValues { link: "Project", field: "Subject" }),
    field("Amount", FieldType::Currency { symbol: "€", low: 10_000, high: 900_000 }).empty_once_in(10),
    field("Tax", FieldType::Percent { low: 0, high: 26 }),
    field(
        "Total",
        FieldType::Formula {
            text: "ROUND({Amount} * (1 + {Tax}), 2)",
            result: &FieldType::Currency { symbol: "€", low: 0, high: 0 },
        },
    ),
    field("Due", FieldType::Date(DateStyle::Iso, DayRange(14, 45))),
    field("Paid", FieldType::Date(DateStyle::Iso, DayRange(3, 90))).empty_once_in(3),
    field("Sent", FieldType::Checkbox).empty_once_in(5),
    field("Remarks", FieldType::MultilineText(TextSource::Prose)).empty_once_in(2),
    field("Last change", FieldType::LastModifiedTime),
];
