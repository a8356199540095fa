//! Exchanging a refresh token for new tokens, and committing the result whatever else fails.

use std::sync::Arc;

use super::{
    GrantError, Refresher,
    commit::Committed,
    grant::{Grant, RefreshError},
    refresh::Why,
    token_pair::TokenPair,
    vault::Stored,
};
use crate::{
    model::Action,
    server::{
        audit::Actor,
        clock::rfc3339,
        connections::ConnectionKey,
        failpoint,
        providers::client::{
            AccessToken,
            oauth::{OAuthClient, OAuthError, TokenResponse},
        },
    },
};

/// A refresh token that is about to be sent. The grant holds our claim.
pub(super) struct Exchange<'a> {
    pub(super) refresher: &'a Refresher,
    pub(super) key: &'a ConnectionKey,
    pub(super) why: Why,
    pub(super) actor: &'a Actor,
    pub(super) claimed: Stored,
    pub(super) tokens: TokenPair,
    pub(super) client: Arc<OAuthClient>,
}

impl Exchange<'_> {
    /// Sends the refresh token and commits what the provider responds.
    pub(super) async fn run(self) -> Result<AccessToken, GrantError> {
        failpoint::hit(failpoint::CLAIMED);
        let response = match &self.tokens.refresh_token {
            Some(refresh_token) => self.client.refresh(refresh_token).await,
            None => Err(OAuthError::InvalidGrant(self.without_refresh_token())),
        };
        failpoint::hit(failpoint::ANSWERED);
        match response {
            Ok(response) => self.commit_refreshed(response).await,
            Err(OAuthError::InvalidGrant(reason)) => self.commit_dead(reason).await,
            Err(OAuthError::InvalidClient(detail)) => {
                self.commit_failed(RefreshError::ClientRejected(detail), false).await
            }
            Err(OAuthError::Unavailable(detail)) => {
                self.commit_failed(RefreshError::ProviderUnavailable(detail), false).await
            }
            Err(OAuthError::NoResponse(detail)) => {
                self.commit_failed(RefreshError::ProviderUnavailable(detail), true).await
            }
        }
    }

    /// Why a grant without a refresh token is dead.
    fn without_refresh_token(&self) -> String {
        let name = self.key.provider.name;
        match self.why {
            Why::Refused(_) => format!("{name} has refused access for over an hour, and didn't issue a refresh token."),
            Why::Expiring | Why::Scheduled => format!("Access has expired, and {name} didn't issue a refresh token."),
        }
    }

    async fn commit_refreshed(self, response: TokenResponse) -> Result<AccessToken, GrantError> {
        let Self { refresher, key, why, actor, claimed, tokens, .. } = self;
        let now = (refresher.vault.clock)();
        let response = response.or_keep(tokens.refresh_token, &key.provider.oauth);
        let before = claimed.grant.clone();
        let mut next = refresher.vault.seal_response(key, before.refreshed(now), &response)?;
        if matches!(why, Why::Refused(_)) {
            next.history.refusals.refreshed(now);
        }
        if why != Why::Scheduled {
            next.connection.last_used_at = now;
        }
        let next = next.scheduled(now);
        let committed = refresher.claims.commit_with_retry(key, claimed, &next).await;
        failpoint::hit(failpoint::SAVED);
        match committed? {
            Committed::Done => {
                tracing::info!(%key, version = next.version, "refreshed");
                let account = &next.connection.account;
                refresher.audit.record(actor, key, account, Action::Refreshed, None).await;
                Ok(refresher.vault.open(key, &next)?.into_access_token(&next))
            }
            // It is saved in the background, and the tokens are valid already.
            Committed::Waiting => Ok(refresher.vault.open(key, &next)?.into_access_token(&next)),
            Committed::Superseded => {
                tracing::info!(%key, "the grant was changed during the refresh; using the newer one");
                refresher.revoker.discard_issued(key, &before, &next).await;
                refresher.current_token(key).await
            }
            Committed::Deleted => {
                // Disconnecting revoked the previous token, not this one.
                refresher.revoker.discard(key, &next.connection.account, response).await?;
                Err(GrantError::NotConnected(key.provider))
            }
        }
    }

    async fn commit_dead(self, reason: String) -> Result<AccessToken, GrantError> {
        let Self { refresher, key, actor, claimed, tokens, .. } = self;
        let reason = with_lost_response(key, &claimed.grant, reason);
        tracing::warn!(%key, reason, "refresh refused; the user has to reconnect");
        let next = refresher.vault.seal(key, claimed.grant.refused(&reason), &tokens)?;
        if let Committed::Done = refresher.claims.commit_with_retry(key, claimed, &next).await? {
            let account = &next.connection.account;
            refresher.audit.record(actor, key, account, Action::ReconnectRequired, Some(&reason)).await;
        }
        // If the grant was changed meanwhile, the newer one counts; otherwise this fails with the reason.
        refresher.current_token(key).await
    }

    async fn commit_failed(self, error: RefreshError, may_have_issued: bool) -> Result<AccessToken, GrantError> {
        let Self { refresher, key, actor, claimed, .. } = self;
        tracing::warn!(%key, error = error.detail(), "refresh failed");
        let now = (refresher.vault.clock)();
        let mut next = claimed.grant.released(may_have_issued.then_some(now));
        let is_first = next.history.back_off().is_none();
        next.history.failed(error.clone(), now, rand::random());
        refresher.failures.record(key, error.clone());
        // The refresh failed whether or not that can be saved.
        if let Err(error) = refresher.claims.commit_with_retry(key, claimed, &next).await {
            tracing::warn!(%key, %error, "a failed refresh could not be saved yet");
        }
        // Consecutive failures are one audit entry; otherwise they would push out rarer ones.
        if is_first {
            let account = &next.connection.account;
            refresher.audit.record(actor, key, account, Action::RefreshFailed, Some(error.detail())).await;
        }
        Err(error.into())
    }
}

/// The reason why a grant is dead, including that its tokens may have been lost, if so.
fn with_lost_response(key: &ConnectionKey, grant: &Grant, reason: String) -> String {
    let name = key.provider.name;
    match grant.lost_response_at.filter(|_| key.provider.oauth.rotates) {
        Some(since) => format!(
            "{reason} {name} did not respond to an earlier refresh ({}), and may have issued new tokens that were lost.",
            rfc3339(since)
        ),
        None => reason,
    }
}
