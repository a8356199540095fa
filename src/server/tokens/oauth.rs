//! OAuth 2 with a provider: authorize, exchange, refresh, introspect, revoke.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use http::StatusCode;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::{
    Rejection,
    minted::{Answer, Minted},
    secrets::Secrets,
};
use crate::{
    model::{AppError, ErrorCode},
    server::{config::Config, failure, providers::Provider},
};

/// No call to a token endpoint takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);

type Inner = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A provider's OAuth endpoints, as one configured client.
pub struct OAuthClient {
    provider: &'static Provider,
    inner: Inner,
    http: reqwest::Client,
    api_url: String,
    scopes: String,
    id: String,
    secret: SecretString,
}

impl OAuthClient {
    pub(super) fn new(provider: &'static Provider, config: &Config, http: &reqwest::Client) -> Result<Self, AppError> {
        let configured = config.provider(provider);
        let Some(credentials) = &configured.client else {
            let capitals = provider.slug.to_uppercase();
            let detail = format!(
                "{} is not configured: the operator has to set {capitals}_CLIENT_ID and {capitals}_CLIENT_SECRET, or let the sandbox stand in.",
                provider.name
            );
            return Err(AppError::new(ErrorCode::NotConfigured, detail));
        };
        let urls = || {
            let authorize = AuthUrl::new(format!("{}{}", configured.auth_url, provider.oauth.authorize))?;
            let token = TokenUrl::new(format!("{}{}", configured.api_url, provider.oauth.token))?;
            Ok::<_, url::ParseError>((authorize, token, RedirectUrl::new(config.redirect_url(provider.slug))?))
        };
        let (authorize, token, redirect) = urls().map_err(|error| failure::defect(&error.into()))?;
        let inner = oauth2::Client::new(ClientId::new(credentials.id.clone()))
            .set_client_secret(ClientSecret::new(credentials.secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_redirect_uri(redirect);
        Ok(Self {
            provider,
            inner,
            http: http.clone(),
            api_url: configured.api_url.clone(),
            scopes: configured.scopes.clone(),
            id: credentials.id.clone(),
            secret: credentials.secret.clone(),
        })
    }

    /// Where the person approves, and the code verifier to keep until the answer (PKCE, S256).
    pub fn authorize_url(&self, state: &SecretString) -> (url::Url, SecretString) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, _) = self
            .inner
            .authorize_url(|| CsrfToken::new(state.expose_secret().to_owned()))
            .add_scopes(self.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        (url, verifier.into_secret().into())
    }

    /// Exchanges an authorization code. A code works once, so this is never tried again.
    pub async fn exchange(&self, code: String, verifier: &SecretString) -> Result<Minted, Rejection> {
        let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
        let request = self.inner.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let answer = request.request_async(&self.caller()).await;
        answer.map(Minted::from).map_err(|error| self.rejection(error))
    }

    pub(super) async fn refresh(&self, refresh_token: &SecretString) -> Result<Minted, Rejection> {
        let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let answer = self.inner.exchange_refresh_token(&refresh_token).request_async(&self.caller()).await;
        answer.map(Minted::from).map_err(|error| match &error {
            // HubSpot's word (BAD_HUB) for an app that was uninstalled, or an account that is gone.
            RequestTokenError::ServerResponse(answer) if answer.error().as_ref() == "access_denied" => {
                Rejection::Dead(format!("The app was removed at {}, or the account is gone.", self.provider.name))
            }
            _ => self.rejection(error),
        })
    }

    /// Revokes tokens that will not be kept, as well as that can be done.
    pub async fn discard(&self, minted: Minted) {
        if let Err(error) = self.revoke(&minted.secrets).await {
            tracing::warn!(provider = self.provider.slug, %error, "tokens that are not kept could not be revoked");
        }
    }

    pub(super) async fn revoke(&self, secrets: &Secrets) -> Result<(), Rejection> {
        let Some(path) = self.provider.oauth.revoke else { return Ok(()) };
        let (token, hint) = match &secrets.refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (&secrets.access_token, "access_token"),
        };
        self.post(path, token, hint).await.map(drop)
    }

    pub(super) async fn introspect<T: DeserializeOwned>(&self, access_token: &SecretString) -> Result<T, Rejection> {
        let unavailable =
            || Rejection::Unavailable(format!("{} does not tell whose token this is.", self.provider.name));
        let path = self.provider.oauth.introspect.ok_or_else(unavailable)?;
        let answer = self.post(path, access_token, "access_token").await?;
        answer.json().await.map_err(|_| unavailable())
    }

    /// Posts a token to an endpoint that knows us by id and secret in the body.
    async fn post(&self, path: &str, token: &SecretString, hint: &str) -> Result<reqwest::Response, Rejection> {
        let secret = self.secret.expose_secret();
        let form = [
            ("client_id", self.id.as_str()),
            ("client_secret", secret),
            ("token", token.expose_secret()),
            ("token_type_hint", hint),
        ];
        let answer = self.http.post(format!("{}{path}", self.api_url)).form(&form).timeout(TIMEOUT).send().await;
        match answer.map(|answer| (answer.status(), answer)) {
            Ok((status, answer)) if status.is_success() => Ok(answer),
            Ok((status, _)) => {
                Err(Rejection::Unavailable(format!("{} answered with status {}.", self.provider.name, status.as_u16())))
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// What `oauth2` sends its requests with.
    fn caller(&self) -> impl Fn(oauth2::HttpRequest) -> BoxFuture<'static, Result<oauth2::HttpResponse, Lost>> + use<> {
        let http = self.http.clone();
        move |request| call(http.clone(), request).boxed()
    }

    fn rejection(&self, error: RequestTokenError<Lost, BasicErrorResponse>) -> Rejection {
        let name = self.provider.name;
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                BasicErrorResponseType::InvalidGrant => Rejection::Dead(format!(
                    "{name} no longer accepts this grant: it was revoked, used up or is too old."
                )),
                error => Rejection::Client(format!(
                    "{name} does not accept Tributary's client id, secret or redirect URL ({error})."
                )),
            },
            RequestTokenError::Request(Lost::Http(error)) => self.lost(&error),
            RequestTokenError::Request(Lost::Status(status)) => {
                Rejection::Unavailable(format!("{name} failed with status {} when asked for a token.", status.as_u16()))
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Rejection::Unavailable(format!("{name} sent an answer that cannot be read when asked for a token."))
            }
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Rejection {
        let what = if error.is_timeout() { "did not answer in time" } else { "could not be reached" };
        Rejection::Unavailable(format!("{} {what}.", self.provider.name))
    }
}

async fn call(http: reqwest::Client, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, Lost> {
    let mut request = reqwest::Request::try_from(request)?;
    *request.timeout_mut() = Some(TIMEOUT);
    let answer = http.execute(request).await?;
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Lost::Status(status));
    }
    let mut parts = oauth2::HttpResponse::new(Vec::new());
    *parts.status_mut() = status;
    *parts.headers_mut() = answer.headers().clone();
    *parts.body_mut() = answer.bytes().await?.to_vec();
    Ok(parts)
}

/// A call to the token endpoint that brought no answer of its own kind.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("lost")]
    Http(#[from] reqwest::Error),
    #[error("status {0}")]
    Status(StatusCode),
}
