//! The table of variables: what `--help` and the README say, and the defaults that the reader uses.

use std::fmt::Write;

use crate::server::providers::{self, ClientAuth, Endpoint, Provider};

/// One variable of the environment.
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its default as the reader takes it; empty when there is none.
    pub default: &'static str,
    /// What it is for.
    pub meaning: String,
}

/// All of them, in the order of the README.
pub fn variables() -> Vec<Variable> {
    let of_providers = providers::ALL.iter().flat_map(of_provider);
    GENERAL.into_iter().map(variable).chain(of_providers).chain([variable(LOG)]).collect()
}

/// Name, default and meaning.
type Row = (&'static str, &'static str, &'static str);

const GENERAL: [Row; 9] = [
    ("TRIBUTARY_LISTEN", "127.0.0.1:8000", "where the server listens"),
    ("TRIBUTARY_PUBLIC_URL", "http://localhost:8000", "how people's browsers reach it; redirect URLs are made from it"),
    ("TRIBUTARY_DATA_DIR", "data", "the folder of the embedded store and of generated keys, mode 0700"),
    ("REDIS_URL", "", "a Redis or Valkey server for several processes; unset: the embedded store"),
    (
        "TRIBUTARY_API_KEY",
        "",
        "what programs send as bearer; unset: made on the first start, in the data folder's file admin-key",
    ),
    (
        "TRIBUTARY_ENCRYPTION_KEYS",
        "",
        "id:base64,… of 32-byte keys, the first encrypts, all decrypt; unset: made on the first start; required with REDIS_URL",
    ),
    (
        "TRIBUTARY_KEEPER",
        "off",
        "on: grants are refreshed ahead of time and kept alive unused, by one process at a time; off: when they are used",
    ),
    ("TRIBUTARY_SANDBOX", "auto", "auto: a stand-in answers for every provider without a client id; off: none does"),
    ("TRIBUTARY_SANDBOX_LISTEN", "127.0.0.1:8001", "where the stand-ins listen"),
];

const LOG: Row = ("RUST_LOG", "info", "which log lines are written");

fn variable((name, default, meaning): Row) -> Variable {
    Variable { name: name.to_owned(), default, meaning: meaning.to_owned() }
}

/// A provider's variables follow from what is known of it.
fn of_provider(provider: &Provider) -> Vec<Variable> {
    let name = provider.name;
    let without_secret =
        if provider.oauth.client == ClientAuth::BasicOrPublic { "; unset: one without a secret" } else { "" };
    let mut variables = vec![
        ("CLIENT_ID", "", format!("of the app at {name}; unset: the sandbox")),
        ("CLIENT_SECRET", "", format!("of the app at {name}{without_secret}")),
    ];
    if !provider.scopes.is_empty() {
        variables.push(("SCOPES", "", "separated by spaces; unset: read-only, what a load needs".to_owned()));
    }
    let tokens = |here| if here { ", and tokens are asked for" } else { "" };
    let at_auth = matches!(provider.oauth.token, Endpoint::Auth(_));
    variables.push(("AUTH_URL", provider.auth_url, format!("where people approve{}", tokens(at_auth))));
    variables.push(("API_URL", provider.api_url, format!("where data is asked for{}", tokens(!at_auth))));
    let named = |(suffix, default, meaning)| Variable { name: provider.variable(suffix), default, meaning };
    variables.into_iter().map(named).collect()
}

/// The variables as lines for `--help`.
pub fn help() -> String {
    let mut text = String::from("Environment variables (a .env file in the working folder is read too):\n");
    for Variable { name, default, meaning } in variables() {
        let default = if default.is_empty() { String::new() } else { format!(" [default: {default}]") };
        // Writing to a String does not fail.
        let _ = write!(text, "\n  {name}{default}\n      {meaning}");
    }
    text
}

/// The default of a variable in the table, or nothing.
pub(super) fn default(name: &str) -> &'static str {
    variables().iter().find(|variable| variable.name == name).map_or("", |variable| variable.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_names_every_variable_with_its_default() {
        let readme = include_str!("../../../README.md");
        for Variable { name, default, meaning } in variables() {
            let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            let meaning = meaning.split([';', ',']).next().unwrap_or_default();
            let is_told = row.is_some_and(|row| row.contains(default) && row.replace('`', "").contains(meaning));
            assert!(is_told, "{name} [{default}] {meaning} is not in the README's table");
        }
    }
}
