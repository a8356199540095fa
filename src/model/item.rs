//! The item: the one shape of everything that is loaded.

use serde::{Deserialize, Serialize};

/// A contact, a page, a record, and so on. All keys are always present, in this order; strings are null when unknown;
/// times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationItem {
    /// The provider's own id.
    pub id: String,
    /// `contact`, `company`, `deal`, and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it contains other items.
    pub directory: bool,
    /// The parent's name, or its path.
    pub parent_path_or_name: Option<String>,
    pub parent_id: Option<String>,
    pub name: Option<String>,
    pub creation_time: Option<String>,
    pub last_modified_time: Option<String>,
    /// The address of its page at the provider.
    pub url: Option<String>,
    /// Ids of the items that it contains.
    pub children: Option<Vec<String>>,
    /// The MIME type of a file.
    pub mime_type: Option<String>,
    /// The provider's change marker.
    pub delta: Option<String>,
    /// The drive that a file is stored on.
    pub drive_id: Option<String>,
    /// False for archived items and items in the trash.
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
