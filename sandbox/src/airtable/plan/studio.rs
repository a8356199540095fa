//! The customers of a small design studio, its projects and its invoices.

use super::{
    BasePlan, DateStyle, FieldPlan, Kind, Link, Span, TablePlan, Words, field, grid, view, words::PROJECT_KINDS,
};

pub(super) const BASE: BasePlan =
    BasePlan { name: "Studio CRM", permission: "read", tables: &[CLIENTS, PROJECTS, INVOICES] };

const CLIENTS: TablePlan = TablePlan {
    name: "Clients",
    description: None,
    weight: 4,
    fields: CLIENT_FIELDS,
    views: &[grid("All clients").by("Client"), grid("Good ones").only("{Worth} > 3").hiding(4)],
};

const CLIENT_FIELDS: &[FieldPlan] = &[
    field("Client", Kind::SingleLineText(Words::Company)).gaps(30),
    field("Website", Kind::Url(Words::CompanySite)).gaps(5),
    field("Contact", Kind::SingleLineText(Words::Person)).gaps(6),
    field("E-mail", Kind::Email(Words::CompanyMail)).gaps(4),
    field("Phone", Kind::PhoneNumber).gaps(3),
    field("Worth", Kind::Rating { max: 5 }).gaps(5),
    field("Trades in", Kind::MultipleSelects(&["food", "fashion", "music", "science", "public sector", "sport"]))
        .gaps(6),
    field("Projects", Kind::MultipleRecordLinks(Link::From { table: "Projects", field: "Client" })),
    field("Fees of all projects", Kind::Rollup { link: "Projects", field: "Fee" }),
    field("Since", Kind::Date(DateStyle::Local, Span(-900, 0))).gaps(9),
    field("History", Kind::RichText(Words::Marked)).gaps(2),
];

const PROJECTS: TablePlan = TablePlan {
    name: "Projects",
    description: Some("Everything that was offered, whether or not it came to be"),
    weight: 10,
    fields: PROJECT_FIELDS,
    views: &[
        grid("All projects"),
        grid("Running").only("AND({Status}='Running', {Fee} > 0)").by_descending("Fee"),
        view("Pipeline", "kanban"),
    ],
};

const PROJECT_FIELDS: &[FieldPlan] = &[
    field(
        "Project",
        Kind::Formula {
            text: "IF({Client}, {Client} & \" – \", \"\") & {Subject}",
            result: &Kind::SingleLineText(Words::Company),
        },
    ),
    field("Subject", Kind::SingleLineText(Words::Pattern(&[PROJECT_KINDS]))).gaps(12),
    field("Client", Kind::MultipleRecordLinks(Link::To { table: "Clients", field: "Projects" })).gaps(14),
    field("Status", Kind::SingleSelect(&["Offered", "Running", "Done", "Lost"])),
    field("Fee", Kind::Currency { symbol: "€", low: 80_000, high: 4_000_000 }).gaps(6),
    field("Share of work done", Kind::Percent { low: 0, high: 101 }).gaps(4),
    field("Begins", Kind::Date(DateStyle::Iso, Span(5, 60))).gaps(5),
    field("Ends", Kind::Date(DateStyle::Iso, Span(60, 400))).gaps(5),
    field(
        "Days",
        Kind::Formula {
            text: "IF(AND({Begins}, {Ends}), DATETIME_DIFF({Ends}, {Begins}, 'days'))",
            result: &Kind::Number { precision: 0, low: 0, high: 0 },
        },
    ),
    field("Invoices", Kind::MultipleRecordLinks(Link::From { table: "Invoices", field: "Project" })),
    field("Files", Kind::MultipleAttachments).gaps(2),
    field("Lead", Kind::SingleCollaborator).gaps(8),
];

const INVOICES: TablePlan = TablePlan {
    name: "Invoices",
    description: None,
    weight: 12,
    fields: INVOICE_FIELDS,
    views: &[
        grid("All invoices"),
        grid("Unpaid").only("AND({Paid}=BLANK(), {Amount} > 0)").by("Due"),
        grid("Large amounts").only("{Amount} >= 5000").by_descending("Amount").hiding(2),
    ],
};

const INVOICE_FIELDS: &[FieldPlan] = &[
    field("Number", Kind::AutoNumber),
    field("Project", Kind::MultipleRecordLinks(Link::To { table: "Projects", field: "Invoices" })).gaps(20),
    field("Subject of project", Kind::MultipleLookupValues { link: "Project", field: "Subject" }),
    field("Amount", Kind::Currency { symbol: "€", low: 10_000, high: 900_000 }).gaps(10),
    field("Tax", Kind::Percent { low: 0, high: 26 }),
    field(
        "Total",
        Kind::Formula {
            text: "ROUND({Amount} * (1 + {Tax}), 2)",
            result: &Kind::Currency { symbol: "€", low: 0, high: 0 },
        },
    ),
    field("Due", Kind::Date(DateStyle::Iso, Span(14, 45))),
    field("Paid", Kind::Date(DateStyle::Iso, Span(3, 90))).gaps(3),
    field("Sent", Kind::Checkbox).gaps(5),
    field("Remarks", Kind::MultilineText(Words::Prose)).gaps(2),
    field("Last change", Kind::LastModifiedTime),
];
