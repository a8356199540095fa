//! The parameter `associations` of lists and single reads: what a record is associated with, inside the record.

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

/// What was asked to come along with the records of one type.
pub(crate) struct InlineAssociations<'a> {
    public_url: &'a str,
    from: ObjectType,
    wanted: Vec<ObjectType>,
    links: Links,
}

/// The associations of one record with records of another type.
#[derive(Serialize)]
pub(crate) struct Associated {
    results: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A record that is associated in two ways is there twice.
#[derive(Serialize)]
struct Entry {
    id: String,
    #[serde(rename = "type")]
    name: &'static str,
}

impl<'a> InlineAssociations<'a> {
    /// Names of types that do not exist are passed over, as HubSpot documents.
    pub(crate) fn read(
        hubspot: &'a Hubspot,
        from: ObjectType,
        caller: &Caller,
        parameters: &Parameters<'_>,
    ) -> Result<Self, ApiError> {
        let wanted: Vec<ObjectType> =
            parameters.list("associations").filter_map(|name| ObjectType::named(name).ok()).collect();
        wanted.iter().try_for_each(|kind| caller.require_read(*kind))?;
        let links = Links::new(hubspot.context.seed, &hubspot.context.settings().records);
        Ok(Self { public_url: &hubspot.context.public_url, from, wanted, links })
    }

    /// The record with this index, and with what was asked for.
    pub(crate) fn add_to(&self, mut record: Record, index: u64) -> Record {
        for to in &self.wanted {
            let (ids, next) = self.links.page(self.from, index, *to, 0, LIMIT);
            if ids.is_empty() {
                continue;
            }
            let ways = types::between(self.from, *to);
            let results = ids.iter().flat_map(|id| ways.iter().map(|way| Entry { id: id.to_string(), name: way.name }));
            let paging = next.map(|next| self.paging(&record.id, *to, next));
            record.associations.insert(to.plural(), Associated { results: results.collect(), paging });
        }
        record
    }

    /// The rest is read where the associations of one record are.
    fn paging(&self, id: &str, to: ObjectType, next: u64) -> Paging {
        let (from, to) = (self.from.plural(), to.plural());
        let link = format!("{}/hubspot/crm/v4/objects/{from}/{id}/associations/{to}?after={next}", self.public_url);
        Paging { next: Next { after: next.to_string(), link: Some(link) } }
    }
}
