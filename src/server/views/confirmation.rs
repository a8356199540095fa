//! A view that asks for one click. Opening it has no effect, so programs that preview links do no harm.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};
use leptos::prelude::*;
use url::Url;

use super::{Extra, document};
use crate::server::access::CONTENT_SECURITY_POLICY;

/// A view with one button. It works without scripts.
pub struct Confirmation {
    pub title: String,
    /// What is going to happen.
    pub content: AnyView,
    /// What the button says.
    pub button: String,
    /// The address that the button posts to, on this server.
    pub action: String,
    /// The address on another site to which that redirects.
    pub leads_to: Option<Url>,
}

impl IntoResponse for Confirmation {
    fn into_response(self) -> Response {
        let Self { title, content, button, action, leads_to } = self;
        let body = view! {
            <body class="notice">
                <main>
                    <h1>{title.clone()}</h1>
                    {content}
                    <form method="post" action=action>
                        <button class="primary">{button}</button>
                    </form>
                </main>
            </body>
        };
        let mut response = Html(document(&title, Extra::Nothing, body.to_html())).into_response();
        if let Some(policy) = leads_to.and_then(|url| HeaderValue::try_from(policy(&url)).ok()) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// The policy of a form that redirects to another site. Chromium applies `form-action` to every redirect that follows, and
/// providers redirect further, to regional hosts and sign-in pages that nobody lists. So any https address is allowed,
/// unless the site is a stand-in on plain http.
fn policy(leads_to: &Url) -> String {
    let further = if leads_to.scheme() == "https" { " https:" } else { "" };
    let origin = leads_to.origin().ascii_serialization();
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}{further}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_the_provider_and_to_where_it_redirects() {
        let form_action = |url: &str| {
            let policy = policy(&Url::parse(url).unwrap());
            policy.split("; ").find(|directive| directive.starts_with("form-action")).unwrap().to_owned()
        };
        assert_eq!(form_action("http://127.0.0.1:8001/hubspot"), "form-action 'self' http://127.0.0.1:8001");
        let real = form_action("https://api.notion.com/v1/oauth/authorize");
        assert_eq!(real, "form-action 'self' https://api.notion.com https:");
    }
}
