//! The definitions of the six data sources.

use super::{Choice, Dates, Formula, Kind, Property, Source};

pub(crate) static SOURCES: [Source; 6] = [
    Source {
        name: "Tasks",
        description: "Everything somebody has to do.",
        properties: &[
            column("title", "Task", Kind::Title),
            column("kP%3Av", "Status", Kind::Status(&STATES)),
            column("Xq%40d", "Priority", Kind::Select(&PRIORITIES)),
            column("tAgS", "Tags", Kind::MultiSelect(&TAGS)),
            column("aSgn", "Assignee", Kind::People { most: 3 }),
            column("dUe%7C", "Due", Kind::Date(Dates::Day)),
            column("eStm", "Estimate", Kind::Number { format: "number", most: 21 }),
            column("dOnE", "Done", Kind::Checkbox),
            column("pRoj", "Project", Kind::Relation { source: 1, synced: Some(("tAsK", "Tasks")) }),
            column("nOte", "Notes", Kind::RichText),
            column("bIg%3F", "Large", formula("prop(\"Estimate\") > 8", "Estimate", Formula::IsLarge)),
            column("hOur", "Hours", formula("prop(\"Estimate\") * 4", "Estimate", Formula::Fourfold)),
            column("rEvw", "Review by", formula("dateAdd(prop(\"Due\"), 7, \"days\")", "Due", Formula::WeekLater)),
            column("lAbl", "Label", formula("upper(prop(\"Priority\"))", "Priority", Formula::Capitals)),
            column("uNiq", "ID", Kind::UniqueId { prefix: Some("TASK") }),
            column("cTim", "Created", Kind::CreatedTime),
            column("cBy%3B", "Created by", Kind::CreatedBy),
            column("eTim", "Edited", Kind::LastEditedTime),
            column("eBy%3B", "Edited by", Kind::LastEditedBy),
        ],
    },
    Source {
        name: "Projects",
        description: "",
        properties: &[
            column("title", "Project name", Kind::Title),
            column("pSta", "State", Kind::Status(&STATES)),
            column("bUdg", "Budget", Kind::Number { format: "euro", most: 90_000 }),
            column("tImL", "Timeline", Kind::Date(Dates::Range)),
            column("lEad", "Lead", Kind::People { most: 1 }),
            column("tAsK", "Tasks", Kind::Relation { source: 0, synced: Some(("pRoj", "Project")) }),
            column("cUst", "Customer", Kind::Relation { source: 2, synced: None }),
            column("tCnt", "Task count", rollup("Tasks", "Task", "count")),
            column("tSum", "Effort", rollup("Tasks", "Estimate", "sum")),
            column("tLat", "Last due", rollup("Tasks", "Due", "latest_date")),
            column("tPri", "Priorities", rollup("Tasks", "Priority", "show_original")),
            column("pNum", "Number", Kind::UniqueId { prefix: None }),
            column("bTn%21", "Close project", Kind::Button),
        ],
    },
    Source {
        name: "Companies",
        description: "Shops, printers and agencies we work with.",
        properties: &[
            column("cInd", "Kind", Kind::Select(&INDUSTRIES)),
            column("title", "Company", Kind::Title),
            column("cWeb", "Website", Kind::Url),
            column("cRev", "Yearly volume", Kind::Number { format: "dollar", most: 2_000_000 }),
            column("cPlc", "Head office", Kind::Place),
            column("cCon", "Contacts", Kind::Relation { source: 3, synced: Some(("pCom", "Employer")) }),
            column("cDoc", "Contracts", Kind::Files),
        ],
    },
    Source {
        name: "People",
        description: "",
        properties: &[
            column("pMai", "E-mail", Kind::Email),
            column("pTel", "Phone", Kind::PhoneNumber),
            column("pCom", "Employer", Kind::Relation { source: 2, synced: Some(("cCon", "Contacts")) }),
            column("title", "Full name", Kind::Title),
            column("pBth", "First contact", Kind::Date(Dates::Day)),
            column("pNew", "Newsletter", Kind::Checkbox),
        ],
    },
    Source {
        name: "Handbook",
        description: "How things are done here.",
        properties: &[
            column("title", "Page", Kind::Title),
            column("hVer", "Verification", Kind::Verification),
            column("hOwn", "Owner", Kind::People { most: 1 }),
            column("hTag", "Topics", Kind::MultiSelect(&TAGS)),
            column("hSum", "Summary", Kind::RichText),
        ],
    },
    Source {
        name: "Meetings",
        description: "",
        properties: &[
            column("mWhn", "When", Kind::Date(Dates::Time)),
            column("mWho", "Attendees", Kind::People { most: 9 }),
            column("mPro", "About", Kind::Relation { source: 1, synced: None }),
            column("mRec", "Recordings", Kind::Files),
            column("mDec", "Decisions", Kind::RichText),
            column("title", "Topic", Kind::Title),
        ],
    },
];

const fn column(id: &'static str, name: &'static str, kind: Kind) -> Property {
    Property { id, name, kind }
}

const fn formula(expression: &'static str, of: &'static str, formula: Formula) -> Kind {
    Kind::Formula { expression, of, formula }
}

const fn rollup(relation: &'static str, property: &'static str, function: &'static str) -> Kind {
    Kind::Rollup { relation, property, function }
}

const fn choice(id: &'static str, name: &'static str, color: &'static str) -> Choice {
    Choice { id, name, color }
}

/// The options of a status, each with the number of its group.
const STATES: [(Choice, u8); 5] = [
    (choice("s-new", "Not started", "default"), 0),
    (choice("s-pln", "Planned", "gray"), 0),
    (choice("s-now", "In progress", "blue"), 1),
    (choice("s-wait", "Waiting", "orange"), 1),
    (choice("s-done", "Done", "green"), 2),
];

const PRIORITIES: [Choice; 4] = [
    choice("p-hi", "High", "red"),
    choice("p-mid", "Medium", "yellow"),
    choice("p-lo", "Low", "blue"),
    choice("p-any", "Whenever", "brown"),
];

const TAGS: [Choice; 6] = [
    choice("t-prn", "print", "purple"),
    choice("t-web", "web", "blue"),
    choice("t-leg", "legal", "pink"),
    choice("t-evt", "events", "orange"),
    choice("t-int", "internal", "gray"),
    choice("t-i18", "translation", "default"),
];

const INDUSTRIES: [Choice; 4] = [
    choice("i-shop", "Bookshop", "green"),
    choice("i-prnt", "Printer", "brown"),
    choice("i-agcy", "Agency", "pink"),
    choice("i-libr", "Library", "blue"),
];
