//! A browser without scripts: it keeps cookies and follows redirects.

use reqwest::{Client, Response, Url};

/// A person's browser.
pub struct Browser(Client);

impl Browser {
    /// One that has never been anywhere.
    pub fn new() -> Self {
        // The servers' own set-up may not have run yet in this test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self(Client::builder().cookie_store(true).build().unwrap())
    }

    /// Goes somewhere.
    pub async fn get(&self, url: &str) -> Response {
        self.0.get(url).send().await.unwrap()
    }

    /// Sends a form.
    pub async fn post(&self, url: &str, form: &[(&str, &str)]) -> Response {
        self.0.post(url).form(form).send().await.unwrap()
    }

    /// Opens a link to connect, approves at the provider, and gives where that ended.
    pub async fn approve(&self, link: &str) -> Response {
        self.decide(link, "approve").await
    }

    /// Opens a link to connect, and decides at the provider.
    pub async fn decide(&self, link: &str, decision: &str) -> Response {
        let consent = self.consent(link).await;
        self.post(consent.as_str(), &[("decision", decision)]).await
    }

    /// Opens a link to connect, and stays at the provider's consent page.
    pub async fn consent(&self, link: &str) -> Url {
        let consent = self.get(link).await;
        assert!(consent.url().path().ends_with("/authorize"), "{} {}", consent.status(), consent.url());
        consent.url().clone()
    }
}
