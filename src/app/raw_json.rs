//! The items as JSON, for developers.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    js_sys::JSON,
    wasm_bindgen::{JsCast, JsValue},
};

use super::{
    format::grouped,
    rows::{Row, Rows},
};

/// At most this many items are put into the document. Copying includes all of them.
const MAX_SHOWN: usize = 200;

/// A disclosure whose content is generated when it is opened.
#[component]
pub fn RawJson(rows: Rows) -> impl IntoView {
    let rows = rows.all;
    let open = RwSignal::new(false);
    let copied = RwSignal::new(None::<String>);
    let toggled = move |event: web_sys::ToggleEvent| {
        let details = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    let shown =
        move || if open.get() { rows.with(|rows| json(&rows[..rows.len().min(MAX_SHOWN)])) } else { String::new() };
    let limit = move || {
        let all = rows.with(Vec::len);
        (all > MAX_SHOWN).then(|| {
            format!(
                "Showing the first {} of {} items. Copy includes all of them.",
                grouped(MAX_SHOWN as u64),
                grouped(all as u64)
            )
        })
    };
    let copy = move |_| {
        spawn_local(async move {
            let count = rows.with_untracked(Vec::len);
            let result = match to_clipboard(&rows.with_untracked(|rows| json(rows))).await {
                true => format!("Copied {} items.", grouped(count as u64)),
                false => "Your browser doesn't allow copying here. Select the text and copy it yourself.".to_owned(),
            };
            copied.set(Some(result));
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
            <p class="hint">{limit}</p>
            <textarea readonly aria-label="Raw JSON of the items" spellcheck="false" prop:value=shown></textarea>
        </details>
    }
}

fn json(rows: &[Row]) -> String {
    let items: Vec<_> = rows.iter().map(Row::item).collect();
    let compact = serde_json::to_string(&items).unwrap_or_default();
    // The browser's own formatter adds nothing to the size of the WASM.
    let parsed = JSON::parse(&compact);
    let pretty = parsed.and_then(|value| JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into()));
    pretty.map_or(compact, String::from)
}

async fn to_clipboard(text: &str) -> bool {
    // Outside a secure context, navigator.clipboard is undefined.
    if !window().is_secure_context() {
        return false;
    }
    let written = window().navigator().clipboard().write_text(text);
    JsFuture::from(written).await.is_ok()
}
