//! The account's object types and their properties.

use serde::Serialize;

use super::{
    owners,
    vocabulary::{DEAL_STAGES, INDUSTRIES, LIFECYCLE_STAGES},
};
use crate::{hubspot::error::ApiError, records::Records};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectType {
    Contacts,
    Companies,
    Deals,
}

pub(crate) struct Property {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: PropertyType,
    pub options: &'static [(&'static str, &'static str)],
    /// Returned if the request names no properties.
    pub by_default: bool,
    /// Covered by the `query` of a search.
    pub searchable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PropertyType {
    String,
    Number,
    Datetime,
    Enumeration,
}

impl ObjectType {
    /// Finds an object type by its plural, its singular or its id.
    pub(crate) fn named(name: &str) -> Result<Self, ApiError> {
        match name.to_ascii_lowercase().as_str() {
            "contacts" | "contact" | "0-1" => Ok(Self::Contacts),
            "companies" | "company" | "0-2" => Ok(Self::Companies),
            "deals" | "deal" | "0-3" => Ok(Self::Deals),
            _ => Err(ApiError::validation(format!("Unable to infer object type from: {name}"))),
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Companies => "companies",
            Self::Deals => "deals",
        }
    }

    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Contacts => "contact",
            Self::Companies => "company",
            Self::Deals => "deal",
        }
    }

    pub(crate) fn type_id(self) -> &'static str {
        match self {
            Self::Contacts => "0-1",
            Self::Companies => "0-2",
            Self::Deals => "0-3",
        }
    }

    pub(crate) fn count(self, records: &Records) -> u64 {
        records.count(self.plural()).into()
    }

    /// Contacts use another property name than all other types.
    pub(crate) fn modified_property(self) -> &'static str {
        if self == Self::Contacts { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    pub(crate) fn properties(self) -> &'static [Property] {
        match self {
            Self::Contacts => CONTACT,
            Self::Companies => COMPANY,
            Self::Deals => DEAL,
        }
    }

    pub(crate) fn property(self, name: &str) -> Option<&'static Property> {
        self.properties().iter().find(|property| property.name == name)
    }
}

const CONTACT: &[Property] = &[
    text("firstname", "First Name").default().searched(),
    text("lastname", "Last Name").default().searched(),
    text("email", "Email").default().searched(),
    text("phone", "Phone Number").searched(),
    text("company", "Company Name").searched(),
    text("jobtitle", "Job Title"),
    choice("lifecyclestage", "Lifecycle Stage", &LIFECYCLE_STAGES),
    choice(owners::OWNER_PROPERTY, "Owner", &[]),
    time("createdate", "Create Date"),
    time("lastmodifieddate", "Last Modified Date"),
    number("hs_object_id", "Record ID").default(),
];

const COMPANY: &[Property] = &[
    text("name", "Company name").default().searched(),
    text("domain", "Company Domain Name").default().searched(),
    choice("industry", "Industry", &INDUSTRIES),
    text("city", "City"),
    text("state", "State/Region"),
    text("phone", "Phone Number").searched(),
    text("website", "Website URL").searched(),
    choice(owners::OWNER_PROPERTY, "Owner", &[]),
    time("createdate", "Create Date"),
    time("hs_lastmodifieddate", "Last Modified Date"),
    number("hs_object_id", "Record ID").default(),
];

const DEAL: &[Property] = &[
    text("dealname", "Deal Name").default().searched(),
    number("amount", "Amount").default(),
    choice("dealstage", "Deal Stage", &DEAL_STAGES).default().searched(),
    choice("pipeline", "Pipeline", &[("default", "Sales Pipeline")]).default().searched(),
    time("closedate", "Close Date").default(),
    choice(owners::OWNER_PROPERTY, "Owner", &[]),
    time("createdate", "Create Date"),
    time("hs_lastmodifieddate", "Last Modified Date"),
    number("hs_object_id", "Record ID").default(),
];

const fn text(name: &'static str, label: &'static str) -> Property {
    Property { name, label, kind: PropertyType::String, options: &[], by_default: false, searchable: false }
}

const fn number(name: &'static str, label: &'static str) -> Property {
    Property { kind: PropertyType::Number, ..text(name, label) }
}

/// Times are returned by default. Those of creation and last change are returned in every case.
const fn time(name: &'static str, label: &'static str) -> Property {
    Property { kind: PropertyType::Datetime, by_default: true, ..text(name, label) }
}

const fn choice(name: &'static str, label: &'static str, options: &'static [(&'static str, &'static str)]) -> Property {
    Property { kind: PropertyType::Enumeration, options, ..text(name, label) }
}

impl Property {
    const fn default(self) -> Self {
        Self { by_default: true, ..self }
    }

    const fn searched(self) -> Self {
        Self { searchable: true, ..self }
    }
}
