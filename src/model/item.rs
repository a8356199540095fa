//! The one shape in which everything is loaded.

use serde::{Deserialize, Serialize};

/// A thing read from a provider: a contact, a page, a record. All keys are always present, in this order; strings are
/// null when unknown; times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationItem {
    /// The provider's own id.
    pub id: String,
    /// What it is: `contact`, `company`, `deal`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether other items lie in it.
    pub directory: bool,
    /// The parent's name, or its path.
    pub parent_path_or_name: Option<String>,
    /// The parent's id.
    pub parent_id: Option<String>,
    /// What a person calls it.
    pub name: Option<String>,
    /// When it was made.
    pub creation_time: Option<String>,
    /// When it was last changed.
    pub last_modified_time: Option<String>,
    /// Where a person can look at it.
    pub url: Option<String>,
    /// Ids of what lies in it.
    pub children: Option<Vec<String>>,
    /// The MIME type of a file.
    pub mime_type: Option<String>,
    /// A provider's change marker.
    pub delta: Option<String>,
    /// The drive a file lies on.
    pub drive_id: Option<String>,
    /// False for what is archived or in the trash.
    pub visibility: bool,
}

impl IntegrationItem {
    /// An item of which only id and type are known.
    pub fn new(kind: &str, id: String) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            directory: false,
            parent_path_or_name: None,
            parent_id: None,
            name: None,
            creation_time: None,
            last_modified_time: None,
            url: None,
            children: None,
            mime_type: None,
            delta: None,
            drive_id: None,
            visibility: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fourteen_keys_are_written_in_the_contracts_order() {
        assert_eq!(
            serde_json::to_string(&IntegrationItem::new("deal", "7".into())).unwrap(),
            r#"{"id":"7","type":"deal","directory":false,"parent_path_or_name":null,"parent_id":null,"name":null,"creation_time":null,"last_modified_time":null,"url":null,"children":null,"mime_type":null,"delta":null,"drive_id":null,"visibility":true}"#
        );
    }
}
