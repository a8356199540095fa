//! The stand-ins of the providers, as the suite uses them.

use serde_json::{Value, json};

pub struct Provider {
    pub slug: &'static str,
    pub name: &'static str,
    /// The path of the token endpoint, as a rule for faults names it.
    pub token_path: &'static str,
    /// The same, as the sandbox's counters name it.
    pub token_label: &'static str,
    /// A path that every valid access token can read.
    pub probe_path: &'static str,
    /// Whether a refresh ends the refresh token that it used, unless a case configures the sandbox otherwise.
    pub rotates: bool,
}

pub static PROVIDERS: [Provider; 3] = [
    Provider {
        slug: "hubspot",
        name: "HubSpot",
        token_path: "/hubspot/oauth/2026-03/token",
        token_label: "POST /hubspot/oauth/{version}/token",
        probe_path: "/hubspot/crm/v3/objects/contacts?limit=1",
        rotates: false,
    },
    Provider {
        slug: "notion",
        name: "Notion",
        token_path: "/notion/v1/oauth/token",
        token_label: "POST /notion/v1/oauth/token",
        probe_path: "/notion/v1/users/me",
        rotates: true,
    },
    Provider {
        slug: "airtable",
        name: "Airtable",
        token_path: "/airtable/oauth2/v1/token",
        token_label: "POST /airtable/oauth2/v1/token",
        probe_path: "/airtable/v0/meta/whoami",
        rotates: true,
    },
];

/// Sandbox settings that apply this fault, which has no `path`, to all token endpoints.
pub fn token_endpoint_faults(fault: &Value) -> Value {
    let with_path = |provider: &Provider| {
        let mut rule = fault.clone();
        rule["path"] = provider.token_path.into();
        rule
    };
    json!({"faults": PROVIDERS.iter().map(with_path).collect::<Vec<_>>()})
}

/// Sandbox settings that make all token endpoints respond late.
pub fn slow_token_endpoints(milliseconds: u64) -> Value {
    token_endpoint_faults(&json!({"kind": "slow", "slow_ms": milliseconds}))
}
