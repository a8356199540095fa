//! The keeper: sees to grants ahead of time, so that no request waits for a refresh and no grant ends because nobody used it.
//!
//! It goes by an index of the grants by the time of its next visit. The index is a help and not the truth: what it lacks is
//! found by a look at all grants, when a keeper begins and once an hour. Of all processes one keeps at a time, by a lease;
//! two at once would do no harm, since each refresh is claimed in its grant.

mod visits;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all};
use secrecy::ExposeSecret;

use super::{ConnectionKey, Tokens, key};
use crate::{
    model::{ActorKind, AppError},
    server::{
        actor::Actor,
        failure,
        providers::{self, Provider},
        random,
    },
};

/// Where it stands who keeps.
const LEASE: &str = "lease/keeper";

/// For how long one keeps without a word.
const TERM: Duration = Duration::from_secs(30);

/// How often it looks for what is due.
const EVERY: Duration = Duration::from_secs(5);

/// How often it looks at all grants, for those that the index lacks.
const LOOK_AT_ALL: Duration = Duration::from_secs(3600);

/// One process's keeper.
pub struct Keeper {
    tokens: Tokens,
    /// Tells keepers apart.
    id: String,
    looked_at_all: Option<Instant>,
}

impl Keeper {
    /// One that does nothing yet.
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, id: random::token().expose_secret().to_owned(), looked_at_all: None }
    }

    /// Keeps for ever, whenever it is this process's turn.
    pub async fn run(self) {
        Actor::of(ActorKind::Scheduler).act(self.keep()).await;
    }

    async fn keep(mut self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.round().await {
                tracing::warn!(error = %error.detail, "the keeper could not see to what is due");
            }
        }
    }

    /// Sees to all that is due, if it is this process's turn; and tells how many grants it saw to.
    pub async fn round(&mut self) -> Result<usize, AppError> {
        if !self.holds_lease().await? {
            return Ok(0);
        }
        let (tokens, id) = (self.tokens.clone(), self.id.clone());
        tokio::select! {
            seen = self.work() => seen,
            // What is under way in tasks of their own goes on; the rest is whoever has the lease now to do.
            () = lease_lost(&tokens, &id) => Ok(0),
        }
    }

    async fn work(&mut self) -> Result<usize, AppError> {
        let mut seen = self.see_to_due().await?;
        if self.looked_at_all.is_none_or(|at| at.elapsed() > LOOK_AT_ALL) {
            self.look_at_all().await?;
            self.looked_at_all = Some(Instant::now());
            seen += self.see_to_due().await?;
        }
        Ok(seen)
    }

    async fn see_to_due(&self) -> Result<usize, AppError> {
        let (mut seen, mut before) = (0, Vec::new());
        loop {
            let due = self.tokens.due().await?;
            // The same ones again: their next visits could not be noted.
            if due.is_empty() || due == before {
                return Ok(seen);
            }
            seen += due.len();
            // The providers beside each other: one that does not answer holds up its own grants alone.
            let of = |provider: &Provider| {
                let prefix = format!("{}{}/", key::PREFIX, provider.slug);
                due.iter().filter(move |place| place.starts_with(&prefix)).cloned().collect::<Vec<_>>()
            };
            let providers = providers::ALL.iter().map(|provider| self.tokens.see_to_all(of(provider)));
            join_all(providers).await;
            for place in due.iter().filter(|place| ConnectionKey::parse(place).is_none()) {
                self.tokens.put_down(place, None).await;
            }
            before = due;
        }
    }

    /// Whether it is this process's turn, for another [`TERM`].
    async fn holds_lease(&self) -> Result<bool, AppError> {
        Ok(renew_lease(&self.tokens, &self.id).await?
            || self.tokens.store.replace(LEASE, None, self.id.as_bytes(), TERM).await.map_err(failure::store)?)
    }

    /// Puts every grant into the index that it lacks, where its record says.
    async fn look_at_all(&self) -> Result<(), AppError> {
        let known = self.tokens.planned().await?;
        let known: HashSet<_> = known.into_iter().collect();
        let (mut grants, mut count, mut lacking) = (std::pin::pin!(self.tokens.all()), 0, 0);
        while let Some(found) = grants.next().await {
            let (place, grant) = found?;
            count += 1;
            if grant.is_alive() && !known.contains(&place) {
                lacking += 1;
                let now = (self.tokens.clock)();
                // One from before there was a keeper has no plan yet.
                let at = grant.planned_at.or_else(|| grant.planned(now).planned_at);
                self.tokens.put_down(&place, at).await;
            }
        }
        tracing::info!(grants = count, lacking, "the keeper looked at all grants");
        Ok(())
    }
}

async fn renew_lease(tokens: &Tokens, id: &str) -> Result<bool, AppError> {
    tokens.store.replace(LEASE, Some(id.as_bytes()), id.as_bytes(), TERM).await.map_err(failure::store)
}

/// Renews the lease for as long as it can be.
async fn lease_lost(tokens: &Tokens, id: &str) {
    loop {
        tokio::time::sleep(TERM / 3).await;
        if !renew_lease(tokens, id).await.unwrap_or_default() {
            return tracing::warn!("the keeper's lease was lost; whoever has it now goes on");
        }
    }
}
