//! Words and enumeration values that only HubSpot's records use.

/// Values and labels of HubSpot's own property `industry`.
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

/// The stages of HubSpot's default sales pipeline.
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
