//! Product launches: what is launched, what is to be done for it, and what people say about it.

use super::{
    BasePlan, DateStyle, FieldPlan, Kind, Link, Span, TablePlan, Words, field, grid, view,
    words::{EDITIONS, FEEDBACK_TOPICS, PRODUCT_MOODS, PRODUCTS, TASK_OBJECTS, TASK_VERBS},
};

pub(super) const BASE: BasePlan =
    BasePlan { name: "Product launches", permission: "create", tables: &[LAUNCHES, TASKS, FEEDBACK] };

const LAUNCHES: TablePlan = TablePlan {
    name: "Launches",
    description: Some("One row for each product that goes out"),
    weight: 6,
    fields: LAUNCH_FIELDS,
    views: &[
        grid("All launches"),
        view("Calendar", "calendar").by("Launch date"),
        view("Gallery", "gallery"),
        grid("On track").only("{Stage}='On track'").by("Launch").hiding(6),
    ],
};

const LAUNCH_FIELDS: &[FieldPlan] = &[
    field("Launch", Kind::SingleLineText(Words::Pattern(&[PRODUCT_MOODS, PRODUCTS, EDITIONS]))),
    field("Stage", Kind::SingleSelect(&["Idea", "On track", "At risk", "Launched", "Cancelled"])).gaps(20),
    field("Launch date", Kind::Date(DateStyle::Friendly, Span(30, 300))).gaps(9),
    field("Owner", Kind::SingleCollaborator).gaps(12),
    field("Team", Kind::MultipleCollaborators).gaps(6),
    field("Brief", Kind::RichText(Words::Marked)).gaps(4),
    field("Pictures", Kind::MultipleAttachments).gaps(3),
    field("Budget", Kind::Currency { symbol: "$", low: 250_000, high: 9_000_000 }).gaps(7),
    field("Tasks", Kind::MultipleRecordLinks(Link::From { table: "Tasks", field: "Launch" })),
    field("Task count", Kind::Count { link: "Tasks" }),
    field("Hours planned", Kind::Rollup { link: "Tasks", field: "Hours" }).about("Hours of all tasks of the launch"),
    field("Feedback", Kind::MultipleRecordLinks(Link::From { table: "Feedback", field: "Product" })),
    field(
        "Tagline",
        Kind::AiText { prompt: "Write one line that makes somebody want this product: ", about: "Launch" },
    )
    .gaps(5),
    field("Barcode", Kind::Barcode).gaps(4),
    field("Created", Kind::CreatedTime),
    field("Last change", Kind::LastModifiedTime),
];

const TASKS: TablePlan = TablePlan {
    name: "Tasks",
    description: None,
    weight: 25,
    fields: TASK_FIELDS,
    views: &[
        grid("All tasks"),
        grid("Open").only("NOT({Done})").by("Due"),
        view("Board", "kanban"),
        view("New task", "form"),
    ],
};

const TASK_FIELDS: &[FieldPlan] = &[
    field("Task", Kind::SingleLineText(Words::Pattern(&[TASK_VERBS, TASK_OBJECTS]))).gaps(40),
    field("Launch", Kind::MultipleRecordLinks(Link::To { table: "Launches", field: "Tasks" })).gaps(15),
    field("Launch date", Kind::MultipleLookupValues { link: "Launch", field: "Launch date" }),
    field("Done", Kind::Checkbox).gaps(2),
    field("Priority", Kind::SingleSelect(&["Low", "Medium", "High", "Urgent 🔥"])).gaps(8),
    field("Labels", Kind::MultipleSelects(&["print", "web", "legal", "shop", "press", "später"])).gaps(3),
    field("Assignee", Kind::SingleCollaborator).gaps(5),
    field("Due", Kind::Date(DateStyle::Iso, Span(3, 120))).gaps(6),
    field("Hours", Kind::Number { precision: 1, low: 5, high: 400 }).gaps(4),
    field("Effort", Kind::Duration { most: 2400 }).gaps(9),
    field("Progress", Kind::Percent { low: 0, high: 101 }).gaps(10),
    field("Notes", Kind::MultilineText(Words::Prose)).gaps(3),
    field(
        "Hours per percent",
        Kind::Formula { text: "{Hours} / {Progress}", result: &Kind::Number { precision: 2, low: 0, high: 0 } },
    )
    .about("Not a number before the work has begun"),
    field("Last changed by", Kind::LastModifiedBy),
];

const FEEDBACK: TablePlan = TablePlan {
    name: "Feedback",
    description: Some("What customers write, from the shop and by e-mail"),
    weight: 14,
    fields: FEEDBACK_FIELDS,
    views: &[grid("Inbox").by_descending("Received"), grid("Praise").only("{Stars} >= 4").hiding(3)],
};

const FEEDBACK_FIELDS: &[FieldPlan] = &[
    field(
        "Summary",
        Kind::Formula {
            text: "{Subject} & IF({From}, \" (\" & {From} & \")\", \"\")",
            result: &Kind::SingleLineText(Words::Person),
        },
    ),
    field("Subject", Kind::SingleLineText(Words::Pattern(&[FEEDBACK_TOPICS]))).gaps(25),
    field("From", Kind::SingleLineText(Words::Person)).gaps(4),
    field("E-mail", Kind::Email(Words::PersonMail)).gaps(5),
    field("Phone", Kind::PhoneNumber).gaps(2),
    field("Message", Kind::MultilineText(Words::Prose)).gaps(12),
    field("Stars", Kind::Rating { max: 5 }).gaps(7),
    field("Product", Kind::MultipleRecordLinks(Link::To { table: "Launches", field: "Feedback" })).gaps(10),
    field("Stage of product", Kind::MultipleLookupValues { link: "Product", field: "Stage" }),
    field("Received", Kind::DateTime(Span(0, 2))),
    field("Came from", Kind::ExternalSyncSource(&["Web shop", "Support desk", "Fair"])),
    field("Reply", Kind::Button { label: "Reply" }),
];
