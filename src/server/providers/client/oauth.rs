//! The client of a provider's OAuth 2 endpoints: authorize, exchange, refresh, introspect, revoke.

mod clients;
mod error;
#[cfg(test)]
mod fuzz;
mod request;
mod response;

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

use super::{body, error::identifier};
use crate::server::providers::{ClientAuth, ClientCredentials, Encoding, Endpoint, Provider, Registration};

pub use clients::{NotConfigured, OAuthClients};
pub use error::OAuthError;
pub use response::TokenResponse;

use request::{MAX_BODY, RequestError, send};
use response::RawResponse;

/// The timeout of a request to a token endpoint.
const TIMEOUT: Duration = Duration::from_secs(30);

type Inner = oauth2::Client<
    BasicErrorResponse,
    RawResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// One provider's OAuth endpoints, as one registered app.
pub struct OAuthClient {
    provider: &'static Provider,
    inner: Inner,
    http: reqwest::Client,
    registration: Registration,
    credentials: ClientCredentials,
}

impl OAuthClient {
    fn new(
        provider: &'static Provider,
        registration: &Registration,
        credentials: &ClientCredentials,
        redirect_url: String,
        http: &reqwest::Client,
    ) -> anyhow::Result<Self> {
        let authorize = AuthUrl::new(format!("{}{}", registration.auth_url, provider.oauth.authorize))?;
        let token = TokenUrl::new(registration.url(&provider.oauth.token))?;
        let inner = oauth2::Client::new(ClientId::new(credentials.id.clone()))
            .set_auth_type(match provider.oauth.client_auth {
                ClientAuth::Body => AuthType::RequestBody,
                // Without a secret, `oauth2` sends the id in the body, as a public client has to.
                ClientAuth::Basic | ClientAuth::BasicOrPublic => AuthType::BasicAuth,
            })
            .set_auth_uri(authorize)
            .set_token_uri(token)
            .set_redirect_uri(RedirectUrl::new(redirect_url)?);
        let inner = match &credentials.secret {
            Some(secret) => inner.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => inner,
        };
        let (registration, credentials) = (registration.clone(), credentials.clone());
        Ok(Self { provider, inner, http: http.clone(), registration, credentials })
    }

    /// The id of the registered app.
    pub fn client_id(&self) -> &str {
        &self.credentials.id
    }

    /// The address where the user approves, and the code verifier for the exchange (PKCE, S256).
    pub fn authorize_url(&self, state: &SecretString) -> (url::Url, SecretString) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = self
            .inner
            .authorize_url(|| CsrfToken::new(state.expose_secret().to_owned()))
            .add_scopes(self.registration.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        for (name, value) in self.provider.oauth.authorize_extra {
            request = request.add_extra_param(*name, *value);
        }
        let (url, _) = request.url();
        (url, verifier.into_secret().into())
    }

    /// Exchanges an authorization code. A code works once, so this is never retried.
    pub async fn exchange(&self, code: String, verifier: &SecretString) -> Result<TokenResponse, OAuthError> {
        let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
        let request = self.inner.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let response = request.request_async(&self.caller()).await;
        response.map(|response| self.tokens(&response)).map_err(|error| self.error(error))
    }

    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<TokenResponse, OAuthError> {
        let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let response = self.inner.exchange_refresh_token(&refresh_token).request_async(&self.caller()).await;
        response.map(|response| self.tokens(&response)).map_err(|error| match &error {
            RequestTokenError::ServerResponse(response) => {
                let code = response.error().as_ref();
                let dead = self.provider.oauth.dead_grant_errors.iter().find(|(known, _)| *known == code);
                dead.map_or_else(|| self.error(error), |(_, sentence)| OAuthError::InvalidGrant((*sentence).to_owned()))
            }
            _ => self.error(error),
        })
    }

