//! The base "Event planning": venues, guests and shifts.

use super::{
    BaseDefinition, DateStyle, DayRange, FieldDefinition, FieldType, Link, TableDefinition, TextSource, field, grid,
    view,
    vocabulary::{DISHES, VENUE_KINDS, VENUE_NAMES},
};

pub(super) const BASE: BaseDefinition =
    BaseDefinition { name: "Event planning", permission: "edit", tables: &[VENUES, GUESTS, SHIFTS] };

const VENUES: TableDefinition = TableDefinition {
    name: "Venues",
    description: None,
    weight: 3,
    fields: VENUE_FIELDS,
    views: &[
        grid("All venues"),
        view("Pictures of venues", "gallery"),
        grid("Large").filtered_by("{Seats} > 150").sorted_by("Seats"),
    ],
};

const VENUE_FIELDS: &[FieldDefinition] = &[
    field("Venue", FieldType::SingleLineText(TextSource::Pattern(&[VENUE_NAMES, VENUE_KINDS]))).empty_once_in(30),
    field("Seats", FieldType::Number { precision: 0, low: 20, high: 600 }).empty_once_in(10),
    field("Rent", FieldType::Currency { symbol: "€", low: 20_000, high: 900_000 }).empty_once_in(8),
    field("Rating", FieldType::Rating { max: 10 }).empty_once_in(4),
    field("Website", FieldType::Url(TextSource::CompanySite)).empty_once_in(3),
    field("Contact", FieldType::SingleLineText(TextSource::Person)).empty_once_in(6),
    field("Phone", FieldType::PhoneNumber).empty_once_in(5),
    field("Photos", FieldType::MultipleAttachments).empty_once_in(2),
    field("Guests", FieldType::MultipleRecordLinks(Link::From { table: "Guests", field: "Venue" })),
    field("Number of guests", FieldType::Count { link: "Guests" }),
    field("Step-free access", FieldType::Checkbox).empty_once_in(3),
];

const GUESTS: TableDefinition = TableDefinition {
    name: "Guests",
    description: Some("Everybody who was invited"),
    weight: 18,
    fields: GUEST_FIELDS,
    views: &[
        grid("All guests").sorted_by("Name"),
        grid("Coming").filtered_by("{Answer}='Yes'"),
        grid("No answer yet").filtered_by("{Answer}=BLANK()").hiding(4),
    ],
};

const GUEST_FIELDS: &[FieldDefinition] = &[
    field("Name", FieldType::SingleLineText(TextSource::Person)).empty_once_in(50),
    field("E-mail", FieldType::Email(TextSource::PersonEmail)).empty_once_in(8),
    field("Company", FieldType::SingleLineText(TextSource::Company)).empty_once_in(3),
    field("Answer", FieldType::SingleSelect(&["Yes", "No", "Perhaps"])).empty_once_in(4),
    field("Companions", FieldType::Number { precision: 0, low: 0, high: 4 }).empty_once_in(3),
    field("Eats", FieldType::MultipleSelects(DISHES)).empty_once_in(2),
    field("Venue", FieldType::MultipleRecordLinks(Link::To { table: "Venues", field: "Guests" })).empty_once_in(9),
    field("Rent of the venue", FieldType::MultipleLookupValues { link: "Venue", field: "Rent" }),
    field("Arrives", FieldType::DateTime(DayRange(20, 200))).empty_once_in(3),
    field("Ticket", FieldType::Barcode).empty_once_in(6),
    field(
        "Heads",
        FieldType::Formula { text: "1 + {Companions}", result: &FieldType::Number { precision: 0, low: 0, high: 0 } },
    ),
    field("Remarks", FieldType::MultilineText(TextSource::Prose)).empty_once_in(2),
    field("Invited by", FieldType::CreatedBy),
];

const SHIFTS: TableDefinition = TableDefinition {
    name: "Shifts",
    description: None,
    weight: 8,
    fields: SHIFT_FIELDS,
    views: &[grid("Rota").sorted_by("Day"), view("Month", "calendar"), view("Weeks", "timeline")],
};

const SHIFT_FIELDS: &[FieldDefinition] = &[
    field("Day", FieldType::Date(DateStyle::European, DayRange(5, 90))).empty_once_in(35),
    field("Work", FieldType::SingleSelect(&["Build-up", "Door", "Bar", "Stage", "Clean-up"])),
    field("Crew", FieldType::MultipleCollaborators).empty_once_in(7),
    field("Length", FieldType::Duration { most: 600 }),
    field("Begins", FieldType::DateTime(DayRange(5, 90))).empty_once_in(4),
    field("Wage", FieldType::Currency { symbol: "€", low: 5_000, high: 30_000 }).empty_once_in(6),
    field(
        "Wage per hour",
        FieldType::Formula {
            text: "IF({Wage}, {Wage} / ({Length} / 3600), ERROR())",
            result: &FieldType::Number { precision: 2, low: 0, high: 0 },
        },
    ),
    field("Checked", FieldType::Checkbox).empty_once_in(2),
];
