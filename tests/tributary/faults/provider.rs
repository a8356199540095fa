//! What the suite has to know of each provider.

use serde_json::{Value, json};

/// A provider's stand-in.
pub struct Provider {
    /// Its word in addresses.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where refresh tokens are sent, as a rule for faults names it.
    pub token_path: &'static str,
    /// The same, as the counters name it.
    pub token_label: &'static str,
    /// An address that every live access token opens.
    pub probe: &'static str,
    /// Whether a refresh ends the refresh token that it used, unless a case tells the sandbox otherwise.
    pub rotates: bool,
}

/// All of them.
pub static PROVIDERS: [Provider; 3] = [
    Provider {
        slug: "hubspot",
        name: "HubSpot",
        token_path: "/hubspot/oauth/2026-03/token",
        token_label: "POST /hubspot/oauth/{version}/token",
        probe: "/hubspot/crm/v3/objects/contacts?limit=1",
        rotates: false,
    },
    Provider {
        slug: "notion",
        name: "Notion",
        token_path: "/notion/v1/oauth/token",
        token_label: "POST /notion/v1/oauth/token",
        probe: "/notion/v1/users/me",
        rotates: true,
    },
    Provider {
        slug: "airtable",
        name: "Airtable",
        token_path: "/airtable/oauth2/v1/token",
        token_label: "POST /airtable/oauth2/v1/token",
        probe: "/airtable/v0/meta/whoami",
        rotates: true,
    },
];

/// Settings with which all token endpoints have this fault, of which one field is the path.
pub fn faults(fault: &Value) -> Value {
    let of_path = |provider: &Provider| {
        let mut rule = fault.clone();
        rule["path"] = provider.token_path.into();
        rule
    };
    json!({"faults": PROVIDERS.iter().map(of_path).collect::<Vec<_>>()})
}

/// Token endpoints that answer late.
pub fn slow(milliseconds: u64) -> Value {
    faults(&json!({"kind": "slow", "slow_ms": milliseconds}))
}
