//! Event planning: where, who comes, and who works when.

use super::{
    BasePlan, DateStyle, FieldPlan, Kind, Link, Span, TablePlan, Words, field, grid, view,
    words::{DISHES, VENUE_KINDS, VENUE_NAMES},
};

pub(super) const BASE: BasePlan =
    BasePlan { name: "Event planning", permission: "edit", tables: &[VENUES, GUESTS, SHIFTS] };

const VENUES: TablePlan = TablePlan {
    name: "Venues",
    description: None,
    weight: 3,
    fields: VENUE_FIELDS,
    views: &[
        grid("All venues"),
        view("Pictures of venues", "gallery"),
        grid("Large").only("{Seats} > 150").by("Seats"),
    ],
};

const VENUE_FIELDS: &[FieldPlan] = &[
    field("Venue", Kind::SingleLineText(Words::Pattern(&[VENUE_NAMES, VENUE_KINDS]))).gaps(30),
    field("Seats", Kind::Number { precision: 0, low: 20, high: 600 }).gaps(10),
    field("Rent", Kind::Currency { symbol: "€", low: 20_000, high: 900_000 }).gaps(8),
    field("Rating", Kind::Rating { max: 10 }).gaps(4),
    field("Website", Kind::Url(Words::CompanySite)).gaps(3),
    field("Contact", Kind::SingleLineText(Words::Person)).gaps(6),
    field("Phone", Kind::PhoneNumber).gaps(5),
    field("Photos", Kind::MultipleAttachments).gaps(2),
    field("Guests", Kind::MultipleRecordLinks(Link::From { table: "Guests", field: "Venue" })),
    field("Number of guests", Kind::Count { link: "Guests" }),
    field("Step-free access", Kind::Checkbox).gaps(3),
];

const GUESTS: TablePlan = TablePlan {
    name: "Guests",
    description: Some("Everybody who was invited"),
    weight: 18,
    fields: GUEST_FIELDS,
    views: &[
        grid("All guests").by("Name"),
        grid("Coming").only("{Answer}='Yes'"),
        grid("No answer yet").only("{Answer}=BLANK()").hiding(4),
    ],
};

const GUEST_FIELDS: &[FieldPlan] = &[
    field("Name", Kind::SingleLineText(Words::Person)).gaps(50),
    field("E-mail", Kind::Email(Words::PersonMail)).gaps(8),
    field("Company", Kind::SingleLineText(Words::Company)).gaps(3),
    field("Answer", Kind::SingleSelect(&["Yes", "No", "Perhaps"])).gaps(4),
    field("Companions", Kind::Number { precision: 0, low: 0, high: 4 }).gaps(3),
    field("Eats", Kind::MultipleSelects(DISHES)).gaps(2),
    field("Venue", Kind::MultipleRecordLinks(Link::To { table: "Venues", field: "Guests" })).gaps(9),
    field("Rent of the venue", Kind::MultipleLookupValues { link: "Venue", field: "Rent" }),
    field("Arrives", Kind::DateTime(Span(20, 200))).gaps(3),
    field("Ticket", Kind::Barcode).gaps(6),
    field("Heads", Kind::Formula { text: "1 + {Companions}", result: &Kind::Number { precision: 0, low: 0, high: 0 } }),
    field("Remarks", Kind::MultilineText(Words::Prose)).gaps(2),
    field("Invited by", Kind::CreatedBy),
];

const SHIFTS: TablePlan = TablePlan {
    name: "Shifts",
    description: None,
    weight: 8,
    fields: SHIFT_FIELDS,
    views: &[grid("Rota").by("Day"), view("Month", "calendar"), view("Weeks", "timeline")],
};

const SHIFT_FIELDS: &[FieldPlan] = &[
    field("Day", Kind::Date(DateStyle::European, Span(5, 90))).gaps(35),
    field("Work", Kind::SingleSelect(&["Build-up", "Door", "Bar", "Stage", "Clean-up"])),
    field("Crew", Kind::MultipleCollaborators).gaps(7),
    field("Length", Kind::Duration { most: 600 }),
    field("Begins", Kind::DateTime(Span(5, 90))).gaps(4),
    field("Wage", Kind::Currency { symbol: "€", low: 5_000, high: 30_000 }).gaps(6),
    field(
        "Wage per hour",
        Kind::Formula {
            text: "IF({Wage}, {Wage} / ({Length} / 3600), ERROR())",
            result: &Kind::Number { precision: 2, low: 0, high: 0 },
        },
    ),
    field("Checked", Kind::Checkbox).gaps(2),
];
