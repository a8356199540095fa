//! The items as JSON, for those who build on it.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    js_sys::JSON,
    wasm_bindgen::{JsCast, JsValue},
};

use super::{Rows, number::grouped, row::Row};

/// More than this is not put into the document; copying takes everything.
const SHOWN: usize = 200;

/// A closed part of the page with the raw JSON; it is only made when opened.
#[component]
pub fn RawJson(rows: Rows) -> impl IntoView {
    let rows = rows.all;
    let open = RwSignal::new(false);
    let copied = RwSignal::new(None::<String>);
    let toggled = move |event: web_sys::ToggleEvent| {
        let details = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    let shown = move || if open.get() { rows.with(|rows| json(&rows[..rows.len().min(SHOWN)])) } else { String::new() };
    let cut = move || {
        let all = rows.with(Vec::len);
        (all > SHOWN)
            .then(|| format!("The first {} of {} items. Copy takes all.", grouped(SHOWN as u64), grouped(all as u64)))
    };
    let copy = move |_| {
        spawn_local(async move {
            let many = rows.with_untracked(Vec::len);
            let told = match to_clipboard(&rows.with_untracked(|rows| json(rows))).await {
                true => format!("Copied {} items.", grouped(many as u64)),
                false => "The browser does not allow copying here. Select the text and copy it.".to_owned(),
            };
            copied.set(Some(told));
        });
    };
    view! {
        <details class="raw" on:toggle=toggled>
            <summary>"Raw JSON"</summary>
            <div class="actions">
                <button class="quiet" on:click=copy disabled=move || rows.with(Vec::is_empty)>
                    "Copy"
                </button>
                <button
                    class="quiet"
                    disabled=move || rows.with(Vec::is_empty)
                    on:click=move |_| { rows.update(Vec::clear); copied.set(None); }
                >
                    "Clear"
                </button>
                <span role="status">{move || copied.get()}</span>
            </div>
            <p class="hint">{cut}</p>
            <textarea readonly aria-label="Raw JSON of the items" spellcheck="false" prop:value=shown></textarea>
        </details>
    }
}

fn json(rows: &[Row]) -> String {
    let items: Vec<_> = rows.iter().map(Row::item).collect();
    let compact = serde_json::to_string(&items).unwrap_or_default();
    // The browser's own formatting weighs nothing in the page.
    let parsed = JSON::parse(&compact);
    let pretty = parsed.and_then(|value| JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into()));
    pretty.map_or(compact, String::from)
}

async fn to_clipboard(text: &str) -> bool {
    // Outside secure contexts there is no clipboard object at all.
    if !window().is_secure_context() {
        return false;
    }
    let written = window().navigator().clipboard().write_text(text);
    JsFuture::from(written).await.is_ok()
}
