//! A made-up provider, for tests: the invoices of one company. It shows everything that adding a provider takes.

use std::time::Duration;

use futures::{FutureExt, StreamExt, future::BoxFuture};
use serde::Deserialize;

use super::{
    ClientAuth, Content, ItemStream, OAuth, Page, Pages, Provider, RateLimit, Records,
    client::{ApiClient, CallError},
    paginate,
};
use crate::model::{Account, IntegrationItem};

const INVOICES: &str = "invoices:read";

pub(super) const PROVIDER: Provider = Provider {
    slug: "example",
    name: "Example",
    contents: &[Content { name: "invoices", scope: Some(INVOICES) }],
    scopes: INVOICES,
    headers: &[],
    auth_url: "https://app.provider.example",
    api_url: "https://api.provider.example",
    oauth: OAuth { client_auth: ClientAuth::Body, rotates: true, ..OAuth::STANDARD },
    error_code_at: &["/error"],
    final_errors: &[("plan_expired", "The Example plan has expired. Renew it, then load again.")],
    transient_statuses: &[],
    rate_limit: RateLimit::new(200, Duration::from_secs(60)),
    part_rate_limit: None,
    identify,
    streams: |_| vec![ItemStream::new("invoices", invoices).with_scope(INVOICES)],
    nothing: "This Example company has no invoices.",
    removed_in: "Example's settings under Connected apps",
};

fn identify(api: ApiClient) -> BoxFuture<'static, Result<Account, CallError>> {
    async move {
        let me: Me = api.get("/v1/me", &[]).await?;
        Ok(Account { id: me.id, name: me.company, url: None })
    }
    .boxed()
}

fn invoices(api: ApiClient) -> Pages {
    paginate(move |cursor| {
        let api = api.clone();
        async move {
            let query: Vec<_> = cursor.as_deref().map(|cursor| ("cursor", cursor)).into_iter().collect();
            let reply: Invoices = api.get("/v1/invoices", &query).await?;
            Ok(Page { content: reply.invoices.into_batch(item), next: reply.next })
        }
    })
    .boxed()
}

fn item(invoice: Invoice) -> IntegrationItem {
    IntegrationItem {
        name: invoice.number.or_else(|| Some(format!("Invoice {}", invoice.id))),
        creation_time: invoice.issued_at,
        ..IntegrationItem::new("invoice", invoice.id)
    }
}

#[derive(Deserialize)]
struct Me {
    id: String,
    company: Option<String>,
}

#[derive(Deserialize)]
struct Invoices {
    invoices: Records<Invoice>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Invoice {
    id: String,
    number: Option<String>,
    issued_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_without_a_number_is_named_by_its_id() {
        let invoice = Invoice { id: "7".to_owned(), number: None, issued_at: None };
        assert_eq!(item(invoice).name.as_deref(), Some("Invoice 7"));
    }
}
