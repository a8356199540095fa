//! Sends a command to the server that has its key, and follows a cluster's redirects.
//!
//! A command is sent again only after a redirect, which says that it was not executed. Any other error goes to the caller.

use std::{sync::Arc, time::Duration};

use fred::{
    error::{Error, ErrorKind},
    prelude::Server,
    types::Value,
    util::redis_keyslot,
};
use futures::{FutureExt, future::select_ok};
use parking_lot::RwLock;
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};

use super::{
    command::{Command, prefixed},
    deployment::Deployment,
    node::{Durability, Node, Reply},
    slots::{self, Redirect, SlotRange},
};

/// More redirects of one command are a loop.
const MAX_REDIRECTS: usize = 5;

/// The minimum time between two looks at the cluster after errors.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// The servers, and which slots they have.
pub(super) struct Router {
    deployment: Deployment,
    topology: RwLock<Arc<Topology>>,
    /// Servers that redirects have named, and that have no slots of their own yet.
    others: parking_lot::Mutex<Vec<Arc<Node>>>,
    /// When the topology was last read. Locked while it is.
    read_at: Mutex<Option<Instant>>,
    is_stale: Notify,
}

#[derive(Default)]
struct Topology {
    ranges: Vec<SlotRange>,
    primaries: Vec<Arc<Node>>,
}

