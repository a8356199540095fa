//! The parameter `associations` of lists and single reads, which returns a record's associations inside the record.

use serde::Serialize;

use super::{LIMIT, types};
use crate::hubspot::{
    Hubspot,
    api::{
        auth::Caller,
        objects::{Next, Paging},
        parameters::Parameters,
        selection::Record,
    },
    data::{catalog::ObjectType, rows::links::Links},
    error::ApiError,
};

/// The associations to include with records of one type.
pub(crate) struct InlineAssociations<'a> {
    public_url: &'a str,
    from: ObjectType,
    object_types: Vec<ObjectType>,
    links: Links,
}

/// The associations of one record with records of another type.
#[derive(Serialize)]
pub(crate) struct Associated {
    results: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A record with two association types appears twice.
#[derive(Serialize)]
struct Entry {
    id: String,
    #[serde(rename = "type")]
    name: &'static str,
}

impl<'a> InlineAssociations<'a> {
    /// Ignores unknown object types, as HubSpot documents.
    pub(crate) fn read(
        hubspot: &'a Hubspot,
        from: ObjectType,
        caller: &Caller,
        parameters: &Parameters<'_>,
    ) -> Result<Self, ApiError> {
        let object_types: Vec<ObjectType> =
            parameters.list("associations").filter_map(|name| ObjectType::named(name).ok()).collect();
        object_types.iter().try_for_each(|kind| caller.require_read(*kind))?;
        let links = Links::new(hubspot.context.seed, &hubspot.context.settings().records);
        Ok(Self { public_url: &hubspot.context.public_url, from, object_types, links })
    }

    /// Adds the associations of the record with this index.
    pub(crate) fn add_to(&self, mut record: Record, index: u64) -> Record {
        for to in &self.object_types {
            let (ids, next) = self.links.page(self.from, index, *to, 0, LIMIT);
            if ids.is_empty() {
                continue;
            }
            let types = types::between(self.from, *to);
            let results =
                ids.iter().flat_map(|id| types.iter().map(|kind| Entry { id: id.to_string(), name: kind.name }));
            let paging = next.map(|next| self.paging(&record.id, *to, next));
            record.associations.insert(to.plural(), Associated { results: results.collect(), paging });
        }
        record
    }

    /// Further associations are read from the endpoint of one record's associations.
    fn paging(&self, id: &str, to: ObjectType, next: u64) -> Paging {
        let (from, to) = (self.from.plural(), to.plural());
        let link = format!("{}/hubspot/crm/v4/objects/{from}/{id}/associations/{to}?after={next}", self.public_url);
        Paging { next: Next { after: next.to_string(), link: Some(link) } }
    }
}
