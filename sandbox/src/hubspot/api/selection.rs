//! Which properties a response includes, and records as HubSpot returns them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::associations::inline::Associated;
use crate::hubspot::{
    HUB_ID, Hubspot,
    data::{
        catalog::ObjectType,
        rows::{self, Row},
    },
    switches::NullProperties,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub id: String,
    properties: BTreeMap<&'static str, Option<String>>,
    created_at: String,
    updated_at: String,
    archived: bool,
    url: String,
    /// By object type. Omitted if the record has no associations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub associations: BTreeMap<&'static str, Associated>,
}

/// The records of one object type, with the properties to return.
pub(crate) struct Selection {
    pub kind: ObjectType,
    pub seed: u64,
    /// The number of records of this type.
    pub count: u64,
    companies: u64,
    names: Vec<&'static str>,
    omit_unset: bool,
}

impl Selection {
    /// `wanted` are the requested properties; the defaults if there are none. Unknown names are ignored.
    pub(crate) fn new<'a>(hubspot: &Hubspot, kind: ObjectType, wanted: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<_> = wanted.into_iter().filter(|name| !name.is_empty()).collect();
        let properties = kind.properties();
        if names.is_empty() {
            names = properties.iter().filter(|property| property.by_default).map(|property| property.name).collect();
        }
        names.extend(["createdate", kind.modified_property(), "hs_object_id"]);
        let names = properties.iter().map(|property| property.name).filter(|name| names.contains(name)).collect();
        let records = hubspot.context.settings().records;
        Self {
            kind,
            seed: hubspot.context.seed,
            count: kind.count(&records),
            companies: ObjectType::Companies.count(&records),
            names,
            omit_unset: hubspot.switches.get().null_properties == NullProperties::Absent,
        }
    }

    pub(crate) fn row(&self, index: u64) -> Row {
        rows::row(self.seed, self.kind, index, self.companies)
    }

    pub(crate) fn record(&self, index: u64) -> Record {
        let row = self.row(index);
        let values = self.names.iter().map(|name| (*name, row.value(name).map(str::to_owned)));
        let properties = values.filter(|(_, value)| value.is_some() || !self.omit_unset).collect();
        Record {
            id: row.id.to_string(),
            properties,
            created_at: rows::format_time(row.created),
            updated_at: rows::format_time(row.modified),
            archived: false,
            url: format!("https://app.hubspot.com/contacts/{HUB_ID}/record/{}/{}", self.kind.type_id(), row.id),
            associations: BTreeMap::new(),
        }
    }

    /// The index of the record with this id, or with this value of another property that `id_property` names.
    pub(crate) fn find(&self, id_property: Option<&str>, value: &str) -> Option<u64> {
        match id_property {
            None | Some("hs_object_id") => {
                let index = rows::index_of(self.seed, self.kind, value.parse().ok()?)?;
                (index < self.count).then_some(index)
            }
            Some(name) => (0..self.count)
                .find(|index| self.row(*index).value(name).is_some_and(|actual| actual.eq_ignore_ascii_case(value))),
        }
    }
}
