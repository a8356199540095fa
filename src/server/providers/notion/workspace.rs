//! Everything in a workspace except rows: its databases with their data sources, and its pages.
//!
//! Data sources come first, so that their queries can start and search results that they will return can be ignored.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;

use super::{
    listing::search,
    object::{Named, Object},
    rows,
    tree::Tree,
};
use crate::{
    model::SkippedRecord,
    server::providers::{
        Batch, ItemStream, Pages, Records,
        client::{ApiClient, CallError, segment},
    },
};

/// The tree that databases and pages share.
type SharedTree = Arc<Mutex<Tree>>;

/// How many databases are read concurrently.
const CONCURRENT_DATABASES: usize = 8;

/// Reads the workspace. The rows of each data source are a stream of their own.
pub(super) fn read(api: ApiClient) -> Pages {
    let tree = SharedTree::default();
    stream::once(data_sources(api.clone()))
        .flat_map(move |(Records { good, skipped }, error)| {
            let (client, shared, tree) = (api.clone(), tree.clone(), tree.clone());
            let skipped = Arc::new(skipped);
            let streams = skipped.iter().map(|source| ItemStream::of_skipped("", "data source", source)).collect();
            let unread = Batch { streams, skipped: skipped.to_vec(), ..Batch::default() };
            // They are read concurrently and delivered in order, so that two loads of the same data are identical.
            let databases = stream::iter(by_database(good))
                .map(move |(id, sources)| database(client.clone(), id, sources, skipped.clone()))
                .buffered(CONCURRENT_DATABASES)
                .map(move |database| Ok(database.into_batch(&shared)));
            // A failed search for data sources is reported last, since the pages are worth reading anyway.
            let databases = databases.chain(stream::iter([Ok(unread)]));
            databases.chain(pages(api.clone(), tree)).chain(stream::iter(error.map(Err)))
        })
        .boxed()
}

/// The data sources that search returns, and the error that ended the search early.
async fn data_sources(api: ApiClient) -> (Records<Object>, Option<CallError>) {
    let (mut found, mut search) = (Records::default(), Box::pin(search(api, "data_source")));
    loop {
        match search.try_next().await {
            Ok(Some(sources)) => {
                found.good.extend(sources.good);
                found.skipped.extend(sources.skipped);
            }
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

/// Groups data sources by their database, both in the order of the search, without duplicates.
fn by_database(found: Vec<Object>) -> Vec<(Option<String>, Vec<Object>)> {
    let mut databases: Vec<(Option<String>, Vec<Object>)> = Vec::new();
    for source in found {
        let id = source.parent.as_ref().and_then(|parent| parent.database_id.clone());
        match databases.iter_mut().find(|(database, _)| id.is_some() && *database == id) {
            Some((_, sources)) if sources.iter().any(|known| known.id == source.id) => {}
            Some((_, sources)) => sources.push(source),
            None => databases.push((id, vec![source])),
        }
    }
    databases
}

/// A database with its data sources.
struct Database {
    database: Option<Object>,
    sources: Vec<Object>,
    /// The parts of it that could not be read.
    failed: Vec<ItemStream>,
}

/// Reads a database, and those of its data sources that search missed. Those that it returned in a form that can't be read
/// are reported elsewhere.
async fn database(
    api: ApiClient,
    id: Option<String>,
    mut sources: Vec<Object>,
    skipped: Arc<Vec<SkippedRecord>>,
) -> Database {
    let (mut database, mut failed) = (None, Vec::new());
    if let Some(id) = id {
        match api.get::<Object>(&format!("/v1/databases/{}", segment(&id)), &[]).await {
            Ok(found) => database = Some(found),
            Err(error) if is_not_shared(&error) => {}
            Err(error) => failed.push(ItemStream::failed(format!("database {id}"), error)),
        }
    }
    let listed = database.iter().flat_map(|database| &database.data_sources);
    let is_missed = |listed: &&Named| {
        sources.iter().all(|known| known.id != listed.id)
            && skipped.iter().all(|known| known.id.as_deref() != Some(&listed.id))
    };
    let missed: Vec<_> = listed.filter(is_missed).collect();
    for missed in missed {
        match api.get::<Object>(&format!("/v1/data_sources/{}", segment(&missed.id)), &[]).await {
            Ok(found) => sources.push(found),
            Err(error) if is_not_shared(&error) => {}
            Err(error) => failed.push(ItemStream::failed(format!("data source {}", missed.id), error)),
        }
    }
    Database { database, sources, failed }
}

impl Database {
    fn into_batch(self, tree: &SharedTree) -> Batch {
        let Self { database, sources, failed } = self;
        let mut batch = Batch { streams: failed, ..Batch::default() };
        let name = database.as_ref().and_then(Object::title);
        for source in &sources {
            let title = source.title().unwrap_or_else(|| source.id.clone());
            let full = match &name {
                Some(name) if *name != title => format!("{name} / {title}"),
                _ => title.clone(),
            };
            let id = source.id.clone();
            tree.lock().add_queried(&id);
            batch.streams.push(ItemStream::new(full, move |api| rows::read(api, &id, title)));
        }
        batch.items = tree.lock().add(database.into_iter().chain(sources).collect());
        batch
    }
}

/// Whether an object exists but is not shared with us, which is the user's choice and not a failure.
fn is_not_shared(error: &CallError) -> bool {
    matches!(error.code(), Some("object_not_found" | "restricted_resource"))
}

/// The pages that search returns, and the items that waited for them.
fn pages(api: ApiClient, tree: SharedTree) -> Pages {
    let found = search(api, "page").map(Some).chain(stream::iter([None]));
    let batches = found.map(move |found| match found {
        Some(Ok(Records { good, skipped })) => {
            (Batch { items: tree.lock().add(good), skipped, ..Batch::default() }, None)
        }
        Some(Err(error)) => (Batch::from(tree.lock().take_orphans()), Some(error)),
        None => (Batch::from(tree.lock().take_orphans()), None),
    });
    let results = batches
        .flat_map(|(batch, error)| stream::iter([Ok(batch)].into_iter().chain(error.map(Err)).collect::<Vec<_>>()));
    results.boxed()
}
