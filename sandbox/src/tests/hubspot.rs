//! HubSpot's stand-in as its clients see it.

use serde_json::Value;

use super::{Response, Sandbox};

mod limits;
mod links;
mod lists;
mod oauth;
mod owners;
mod search;
mod switches;
mod writes;

pub(crate) const SCOPES: &str = "crm.objects.contacts.read crm.objects.companies.read crm.objects.deals.read";

impl Sandbox {
    /// A sandbox whose client has a grant from HubSpot for these scopes.
    pub(crate) async fn connected(scopes: &str) -> Self {
        let mut sandbox = Self::new(1);
        let code = sandbox.code(scopes, "").await;
        let tokens = sandbox.exchange(&code, "").await.json();
        sandbox.keep(&tokens);
        sandbox
    }

    /// The code after approval. `extra` is added to the query of the consent page.
    pub(crate) async fn code(&self, scopes: &str, extra: &str) -> String {
        let scopes = scopes.replace(' ', "%20");
        let query = format!("client_id=app&redirect_uri=http://localhost:8000/back&scope={scopes}&state=s{extra}");
        let response = self.form(&format!("/hubspot/oauth/authorize?{query}"), "decision=approve").await;
        let location = response.header("location");
        let query = location.strip_prefix("http://localhost:8000/back?code=").unwrap_or_else(|| panic!("{location:?}"));
        query.strip_suffix("&state=s").unwrap().to_owned()
    }

    pub(crate) async fn exchange(&self, code: &str, extra: &str) -> Response {
        let fields =
            "grant_type=authorization_code&client_id=app&client_secret=s&redirect_uri=http://localhost:8000/back";
        self.form("/hubspot/oauth/2026-03/token", &format!("{fields}&code={code}{extra}")).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Response {
        let fields = "grant_type=refresh_token&client_id=app&client_secret=s&refresh_token=";
        self.form("/hubspot/oauth/2026-03/token", &format!("{fields}{refresh_token}")).await
    }

    pub(crate) async fn search(&self, kind: &str, body: Value) -> Response {
        self.post(&format!("/hubspot/crm/objects/2026-03/{kind}/search"), body).await
    }
}
