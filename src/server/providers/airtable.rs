//! Airtable: the bases that the user chose, their tables, and the records of each table.
//!
//! Facts: airtable.com/developers/web/api, "OAuth reference", "List bases", "List records", "Rate limits", "Errors".

#[cfg(test)]
mod fuzz;
mod item;
mod reply;

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use parking_lot::Mutex;

use super::{
    Batch, ClientAuth, Content, Endpoint, ItemStream, OAuth, Page, Pages, Provider, RateLimit, Records,
    client::{ApiClient, CallError, segment},
    paginate,
};
use crate::model::Account;
use item::{TableInBase, base_item, record_item, table_item};
use reply::{Base, Bases, Table, TableRecords, Tables, User};

const SCHEMA: &str = "schema.bases:read";
const RECORDS: &str = "data.records:read";

pub(super) const PROVIDER: Provider = Provider {
    slug: "airtable",
    name: "Airtable",
    contents: &[
        Content { name: "bases", scope: Some(SCHEMA) },
        Content { name: "tables", scope: Some(SCHEMA) },
        Content { name: "records", scope: Some(RECORDS) },
    ],
    // The last one is for the e-mail address, which names the account.
    scopes: "schema.bases:read data.records:read user.email:read",
    headers: &[],
    auth_url: "https://airtable.com",
    api_url: "https://api.airtable.com",
    oauth: OAuth {
        authorize: "/oauth2/v1/authorize",
        token: Endpoint::Auth("/oauth2/v1/token"),
        client_auth: ClientAuth::BasicOrPublic,
        refresh_expires_in_field: Some("refresh_expires_in"),
        rotates: true,
        ..OAuth::STANDARD
    },
    error_code_at: &["/error/type", "/error", "/errors/0/error"],
    final_errors: &[
        (
            "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
            "The workspace has used up its monthly Airtable API calls. Load again next month, or with a larger plan.",
        ),
        (
            "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
            "Airtable does not allow this to be read: it is no longer shared with Tributary, or a permission is missing. Reconnect and choose it.",
        ),
    ],
    transient_statuses: &[],
    // For a user, over all apps. After that all requests are refused for 30 seconds.
    rate_limit: RateLimit { penalty: Some(PENALTY), ..RateLimit::new(50, Duration::from_secs(1)) },
    // For a base.
    part_rate_limit: Some(RateLimit { penalty: Some(PENALTY), ..RateLimit::new(5, Duration::from_secs(1)) }),
    identify,
    streams: |_| vec![ItemStream::new("bases", bases).with_scope(SCHEMA)],
    nothing: "No base is shared with Tributary. Reconnect and choose the bases that it may read.",
    removed_in: "your Airtable account under Integrations, Third-party integrations",
};

/// The maximum page size of a list of records.
const PAGE_SIZE: &str = "100";

const PENALTY: Duration = Duration::from_secs(30);

/// How many bases are asked for their tables concurrently.
const CONCURRENT_BASES: usize = 8;

/// How often the list of a table is restarted because its cursor expired.
const MAX_RESTARTS: usize = 5;

/// The error code of an offset that has expired, after some minutes or at any time.
const EXPIRED_OFFSET: &str = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE";

fn identify(api: ApiClient) -> BoxFuture<'static, Result<Account, CallError>> {
    async move {
        let user: User = api.get("/v0/meta/whoami", &[]).await?;
        Ok(Account { id: user.id, name: user.email, url: None })
    }
    .boxed()
}

fn bases(api: ApiClient) -> Pages {
    let listing = api.clone();
    let pages = paginate(move |offset| {
        let api = listing.clone();
        async move {
            let query: Vec<_> = offset.as_deref().map(|offset| ("offset", offset)).into_iter().collect();
            let reply: Bases = api.get("/v0/meta/bases", &query).await?;
            Ok(Page { content: reply.bases, next: reply.offset })
        }
    });
    let tables = move |Records { good, skipped }: Records<Base>| {
        let api = api.clone();
        let streams = skipped.iter().map(|base| ItemStream::of_skipped("", "base", base)).collect();
        let batch = Batch { streams, skipped, ..Batch::default() };
        let read = stream::iter(good).map(move |base| tables(api.part(&base.id), base)).buffered(CONCURRENT_BASES);
        read.chain(stream::iter([batch])).map(Ok)
    };
    pages.map_ok(tables).try_flatten().boxed()
}

/// A base with its tables, whose records are streams of their own. A base whose tables cannot be read is a failed stream.
async fn tables(api: ApiClient, base: Base) -> Batch {
    let reply: Result<Tables, CallError> = api.get(&format!("/v0/meta/bases/{}/tables", segment(&base.id)), &[]).await;
    let tables = match reply {
        Ok(reply) => reply.tables,
        Err(error) => {
            let streams = vec![ItemStream::failed(&base.name, error)];
            return Batch { items: vec![base_item(&base, None)], streams, ..Batch::default() };
        }
    };
    let children = tables.good.iter().map(|table| table.id.clone()).collect();
    let mut batch = Batch::from(vec![base_item(&base, Some(children))]);
    let prefix = format!("{} / ", base.name);
    batch.streams = tables.skipped.iter().map(|table| ItemStream::of_skipped(&prefix, "table", table)).collect();
    batch.skipped = tables.skipped;
    for table in tables.good {
        batch.items.push(table_item(&base, &table));
        let base_id = base.id.clone();
        let stream = ItemStream::new(format!("{} / {}", base.name, table.name), move |api| {
            records(api.part(&base_id), base_id, table)
        });
        batch.streams.push(stream.with_scope(RECORDS));
    }
    batch
}

/// The records of a table, with only their primary field. When the offset has expired, the list starts again, and records
/// that were already delivered are skipped.
fn records(api: ApiClient, base_id: String, table: Table) -> Pages {
    let path = format!("/v0/{}/{}", segment(&base_id), segment(&table.id));
    let progress = Arc::new(Mutex::new(Progress::default()));
    let table = Arc::new(TableInBase { base_id, table });
    paginate(move |offset| {
        let (api, path, table, progress) = (api.clone(), path.clone(), table.clone(), progress.clone());
        async move {
            let query = vec![
                ("pageSize", PAGE_SIZE),
                ("fields[]", table.table.primary_field_id.as_str()),
                ("returnFieldsByFieldId", "true"),
            ];
            let next = offset.as_deref().map(|offset| ("offset", offset));
            let page = query.iter().copied().chain(next).collect::<Vec<_>>();
            let reply: TableRecords = match api.get(&path, &page).await {
                Err(error) if error.code() == Some(EXPIRED_OFFSET) && progress.lock().may_restart() => {
                    api.get(&path, &query).await?
                }
                reply => reply?,
            };
            let mut progress = progress.lock();
            let mut records = reply.records;
            records.good.retain(|record| progress.delivered.insert(record.id.clone()));
            Ok(Page { content: records.into_batch(|record| record_item(&table, record)), next: reply.offset })
        }
    })
    .boxed()
}

/// The progress of reading a table.
#[derive(Default)]
struct Progress {
    /// The ids of delivered records, about 40 bytes each.
    delivered: HashSet<String>,
    restarts: usize,
}

impl Progress {
    fn may_restart(&mut self) -> bool {
        self.restarts += 1;
        self.restarts <= MAX_RESTARTS
    }
}

#[cfg(test)]
mod tests;
