//! The API key, subject and encryption keys of most tests.

pub const API_KEY: &str = "an-api-key-for-the-tests";

/// The user who connects, as fields of a form or query.
pub const SUBJECT: [(&str, &str); 2] = [("org_id", "acme"), ("user_id", "ada")];

/// Two encryption keys, each with its id.
pub const K1: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
pub const K2: &str = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";