    /// Revokes a grant by its refresh token, or by its access token if there is none. Returns whether the provider has a
    /// revocation endpoint.
    pub async fn revoke(
        &self,
        access_token: &SecretString,
        refresh_token: Option<&SecretString>,
    ) -> Result<bool, OAuthError> {
        let Some(endpoint) = &self.provider.oauth.revoke else { return Ok(false) };
        let (token, hint) = match refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (access_token, "access_token"),
        };
        self.post(endpoint, token, hint).await?;
        Ok(true)
    }

    /// Introspects an access token (RFC 7662).
    pub async fn introspect<T: DeserializeOwned>(&self, access_token: &SecretString) -> Result<T, OAuthError> {
        let unavailable =
            || OAuthError::Unavailable(format!("{} does not say whose token this is.", self.provider.name));
        let endpoint = self.provider.oauth.introspect.as_ref().ok_or_else(unavailable)?;
        let mut response = self.post(endpoint, access_token, "access_token").await?;
        let body = body::read(&mut response, MAX_BODY).await.ok().flatten();
        body.and_then(|body| serde_json::from_slice(&body).ok()).ok_or_else(unavailable)
    }

    /// Posts a token to an endpoint with the same client authentication as the token endpoint.
    async fn post(
        &self,
        endpoint: &Endpoint,
        token: &SecretString,
        hint: &str,
    ) -> Result<reqwest::Response, OAuthError> {
        let ClientCredentials { id, secret } = &self.credentials;
        let secret = secret.as_ref().map(ExposeSecret::expose_secret);
        let mut fields = vec![("token", token.expose_secret())];
        let mut request = self.http.post(self.registration.url(endpoint)).timeout(TIMEOUT);
        match (self.provider.oauth.client_auth, secret) {
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
        match request.send().await.map(|response| (response.status(), response)) {
            Ok((status, response)) if status.is_success() => Ok(response),
            Ok((status, _)) => Err(OAuthError::Unavailable(format!(
                "{} responded with status {}.",
                self.provider.name,
                status.as_u16()
            ))),
            Err(error) => Err(self.connection_error(&error)),
        }
    }

    /// The HTTP client that `oauth2` sends its requests with.
    fn caller(
        &self,
    ) -> impl Fn(oauth2::HttpRequest) -> BoxFuture<'static, Result<oauth2::HttpResponse, RequestError>> + use<> {
        let (http, provider) = (self.http.clone(), self.provider);
        move |request| send(http.clone(), provider, request).boxed()
    }

    fn tokens(&self, response: &RawResponse) -> TokenResponse {
        TokenResponse::new(response, &self.provider.oauth)
    }

    fn error(&self, error: RequestTokenError<RequestError, BasicErrorResponse>) -> OAuthError {
        let name = self.provider.name;
        match error {
            RequestTokenError::ServerResponse(response) => match response.error() {
                BasicErrorResponseType::InvalidGrant => OAuthError::InvalidGrant(format!(
                    "{name} no longer lets us in: access was removed there, or has expired."
                )),
                error => {
                    let code = identifier(error.as_ref()).map(|code| format!(" ({code})")).unwrap_or_default();
                    OAuthError::InvalidClient(format!(
                        "{name} rejects Tributary's client id, secret or redirect URL{code}."
                    ))
                }
            },
            RequestTokenError::Request(RequestError::Http(error)) => self.connection_error(&error),
            RequestTokenError::Request(RequestError::TooLarge) => {
                OAuthError::NoResponse(format!("{name}'s token endpoint sent more than {} KB.", MAX_BODY >> 10))
            }
            RequestTokenError::Request(RequestError::Status(status)) => {
                let sentence = format!("{name}'s token endpoint failed with status {}.", status.as_u16());
                if status.is_server_error() {
                    OAuthError::NoResponse(sentence)
                } else {
                    OAuthError::Unavailable(sentence)
                }
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                OAuthError::NoResponse(format!("{name}'s token endpoint sent a response that can't be read."))
            }
        }
    }

    fn connection_error(&self, error: &reqwest::Error) -> OAuthError {
        let name = self.provider.name;
        match error {
            error if error.is_connect() => OAuthError::Unavailable(format!("{name} could not be reached.")),
            error if error.is_timeout() => OAuthError::NoResponse(format!("{name} did not respond in time.")),
            _ => OAuthError::NoResponse(format!("The connection to {name} was lost.")),
        }
    }
}
