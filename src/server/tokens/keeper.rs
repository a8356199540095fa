//! The keeper: sees to grants ahead of time, so that no request waits for a refresh and no grant ends because nobody used it.
//!
//! It goes by an index of the grants by the time of its next visit. The index is a help and not the truth: what it lacks is
//! found by a look at all grants, when a keeper begins and once an hour. Of all processes one keeps at a time, by a lease;
//! two at once would do no harm, since each refresh is claimed in its grant.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::{ConnectionKey, Tokens, grant::Grant, refresh::Why};
use crate::{
    model::{AppError, By},
    server::{
        actor::Actor,
        failure, random,
        store::{Index, Range},
    },
};

/// When each grant is seen to next, in milliseconds since 1970.
const DUE: Index = Index {
    name: std::borrow::Cow::Borrowed("due"),
    most: 1_000_000_000,
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
        let mut seen = 0;
        while self.holds_lease().await? {
            if self.looked_at_all.is_none_or(|at| at.elapsed() > LOOK_AT_ALL) {
                self.look_at_all().await?;
                self.looked_at_all = Some(Instant::now());
            }
            let due = self.tokens.due().await?;
            if due.is_empty() {
                break;
            }
            seen += due.len();
            let visits = due.into_iter().map(|place| self.tokens.see_to(place));
            stream::iter(visits).buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
        }
        Ok(seen)
    }

    /// Whether it is this process's turn, for another [`TERM`].
    async fn holds_lease(&mut self) -> Result<bool, AppError> {
        let (store, id) = (&self.tokens.store, self.id.as_bytes());
        let renewed = store.replace(LEASE, Some(id), id, TERM).await.map_err(failure::store)?;
        if renewed {
            return Ok(true);
        }
        self.looked_at_all = None;
        store.replace(LEASE, None, id, TERM).await.map_err(failure::store)
    }

    /// Puts every grant into the index, where its record says.
    async fn look_at_all(&self) -> Result<(), AppError> {
        let mut grants = std::pin::pin!(self.tokens.all());
        let mut count = 0;
        while let Some(found) = grants.next().await {
            let (place, grant) = found?;
            count += 1;
            if grant.is_alive() {
                let now = (self.tokens.clock)();
                // One from before there was a keeper has no plan yet.
                let at = grant.planned_at.or_else(|| grant.planned(now).planned_at);
                self.tokens.put_down(&place, at).await;
            }
        }
        tracing::info!(grants = count, "the keeper looked at all grants");
        Ok(())
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

    /// Does for a grant what is due, and notes the next visit.
    async fn see_to(&self, place: String) {
        let next = match ConnectionKey::parse(&place) {
            Some(key) => self.see_to_grant(&key).await,
            None => Ok(None),
        };
        let next = next.unwrap_or_else(|error| {
            tracing::warn!(key = place, error = %error.detail, "the keeper could not see to a grant");
            Some((self.clock)() + LATER)
        });
        self.put_down(&place, next).await;
    }

    /// When to see to it next; never when there is nothing to see to.
    async fn see_to_grant(&self, key: &ConnectionKey) -> Result<Option<Timestamp>, AppError> {
        let Some(stored) = self.read(key).await? else { return Ok(None) };
        let (now, grant) = ((self.clock)(), &stored.grant);
        if !grant.is_alive() {
            return Ok(None);
        }
        if let Some(at) = grant.planned_at.filter(|at| *at > now) {
            return Ok(Some(at));
        }
        if self.usable(key, grant).is_err() {
            // It is another client's, which may come back.
            return Ok(Some(now + LATER));
        }
        if grant.expires_at.is_none() {
            // Its token does not end by itself. It is only kept.
            self.write(key, &stored, &grant.clone().planned(now)).await?;
        } else if let Err(error) = self.refresh(key, Why::Planned).await {
            tracing::debug!(%key, error = %error.detail, "the keeper's refresh failed");
        }
        let next = self.read(key).await?.map(|stored| stored.grant).filter(Grant::is_alive);
        Ok(next.map(|grant| grant.next_try(now)))
    }
}
