//! The consent page with its base picker.

use std::fmt::Write;

use super::{authorize::AuthorizationRequest, scopes};
use crate::{
    airtable::workspace::{catalog::Catalog, cells::collaborators},
    reply::html::{self, escape},
};

pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1d1f25; --soft: #5c6070; --line: #d9dce5; --paper: #fff; --ground: #eef3fc; --accent: #166ee1;
  --on-accent: #fff; --tint: #f3f7fe; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eef1f8; --soft: #b4bccd; --line: #46506a; --paper: #1c2333; --ground: #10151f; --accent: #8ab6ff; --on-accent: #0b1830;
    --tint: #252f45; --bad: #ffb4ab }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif }
main { width: min(34rem, 100%); background: var(--paper); border-radius: 18px; padding: 0 2rem 1.75rem; overflow: hidden;
  overflow-wrap: anywhere; box-shadow: 0 12px 36px rgb(22 62 130 / 14%) }
main::before { content: ''; display: block; height: 10px; margin: 0 -2rem 1.75rem;
  background: linear-gradient(90deg, #fcb400 33.4%, #18bfff 33.4% 66.7%, #f82b60 66.7%) }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; font-weight: 650 }
h2, legend { font-size: 1rem; font-weight: 650; margin: 0; padding: 0 }
.name { font-weight: 700; margin: 0 }
.note { color: var(--soft); margin: 0 0 1.25rem; font-size: .9rem }
.note:last-child { margin: 0 }
.bad { color: var(--bad); font-weight: 600; margin: .5rem 0 0 }
ul { list-style: none; margin: .5rem 0 1.5rem; padding: 0; display: grid; gap: .4rem }
li { padding-left: 1.5rem; position: relative }
li::before { content: ''; position: absolute; left: .1rem; top: .5rem; width: .7rem; height: .7rem; border-radius: 50%;
  background: var(--accent) }
li code { color: var(--soft); font-size: .8em }
fieldset { border: 1px solid var(--line); border-radius: 14px; margin: 0 0 1.25rem; padding: 1rem 1.25rem 1.1rem }
legend { float: left; width: 100%; margin-bottom: .5rem }
label { clear: both; display: flex; gap: .75rem; align-items: center; padding: .5rem .75rem; margin-top: .4rem; border-radius: 10px;
  background: var(--tint); cursor: pointer }
input { width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--accent) }
.buttons { display: flex; gap: .75rem; flex-wrap: wrap; margin-bottom: 1.25rem }
button { font: inherit; font-weight: 600; padding: .6rem 1.4rem; border-radius: 999px; border: 1px solid var(--line); cursor: pointer;
  background: transparent; color: var(--ink) }
button[value=approve] { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
code { font-size: .9em }
";

/// The page with these bases checked, and with an error message if there is a problem.
pub(crate) fn page(
    catalog: &Catalog,
    request: &AuthorizationRequest,
    checked: &[usize],
    problem: Option<&str>,
) -> String {
    let mut bases = String::new();
    for (index, base) in catalog.bases.iter().enumerate() {
        let attribute = if checked.contains(&index) { " checked" } else { "" };
        let (id, name) = (escape(&base.id), escape(base.definition.name));
        let _ = write!(bases, "<label><input type=checkbox name=base value=\"{id}\"{attribute}> {name}</label>");
    }
    let mut scope_items = String::new();
    for scope in &request.scopes {
        let description = scopes::description(scope).unwrap_or_default();
        let _ = write!(scope_items, "<li>{} <code>{}</code></li>", escape(description), escape(scope));
    }
    let (client, returns_to) =
        (escape(&request.client_id), escape(&request.redirect_uri.origin().ascii_serialization()));
    let user = collaborators::address(collaborators::USER);
    let (problem, described_by) = match problem {
        None => (String::new(), ""),
        Some(problem) => {
            (format!("<p class=bad id=problem role=alert>{}</p>", escape(problem)), " aria-describedby=problem")
        }
    };
    document(
        "Grant access",
        &format!(
            "<h1>Let <code>{client}</code> into your bases?</h1>\
             <p class=note>You are signed in as {user}.</p>\
             <form method=post><input type=hidden name=picked value=1>\
             <fieldset{described_by}><legend>Add a base</legend>{problem}{bases}</fieldset>\
             <h2>It will be able to</h2><ul>{scope_items}</ul>\
             <p class=buttons><button name=decision value=approve>Grant access</button>\
             <button name=decision value=deny>Cancel</button></p></form>\
             <p class=note>Either way you return to {returns_to}.</p>"
        ),
    )
}

pub(crate) fn error_page(problem: &str) -> String {
    document("This link cannot be used", &html::invalid_link(problem))
}

fn document(title: &str, content: &str) -> String {
    html::document("Airtable", STYLE, title, content)
}
