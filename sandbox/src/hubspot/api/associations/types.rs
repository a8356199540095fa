//! The association types that HubSpot defines between contacts, companies and deals.

use serde::Serialize;

use crate::hubspot::data::catalog::ObjectType;

/// An association type as version 4 of the API describes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Type {
    category: &'static str,
    type_id: u32,
    label: Option<&'static str>,
    /// Its name in version 3, which appears inside records.
    #[serde(skip)]
    pub name: &'static str,
}

/// The types of every association in this direction. An association with a company is both primary and unlabelled. The
/// type ids are those of the table in HubSpot's associations guide.
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

const CONTACT_TO_COMPANY: &[Type] =
    &[primary(1, "contact_to_company"), unlabelled(279, "contact_to_company_unlabeled")];
const COMPANY_TO_CONTACT: &[Type] =
    &[primary(2, "company_to_contact"), unlabelled(280, "company_to_contact_unlabeled")];
const DEAL_TO_COMPANY: &[Type] = &[primary(5, "deal_to_company"), unlabelled(341, "deal_to_company_unlabeled")];
const COMPANY_TO_DEAL: &[Type] = &[primary(6, "company_to_deal"), unlabelled(342, "company_to_deal_unlabeled")];
const DEAL_TO_CONTACT: &[Type] = &[unlabelled(3, "deal_to_contact")];
const CONTACT_TO_DEAL: &[Type] = &[unlabelled(4, "contact_to_deal")];

const fn primary(type_id: u32, name: &'static str) -> Type {
    Type { label: Some("Primary"), ..unlabelled(type_id, name) }
}

const fn unlabelled(type_id: u32, name: &'static str) -> Type {
    Type { category: "HUBSPOT_DEFINED", type_id, label: None, name }
}
