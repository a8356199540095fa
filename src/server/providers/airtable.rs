//! Airtable: the bases that a person chose, their tables, and the records of each table.
//!
//! Facts: airtable.com/developers/web/api, "OAuth reference", "List bases", "List records", "Rate limits", "Errors".

mod item;
mod reply;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};

use super::{
    Api, Batch, CallError, ClientAuth, Content, Encoding, Endpoint, OAuth, Page, Pages, Provider, Quota, Source,
    follow, segment,
};
use crate::model::{Account, AppError};
use item::{Place, base_item, record_item, table_item};
use reply::{Base, Bases, Records, Table, Tables, User};

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
    // The last one is for the e-mail address, by which people know their account.
    scopes: "schema.bases:read data.records:read user.email:read",
    headers: &[],
    auth_url: "https://airtable.com",
    api_url: "https://api.airtable.com",
    oauth: OAuth {
        authorize: "/oauth2/v1/authorize",
        authorize_extra: &[],
        token: Endpoint::Auth("/oauth2/v1/token"),
        introspect: None,
        revoke: None,
        client: ClientAuth::BasicOrPublic,
        encoding: Encoding::Form,
        rotates: true,
        ends_earlier: false,
    },
    refusals: &[
        (
            "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
            "The workspace has used up its monthly Airtable API calls. Load again next month, or with a larger plan.",
        ),
        (
            "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
            "Airtable does not let this be read: it is no longer shared with Tributary, or a permission is missing. Connect again and choose it.",
        ),
    ],
    // For a user, over all apps. Whoever sends more is refused for half a minute.
    quota: Quota { penalty: Some(PENALTY), ..Quota::of(50, Duration::from_secs(1)) },
    // For a base.
    part_quota: Some(Quota { penalty: Some(PENALTY), ..Quota::of(5, Duration::from_secs(1)) }),
    identify,
    sources: |_| vec![Source::new("bases", bases).with_scope(SCHEMA)],
    nothing: "No base is shared with Tributary. Connect again and choose the bases that it may read.",
    removed_in: "your Airtable account under Integrations, Third-party integrations",
};

/// The most that a page of records holds.
const PAGE_SIZE: &str = "100";

const PENALTY: Duration = Duration::from_secs(30);

/// How many bases are asked for their tables at once.
const BASES_AT_ONCE: usize = 8;

/// How often a table is begun anew because Airtable had forgotten where we were.
const RESTARTS: usize = 5;

/// Airtable's word for an offset that it has forgotten: after some minutes, or when it likes.
const FORGOTTEN: &str = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE";

fn identify(api: Api) -> BoxFuture<'static, Result<Account, AppError>> {
    async move {
        let user: User = api.get("/v0/meta/whoami", &[]).await?;
        Ok(Account { id: user.id, name: user.email, url: None })
    }
    .boxed()
}

fn bases(api: Api) -> Pages {
    let listing = api.clone();
    let pages = follow(move |offset| {
        let api = listing.clone();
        async move {
            let query: Vec<_> = offset.as_deref().map(|offset| ("offset", offset)).into_iter().collect();
            let reply: Bases = api.get("/v0/meta/bases", &query).await?;
            Ok::<_, AppError>(Page { content: reply.bases, next: reply.offset })
        }
    });
    let tables = move |bases: Vec<Base>| {
        let api = api.clone();
        stream::iter(bases).map(move |base| tables(api.part(&base.id), base)).buffered(BASES_AT_ONCE).map(Ok)
    };
    pages.map_ok(tables).try_flatten().boxed()
}

/// A base with its tables, whose records are sources of their own. A base whose tables cannot be read is one that fails.
async fn tables(api: Api, base: Base) -> Batch {
    let reply: Result<Tables, CallError> = api.get(&format!("/v0/meta/bases/{}/tables", segment(&base.id)), &[]).await;
    let tables = match reply {
        Ok(reply) => reply.tables,
        Err(failed) => {
            let sources = vec![Source::failed(&base.name, failed.error)];
            return Batch { items: vec![base_item(&base, None)], sources };
        }
    };
    let children = tables.iter().map(|table| table.id.clone()).collect();
    let mut batch = Batch::from(vec![base_item(&base, Some(children))]);
    for table in tables {
        batch.items.push(table_item(&base, &table));
        let base_id = base.id.clone();
        let source = Source::new(format!("{} / {}", base.name, table.name), move |api| {
            records(api.part(&base_id), base_id, table)
        });
        batch.sources.push(source.with_scope(RECORDS));
    }
    batch
}

/// The records of a table, with their primary field alone. When Airtable has forgotten where we were, the table is begun
/// anew, and what was delivered already is left out.
fn records(api: Api, base_id: String, table: Table) -> Pages {
    let path = format!("/v0/{}/{}", segment(&base_id), segment(&table.id));
    let progress = Arc::new(Mutex::new(Progress::default()));
    let table = Arc::new(Place { base_id, table });
    follow(move |offset| {
        let (api, path, table, progress) = (api.clone(), path.clone(), table.clone(), progress.clone());
        async move {
            let query = vec![
                ("pageSize", PAGE_SIZE),
                ("fields[]", table.table.primary_field_id.as_str()),
                ("returnFieldsByFieldId", "true"),
            ];
            let onward = offset.as_deref().map(|offset| ("offset", offset));
            let asked = query.iter().copied().chain(onward).collect::<Vec<_>>();
            let reply: Records = match api.get(&path, &asked).await {
                Err(failed) if failed.word.as_deref() == Some(FORGOTTEN) && held(&progress).may_restart() => {
                    api.get(&path, &query).await?
                }
                reply => reply?,
            };
            let mut progress = held(&progress);
            let fresh = reply.records.into_iter().filter(|record| progress.delivered.insert(record.id.clone()));
            let items = fresh.map(|record| record_item(&table, record)).collect::<Vec<_>>();
            Ok::<_, AppError>(Page { content: Batch::from(items), next: reply.offset })
        }
    })
    .boxed()
}

/// How far the reading of a table is.
#[derive(Default)]
struct Progress {
    /// Ids; about 40 bytes a record.
    delivered: HashSet<String>,
    restarts: usize,
}

impl Progress {
    fn may_restart(&mut self) -> bool {
        self.restarts += 1;
        self.restarts <= RESTARTS
    }
}

fn held(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    // A panic cannot leave a set half changed, so a poisoned lock is as good as any.
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
