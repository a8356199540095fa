//! The consent page with its page picker.

use std::fmt::Write;

use super::authorize::AuthorizationRequest;
use crate::{
    notion::{
        ids::Object,
        workspace::{NAME, Workspace, titles, tree::TOP_PAGES},
    },
    reply::html::{self, escape},
};

pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1f1e1b; --soft: #5f5e5a; --line: #d8d7d3; --paper: #fff; --hover: #f3f2ef }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f1f0ed; --soft: #b2b0aa; --line: #45443f; --paper: #191918; --hover: #262624 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: start center; padding: 3rem 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 ui-serif, Georgia, serif }
main { width: min(26rem, 100%); overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; text-align: center }
.name { font-weight: 700; margin: 0 0 .25rem; text-align: center }
.note { color: var(--soft); margin: 0 0 1.5rem; font-size: .9rem; text-align: center }
ul { margin: .5rem 0 1.5rem; padding-left: 1.2rem }
fieldset { border: 1px solid var(--line); border-radius: 3px; margin: 0 0 1.5rem; padding: .5rem .75rem }
legend { font-weight: 700; padding: 0 .4rem }
label { display: flex; gap: .6rem; align-items: center; padding: .3rem .4rem; border-radius: 3px; cursor: pointer }
label:hover { background: var(--hover) }
input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--ink) }
.icon { width: 1.5rem; text-align: center }
.choice { display: grid; gap: .5rem; margin-bottom: 1.5rem }
button { font: inherit; font-weight: 700; padding: .55rem 1rem; border-radius: 3px; border: 1px solid var(--ink); cursor: pointer;
  background: var(--paper); color: var(--ink) }
button[value=approve] { background: var(--ink); color: var(--paper) }
button:focus-visible, input:focus-visible { outline: 3px solid var(--soft); outline-offset: 2px }
";

pub(crate) fn page(workspace: &Workspace, request: &AuthorizationRequest) -> String {
    let mut pages = String::new();
    for page in (0..TOP_PAGES.min(workspace.pages)).map(Object::Page) {
        let (id, title) = (workspace.id(page), titles::plain(workspace, page));
        let icon = titles::emoji(workspace, page).unwrap_or_default();
        let _ = write!(
            pages,
            "<label><input type=checkbox name=page value={id} checked><span class=icon aria-hidden=true>{icon}</span>{}</label>",
            escape(&title)
        );
    }
    let client = escape(&request.client_id);
    let returns_to = escape(&request.redirect_uri.origin().ascii_serialization());
    document(
        "Connect an integration",
        &format!(
            "<h1>{client} wants to access {NAME}</h1>\
             <p>It will be able to:</p><ul><li>View the pages you select, and all pages and databases in them</li>\
             <li>View users, their names and e-mail addresses</li></ul>\
             <form method=post><input type=hidden name=picked value=1>\
             <fieldset><legend>Select pages</legend>{pages}</fieldset>\
             <div class=choice><button name=decision value=approve>Allow access</button>\
             <button name=decision value=deny>Cancel</button></div></form>\
             <p class=note>Either way you return to {returns_to}.</p>"
        ),
    )
}

pub(crate) fn error_page(problem: &str) -> String {
    document("This link cannot be used", &html::invalid_link(problem))
}

fn document(title: &str, content: &str) -> String {
    html::document("Notion", STYLE, title, content)
}
