//! The base "Product launches": launches, tasks and feedback.

use super::{
    BaseDefinition, DateStyle, DayRange, FieldDefinition, FieldType, Link, TableDefinition, TextSource, field, grid,
    view,
    vocabulary::{EDITIONS, FEEDBACK_TOPICS, PRODUCT_MOODS, PRODUCTS, TASK_OBJECTS, TASK_VERBS},
};

pub(super) const BASE: BaseDefinition =
    BaseDefinition { name: "Product launches", permission: "create", tables: &[LAUNCHES, TASKS, FEEDBACK] };

const LAUNCHES: TableDefinition = TableDefinition {
    name: "Launches",
    description: Some("One row for each product that goes out"),
    weight: 6,
    fields: LAUNCH_FIELDS,
    views: &[
        grid("All launches"),
        view("Calendar", "calendar").sorted_by("Launch date"),
        view("Gallery", "gallery"),
        grid("On track").filtered_by("{Stage}='On track'").sorted_by("Launch").hiding(6),
    ],
};

const LAUNCH_FIELDS: &[FieldDefinition] = &[
    field("Launch", FieldType::SingleLineText(TextSource::Pattern(&[PRODUCT_MOODS, PRODUCTS, EDITIONS]))),
    field("Stage", FieldType::SingleSelect(&["Idea", "On track", "At risk", "Launched", "Cancelled"]))
        .empty_once_in(20),
    field("Launch date", FieldType::Date(DateStyle::Friendly, DayRange(30, 300))).empty_once_in(9),
    field("Owner", FieldType::SingleCollaborator).empty_once_in(12),
    field("Team", FieldType::MultipleCollaborators).empty_once_in(6),
    field("Brief", FieldType::RichText(TextSource::Markdown)).empty_once_in(4),
    field("Pictures", FieldType::MultipleAttachments).empty_once_in(3),
    field("Budget", FieldType::Currency { symbol: "$", low: 250_000, high: 9_000_000 }).empty_once_in(7),
    field("Tasks", FieldType::MultipleRecordLinks(Link::From { table: "Tasks", field: "Launch" })),
    field("Task count", FieldType::Count { link: "Tasks" }),
    field("Hours planned", FieldType::Rollup { link: "Tasks", field: "Hours" })
        .about("Hours of all tasks of the launch"),
    field("Feedback", FieldType::MultipleRecordLinks(Link::From { table: "Feedback", field: "Product" })),
    field(
        "Tagline",
        FieldType::AiText { prompt: "Write one line that makes somebody want this product: ", about: "Launch" },
    )
    .empty_once_in(5),
    field("Barcode", FieldType::Barcode).empty_once_in(4),
    field("Created", FieldType::CreatedTime),
    field("Last change", FieldType::LastModifiedTime),
];

const TASKS: TableDefinition = TableDefinition {
    name: "Tasks",
    description: None,
    weight: 25,
    fields: TASK_FIELDS,
    views: &[
        grid("All tasks"),
        grid("Open").filtered_by("NOT({Done})").sorted_by("Due"),
        view("Board", "kanban"),
        view("New task", "form"),
    ],
};

const TASK_FIELDS: &[FieldDefinition] = &[
    field("Task", FieldType::SingleLineText(TextSource::Pattern(&[TASK_VERBS, TASK_OBJECTS]))).empty_once_in(40),
    field("Launch", FieldType::MultipleRecordLinks(Link::To { table: "Launches", field: "Tasks" })).empty_once_in(15),
    field("Launch date", FieldType::MultipleLookupValues { link: "Launch", field: "Launch date" }),
    field("Done", FieldType::Checkbox).empty_once_in(2),
    field("Priority", FieldType::SingleSelect(&["Low", "Medium", "High", "Urgent 🔥"])).empty_once_in(8),
    field("Labels", FieldType::MultipleSelects(&["print", "web", "legal", "shop", "press", "später"])).empty_once_in(3),
    field("Assignee", FieldType::SingleCollaborator).empty_once_in(5),
    field("Due", FieldType::Date(DateStyle::Iso, DayRange(3, 120))).empty_once_in(6),
    field("Hours", FieldType::Number { precision: 1, low: 5, high: 400 }).empty_once_in(4),
    field("Effort", FieldType::Duration { most: 2400 }).empty_once_in(9),
    field("Progress", FieldType::Percent { low: 0, high: 101 }).empty_once_in(10),
    field("Notes", FieldType::MultilineText(TextSource::Prose)).empty_once_in(3),
    field(
        "Hours per percent",
        FieldType::Formula {
            text: "{Hours} / {Progress}",
            result: &FieldType::Number { precision: 2, low: 0, high: 0 },
        },
    )
    .about("Not a number before the work has begun"),
    field("Last changed by", FieldType::LastModifiedBy),
];

const FEEDBACK: TableDefinition = TableDefinition {
    name: "Feedback",
    description: Some("What customers write, from the shop and by e-mail"),
    weight: 14,
    fields: FEEDBACK_FIELDS,
    views: &[grid("Inbox").sorted_by_descending("Received"), grid("Praise").filtered_by("{Stars} >= 4").hiding(3)],
};

const FEEDBACK_FIELDS: &[FieldDefinition] = &[
    field(
        "Summary",
        FieldType::Formula {
            text: "{Subject} & IF({From}, \" (\" & {From} & \")\", \"\")",
            result: &FieldType::SingleLineText(TextSource::Person),
        },
    ),
    field("Subject", FieldType::SingleLineText(TextSource::Pattern(&[FEEDBACK_TOPICS]))).empty_once_in(25),
    field("From", FieldType::SingleLineText(TextSource::Person)).empty_once_in(4),
    field("E-mail", FieldType::Email(TextSource::PersonEmail)).empty_once_in(5),
    field("Phone", FieldType::PhoneNumber).empty_once_in(2),
    field("Message", FieldType::MultilineText(TextSource::Prose)).empty_once_in(12),
    field("Stars", FieldType::Rating { max: 5 }).empty_once_in(7),
    field("Product", FieldType::MultipleRecordLinks(Link::To { table: "Launches", field: "Feedback" }))
        .empty_once_in(10),
    field("Stage of product", FieldType::MultipleLookupValues { link: "Product", field: "Stage" }),
    field("Received", FieldType::DateTime(DayRange(0, 2))),
    field("Came from", FieldType::ExternalSyncSource(&["Web shop", "Support desk", "Fair"])),
    field("Reply", FieldType::Button { label: "Reply" }),
];
