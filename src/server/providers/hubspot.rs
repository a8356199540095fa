//! HubSpot: contacts, companies and deals of one hub.
//!
//! Facts: developers.hubspot.com, "Using object APIs", "OAuth tokens", "API usage guidelines"; OpenAPI of 2026-03.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::BoxFuture, try_join};
use serde::Deserialize;

use super::{Api, Batch, ClientAuth, Content, Encoding, Endpoint, OAuth, Page, Pages, Provider, Quota, Source, follow};
use crate::model::{Account, AppError, IntegrationItem};

/// The version of HubSpot's API and OAuth that we speak. A macro, since paths are put together at compile time.
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
        authorize: "/oauth/authorize",
        authorize_extra: &[],
        token: Endpoint::Api(concat!("/oauth/", version!(), "/token")),
        introspect: Some(Endpoint::Api(concat!("/oauth/", version!(), "/token/introspect"))),
        revoke: Some(Endpoint::Api(concat!("/oauth/", version!(), "/token/revoke"))),
        client: ClientAuth::Body,
        encoding: Encoding::Form,
        rotates: false,
        ends_earlier: false,
    },
    refusals: &[],
    // For each installing account, search excluded. What a privately distributed app may do depends on the account.
    quota: Quota {
        told_in: Some("x-hubspot-ratelimit-max"),
        left_in: Some("x-hubspot-ratelimit-remaining"),
        ..Quota::of(110, Duration::from_secs(10))
    },
    part_quota: None,
    identify,
    sources,
    nothing: "This HubSpot account holds no contacts, companies or deals.",
    removed_in: "HubSpot's settings under Integrations, Connected Apps",
};

/// The most that the list endpoint gives at once.
const PAGE_SIZE: &str = "100";

/// One CRM object type.
struct Object {
    /// Its items' type.
    kind: &'static str,
    /// Its name in the plural.
    plural: &'static str,
    /// What reading it takes.
    scope: &'static str,
    /// Its word in paths.
    path: &'static str,
    /// Its id in the addresses that people visit.
    type_id: &'static str,
    /// The properties asked for: HubSpot's defaults, and the usual ones.
    properties: &'static str,
    /// The name for people, from its properties.
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

fn identify(api: Api) -> BoxFuture<'static, Result<Account, AppError>> {
    async move {
        let details_path = concat!("/account-info/", version!(), "/details");
        let (token, details) = try_join!(api.bearer.introspect::<Introspection>(), async {
            Ok(api.get::<Details>(details_path, &[]).await?)
        })?;
        let domain = details.ui_domain.unwrap_or_else(|| "app.hubspot.com".to_owned());
        Ok(Account {
            id: details.portal_id.to_string(),
            name: token.hub_domain,
            url: Some(format!("https://{domain}/contacts/{}", details.portal_id)),
        })
    }
    .boxed()
}

fn sources(account: &Account) -> Vec<Source> {
    let account_url: Option<Arc<str>> = account.url.as_deref().map(Into::into);
    let source = |object: &'static Object| {
        let account_url = account_url.clone();
        Source::new(object.plural, move |api| pages(api, account_url, object)).with_scope(object.scope)
    };
    [&CONTACTS, &COMPANIES, &DEALS].map(source).into()
}

fn pages(api: Api, account_url: Option<Arc<str>>, object: &'static Object) -> Pages {
    follow(move |after| {
        let (api, account_url) = (api.clone(), account_url.clone());
        async move {
            let mut query = vec![("limit", PAGE_SIZE), ("properties", object.properties)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let reply: Reply = api.get(object.path, &query).await?;
            let items = reply.results.into_iter().map(|record| item(object, record, account_url.as_deref()));
            let content = Batch::from(items.collect::<Vec<_>>());
            Ok::<_, AppError>(Page {
                content,
                next: reply.paging.and_then(|paging| paging.next).map(|next| next.after),
            })
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
    results: Vec<Record>,
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

/// All values are strings; one without a value is null or absent, the documentation says both.
#[derive(Deserialize, Default)]
struct Properties(HashMap<String, Option<String>>);

impl Properties {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests;
