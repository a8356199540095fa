//! The table of variables: what `--help` and the README say, and the defaults that the reader uses.

use std::fmt::Write;

/// One variable of the environment.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its default as the reader takes it; empty when there is none.
    pub default: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

/// All of them, in the order of the README.
pub static VARIABLES: &[Variable] = &[
    variable("TRIBUTARY_LISTEN", "127.0.0.1:8000", "where the server listens"),
    variable(
        "TRIBUTARY_PUBLIC_URL",
        "http://localhost:8000",
        "how people's browsers reach it; redirect URLs are made from it",
    ),
    variable("TRIBUTARY_DATA_DIR", "data", "the folder of the embedded store and of generated keys, mode 0700"),
    variable("REDIS_URL", "", "a Redis or Valkey server for several processes; unset: the embedded store"),
    variable(
        "TRIBUTARY_API_KEY",
        "",
        "what programs send as bearer; unset: made on the first start, in the data folder's file admin-key",
    ),
    variable(
        "TRIBUTARY_ENCRYPTION_KEYS",
        "",
        "id:base64,… of 32-byte keys, the first encrypts, all decrypt; unset: made on the first start; required with REDIS_URL",
    ),
    variable(
        "TRIBUTARY_SANDBOX",
        "auto",
        "auto: a stand-in answers for every provider without a client id; off: none does",
    ),
    variable("TRIBUTARY_SANDBOX_LISTEN", "127.0.0.1:8001", "where the stand-ins listen"),
    variable("HUBSPOT_CLIENT_ID", "", "of the app at HubSpot; unset: the sandbox"),
    variable("HUBSPOT_CLIENT_SECRET", "", "of the app at HubSpot"),
    variable("HUBSPOT_SCOPES", "", "separated by spaces; unset: read-only on contacts, companies and deals"),
    variable("HUBSPOT_AUTH_URL", "https://app.hubspot.com", "where people approve"),
    variable("HUBSPOT_API_URL", "https://api.hubapi.com", "where data and tokens are asked for"),
    variable("NOTION_CLIENT_ID", "", "of the public integration at Notion; unset: the sandbox"),
    variable("NOTION_CLIENT_SECRET", "", "of the public integration at Notion"),
    variable("NOTION_AUTH_URL", "https://api.notion.com", "where people approve"),
    variable("NOTION_API_URL", "https://api.notion.com", "where data and tokens are asked for"),
    variable("AIRTABLE_CLIENT_ID", "", "of the OAuth integration at Airtable; unset: the sandbox"),
    variable("AIRTABLE_CLIENT_SECRET", "", "of the OAuth integration at Airtable; unset: one without a secret"),
    variable(
        "AIRTABLE_SCOPES",
        "",
        "separated by spaces; unset: read-only on bases and records, and the e-mail address",
    ),
    variable("AIRTABLE_AUTH_URL", "https://airtable.com", "where people approve and tokens are asked for"),
    variable("AIRTABLE_API_URL", "https://api.airtable.com", "where data is asked for"),
    variable("RUST_LOG", "info", "which log lines are written"),
];

/// The variables as lines for `--help`.
pub fn help() -> String {
    let mut text = String::from("Environment variables (a .env file in the working folder is read too):\n");
    for Variable { name, default, meaning } in VARIABLES {
        let default = if default.is_empty() { String::new() } else { format!(" [default: {default}]") };
        // Writing to a String does not fail.
        let _ = write!(text, "\n  {name}{default}\n      {meaning}");
    }
    text
}

/// The default of a variable in the table, or nothing.
pub(super) fn default(name: &str) -> &'static str {
    VARIABLES.iter().find(|variable| variable.name == name).map_or("", |variable| variable.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_every_variable_with_its_default() {
        let readme = include_str!("../../../README.md");
        for Variable { name, default, .. } in VARIABLES {
            let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            assert!(row.is_some_and(|row| row.contains(default)), "{name} [{default}] is not in the README's table");
        }
    }
}
