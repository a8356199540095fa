//! The words that generated pages, rows and blocks are made of.

/// The titles and icons of the top-level pages.
pub(crate) const TOP_PAGES: [(&str, &str); 8] = [
    ("Company home", "🏠"),
    ("Engineering", "🛠️"),
    ("Editorial", "✍️"),
    ("Marketing", "📣"),
    ("Operations", "📦"),
    ("People & culture", "🌱"),
    ("Finance", "🧾"),
    ("Archive", "🗄️"),
];

pub(crate) const SUBJECTS: [&str; 24] = [
    "autumn catalogue",
    "print run",
    "author contracts",
    "web shop",
    "book fair",
    "returns",
    "paper stock",
    "translations",
    "cover art",
    "audio edition",
    "reader survey",
    "warehouse move",
    "newsletter",
    "backlist",
    "royalties",
    "proofreading",
    "onboarding",
    "release calendar",
    "press kit",
    "accessibility",
    "search index",
    "payment provider",
    "archive scans",
    "office lease",
];

pub(crate) const DOCUMENTS: [&str; 12] = [
    "Plan",
    "Notes",
    "Guide",
    "Checklist",
    "Retrospective",
    "Brief",
    "Decision log",
    "Questions",
    "Timeline",
    "Ideas",
    "Handover",
    "Budget",
];

pub(crate) const VERBS: [&str; 12] = [
    "Draft",
    "Review",
    "Fix",
    "Prepare",
    "Update",
    "Test",
    "Order",
    "Translate",
    "Publish",
    "Check",
    "Plan",
    "Collect",
];

pub(crate) const ICONS: [&str; 10] = ["📄", "🚀", "🧭", "🗓️", "📚", "🔍", "🧪", "💡", "🪴", "☎️"];

pub(crate) const SENTENCES: [&str; 12] = [
    "The first copies arrive a week before the fair.",
    "Everybody has read the draft and nobody objects.",
    "We agreed to wait for the printer's answer.",
    "Numbers are from the last full month.",
    "Ask before changing anything here.",
    "The old process stays in place until spring.",
    "Two questions are still open.",
    "This replaces what we wrote last year.",
    "The supplier promises delivery within ten days.",
    "Costs stay below the estimate.",
    "Feedback from the pilot was mostly good.",
    "See the page above for the background.",
];

pub(crate) const CITIES: [(&str, f64, f64); 6] = [
    ("Lisbon", 38.722, -9.139),
    ("Leipzig", 51.34, 12.374),
    ("Nairobi", -1.286, 36.817),
    ("Ōsaka", 34.694, 135.502),
    ("Québec", 46.814, -71.208),
    ("Tórshavn", 62.008, -6.791),
];

/// Time zones with the same offset all year.
pub(crate) const TIME_ZONES: [(&str, &str); 3] =
    [("Asia/Tokyo", "+09:00"), ("America/Bogota", "-05:00"), ("Africa/Nairobi", "+03:00")];
