//! The list of items: only the rows in sight are in the document, so that it stays smooth whatever its length.

use leptos::{html::Div, prelude::*};

use super::{
    Rows,
    number::{counted, grouped},
    raw_json::RawJson,
    row::Row,
};

/// The height of a row in pixels, as in the style sheet.
const ROW: usize = 48;

/// Rows above and below those in sight, for scrolling ahead.
const AHEAD: usize = 8;

/// Filter, list and raw JSON of everything that was loaded.
#[component]
pub fn Items(rows: Rows, failures: Vec<String>, empty: Option<String>) -> impl IntoView {
    let all = rows.all;
    let text = RwSignal::new(String::new());
    let kind = RwSignal::new(String::new());
    let body = NodeRef::<Div>::new();
    // What a filter finds begins at the top.
    let filter = move |filter: RwSignal<String>, value| {
        filter.set(value);
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
        all.with(|rows| (0..rows.len()).filter(|&place| rows[place].matches(&text, &kind)).collect::<Vec<_>>())
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
                    <span class="unseen">"Filter by name, type, id or source"</span>
                    <input
                        type="search"
                        placeholder="Filter by name, type, id or source"
                        autocomplete="off"
                        on:input=move |event| filter(text, event_target_value(&event))
                    />
                </label>
                <label>
                    <span class="unseen">"Type"</span>
                    <select on:change=move |event| filter(kind, event_target_value(&event))>
                        <option value="">"All types"</option>
                        <For each=move || kinds.get() key=Clone::clone let:kind>
                            <option value=kind.clone()>{kind.clone()}</option>
                        </For>
                    </select>
                </label>
            </header>
            {move || rows.rendered.get().then(|| view! { <p class="hint">"These are the first items. With WebAssembly, everything is loaded."</p> })}
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
    // Where each row in sight stands in the list and in `all`.
    let in_sight = Memo::new(move |_| {
        let first = (top.get() / ROW).saturating_sub(AHEAD);
        let many = height.get() / ROW + 2 * AHEAD;
        shown.with(|shown| shown.iter().copied().enumerate().skip(first).take(many).collect::<Vec<_>>())
    });
    let empty = Memo::new(move |_| all.with(Vec::is_empty));
    let row_at = move |place| all.with_untracked(|rows| rows.get(place).cloned());
    let rows_in_view = move || {
        if empty.get() {
            ().into_any()
        } else if rows.rendered.get() {
            let every = shown.with(|shown| shown.iter().copied().enumerate().collect::<Vec<_>>());
            every
                .into_iter()
                .map(|(place, at)| view! { <ItemRow place row=row_at(at) flowing=true/> })
                .collect_view()
                .into_any()
        } else {
            view! {
                <div role="presentation" class="rows" style:height=move || format!("{}px", shown.with(Vec::len) * ROW)>
                    <For each=move || in_sight.get() key=move |&(place, at)| (place, row_at(at).map(|row| row.item().id.clone())) let:places>
                        <ItemRow place=places.0 row=row_at(places.1) flowing=false/>
                    </For>
                </div>
            }
            .into_any()
        }
    };
    let nothing = move || match (empty.get(), shown.with(Vec::is_empty)) {
        (true, _) => Some(view! { <Nothing/> }.into_any()),
        (false, true) => Some(view! { <p class="nothing">"No item matches the filter."</p> }.into_any()),
        (false, false) => None,
    };
    view! {
        <div class="table" role="table" aria-label="Items" aria-rowcount=move || shown.with(Vec::len) + 1>
            <div role="rowgroup">
                <div role="row" class="row head" aria-rowindex="1">
                    <span role="columnheader" class="source">
                        "Source"
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
                {rows_in_view}
            </div>
        </div>
        {nothing}
    }
}

#[component]
fn ItemRow(place: usize, row: Option<Row>, flowing: bool) -> impl IntoView {
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
        <span role="cell" class="source">
            {row.source().to_owned()}
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
    // The server may not write styles into the page: its policy has them come from the style sheet only.
    Some(if flowing {
        view! { <div role="row" class="row" aria-rowindex=place + 2>{cells}</div> }.into_any()
    } else {
        let top = format!("translateY({}px)", place * ROW);
        view! { <div role="row" class="row" aria-rowindex=place + 2 style:transform=top>{cells}</div> }.into_any()
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
