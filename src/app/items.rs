//! The list of items and its filter. Only the visible rows are in the document, so that a long list scrolls smoothly.

use leptos::{html::Div, prelude::*};

use super::{
    format::{counted, grouped},
    raw_json::RawJson,
    rows::{Row, Rows},
};

/// The height of a row in pixels: `--row` in the style sheet.
const ROW_HEIGHT: usize = 48;

/// Rows kept in the document above and below the visible ones.
const OVERSCAN: usize = 8;

/// `failures` and `empty` are the sentences that belong to the items of the first page.
#[component]
pub fn Items(rows: Rows, failures: Vec<String>, empty: Option<String>) -> impl IntoView {
    let all = rows.all;
    let text = RwSignal::new(String::new());
    let kind = RwSignal::new(String::new());
    let body = NodeRef::<Div>::new();
    let set_filter = move |filter: RwSignal<String>, value| {
        filter.set(value);
        // The results start at the top.
        if let Some(body) = body.get_untracked() {
            body.set_scroll_top(0);
        }
    };
    let kinds = Memo::new(move |_| {
        let mut kinds: Vec<_> = all.with(|rows| rows.iter().map(|row| row.item().kind.clone()).collect());
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    });
    let shown = Memo::new(move |_| {
        let (text, kind) = (text.get().trim().to_lowercase(), kind.get());
        all.with(|rows| (0..rows.len()).filter(|&index| rows[index].matches(&text, &kind)).collect::<Vec<_>>())
    });
    let count = move || {
        let (all, shown) = (all.with(Vec::len), shown.with(Vec::len));
        if all == shown {
            counted(all as u64, "item")
        } else {
            format!("{} of {}", grouped(shown as u64), counted(all as u64, "item"))
        }
    };
    view! {
        <section class="items" aria-labelledby="items-title">
            <header>
                <h2 id="items-title">"Items"</h2>
                <span class="total">{count}</span>
                <label class="search">
                    <span class="visually-hidden">"Filter by name, type, id or provider"</span>
                    <input
                        type="search"
                        placeholder="Filter by name, type, id or provider"
                        autocomplete="off"
                        on:input=move |event| set_filter(text, event_target_value(&event))
                    />
                </label>
                <label>
                    <span class="visually-hidden">"Type"</span>
                    <select on:change=move |event| set_filter(kind, event_target_value(&event))>
                        <option value="">"All types"</option>
                        <For each=move || kinds.get() key=Clone::clone let:kind>
                            <option value=kind.clone()>{kind.clone()}</option>
                        </For>
                    </select>
                </label>
            </header>
            {move || rows.is_first_page.get().then(|| view! { <p class="hint">"The first items of each kind. To load everything, turn on JavaScript and load again."</p> })}
            {empty.map(|sentence| view! { <p class="hint">{sentence}</p> })}
            {failures.into_iter().map(|failure| view! { <p class="hint bad">{failure}</p> }).collect_view()}
            <Table rows shown body/>
            <RawJson rows/>
        </section>
    }
}

#[component]
fn Table(rows: Rows, shown: Memo<Vec<usize>>, body: NodeRef<Div>) -> impl IntoView {
    let all = rows.all;
    let top = RwSignal::new(0_usize);
    let height = RwSignal::new(800_usize);
    let scrolled = move |_| {
        if let Some(body) = body.get_untracked() {
            top.set(usize::try_from(body.scroll_top()).unwrap_or(0));
            height.set(usize::try_from(body.client_height()).unwrap_or(800));
        }
    };
    // The position of each visible row in the filtered list, and its index in `all`.
    let visible = Memo::new(move |_| {
        let first = (top.get() / ROW_HEIGHT).saturating_sub(OVERSCAN);
        let count = height.get() / ROW_HEIGHT + 2 * OVERSCAN;
        shown.with(|shown| shown.iter().copied().enumerate().skip(first).take(count).collect::<Vec<_>>())
    });
    let empty = Memo::new(move |_| all.with(Vec::is_empty));
    let row_at = move |index| all.with_untracked(|rows| rows.get(index).cloned());
    let body_rows = move || {
        if empty.get() {
            ().into_any()
        } else if rows.is_first_page.get() {
            let shown = shown.with(|shown| shown.iter().copied().enumerate().collect::<Vec<_>>());
            shown
                .into_iter()
                .map(|(position, index)| view! { <ItemRow position row=row_at(index) positioned=false/> })
                .collect_view()
                .into_any()
        } else {
            view! {
                <div role="presentation" class="rows" style:height=move || format!("{}px", shown.with(Vec::len) * ROW_HEIGHT)>
                    <For each=move || visible.get() key=move |&(position, index)| (position, row_at(index).map(|row| row.item().id.clone())) let:place>
                        <ItemRow position=place.0 row=row_at(place.1) positioned=true/>
                    </For>
                </div>
            }
            .into_any()
        }
    };
    let placeholder = move || match (empty.get(), shown.with(Vec::is_empty)) {
        (true, _) => Some(view! { <NothingLoaded/> }.into_any()),
        (false, true) => Some(view! { <p class="placeholder">"No items match the filter."</p> }.into_any()),
        (false, false) => None,
    };
    view! {
        <div class="table" role="table" aria-label="Items" aria-rowcount=move || shown.with(Vec::len) + 1>
            <div role="rowgroup">
                <div role="row" class="row head" aria-rowindex="1">
                    <span role="columnheader" class="provider">
                        "Provider"
                    </span>
                    <span role="columnheader">"Type"</span>
                    <span role="columnheader">"Name"</span>
                    <span role="columnheader" class="created">
                        "Created"
                    </span>
                    <span role="columnheader">"Link"</span>
                </div>
            </div>
            <div role="rowgroup" class="body" tabindex="0" aria-label="Items" node_ref=body on:scroll=scrolled>
                {body_rows}
            </div>
        </div>
        {placeholder}
    }
}

#[component]
fn ItemRow(position: usize, row: Option<Row>, positioned: bool) -> impl IntoView {
    let row = row?;
    let item = row.item();
    let name = item.name.clone().unwrap_or_else(|| item.id.clone());
    let link = item.url.clone().map(|url| {
        view! {
            <a href=url target="_blank" rel="noopener noreferrer" aria-label=format!("Open {name}")>
                "Open"
            </a>
        }
    });
    let cells = view! {
        <span role="cell" class="provider">
            {row.provider().to_owned()}
        </span>
        <span role="cell" class="type">
            <span class=format!("kind {}", item.kind)>{item.kind.clone()}</span>
        </span>
        <span role="cell" class="item-name" dir="auto" title=name.clone()>
            {name.clone()}
        </span>
        <span role="cell" class="created">
            {row.created().to_owned()}
        </span>
        <span role="cell" class="link">
            {link}
        </span>
    };
    // Rows that the server renders have no style attribute, which the Content-Security-Policy forbids.
    Some(if positioned {
        let offset = format!("translateY({}px)", position * ROW_HEIGHT);
        view! { <div role="row" class="row" aria-rowindex=position + 2 style:transform=offset>{cells}</div> }.into_any()
    } else {
        view! { <div role="row" class="row" aria-rowindex=position + 2>{cells}</div> }.into_any()
    })
}

#[component]
fn NothingLoaded() -> impl IntoView {
    view! {
        <div class="placeholder">
            <p>
                <strong>"No items yet"</strong>
            </p>
            <p>"Load a connected provider to see its items here."</p>
        </div>
    }
}
