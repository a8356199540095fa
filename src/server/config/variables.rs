//! The table of variables: names, defaults and meanings, for the reader, `--help` and the README.

use std::fmt::Write;

use crate::server::providers::{self, ClientAuth, Endpoint, Provider};

/// An environment variable.
pub struct Variable {
    pub name: String,
    /// Empty if there is no default.
    pub default: &'static str,
    pub meaning: String,
}

/// All variables, in the order of the README.
pub fn variables() -> Vec<Variable> {
    let of_providers = providers::ALL.iter().flat_map(of_provider);
    GENERAL.into_iter().map(variable).chain(of_providers).chain([variable(LOG)]).collect()
}

/// Name, default and meaning.
type Row = (&'static str, &'static str, &'static str);

const GENERAL: [Row; 18] = [
    ("TRIBUTARY_LISTEN", "127.0.0.1:8000", "where the server listens"),
    (
        "TRIBUTARY_PUBLIC_URL",
        "http://localhost:8000",
        "the address that browsers use; redirect URLs are derived from it",
    ),
    ("TRIBUTARY_DATA_DIR", "data", "the folder of the embedded store and of generated keys, mode 0700"),
    (
        "REDIS_URL",
        "",
        "a Redis or Valkey server, a cluster (redis-cluster://) or one behind Sentinel (redis-sentinel://), which several processes can share; unset: the embedded store",
    ),
    (
        "TRIBUTARY_REDIS_ALLOW_EVICTION",
        "no",
        "yes: use a Redis server whose maxmemory-policy can evict grants; no: don't start with it",
    ),
    ("TRIBUTARY_STORE_CACHE_MB", "32", "how much memory the embedded store may use to keep parts of its file, in MB"),
    (
        "TRIBUTARY_API_KEY",
        "",
        "the API key; unset: generated on the first start, in the file admin-key of the data folder",
    ),
    (
        "TRIBUTARY_ENCRYPTION_KEYS",
        "",
        "id:base64,… with keys of 32 bytes, the first encrypts, all decrypt; unset: generated on the first start; required with REDIS_URL",
    ),
    (
        "TRIBUTARY_REFRESH_SCHEDULER",
        "on",
        "on: one process at a time refreshes grants before they expire; off: only other processes do that",
    ),
    (
        "TRIBUTARY_SHUTDOWN_SECONDS",
        "25",
        "how long stopping may take; keep it below the limit of whatever stops the process, such as 30 seconds in Kubernetes",
    ),
    (
        "TRIBUTARY_MAX_CONNECTIONS",
        "4096",
        "how many connections may be open at once; fewer where the limit of open files is low",
    ),
    (
        "TRIBUTARY_MAX_CONNECTIONS_PER_ADDRESS",
        "512",
        "how many of them may come from one address; an IPv6 network of 64 bits counts as one",
    ),
    (
        "TRIBUTARY_LINK_REQUESTS_PER_MINUTE",
        "600",
        "how many sign-in links, connect links and callbacks that don't work one address may open in a minute",
    ),
    ("TRIBUTARY_MAX_LOADS", "100", "how many loads may run at once; more are refused with 429"),
    ("TRIBUTARY_ARRAY_BUFFER_MB", "256", "how much memory the JSON arrays of all loads may hold; JSON lines need none"),
    (
        "TRIBUTARY_TRUSTED_PROXIES",
        "",
        "networks of your reverse proxies, such as 10.0.0.0/8; their Forwarded or X-Forwarded-For header names the client; unset: no such header counts",
    ),
    (
        "TRIBUTARY_SANDBOX",
        "auto",
        "auto: stand-ins replace the providers, if none has a client id and TRIBUTARY_PUBLIC_URL is local; on: they replace those without a client id, beside real apps; off: no stand-ins",
    ),
    ("TRIBUTARY_SANDBOX_LISTEN", "127.0.0.1:8001", "where the stand-ins listen"),
];

const LOG: Row = ("RUST_LOG", "info", "the log filter");

fn variable((name, default, meaning): Row) -> Variable {
    Variable { name: name.to_owned(), default, meaning: meaning.to_owned() }
}

/// The variables of a provider follow from its data.
fn of_provider(provider: &Provider) -> Vec<Variable> {
    let name = provider.name;
    let without_secret =
        if provider.oauth.client_auth == ClientAuth::BasicOrPublic { "; unset: a public client" } else { "" };
    let mut variables = vec![
        ("CLIENT_ID", "", format!("client id of your app at {name}; unset: the sandbox or not configured")),
        ("CLIENT_SECRET", "", format!("client secret of your app at {name}{without_secret}")),
    ];
    if !provider.scopes.is_empty() {
        variables.push((
            "SCOPES",
            "",
            "scopes to request, separated by spaces; unset: the read-only scopes that a load needs".to_owned(),
        ));
    }
    let tokens = |here| if here { " and of the token endpoint" } else { "" };
    let at_auth = matches!(provider.oauth.token, Endpoint::Auth(_));
    variables.push((
        "AUTH_URL",
        provider.auth_url,
        format!("base address of the authorization page{}", tokens(at_auth)),
    ));
    variables.push(("API_URL", provider.api_url, format!("base address of the data API{}", tokens(!at_auth))));
    let named = |(suffix, default, meaning)| Variable { name: provider.variable(suffix), default, meaning };
    variables.into_iter().map(named).collect()
}

/// The table as text for `--help`.
pub fn help() -> String {
    let mut text = String::from("Environment variables (a .env file in the working folder is read too):\n");
    for Variable { name, default, meaning } in variables() {
        let default = if default.is_empty() { String::new() } else { format!(" [default: {default}]") };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {name}{default}\n      {meaning}");
    }
    text
}

/// The default of a variable; empty if there is none.
pub(super) fn default(name: &str) -> &'static str {
    variables().iter().find(|variable| variable.name == name).map_or("", |variable| variable.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_every_variable_with_its_default() {
        let readme = include_str!("../../../README.md");
        for Variable { name, default, meaning } in variables() {
            // Exists in test builds only.
            if name.starts_with("EXAMPLE_") {
                continue;
            }
            let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            let meaning = meaning.split([';', ',']).next().unwrap_or_default();
            let is_listed = row.is_some_and(|row| row.contains(default) && row.replace('`', "").contains(meaning));
            assert!(is_listed, "{name} [{default}] {meaning} is not in the README's table");
        }
    }
}
