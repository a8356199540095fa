//! All HTTP to a provider's data API: bearer, quota, retries, and errors as sentences.

mod failure;

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{CallError, Provider, Retries, retry::number};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        actor, bounded,
        failure::defect,
        load::{Meter, Pace, Paces},
        tokens::{AccessToken, Bearer},
    },
};

use failure::Failure;

/// No request waits longer for its whole answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer that we read, in bytes. A page of 100 HubSpot records has about 60 KB.
const LARGEST: usize = 32 << 20;

/// The largest error that we read for its word.
const LARGEST_ERROR: usize = 64 << 10;

/// How often one request is sent anew because its token was replaced while it was under way. A provider that rotates
/// tokens ends them under running requests, and several processes may have it do so in a row.
const OUTRUN: u32 = 20;

/// One connection's access to its provider.
#[derive(Clone)]
pub struct Api {
    /// The provider, for its name in errors.
    pub provider: &'static Provider,
    /// `…_API_URL`.
    pub base: Arc<str>,
    /// The program's one HTTP client: connections and TLS sessions are shared.
    pub http: reqwest::Client,
    /// Where tokens come from.
    pub bearer: Bearer,
    /// Keeps all requests of the account under the provider's quota.
    pub pace: Arc<Pace>,
    /// The same for the part of the account that is being read, where the provider counts by part.
    pub part_pace: Option<Arc<Pace>>,
    /// The paces of all accounts and parts.
    pub paces: Arc<Paces>,
    /// How failures that pass are met.
    pub retries: Retries,
    /// Who counts.
    pub meter: Arc<Meter>,
}

impl Api {
    /// The same access, for one part of the account that the provider counts requests for: an Airtable base.
    pub fn part(&self, id: &str) -> Self {
        let quota = self.provider.part_quota.as_ref();
        let part_pace = quota.map(|quota| self.paces.of_part(self.provider.slug, id, quota));
        Self { part_pace, ..self.clone() }
    }

    /// Gets `path` (behind the base) with a query, as a `T`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, CallError> {
        self.send(&|http| http.get(format!("{}{path}", self.base)).query(query)).await
    }

    /// Posts JSON to `path` (behind the base), as a `T`. Only for requests that change nothing: they are sent again when
    /// an answer is lost.
    pub async fn query<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CallError> {
        self.send(&|http| http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Sends until it succeeds, or fails for good, or was sent often enough.
    async fn send<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, CallError> {
        let (mut retries, mut outrun, mut renewed) = (0, 0, false);
        loop {
            let failure = match self.attempt(request).await {
                Ok(value) => return Ok(value),
                Err(Failure::Unauthorized(token)) => match self.bearer.is_outdated(&token).await {
                    // It was replaced while the request was under way, which says nothing of its successor.
                    Ok(true) if outrun < OUTRUN => {
                        outrun += 1;
                        continue;
                    }
                    Ok(_) if !renewed => match self.bearer.renew(&token).await {
                        Ok(()) => {
                            renewed = true;
                            continue;
                        }
                        Err(error) => Failure::from(error),
                    },
                    Ok(_) => Failure::Unauthorized(token),
                    Err(error) => Failure::from(error),
                },
                Err(failure) => failure,
            };
            match failure {
                Failure::Final(failed) => return Err(failed),
                Failure::Unauthorized(token) => return Err(self.bearer.dead(&token).await.into()),
                Failure::Passing { reason, status, .. } if retries == self.retries.most => {
                    let detail = format!("{reason} It was tried {} times. Load again in a few minutes.", retries + 1);
                    return Err(CallError { status, ..unavailable(detail) });
                }
                Failure::Passing { reason, status, wait: Some(asked) } if asked > self.retries.longest => {
                    let detail = format!(
                        "{reason} It asks to wait {} minutes. Load again after that.",
                        asked.as_secs().div_ceil(60)
                    );
                    return Err(CallError { status, ..unavailable(detail) });
                }
                Failure::Passing { reason, wait, .. } => {
                    retries += 1;
                    let wait = self.retries.wait(retries, wait);
                    self.meter.retrying(retries + 1, wait, reason).await;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Failure> {
        let mut response = self.answer(request).await?;
        let body = match bounded::read(&mut response, LARGEST).await.map_err(|error| self.lost(&error))? {
            Some(body) => body,
            None => {
                let name = self.provider.name;
                let detail = format!("{name} sent an answer larger than {} MB, which is not read.", LARGEST >> 20);
                return Err(Failure::Final(unavailable(detail)));
            }
        };
        // What cannot be read may have been cut short on the way, so it is worth another try.
        serde_json::from_slice(&body).map_err(|error| {
            tracing::debug!(
                provider = self.provider.slug,
                line = error.line(),
                column = error.column(),
                "unreadable answer"
            );
            let reason = format!("{} sent an answer that cannot be read.", self.provider.name);
            Failure::Passing { reason, status: None, wait: None }
        })
    }

    /// Sends once, in its turn; what comes back is a success.
    async fn answer(&self, request: &Request<'_>) -> Result<reqwest::Response, Failure> {
        let mut request = request(&self.http).timeout(TIMEOUT);
        for (name, value) in self.provider.headers {
            request = request.header(*name, *value);
        }
        // A task of its own: a load whose reader has stopped reading is not polled, and must not keep its turn from others.
        // It ends with the load, since dropping the set ends its tasks.
        let mut sending = JoinSet::new();
        sending.spawn(actor::carry(self.clone().send_in_turn(request)));
        let sent = sending.join_next().await.expect("one task was spawned");
        let (token, sent) = sent.map_err(|error| Failure::Final(defect(&error.into()).into()))??;
        let response = sent.map_err(|error| self.lost(&error))?;
        let quota = &self.provider.quota;
        if let Some(told) = quota.told_in.and_then(|name| number(response.headers(), name)) {
            self.pace.allow(told);
        }
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED => Err(Failure::Unauthorized(token)),
            _ => Err(self.refusal(response).await),
        }
    }

    /// Waits for its turns, which end when the answer begins. The token is asked for last: it may change meanwhile.
    async fn send_in_turn(
        self,
        request: reqwest::RequestBuilder,
    ) -> Result<(AccessToken, reqwest::Result<reqwest::Response>), Failure> {
        let _part_turn = match &self.part_pace {
            Some(pace) => Some(pace.turn().await),
            None => None,
        };
        let _turn = self.pace.turn().await;
        let token = self.bearer.fresh().await?;
        self.meter.sent();
        let sent = request.bearer_auth(token.value.expose_secret()).send().await;
        Ok((token, sent))
    }
}

/// An id as it stands in a path. Ids of the providers are plain letters; whatever else comes cannot leave its place.
pub(super) fn segment(id: &str) -> PercentEncode<'_> {
    const OUTSIDE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(id, OUTSIDE)
}

/// A request to be sent, perhaps more than once.
type Request<'a> = dyn Fn(&reqwest::Client) -> reqwest::RequestBuilder + Sync + 'a;

fn unavailable(detail: String) -> CallError {
    AppError::new(ErrorCode::ProviderUnavailable, detail).into()
}
