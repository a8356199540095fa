//! A browser without scripts: it keeps cookies and follows redirects.

use reqwest::{Client, Response, Url, redirect::Policy};

pub struct Browser(Client);

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        // In this test no server may have installed it yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self(Client::builder().cookie_store(true).build().unwrap())
    }

    pub async fn get(&self, url: &str) -> Response {
        self.0.get(url).send().await.unwrap()
    }

    pub async fn head(&self, url: &str) -> Response {
        self.0.head(url).send().await.unwrap()
    }

    pub async fn post(&self, url: &str, form: &[(&str, &str)]) -> Response {
        self.0.post(url).form(form).send().await.unwrap()
    }

    /// Opens a one-time link and presses the button on its page. Returns the final response, or that of the link itself if
    /// it does not work.
    pub async fn press(&self, link: &str) -> Response {
        let opened = self.get(link).await;
        let opens_here = opened.url().as_str() == link && opened.status().is_success();
        if opens_here { self.post(link, &[]).await } else { opened }
    }

    /// Opens a connect link and approves at the provider. Returns the final response.
    pub async fn approve(&self, link: &str) -> Response {
        self.decide(link, "approve").await
    }

    /// Opens a connect link and submits `approve` or `deny` at the provider. Returns the final response.
    pub async fn decide(&self, link: &str, decision: &str) -> Response {
        let consent = self.open_consent_page(link).await;
        self.post(consent.as_str(), &[("decision", decision)]).await
    }

    /// Opens a connect link and presses its button. Returns the address of the provider's consent page.
    pub async fn open_consent_page(&self, link: &str) -> Url {
        let response = self.press(link).await;
        assert!(response.url().path().ends_with("/authorize"), "{} {}", response.status(), response.url());
        response.url().clone()
    }

    /// Opens a connect link and approves at the provider. Returns the callback's address, with code and state, instead of
    /// following the redirect to it.
    pub async fn callback(&self, link: &str) -> String {
        let consent = self.open_consent_page(link).await;
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let approved = http.post(consent).form(&[("decision", "approve")]).send().await.unwrap();
        approved.headers()["location"].to_str().unwrap().to_owned()
    }
}
