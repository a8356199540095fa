//! The keeper: sees to grants ahead of time, so that no request waits for a refresh and no grant ends because nobody used it.
//!
//! It goes by an index of the grants by the time of its next visit. The index is a help and not the truth: what it lacks is
//! found by a look at all grants, when a keeper begins and once an hour. Of all processes one keeps at a time, by a lease;
//! two at once would do no harm, since each refresh is claimed in its grant.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all, stream};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::{ConnectionKey, Tokens, grant::Grant, key, refresh::Why};
use crate::{
    model::{AppError, By, ErrorCode},
    server::{
        actor::Actor,
        failure,
        providers::{self, Provider},
        random,
        store::{Index, Range},
    },
};

/// When each grant is seen to next, in milliseconds since 1970.
const DUE: Index = Index {
    name: std::borrow::Cow::Borrowed("due"),
    most: MOST,
    floor: 0,
    lifetime: Duration::from_secs(400 * 24 * 3600),
};

/// Where it stands who keeps.
const LEASE: &str = "lease/keeper";

/// For how long one keeps without a word.
const TERM: Duration = Duration::from_secs(30);

/// How often it looks for what is due.
const EVERY: Duration = Duration::from_secs(5);

/// How often it looks at all grants, for those that the index lacks.
const LOOK_AT_ALL: Duration = Duration::from_secs(3600);

/// How many grants are seen to at once.
const AT_ONCE: usize = 8;

/// How many are taken from the index at once.
const BATCH: usize = 200;

/// A visit that could not be made is made again after this long.
const LATER: SignedDuration = SignedDuration::from_mins(5);

/// One to a grant of another client, which may come back, after this long.
const MUCH_LATER: SignedDuration = SignedDuration::from_hours(6);

/// After so many failures in a row the rest of a provider's grants are left for later.
const ENOUGH: usize = 16;

/// How many grants an index is asked for at most.
const MOST: usize = 1_000_000_000;

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
        Actor::of(By::Keeper).act(self.keep()).await;
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
        let mut seen = 0;
        loop {
            let due = self.tokens.due().await?;
            if due.is_empty() {
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
        }
    }

    /// Whether it is this process's turn, for another [`TERM`].
    async fn holds_lease(&self) -> Result<bool, AppError> {
        Ok(renew_lease(&self.tokens, &self.id).await?
            || self.tokens.store.replace(LEASE, None, self.id.as_bytes(), TERM).await.map_err(failure::store)?)
    }

    /// Puts every grant into the index that it lacks, where its record says.
    async fn look_at_all(&self) -> Result<(), AppError> {
        let known = self.tokens.store.marked(&DUE, Range::up_to(Range::END, MOST)).await.map_err(failure::store)?;
        let known: HashSet<_> = known.into_iter().map(|(place, _)| place).collect();
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

impl Tokens {
    /// Notes when the keeper is to see to a grant.
    pub(super) async fn plan(&self, key: &ConnectionKey, at: Option<Timestamp>) {
        if self.config.keeper {
            self.put_down(&key.to_string(), at).await;
        }
    }

    /// The same, by the grant's place. A failure is found when the keeper looks at all grants.
    async fn put_down(&self, place: &str, at: Option<Timestamp>) {
        let at = at.map(|at| u64::try_from(at.as_millisecond()).unwrap_or_default());
        if let Err(error) = self.store.mark(&DUE, place, at).await {
            tracing::warn!(key = place, %error, "the keeper's next visit could not be noted");
        }
    }

    async fn due(&self) -> Result<Vec<String>, AppError> {
        let now = u64::try_from((self.clock)().as_millisecond()).unwrap_or_default();
        let due = self.store.marked(&DUE, Range::up_to(now, BATCH)).await.map_err(failure::store)?;
        Ok(due.into_iter().map(|(place, _)| place).collect())
    }

    /// Sees to grants of one provider. When several in a row could not be refreshed, the others wait for a better time.
    async fn see_to_all(&self, places: Vec<String>) {
        let failed = AtomicUsize::new(0);
        let visit = async |place: String| {
            if failed.load(Relaxed) >= ENOUGH {
                return self.put_down(&place, Some((self.clock)() + LATER)).await;
            }
            let went_well = self.see_to(place).await;
            if went_well { failed.store(0, Relaxed) } else { _ = failed.fetch_add(1, Relaxed) }
        };
        stream::iter(places).for_each_concurrent(AT_ONCE, visit).await;
    }

    /// Does for a grant what is due, notes the next visit, and tells whether it went well.
    async fn see_to(&self, place: String) -> bool {
        let Some(key) = ConnectionKey::parse(&place) else { return true };
        let seen = self.see_to_grant(&key).await;
        let (next, went_well) = seen.unwrap_or_else(|error| {
            tracing::warn!(%key, error = %error.detail, "the keeper could not see to a grant");
            (Some((self.clock)() + LATER), false)
        });
        self.put_down(&place, next).await;
        went_well
    }

    /// When to see to it next; never when there is nothing to see to.
    async fn see_to_grant(&self, key: &ConnectionKey) -> Result<(Option<Timestamp>, bool), AppError> {
        let Some(stored) = self.read(key).await? else { return Ok((None, true)) };
        let (now, grant) = ((self.clock)(), &stored.grant);
        if !grant.is_alive() {
            return Ok((None, true));
        }
        if let Some(at) = grant.planned_at.filter(|at| *at > now) {
            return Ok((Some(at), true));
        }
        if self.usable(key, grant).is_err() {
            return Ok((Some(now + MUCH_LATER), true));
        }
        let refreshed = match grant.is_renewed() {
            true => self.refresh(key, Why::Planned).await.map(|_| ()),
            // Its token does not end by itself, or cannot be renewed. It is only kept.
            false => self.write(key, &stored, &grant.clone().planned(now)).await.map(|_| ()),
        };
        if let Err(error) = &refreshed {
            tracing::debug!(%key, error = %error.detail, "the keeper's refresh failed");
        }
        let unavailable = refreshed.is_err_and(|error| error.code == ErrorCode::ProviderUnavailable);
        let next = self.read(key).await?.map(|stored| stored.grant).filter(Grant::is_alive);
        Ok((next.map(|grant| grant.next_try(now)), !unavailable))
    }
}
