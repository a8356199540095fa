//! The types that HubSpot itself defines for associations between contacts, companies and deals.

use serde::Serialize;

use crate::hubspot::data::catalog::ObjectType;

/// A type as version 4 writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Type {
    category: &'static str,
    type_id: u32,
    label: Option<&'static str>,
    /// What version 3 calls it, inside records.
    #[serde(skip)]
    pub name: &'static str,
}

/// The types of every association in this direction. One with a company is that of the primary company, and besides it
/// always unlabelled. Source of the numbers: HubSpot's associations guide, its table of association types.
pub(crate) fn between(from: ObjectType, to: ObjectType) -> &'static [Type] {
    match (from, to) {
        (ObjectType::Contacts, ObjectType::Companies) => CONTACT_TO_COMPANY,
        (ObjectType::Contacts, ObjectType::Deals) => CONTACT_TO_DEAL,
        (ObjectType::Companies, ObjectType::Contacts) => COMPANY_TO_CONTACT,
        (ObjectType::Companies, ObjectType::Deals) => COMPANY_TO_DEAL,
        (ObjectType::Deals, ObjectType::Contacts) => DEAL_TO_CONTACT,
        (ObjectType::Deals, ObjectType::Companies) => DEAL_TO_COMPANY,
        _ => &[],
    }
}

const CONTACT_TO_COMPANY: &[Type] = &[primary(1, "contact_to_company"), plain(279, "contact_to_company_unlabeled")];
const COMPANY_TO_CONTACT: &[Type] = &[primary(2, "company_to_contact"), plain(280, "company_to_contact_unlabeled")];
const DEAL_TO_COMPANY: &[Type] = &[primary(5, "deal_to_company"), plain(341, "deal_to_company_unlabeled")];
const COMPANY_TO_DEAL: &[Type] = &[primary(6, "company_to_deal"), plain(342, "company_to_deal_unlabeled")];
const DEAL_TO_CONTACT: &[Type] = &[plain(3, "deal_to_contact")];
const CONTACT_TO_DEAL: &[Type] = &[plain(4, "contact_to_deal")];

const fn primary(type_id: u32, name: &'static str) -> Type {
    Type { label: Some("Primary"), ..plain(type_id, name) }
}

const fn plain(type_id: u32, name: &'static str) -> Type {
    Type { category: "HUBSPOT_DEFINED", type_id, label: None, name }
}
