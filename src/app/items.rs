//! The list of items: only the rows in sight are in the document, so that it stays smooth whatever its length.

use leptos::{html::Div, prelude::*};

use super::{
    Row,
    number::{counted, grouped},
    raw_json::RawJson,
};

/// The height of a row in pixels, as in the style sheet.
const ROW: usize = 48;

/// Rows above and below those in sight, for scrolling ahead.
const AHEAD: usize = 8;

/// Filter, list and raw JSON of everything that was loaded.
#[component]
pub fn Items(rows: RwSignal<Vec<Row>>, first_page_only: bool, failures: Vec<String>) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let kind = RwSignal::new(String::new());
    let kinds = Memo::new(move |_| {
        let mut kinds: Vec<_> = rows.with(|rows| rows.iter().map(|row| row.item().kind.clone()).collect());
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    });
    let shown = Memo::new(move |_| {
        let (text, kind) = (text.get().trim().to_lowercase(), kind.get());
        rows.with(|rows| (0..rows.len()).filter(|&place| rows[place].matches(&text, &kind)).collect::<Vec<_>>())
    });
    let count = move || {
        let (all, shown) = (rows.with(Vec::len), shown.with(Vec::len));
        if all == shown { counted(all as u64, "item") } else { format!("{} of {}", grouped(shown as u64), counted(all as u64, "item")) }
    };
    view! {
        <section class="items" aria-labelledby="items-title">
            <header>
                <h2 id="items-title">"Items"</h2>
                <span class="total">{count}</span>
                <label class="search">
                    <span class="unseen">"Filter by name, type or id"</span>
                    <input
                        type="search"
                        placeholder="Filter by name, type or id"
                        autocomplete="off"
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </label>
                <label>
                    <span class="unseen">"Type"</span>
                    <select on:change=move |event| kind.set(event_target_value(&event))>
                        <option value="">"All types"</option>
                        <For each=move || kinds.get() key=Clone::clone let:kind>
                            <option value=kind.clone()>{kind.clone()}</option>
                        </For>
                    </select>
                </label>
            </header>
            {first_page_only.then(|| view! { <p class="hint">"This is the first page of each kind. With WebAssembly, everything is loaded."</p> })}
            {failures.into_iter().map(|failure| view! { <p class="hint bad">{failure}</p> }).collect_view()}
            <Table rows shown first_page_only/>
            <RawJson rows/>
        </section>
    }
}

#[component]
fn Table(rows: RwSignal<Vec<Row>>, shown: Memo<Vec<usize>>, first_page_only: bool) -> impl IntoView {
    let body = NodeRef::<Div>::new();
    let top = RwSignal::new(0_usize);
    let height = RwSignal::new(800_usize);
    let scrolled = move |_| {
        if let Some(body) = body.get_untracked() {
            top.set(usize::try_from(body.scroll_top()).unwrap_or(0));
            height.set(usize::try_from(body.client_height()).unwrap_or(800));
        }
    };
    // Places in the list and in `rows`, of what is in sight. A page without WASM cannot scroll through it, so it gets all.
    let in_sight = Memo::new(move |_| {
        let first = (top.get() / ROW).saturating_sub(AHEAD);
        let many = if first_page_only && cfg!(feature = "ssr") { usize::MAX } else { height.get() / ROW + 2 * AHEAD };
        shown.with(|shown| shown.iter().copied().enumerate().skip(first).take(many).collect::<Vec<_>>())
    });
    let empty = move || rows.with(Vec::is_empty).then(|| view! { <Nothing/> });
    let none_found = move || {
        (rows.with(|rows| !rows.is_empty()) && shown.with(Vec::is_empty)).then(|| view! { <p class="nothing">"No item matches the filter."</p> })
    };
    view! {
        <div class="table" role="table" aria-label="Items" aria-rowcount=move || shown.with(Vec::len) + 1>
            <div role="rowgroup">
                <div role="row" class="row head" aria-rowindex="1">
                    <span role="columnheader">"Type"</span>
                    <span role="columnheader">"Name"</span>
                    <span role="columnheader">"Created"</span>
                    <span role="columnheader">"Link"</span>
                </div>
            </div>
            <div role="rowgroup" class="body" tabindex="0" aria-label="Items" node_ref=body on:scroll=scrolled>
                <div role="presentation" class="rows" style:height=move || (!first_page_only).then(|| format!("{}px", shown.with(Vec::len) * ROW))>
                    <For each=move || in_sight.get() key=|places| *places let:places>
                        <ItemRow place=places.0 row=rows.with_untracked(|rows| rows.get(places.1).cloned()) first_page_only/>
                    </For>
                </div>
            </div>
        </div>
        {empty}
        {none_found}
    }
}

#[component]
fn ItemRow(place: usize, row: Option<Row>, first_page_only: bool) -> impl IntoView {
    let row = row?;
    let item = row.item();
    let name = item.name.clone().unwrap_or_else(|| item.id.clone());
    let top = (!first_page_only).then(|| format!("translateY({}px)", place * ROW));
    let link = item.url.clone().map(|url| {
        view! {
            <a href=url target="_blank" rel="noopener noreferrer" aria-label=format!("Open {name}")>
                "Open"
            </a>
        }
    });
    Some(view! {
        <div role="row" class="row" class:flowing=first_page_only aria-rowindex=place + 2 style:transform=top>
            <span role="cell">
                <span class=format!("kind {}", item.kind)>{item.kind.clone()}</span>
            </span>
            <span role="cell" class="item-name" title=name.clone()>
                {name.clone()}
            </span>
            <span role="cell" class="created">
                {row.created().to_owned()}
            </span>
            <span role="cell" class="link">
                {link}
            </span>
        </div>
    })
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="nothing">
            <p>
                <strong>"Nothing is loaded yet."</strong>
            </p>
            <p>"Connect a provider, then load: its items arrive here page by page."</p>
        </div>
    }
}
