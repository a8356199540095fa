//! The words that records of the three bases are made of. Some use other writing systems, which a client has to
//! preserve.

pub(super) const PRODUCT_MOODS: &[&str] = &[
    "Quiet",
    "Amber",
    "Northern",
    "Paper",
    "Lunar",
    "Copper",
    "Wild",
    "Velvet",
    "Brisk",
    "Tidal",
    "Mossy",
    "Électrique",
];

pub(super) const PRODUCTS: &[&str] = &[
    "Kettle",
    "Backpack",
    "Lantern",
    "Notebook",
    "Desk Lamp",
    "Headphones",
    "Bicycle Bell",
    "Tent",
    "Thermos",
    "Keyboard",
    "Hammock",
    "Espresso Set",
    "Water Filter",
    "Field Watch",
    "茶碗",
    "Сумка",
];

pub(super) const EDITIONS: &[&str] =
    &["launch", "relaunch", "spring edition", "second edition", "for schools", "in Japan 🇯🇵", "for Europe", "mini"];

pub(super) const TASK_VERBS: &[&str] = &[
    "Write",
    "Review",
    "Design",
    "Translate",
    "Order",
    "Approve",
    "Photograph",
    "Test",
    "Update",
    "Plan",
    "Measure",
    "Schedule",
    "Archive",
    "Überarbeite",
];

pub(super) const TASK_OBJECTS: &[&str] = &[
    "the landing page",
    "the press kit",
    "packaging proofs",
    "the price list",
    "a demo video",
    "the FAQ",
    "retail samples",
    "the launch e-mail",
    "safety labels",
    "the return policy",
    "user interviews",
    "the warehouse slots",
    "social posts",
    "the “thank you” card",
    "étiquettes",
];

pub(super) const FEEDBACK_TOPICS: &[&str] = &[
    "The lid does not close",
    "Love the colour",
    "Arrived scratched",
    "Manual is missing",
    "Too heavy to carry",
    "Wish it came in green",
    "Battery lasts a day",
    "Smells of plastic",
    "Great gift",
    "Handle gets hot",
    "色がとても綺麗",
    "Très bonne finition",
];

pub(super) const VENUE_NAMES: &[&str] =
    &["The Old", "Riverside", "Harbour", "Botanic", "Kino", "Grand", "Hilltop", "Linden", "Palais", "Nordic"];

pub(super) const VENUE_KINDS: &[&str] =
    &["Brewery", "Hall", "Garden", "Ballroom", "Gallery", "Loft", "Theatre", "Boathouse", "Orangery", "Werkstatt"];

pub(super) const PROJECT_KINDS: &[&str] = &[
    "brand identity",
    "website",
    "annual report",
    "packaging",
    "exhibition",
    "signage",
    "photo book",
    "app icons",
    "campaign",
    "type specimen",
    "Messestand",
    "menu cards",
];

pub(super) const DISHES: &[&str] = &["no preference", "vegetarian", "vegan", "gluten free", "halal", "kosher"];

pub(crate) const SENTENCES: &[&str] = &[
    "The supplier confirmed the new date by phone.",
    "Nobody has answered the second e-mail yet.",
    "Keep the receipt, it is needed for the tax return.",
    "We agreed to try the smaller size first.",
    "The colour on the screen is not the colour on paper.",
    "Two of three samples were fine.",
    "Ask Ingrid whether the café next door can lend us chairs.",
    "“Good enough” is what the client said, and we believe them.",
    "See the table below the second photograph.",
    "Половина уже готова, остальное в пятницу.",
    "次回の打ち合わせまでに確認する。",
    "The budget allows for one more round 🎉.",
    "Nothing blocks this any longer.",
    "It rained, so the outdoor part moves to Sunday.",
    "Prices are without tax & delivery, i.e. < 5% off the estimate.",
    "Le devis est signé depuis hier.",
];
