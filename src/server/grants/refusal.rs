//! What the provider's API says about access tokens, recorded in the grant for whoever looks at the connection.

use super::{GrantError, Refresher, grant::Grant};
use crate::server::{connections::ConnectionKey, providers::client::AccessToken};

impl Refresher {
    /// Records that the provider's API refused a token, and that no refresh could help. The next load tries again.
    pub(super) async fn record_refused(&self, key: &ConnectionKey, token: &AccessToken) {
        let now = (self.vault.clock)();
        if self.record(key, token, |grant| grant.history.refusals.refused(now)).await {
            tracing::warn!(%key, "the provider refuses valid access tokens");
        }
    }

    /// Records that the provider's API accepted a token, after it had refused others.
    pub(super) async fn record_accepted(&self, key: &ConnectionKey, token: &AccessToken) {
        if self.record(key, token, |grant| grant.history.refusals.accepted()).await {
            tracing::info!(%key, "the provider accepts access tokens again");
        }
    }

    /// Writes a change of the history, if it is one, unless another process has changed the grant. Returns whether it did. A
    /// failure does not affect the caller.
    async fn record(&self, key: &ConnectionKey, token: &AccessToken, change: impl FnOnce(&mut Grant) -> bool) -> bool {
        let recorded = async {
            let Some(stored) = self.vault.read(key).await? else { return Ok(false) };
            let mut next = stored.grant.clone();
            let is_current = next.version == token.version && next.is_alive() && next.claim.is_none();
            Ok::<_, GrantError>(is_current && change(&mut next) && self.vault.write(key, &stored, &next).await?)
        };
        recorded.await.unwrap_or_else(|error| {
            tracing::warn!(%key, %error, "a refused or accepted access token could not be recorded");
            false
        })
    }
}
