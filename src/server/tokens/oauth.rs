//! OAuth 2 with a provider: authorize, exchange, refresh, introspect, revoke.

mod call;

use std::{collections::HashMap, time::Duration};

use futures::{FutureExt, future::BoxFuture};
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
    Rejection, Revocation,
    minted::{Answer, Minted},
    secrets::Secrets,
};
use crate::{
    model::{AppError, ErrorCode},
    server::{
        bounded,
        config::{ClientCredentials, Config, ProviderConfig},
        failure,
        providers::{ClientAuth, Encoding, Endpoint, Provider},
    },
};

use call::{LARGEST, Lost, call};

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
    configured: ProviderConfig,
    credentials: ClientCredentials,
}

impl OAuthClient {
    pub(super) fn new(provider: &'static Provider, config: &Config, http: &reqwest::Client) -> Result<Self, AppError> {
        let configured = config.provider(provider);
        let Some(credentials) = &configured.client else {
            let (id, secret) = (provider.variable("CLIENT_ID"), provider.variable("CLIENT_SECRET"));
            let detail = format!(
                "{} is not configured: the operator has to set {id} and {secret}, or let the sandbox stand in.",
                provider.name
            );
            return Err(AppError::new(ErrorCode::NotConfigured, detail));
        };
        let urls = || {
            let authorize = AuthUrl::new(format!("{}{}", configured.auth_url, provider.oauth.authorize))?;
            let token = TokenUrl::new(configured.address(&provider.oauth.token))?;
            Ok::<_, url::ParseError>((authorize, token, RedirectUrl::new(config.redirect_url(provider.slug))?))
        };
        let (authorize, token, redirect) = urls().map_err(|error| failure::defect(&error.into()))?;
        let inner = oauth2::Client::new(ClientId::new(credentials.id.clone()))
            .set_auth_type(match provider.oauth.client {
                ClientAuth::Body => AuthType::RequestBody,
                // Without a secret this sends the id in the body, as a public client has to.
                ClientAuth::Basic | ClientAuth::BasicOrPublic => AuthType::BasicAuth,
            })
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_redirect_uri(redirect);
        let inner = match &credentials.secret {
            Some(secret) => inner.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => inner,
        };
        let (configured, credentials) = (configured.clone(), credentials.clone());
        Ok(Self { provider, inner, http: http.clone(), configured, credentials })
    }

    /// Where the person approves, and the code verifier to keep until the answer (PKCE, S256).
    pub fn authorize_url(&self, state: &SecretString) -> (url::Url, SecretString) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = self
            .inner
            .authorize_url(|| CsrfToken::new(state.expose_secret().to_owned()))
            .add_scopes(self.configured.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        for (name, value) in self.provider.oauth.authorize_extra {
            request = request.add_extra_param(*name, *value);
        }
        let (url, _) = request.url();
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

    pub(super) async fn revoke(&self, secrets: &Secrets) -> Result<Revocation, Rejection> {
        let Some(endpoint) = &self.provider.oauth.revoke else { return Ok(Revocation::NotOffered) };
        let (token, hint) = match &secrets.refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (&secrets.access_token, "access_token"),
        };
        self.post(endpoint, token, hint).await?;
        Ok(Revocation::Done)
    }

    pub(super) async fn introspect<T: DeserializeOwned>(&self, access_token: &SecretString) -> Result<T, Rejection> {
        let unavailable =
            || Rejection::Unavailable(format!("{} does not tell whose token this is.", self.provider.name));
        let endpoint = self.provider.oauth.introspect.as_ref().ok_or_else(unavailable)?;
        let mut answer = self.post(endpoint, access_token, "access_token").await?;
        let body = bounded::read(&mut answer, LARGEST).await.ok().flatten();
        body.and_then(|body| serde_json::from_slice(&body).ok()).ok_or_else(unavailable)
    }

    /// Posts a token to an endpoint that knows us as the token endpoint does.
    async fn post(
        &self,
        endpoint: &Endpoint,
        token: &SecretString,
        hint: &str,
    ) -> Result<reqwest::Response, Rejection> {
        let ClientCredentials { id, secret } = &self.credentials;
        let secret = secret.as_ref().map(ExposeSecret::expose_secret);
        let mut fields = vec![("token", token.expose_secret())];
        let mut request = self.http.post(self.configured.address(endpoint)).timeout(TIMEOUT);
        match (self.provider.oauth.client, secret) {
            (ClientAuth::Basic | ClientAuth::BasicOrPublic, Some(_)) => request = request.basic_auth(id, secret),
            _ => {
                fields.push(("client_id", id));
                fields.extend(secret.map(|secret| ("client_secret", secret)));
            }
        }
        let request = match self.provider.oauth.encoding {
            Encoding::Form => {
                fields.push(("token_type_hint", hint));
                request.form(&fields)
            }
            Encoding::Json => request.json(&fields.into_iter().collect::<HashMap<_, _>>()),
        };
        match request.send().await.map(|answer| (answer.status(), answer)) {
            Ok((status, answer)) if status.is_success() => Ok(answer),
            Ok((status, _)) => {
                Err(Rejection::Unavailable(format!("{} answered with status {}.", self.provider.name, status.as_u16())))
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// What `oauth2` sends its requests with.
    fn caller(&self) -> impl Fn(oauth2::HttpRequest) -> BoxFuture<'static, Result<oauth2::HttpResponse, Lost>> + use<> {
        let (http, provider) = (self.http.clone(), self.provider);
        move |request| call(http.clone(), provider, request).boxed()
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
            RequestTokenError::Request(Lost::TooLarge) => Rejection::Lost(format!(
                "{name} sent an answer larger than {} KB when asked for a token.",
                LARGEST >> 10
            )),
            RequestTokenError::Request(Lost::Status(status)) => {
                let sentence = format!("{name} failed with status {} when asked for a token.", status.as_u16());
                if status.is_server_error() { Rejection::Lost(sentence) } else { Rejection::Unavailable(sentence) }
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Rejection::Lost(format!("{name} sent an answer that cannot be read when asked for a token."))
            }
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Rejection {
        let name = self.provider.name;
        match error {
            error if error.is_connect() => Rejection::Unavailable(format!("{name} could not be reached.")),
            error if error.is_timeout() => Rejection::Lost(format!("{name} did not answer in time.")),
            _ => Rejection::Lost(format!("The connection to {name} was lost.")),
        }
    }
}
