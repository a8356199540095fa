//! The words records are made of. Domains end in `.example`, which is reserved and belongs to nobody.

/// First names. They and the last names are short, so that they stand here many to a line.
pub(crate) const FIRST_NAMES: [&str; 48] = [
    "Olivia", "Liam", "Amara", "Noah", "Zoë", "Mateo", "Sofia", "Ethan", "Priya", "Lucas", "Chloé", "Kenji", "Emma",
    "Omar", "Grace", "Jürgen", "Ava", "Samuel", "Ines", "Daniel", "Fatima", "Henry", "Łucja", "Marcus", "Nora",
    "David", "Yuki", "Peter", "Leila", "Oscar", "Hannah", "Rafael", "Mei", "Thomas", "Aisha", "Björn", "Clara",
    "Victor", "Ruth", "Andrei", "Maria", "James", "Tomás", "Elena", "Kwame", "Sarah", "Ivan", "Julia",
];

pub(crate) const LAST_NAMES: [&str; 48] = [
    "Martin", "Okafor", "Silva", "Novak", "Müller", "Patel", "Johnson", "Tanaka", "García", "Brown", "Rossi", "Kim",
    "Larsen", "Cohen", "Dubois", "O'Neill", "Haddad", "Lee", "Wiśniak", "Walker", "Mensah", "Petrov", "Nguyen",
    "Fischer", "Costa", "Murphy", "Ivanova", "Chen", "Jansen", "Ramos", "Clarke", "Yılmaz", "Bauer", "Singh", "Moreau",
    "Nilsen", "Santos", "Wright", "Sato", "Horvat", "Ali", "Popescu", "Taylor", "Núñez", "Becker", "Dlamini", "Young",
    "Ferreira",
];

/// A name as it stands in an e-mail address.
pub(crate) fn ascii(name: &str) -> String {
    let fold = |letter| match letter {
        'ë' | 'é' => Some('e'),
        'ü' | 'ú' => Some('u'),
        'á' => Some('a'),
        'ö' => Some('o'),
        'í' | 'ı' => Some('i'),
        'ñ' => Some('n'),
        'ś' => Some('s'),
        'ł' => Some('l'),
        _ => Some(letter).filter(char::is_ascii_alphanumeric),
    };
    name.to_lowercase().chars().filter_map(fold).collect()
}

/// The halves of a company's name: "Bright" and "harbor".
pub(crate) const COMPANY_STARTS: [&str; 48] = [
    "Bright", "North", "Silver", "Clear", "Iron", "Blue", "Summit", "Cedar", "Red", "Stone", "Harbor", "Golden",
    "Quick", "Maple", "West", "Open", "Solar", "True", "Green", "Copper", "Lake", "River", "Grand", "Atlas", "Nova",
    "Prime", "East", "Storm", "Frost", "High", "Wild", "Oak", "Swift", "Coral", "Noble", "Pine", "Deep", "Sky",
    "Amber", "Vista", "Cloud", "Ember", "Crest", "Fair", "Glen", "Star", "Wind", "Alder",
];

pub(crate) const COMPANY_ENDS: [&str; 40] = [
    "field", "bridge", "works", "line", "path", "wave", "point", "gate", "forge", "land", "side", "brook", "mark",
    "stone", "ridge", "light", "ware", "port", "view", "craft", "source", "well", "grove", "peak", "haven", "lock",
    "yard", "span", "loop", "spring", "dale", "press", "shore", "mill", "cast", "reach", "root", "turn", "ford",
    "scope",
];

pub(crate) const COMPANY_FORMS: [&str; 10] =
    ["Inc.", "Labs", "Group", "& Co.", "GmbH", "Partners", "Systems", "Ltd", "Studio", "Logistics"];

/// Industries, by the values HubSpot's own property offers.
pub(crate) const INDUSTRIES: [(&str, &str); 12] = [
    ("COMPUTER_SOFTWARE", "Computer Software"),
    ("FINANCIAL_SERVICES", "Financial Services"),
    ("CONSTRUCTION", "Construction"),
    ("HOSPITAL_HEALTH_CARE", "Hospital & Health Care"),
    ("RETAIL", "Retail"),
    ("EDUCATION_MANAGEMENT", "Education Management"),
    ("LOGISTICS_AND_SUPPLY_CHAIN", "Logistics and Supply Chain"),
    ("MARKETING_AND_ADVERTISING", "Marketing and Advertising"),
    ("RENEWABLES_ENVIRONMENT", "Renewables & Environment"),
    ("FOOD_BEVERAGES", "Food & Beverages"),
    ("DESIGN", "Design"),
    ("REAL_ESTATE", "Real Estate"),
];

/// City, state or region, and telephone code.
pub(crate) const CITIES: [(&str, &str, &str); 18] = [
    ("Boston", "MA", "+1 617"),
    ("Austin", "TX", "+1 512"),
    ("Portland", "OR", "+1 503"),
    ("Chicago", "IL", "+1 312"),
    ("Denver", "CO", "+1 303"),
    ("Toronto", "ON", "+1 416"),
    ("Montréal", "QC", "+1 514"),
    ("London", "England", "+44 20"),
    ("Dublin", "Leinster", "+353 1"),
    ("Berlin", "Berlin", "+49 30"),
    ("München", "Bayern", "+49 89"),
    ("Paris", "Île-de-France", "+33 1"),
    ("Kraków", "Małopolskie", "+48 12"),
    ("São Paulo", "SP", "+55 11"),
    ("Nairobi", "Nairobi", "+254 20"),
    ("Singapore", "Singapore", "+65 6"),
    ("Melbourne", "VIC", "+61 3"),
    ("Osaka", "Osaka", "+81 6"),
];

pub(crate) const JOB_TITLES: [&str; 20] = [
    "Account Executive",
    "Head of Operations",
    "Marketing Manager",
    "Chief Technology Officer",
    "Software Engineer",
    "Office Manager",
    "VP of Sales",
    "Product Manager",
    "Data Analyst",
    "Founder",
    "Procurement Lead",
    "Customer Success Manager",
    "Finance Director",
    "IT Administrator",
    "Designer",
    "HR Business Partner",
    "Solutions Architect",
    "Logistics Coordinator",
    "Chief Executive Officer",
    "Growth Lead",
];

pub(crate) const DEAL_SUBJECTS: [&str; 14] = [
    "annual licence",
    "pilot",
    "onboarding package",
    "renewal",
    "seat expansion",
    "data migration",
    "support plan",
    "platform upgrade",
    "consulting retainer",
    "integration project",
    "training days",
    "enterprise rollout",
    "proof of concept",
    "hardware refresh",
];

/// Stages of HubSpot's default sales pipeline.
pub(crate) const DEAL_STAGES: [(&str, &str); 7] = [
    ("appointmentscheduled", "Appointment Scheduled"),
    ("qualifiedtobuy", "Qualified To Buy"),
    ("presentationscheduled", "Presentation Scheduled"),
    ("decisionmakerboughtin", "Decision Maker Bought-In"),
    ("contractsent", "Contract Sent"),
    ("closedwon", "Closed Won"),
    ("closedlost", "Closed Lost"),
];

pub(crate) const LIFECYCLE_STAGES: [(&str, &str); 5] = [
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
];
