//! Scopes, and how the consent page describes them.

/// The scopes of <https://airtable.com/developers/web/api/scopes>, except those for enterprise administrators, each
/// with what it permits.
pub(crate) const SCOPES: [(&str, &str); 12] = [
    (RECORDS_READ, "See the data in records"),
    (RECORDS_WRITE, "Create, edit and delete records"),
    (COMMENTS_READ, "See comments in records"),
    ("data.recordComments:write", "Create, edit and delete comments in records"),
    (SCHEMA_READ, "See the structure of a base, like table names or field types"),
    (SCHEMA_WRITE, "Edit the structure of a base, like adding new fields or tables"),
    ("workspacesAndBases:read", "See your workspaces and bases and who they are shared with"),
    ("workspacesAndBases:write", "Create and delete bases in your workspaces"),
    ("workspacesAndBases.shares:manage", "See and change links that share a base"),
    ("webhook:manage", "Get notified when something in a base changes"),
    ("block:manage", "Release and submit extensions"),
    (EMAIL_READ, "See your e-mail address"),
];

pub(crate) const RECORDS_READ: &str = "data.records:read";
pub(crate) const RECORDS_WRITE: &str = "data.records:write";
pub(crate) const COMMENTS_READ: &str = "data.recordComments:read";
pub(crate) const SCHEMA_READ: &str = "schema.bases:read";
pub(crate) const SCHEMA_WRITE: &str = "schema.bases:write";
pub(crate) const EMAIL_READ: &str = "user.email:read";

/// What a scope permits, if it exists.
pub(crate) fn description(scope: &str) -> Option<&'static str> {
    SCOPES.iter().find(|(name, _)| *name == scope).map(|(_, description)| *description)
}

/// Parses a scope parameter: at least one scope, all of them known, none repeated.
pub(crate) fn parse(text: &str) -> Result<Vec<String>, String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if description(scope).is_none() {
            return Err(format!("There is no scope {scope}"));
        }
        if scopes.iter().any(|known| known == scope) {
            return Err(format!("The scope {scope} is repeated"));
        }
        scopes.push(scope.to_owned());
    }
    if scopes.is_empty() { Err("At least one scope is required".to_owned()) } else { Ok(scopes) }
}