impl Router {
    /// Connects, or fails.
    pub(super) async fn connect(deployment: Deployment) -> Result<Arc<Self>, Error> {
        let topology = match &deployment {
            Deployment::One(config) => {
                let node = Node::connect(config.clone()).await?;
                Topology { ranges: Vec::new(), primaries: vec![Arc::new(node)] }
            }
            Deployment::Cluster { .. } => Topology::default(),
        };
        let topology = RwLock::new(Arc::new(topology));
        let router = Arc::new(Self {
            deployment,
            topology,
            others: parking_lot::Mutex::default(),
            read_at: Mutex::default(),
            is_stale: Notify::new(),
        });
        router.refresh().await?;
        if router.is_cluster() {
            tokio::spawn(refresh_when_stale(Arc::downgrade(&router)));
        }
        Ok(router)
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.deployment, Deployment::Cluster { .. })
    }

    /// The servers that have keys, ordered by their address.
    pub(super) fn primaries(&self) -> Vec<Arc<Node>> {
        self.topology.read().primaries.clone()
    }

    /// Sends a command about a key.
    pub(super) async fn send(&self, key: &str, command: Command) -> Result<Value, Error> {
        Ok(self.send_with(key, command, Durability::Primary).await?.value)
    }

    pub(super) async fn send_with(&self, key: &str, command: Command, durability: Durability) -> Result<Reply, Error> {
        let (mut node, mut is_asking) = (self.owner(slot(key))?, false);
        for _ in 0..=MAX_REDIRECTS {
            let error = match node.send_with(command.clone(), durability, is_asking).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            self.is_stale.notify_one();
            (node, is_asking) = match Redirect::parse(&error, node.host()).filter(|_| self.is_cluster()) {
                Some(Redirect::Moved(server)) => (self.node(server).await?, false),
                Some(Redirect::Ask(server)) => (self.node(server).await?, true),
                None => return Err(error),
            };
        }
        Err(Error::new(ErrorKind::Cluster, "the cluster redirects in a circle"))
    }

    /// A key that begins with `prefix` and belongs to this server.
    pub(super) fn key_of(&self, node: &Node, prefix: &str) -> Option<String> {
        let topology = self.topology.read().clone();
        let is_owner = |key: &String| {
            let slot = slot(key);
            let has = |range: &SlotRange| range.contains(slot) && node.is_at(&range.primary);
            topology.ranges.is_empty() || topology.ranges.iter().any(has)
        };
        // A server with one slot takes as many attempts as there are slots on average.
        (0..20 * u32::from(slots::COUNT)).map(|number| format!("{prefix}{number}")).find(is_owner)
    }

    /// Reads the cluster's topology again, unless that was done since the call.
    pub(super) async fn refresh(&self) -> Result<(), Error> {
        let Deployment::Cluster { seeds, shared } = &self.deployment else { return Ok(()) };
        let called_at = Instant::now();
        let mut read_at = self.read_at.lock().await;
        if read_at.is_some_and(|at| at >= called_at) {
            return Ok(());
        }
        let mut ranges = self.ask_primaries().await;
        for seed in seeds {
            if ranges.is_err() {
                let node = Node::connect(Deployment::of_node(shared, seed.clone())).await;
                ranges = match node {
                    Ok(node) => read_slots(&node).await,
                    Err(error) => Err(error),
                };
            }
        }
        self.apply(ranges?)?;
        *read_at = Some(Instant::now());
        Ok(())
    }

    /// The first answer of the servers that are known.
    async fn ask_primaries(&self) -> Result<Vec<SlotRange>, Error> {
        let primaries = self.primaries();
        if primaries.is_empty() {
            return Err(Error::new(ErrorKind::Cluster, "no server of the cluster is known"));
        }
        Ok(select_ok(primaries.iter().map(|node| read_slots(node).boxed())).await?.0)
    }

    fn apply(&self, mut ranges: Vec<SlotRange>) -> Result<(), Error> {
        if ranges.is_empty() {
            return Err(Error::new(ErrorKind::Cluster, "the cluster has assigned no slots"));
        }
        ranges.sort_by_key(|range| range.first);
        let mut known = self.primaries();
        known.append(&mut self.others.lock());
        let mut primaries = Vec::<Arc<Node>>::new();
        for range in &ranges {
            if primaries.iter().any(|node| node.is_at(&range.primary)) {
                continue;
            }
            let node = match known.iter().find(|node| node.is_at(&range.primary)) {
                Some(node) => node.clone(),
                None => {
                    let node = self.open(&range.primary)?;
                    node.set_replicas(range.replicas);
                    node
                }
            };
            primaries.push(node);
        }
        primaries.sort_by(|one, other| one.address.cmp(&other.address));
        *self.topology.write() = Arc::new(Topology { ranges, primaries });
        Ok(())
    }

    fn owner(&self, slot: u16) -> Result<Arc<Node>, Error> {
        let topology = self.topology.read().clone();
        if topology.ranges.is_empty() {
            return Ok(topology.primaries[0].clone());
        }
        let range = topology.ranges.iter().find(|range| range.contains(slot));
        let node = range.and_then(|range| topology.primaries.iter().find(|node| node.is_at(&range.primary)));
        node.cloned().ok_or_else(|| {
            self.is_stale.notify_one();
            Error::new(ErrorKind::Cluster, "no server of the cluster has the slot of this key")
        })
    }

    /// The server at this address, which a redirect names.
    async fn node(&self, server: Server) -> Result<Arc<Node>, Error> {
        let known = || {
            let others = self.others.lock().clone();
            self.primaries().into_iter().chain(others).find(|node| node.is_at(&server))
        };
        if known().is_none() {
            self.refresh().await?;
        }
        if let Some(node) = known() {
            return Ok(node);
        }
        // It has no slots yet, and receives its first ones just now.
        let node = self.open(&server)?;
        self.others.lock().push(node.clone());
        Ok(node)
    }

    fn open(&self, server: &Server) -> Result<Arc<Node>, Error> {
        let Deployment::Cluster { shared, .. } = &self.deployment else {
            return Err(Error::new(ErrorKind::Cluster, "REDIS_URL is not the address of a cluster"));
        };
        Ok(Arc::new(Node::open(Deployment::of_node(shared, server.clone()))?))
    }
}

async fn read_slots(node: &Node) -> Result<Vec<SlotRange>, Error> {
    slots::parse(node.send(Command::new("CLUSTER").with("SLOTS")).await?, node.host())
}

fn slot(key: &str) -> u16 {
    redis_keyslot(prefixed(key).as_bytes())
}

/// Looks at the cluster after an error, which may mean that a replica has taken over.
async fn refresh_when_stale(router: std::sync::Weak<Router>) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        let Some(router) = router.upgrade() else { return };
        // Ends now and then, so that the router can be dropped.
        let is_stale = tokio::time::timeout(Duration::from_secs(1), router.is_stale.notified()).await.is_ok();
        if is_stale && let Err(error) = router.refresh().await {
            tracing::debug!(%error, "the topology of the cluster could not be read");
        }
    }
}
