//! The consent page.

use std::fmt::Write;

use super::authorize::AuthorizationRequest;
use crate::{
    hubspot::{HUB_DOMAIN, HUB_ID},
    reply::html::{self, escape},
};

pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #213343; --soft: #516f90; --line: #cbd6e2; --paper: #fff; --ground: #f5f8fa; --accent: #d93d00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eaf0f6; --soft: #a9bdd2; --line: #3b4f63; --paper: #1c2a38; --ground: #121c26; --accent: #ff8f73 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }
main { width: min(30rem, 100%); background: var(--paper); border: 1px solid var(--line); border-top: 4px solid var(--accent);
  border-radius: 6px; padding: 2rem; overflow-wrap: anywhere }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 1rem }
.name { color: var(--accent); font-weight: 700; margin: 0 0 .25rem }
.note { color: var(--soft); margin: 0 0 1.25rem; font-size: .9rem }
ul { margin: .5rem 0 1.5rem; padding-left: 1.2rem }
form { display: flex; gap: .75rem; flex-wrap: wrap; margin-bottom: 1rem }
.note:last-child { margin: 0 }
button { font: inherit; font-weight: 600; padding: .6rem 1.4rem; border-radius: 4px; border: 1px solid var(--accent); cursor: pointer;
  background: transparent; color: var(--accent) }
button[value=approve] { background: var(--accent); color: var(--paper) }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
code { font-size: .9em }
";

pub(crate) fn page(request: &AuthorizationRequest) -> String {
    let mut scopes = String::new();
    for scope in &request.scopes {
        let _ = write!(scopes, "<li><code>{}</code></li>", escape(scope));
    }
    let client = escape(&request.client_id);
    let returns_to = escape(&request.redirect_uri.origin().ascii_serialization());
    document(
        "Connect an app",
        &format!(
            "<h1>Let this app read {HUB_DOMAIN}?</h1>\
             <p>The app <code>{client}</code> asks for access to <strong>{HUB_DOMAIN}</strong> (hub {HUB_ID}):</p>\
             <ul>{scopes}</ul>\
             <form method=post><button name=decision value=approve>Approve</button><button name=decision value=deny>Deny</button></form>\
             <p class=note>Either way you return to {returns_to}.</p>"
        ),
    )
}

pub(crate) fn error_page(problem: &str) -> String {
    document("This link cannot be used", &html::invalid_link(problem))
}

fn document(title: &str, content: &str) -> String {
    html::document("HubSpot", STYLE, title, content)
}
