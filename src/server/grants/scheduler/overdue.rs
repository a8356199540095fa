//! Ending grants that are past their deadline and could not be kept alive.
//!
//! One look at the clock ends nothing, since the clock may be wrong: several visits, hours apart, have to find a grant past its
//! deadline, and each of them tries to refresh it first.

use super::RefreshScheduler;
use crate::{
    model::Action,
    server::{
        audit::Actor,
        clock::rfc3339,
        connections::ConnectionKey,
        grants::{GrantError, vault::Stored},
    },
};

/// The visit that ends a grant. With those before it, it takes five days.
const LAST_VISIT: u8 = 20;

impl RefreshScheduler {
    /// Counts a visit that could not keep a grant alive, if that is past its deadline. The last one ends it.
    pub(super) async fn visit_overdue(&self, key: &ConnectionKey) -> Result<(), GrantError> {
        let (vault, refresher) = (&self.grants.vault, &self.grants.refresher);
        let _lock = refresher.lock(key).await;
        let now = (vault.clock)();
        let Some(stored) = vault.read(key).await?.filter(|stored| stored.grant.is_overdue(now)) else { return Ok(()) };
        let visited = stored.grant.visited_overdue(now);
        if visited.overdue_visits < LAST_VISIT {
            vault.write(key, &stored, &visited).await?;
            return Ok(());
        }
        self.end(key, &stored).await
    }

    /// Marks a grant dead, unless another process has changed it, and revokes it where that is possible.
    async fn end(&self, key: &ConnectionKey, stored: &Stored) -> Result<(), GrantError> {
        let (vault, refresher, grant) = (&self.grants.vault, &self.grants.refresher, &stored.grant);
        let deadline = grant.ends_at.map(rfc3339).unwrap_or_default();
        let reason = format!("Access expired on {deadline}: it was not used, and could not be refreshed.");
        let dead = grant.marked_dead(&reason);
        // Tokens that cannot be decrypted stay as they are.
        let dead = match vault.open(key, grant) {
            Ok(tokens) => vault.seal(key, dead, &tokens)?,
            Err(_) => dead,
        };
        if vault.write(key, stored, &dead).await? {
            let revocation = refresher.revoker.revoke(key, grant).await;
            tracing::warn!(%key, reason, ?revocation, "a grant ended by its deadline");
            let detail = format!("{reason} {}", revocation.sentence());
            refresher
                .audit
                .record(&Actor::scheduler(), key, &grant.connection.account, Action::Expired, Some(&detail))
                .await;
        }
        Ok(())
    }
}
