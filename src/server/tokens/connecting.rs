//! Grants that come and go: saved when a person connects, forgotten and revoked when they disconnect.

use std::time::Instant;

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;

use super::{
    ConnectionKey, Grant, Rejection, Revocation, Tokens,
    minted::Minted,
    spend::{CALLERS_WAIT, SAVE_AGAIN},
};
use crate::{
    model::{Account, Action, AppError, Outcome},
    server::{failure, store::StoreError},
};

impl Tokens {
    /// What is connected now, when a code is spent already: the store is asked again for some seconds when it fails.
    pub async fn connected(&self, key: &ConnectionKey) -> Result<Option<Grant>, AppError> {
        let place = key.to_string();
        let bytes = patiently(|| self.store.get(&place).boxed()).await?;
        // One that cannot be read is none that anybody has to be asked about.
        Ok(bytes.and_then(|bytes| Grant::from_bytes(&bytes).ok()))
    }

    /// Saves a new grant in place of whatever was there. When that was another account's, its grant is revoked.
    pub async fn save(
        &self,
        key: &ConnectionKey,
        account: Account,
        minted: Minted,
        minted_at: Timestamp,
    ) -> Result<Outcome, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let (now, place) = ((self.clock)(), key.to_string());
        let (old, grant) = loop {
            let bytes = patiently(|| self.store.get(&place).boxed()).await?;
            // One that cannot be read is replaced like any other.
            let old = bytes.as_deref().and_then(|bytes| Grant::from_bytes(bytes).ok());
            let version = Grant::version_after(old.as_ref(), now);
            let grant = Grant::new(account.clone(), self.client(key), version, minted_at);
            let grant = self.seal(key, grant, &minted)?.planned(now);
            let (new, lifetime) = (grant.to_bytes()?, grant.lifetime(now));
            // A code is spent by now: what it brought is not lost because the store was away for a moment. Where it took what
            // it seemed not to take, the next round puts the same tokens in their own place.
            let saved = patiently(|| self.store.replace(&place, bytes.as_deref(), &new, lifetime).boxed()).await;
            // A refresh that was saved meanwhile, after a clock that is ahead, may have taken this version.
            if saved? {
                break (old, grant);
            }
        };
        self.plan(key, grant.planned_at).await;
        tracing::info!(%key, account = grant.account.id, scopes = grant.scopes.join(" "), "connected");

        self.note_holder(key, &grant).await;
        // The grant is saved: what is not known of others does not make it fail.
        let shared = key.provider.oauth.ends_earlier
            && self.other_holders(key, &grant).await.is_ok_and(|others| !others.is_empty());
        let detail =
            shared.then_some("The same account is connected for another user too, whose grant may end by this.");
        let action = match old {
            None => Action::Connected,
            Some(old) if old.is_of(&grant) => Action::Reconnected,
            Some(old) => {
                self.end(key, &old).await;
                Action::AccountReplaced
            }
        };
        self.trail.note(key, &grant.account, action, detail).await;
        Ok(if shared { Outcome::ConnectedTwice } else { Outcome::Connected })
    }

    /// Gives up tokens that were minted and will not be kept, unless a connection of the same account lives on the grant:
    /// this one, by now, or another.
    pub async fn discard(&self, key: &ConnectionKey, account: &Account, minted: Minted) -> Result<(), AppError> {
        let grant = Grant::new(account.clone(), self.client(key), 0, (self.clock)());
        let is_connected = self.find(key).await?.is_some_and(|current| current.is_alive() && current.is_of(&grant));
        if !is_connected && self.other_holders(key, &grant).await?.is_empty() {
            self.oauth(key)?.discard(minted).await;
        }
        Ok(())
    }

    /// Forgets a grant and revokes it at the provider, where that can be done and nobody else's connection lives on it.
    pub async fn forget(&self, key: &ConnectionKey) -> Result<Revocation, AppError> {
        let _lease = self.leases.acquire(&key.to_string()).await;
        let place = key.to_string();
        let Some(seen) = self.store.get(&place).await.map_err(failure::store)? else {
            return Err(key.not_connected());
        };
        let taken = match self.store.take(&place).await {
            Ok(taken) => taken.ok_or_else(|| key.not_connected())?,
            // A try that seems to fail may have taken it: then what was seen is what is to be revoked.
            Err(_) => patiently(|| self.store.take(&place).boxed()).await?.unwrap_or(seen),
        };
        let grant = Grant::from_bytes(&taken)?;
        self.plan(key, None).await;
        let revocation = self.end(key, &grant).await;
        tracing::info!(%key, account = grant.account.id, ?revocation, "disconnected");
        self.trail.note(key, &grant.account, Action::Disconnected, Some(revocation.sentence())).await;
        Ok(revocation)
    }

    /// Revokes a grant that is no longer in the store.
    async fn end(&self, key: &ConnectionKey, grant: &Grant) -> Revocation {
        self.forget_holder(key, grant).await;
        let revoked = async {
            if !self.is_ours(grant, key) {
                return Err(Rejection::Client("another client made it".to_owned()));
            }
            let unavailable = |error: AppError| Rejection::Unavailable(error.detail);
            if !self.other_holders(key, grant).await.map_err(unavailable)?.is_empty() {
                return Ok(Revocation::Shared);
            }
            let secrets = self.open(key, grant).map_err(unavailable)?;
            self.oauth(key).map_err(unavailable)?.revoke(&secrets).await
        };
        revoked.await.unwrap_or_else(|error| {
            tracing::warn!(%key, %error, "the grant could not be revoked");
            Revocation::NotConfirmed
        })
    }
}

/// Asks the store, and again for some seconds when it fails.
async fn patiently<'a, T>(ask: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>) -> Result<T, AppError> {
    let began = Instant::now();
    loop {
        match ask().await {
            Err(error) if began.elapsed() > CALLERS_WAIT => return Err(failure::store(error)),
            Err(_) => tokio::time::sleep(SAVE_AGAIN).await,
            Ok(answer) => return Ok(answer),
        }
    }
}
