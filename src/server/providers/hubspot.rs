//! HubSpot: contacts, companies and deals of one hub.
//!
//! Facts: developers.hubspot.com, "Using object APIs", "OAuth tokens", "API usage guidelines"; OpenAPI of 2026-03.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::BoxFuture, try_join};
use serde::Deserialize;

use super::{
    ClientAuth, Content, Endpoint, ItemStream, OAuth, Page, Pages, Provider, RateLimit, Records,
    client::{ApiClient, CallError},
    paginate,
};
use crate::model::{Account, IntegrationItem};

/// The version of HubSpot's API and OAuth. A macro, because paths are assembled at compile time.
macro_rules! version {
    () => {
        "2026-03"
    };
}

pub(super) const PROVIDER: Provider = Provider {
    slug: "hubspot",
    name: "HubSpot",
    contents: &[
        Content { name: "contacts", scope: Some(CONTACTS.scope) },
        Content { name: "companies", scope: Some(COMPANIES.scope) },
        Content { name: "deals", scope: Some(DEALS.scope) },
    ],
    scopes: "oauth crm.objects.contacts.read crm.objects.companies.read crm.objects.deals.read",
    headers: &[],
    auth_url: "https://app.hubspot.com",
    api_url: "https://api.hubapi.com",
    oauth: OAuth {
        token: Endpoint::Api(concat!("/oauth/", version!(), "/token")),
        introspect: Some(Endpoint::Api(concat!("/oauth/", version!(), "/token/introspect"))),
        revoke: Some(Endpoint::Api(concat!("/oauth/", version!(), "/token/revoke"))),
        client_auth: ClientAuth::Body,
        // Its status is BAD_HUB.
        dead_grant_errors: &[("access_denied", "The app was removed at HubSpot, or the account no longer exists.")],
        scopes_field: Some("scopes"),
        ..OAuth::STANDARD
    },
    error_code_at: &["/category"],
    final_errors: &[],
    // The account is being moved between data centres.
    transient_statuses: &[477],
    // For each account that installed the app, without searches. The limit of a privately distributed app depends on the
    // account's plan, which the header tells.
    rate_limit: RateLimit {
        limit_header: Some("x-hubspot-ratelimit-max"),
        remaining_header: Some("x-hubspot-ratelimit-remaining"),
        ..RateLimit::new(110, Duration::from_secs(10))
    },
    part_rate_limit: None,
    identify,
    streams,
    nothing: "This HubSpot account has no contacts, companies or deals.",
    removed_in: "HubSpot's settings under Integrations, Connected Apps",
};

/// The maximum page size of the list endpoint.
const PAGE_SIZE: &str = "100";

/// One CRM object type.
struct Object {
    /// The type of its items.
    kind: &'static str,
    plural: &'static str,
    scope: &'static str,
    path: &'static str,
    /// Its id in the addresses of the web app.
    type_id: &'static str,
    /// The properties to request.
    properties: &'static str,
    /// The name of a record, from its properties.
    name: fn(&Properties) -> Option<String>,
}

const CONTACTS: Object = Object {
    kind: "contact",
    plural: "contacts",
    scope: "crm.objects.contacts.read",
    path: concat!("/crm/objects/", version!(), "/contacts"),
    type_id: "0-1",
    properties: "firstname,lastname,email,phone,company,createdate,lastmodifieddate,hs_object_id",
    name: |properties| {
        let full =
            [properties.text("firstname"), properties.text("lastname")].into_iter().flatten().collect::<Vec<_>>();
        if full.is_empty() { properties.text("email").map(str::to_owned) } else { Some(full.join(" ")) }
    },
};

const COMPANIES: Object = Object {
    kind: "company",
    plural: "companies",
    scope: "crm.objects.companies.read",
    path: concat!("/crm/objects/", version!(), "/companies"),
    type_id: "0-2",
    properties: "name,domain,industry,city,state,createdate,hs_lastmodifieddate,hs_object_id",
    name: |properties| properties.text("name").or(properties.text("domain")).map(str::to_owned),
};

const DEALS: Object = Object {
    kind: "deal",
    plural: "deals",
    scope: "crm.objects.deals.read",
    path: concat!("/crm/objects/", version!(), "/deals"),
    type_id: "0-3",
    properties: "dealname,amount,dealstage,pipeline,closedate,createdate,hs_lastmodifieddate,hs_object_id",
    name: |properties| properties.text("dealname").map(str::to_owned),
};

fn identify(api: ApiClient) -> BoxFuture<'static, Result<Account, CallError>> {
    async move {
        let details_path = concat!("/account-info/", version!(), "/details");
        let (token, details) = try_join!(api.introspect::<Introspection>(), api.get::<Details>(details_path, &[]))?;
        let domain = details.ui_domain.unwrap_or_else(|| "app.hubspot.com".to_owned());
        Ok(Account {
            id: details.portal_id.to_string(),
            name: token.hub_domain,
            url: Some(format!("https://{domain}/contacts/{}", details.portal_id)),
        })
    }
    .boxed()
}

fn streams(account: &Account) -> Vec<ItemStream> {
    let account_url: Option<Arc<str>> = account.url.as_deref().map(Into::into);
    let stream = |object: &'static Object| {
        let account_url = account_url.clone();
        ItemStream::new(object.plural, move |api| pages(api, account_url, object)).with_scope(object.scope)
    };
    [&CONTACTS, &COMPANIES, &DEALS].map(stream).into()
}

fn pages(api: ApiClient, account_url: Option<Arc<str>>, object: &'static Object) -> Pages {
    paginate(move |after| {
        let (api, account_url) = (api.clone(), account_url.clone());
        async move {
            let mut query = vec![("limit", PAGE_SIZE), ("properties", object.properties)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let reply: Reply = api.get(object.path, &query).await?;
            let content = reply.results.into_batch(|record| item(object, record, account_url.as_deref()));
            Ok(Page { content, next: reply.paging.and_then(|paging| paging.next).map(|next| next.after) })
        }
    })
    .boxed()
}

fn item(object: &Object, record: Record, account_url: Option<&str>) -> IntegrationItem {
    let mut capital = object.kind.to_owned();
    capital[..1].make_ascii_uppercase();
    IntegrationItem {
        name: (object.name)(&record.properties).or_else(|| Some(format!("{capital} {}", record.id))),
        creation_time: record.created_at,
        last_modified_time: record.updated_at,
        url: record.url.or_else(|| Some(format!("{}/record/{}/{}", account_url?, object.type_id, record.id))),
        visibility: !record.archived,
        ..IntegrationItem::new(object.kind, record.id)
    }
}

#[derive(Deserialize)]
struct Introspection {
    hub_domain: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    portal_id: u64,
    ui_domain: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    results: Records<Record>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: String,
    #[serde(default)]
    properties: Properties,
    created_at: Option<String>,
    updated_at: Option<String>,
    #[serde(default)]
    archived: bool,
    url: Option<String>,
}

/// All values are strings. A property without a value is null or absent; the documentation says both.
#[derive(Deserialize, Default)]
struct Properties(HashMap<String, Option<String>>);

impl Properties {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
