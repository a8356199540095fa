//! Everything in a workspace but rows: its databases with their data sources, and its pages.
//!
//! Data sources come first, so that it is known which rows are left to queries, and these can begin.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};

use super::{listing::search, object::Object, rows, tree::Tree};
use crate::{
    model::AppError,
    server::providers::{Api, Batch, CallError, Pages, Source, segment},
};

/// How many databases are asked for at once.
const DATABASES_AT_ONCE: usize = 8;

/// Reads the workspace. The rows of each data source are sources of their own.
pub(super) fn read(api: Api) -> Pages {
    let tree = Shared::default();
    stream::once(data_sources(api.clone()))
        .flat_map(move |(found, trouble)| {
            let (asking, placing, tree) = (api.clone(), tree.clone(), tree.clone());
            // They are asked for at once and placed in order, so that two loads of the same data are the same.
            let databases = stream::iter(by_database(found))
                .map(move |(id, sources)| database(asking.clone(), id, sources))
                .buffered(DATABASES_AT_ONCE)
                .map(move |database| Ok(database.placed_in(&placing)));
            // That data sources are missing is told last: the pages are worth reading all the same.
            databases.chain(pages(api.clone(), tree)).chain(stream::iter(trouble.map(Err)))
        })
        .boxed()
}

/// What search knows of data sources, and why that may not be all.
async fn data_sources(api: Api) -> (Vec<Object>, Option<AppError>) {
    let (mut found, mut search) = (Vec::new(), Box::pin(search(api, "data_source")));
    loop {
        match search.try_next().await {
            Ok(Some(sources)) => found.extend(sources),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

/// Data sources by the database that they lie in, both in the order of the search; each once.
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
    /// What could not be read of it.
    failed: Vec<Source>,
}

/// Asks for a database, and for those of its data sources that search missed.
async fn database(api: Api, id: Option<String>, mut sources: Vec<Object>) -> Database {
    let (mut database, mut failed) = (None, Vec::new());
    if let Some(id) = id {
        match api.get::<Object>(&format!("/v1/databases/{}", segment(&id)), &[]).await {
            Ok(found) => database = Some(found),
            Err(error) if is_out_of_sight(&error) => {}
            Err(error) => failed.push(Source::failed(format!("database {id}"), error.error)),
        }
    }
    let listed = database.iter().flat_map(|database| &database.data_sources);
    let missed: Vec<_> = listed.filter(|listed| sources.iter().all(|known| known.id != listed.id)).collect();
    for missed in missed {
        match api.get::<Object>(&format!("/v1/data_sources/{}", segment(&missed.id)), &[]).await {
            Ok(found) => sources.push(found),
            Err(error) if is_out_of_sight(&error) => {}
            Err(error) => failed.push(Source::failed(format!("data source {}", missed.id), error.error)),
        }
    }
    Database { database, sources, failed }
}

impl Database {
    fn placed_in(self, tree: &Shared) -> Batch {
        let Self { database, sources, failed } = self;
        let mut batch = Batch { sources: failed, ..Batch::default() };
        let name = database.as_ref().and_then(Object::title);
        for source in &sources {
            let title = source.title().unwrap_or_else(|| source.id.clone());
            let full = match &name {
                Some(name) if *name != title => format!("{name} / {title}"),
                _ => title.clone(),
            };
            let id = source.id.clone();
            tree.held().queries(&id);
            batch.sources.push(Source::new(full, move |api| rows::read(api, &id, title)));
        }
        batch.items = tree.held().place(database.into_iter().chain(sources).collect());
        batch
    }
}

/// Whether a thing is there and not shared with us, which is the person's choice and no failure.
fn is_out_of_sight(failed: &CallError) -> bool {
    matches!(failed.word.as_deref(), Some("object_not_found" | "restricted_resource"))
}

/// The pages that search returns, and those that wait for them.
fn pages(api: Api, tree: Shared) -> Pages {
    let found = search(api, "page").map(Some).chain(stream::iter([None]));
    let batches = found.map(move |found| match found {
        Some(Ok(objects)) => (Some(tree.held().place(objects)), None),
        Some(Err(error)) => (Some(tree.held().rest()), Some(error)),
        None => (Some(tree.held().rest()), None),
    });
    let told = batches.flat_map(|(items, error)| {
        let items = items.into_iter().map(|items| Ok(Batch::from(items)));
        stream::iter(items.chain(error.map(Err)).collect::<Vec<_>>())
    });
    told.boxed()
}

/// The tree, which databases and pages grow together.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Tree>>);

impl Shared {
    fn held(&self) -> MutexGuard<'_, Tree> {
        // Nothing in the tree panics, so a poisoned lock is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
