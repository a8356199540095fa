//! Who calls in most tests, and for whom.

/// What the tests' programs send as bearer.
pub const KEY: &str = "an-api-key-for-the-tests";

/// The ids that most tests act for.
pub const IDS: [(&str, &str); 2] = [("org_id", "acme"), ("user_id", "ada")];
