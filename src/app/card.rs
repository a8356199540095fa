//! A provider's card: the connection's status, what can be done with it, and the progress of its load.

use leptos::prelude::*;

use super::{
    connecting::Connecting, connection::Connected, loading::Loading, progress::Progress, rows::Rows, target::Target,
};
use crate::model::{Card, CardState, Status, Subject};

#[component]
pub fn ProviderCard(card: Card, subject: Subject, rows: Rows) -> impl IntoView {
    let Card { provider, name, sandbox, contents, nothing, state } = card;
    let state = RwSignal::new(state);
    let message = RwSignal::new(None::<String>);
    let target = StoredValue::new(Target { provider: provider.clone(), name: name.clone(), subject });
    let connecting = Connecting::new(target, state, message);
    let loading = Loading::new(target, rows, connecting);
    connecting.listen();

    let controls = {
        let (provider, name) = (provider.clone(), name.clone());
        move || match state.get() {
            CardState::NotConfigured => {
                let variable = provider.to_uppercase();
                view! {
                    <p class="hint">
                        "To connect, set " <code>{format!("{variable}_CLIENT_ID")}</code> " and "
                        <code>{format!("{variable}_CLIENT_SECRET")}</code> ". For test data on your own machine, set "
                        <code>"TRIBUTARY_SANDBOX=on"</code> "."
                    </p>
                }
                .into_any()
            }
            CardState::NotConnected => {
                let label = format!("Connect {name}");
                view! { <ConnectLink connecting label/> }.into_any()
            }
            CardState::Unknown(error) => view! {
                <p class="hint bad">{error.detail}</p>
                <button class="quiet" on:click=move |_| connecting.refresh_status()>
                    "Try again"
                </button>
            }
            .into_any(),
            CardState::Connected(connection) => {
                view! { <Connected connection=*connection target state message connecting loading/> }.into_any()
            }
        }
    };
    let title_id = format!("{provider}-name");
    let labelled_by = title_id.clone();
    view! {
        <article class="card" aria-labelledby=labelled_by data-provider=provider>
            <header>
                <h2 id=title_id>{name}</h2>
                {sandbox.then(|| view! { <span class="badge sandbox" title="No client id is set, so the built-in sandbox provides test data.">"Sandbox"</span> })}
                <StateBadge state connecting/>
            </header>
            <p class="contents">{contents.join(", ")}</p>
            {controls}
            <p class="message" role="status">
                {move || message.get()}
            </p>
            <Progress loading nothing/>
        </article>
    }
}

#[component]
fn StateBadge(state: RwSignal<CardState>, connecting: Connecting) -> impl IntoView {
    let badge = move || match state.get() {
        _ if connecting.is_waiting() => ("waiting", "Connecting…"),
        CardState::NotConfigured => ("off", "Not configured"),
        CardState::NotConnected => ("off", "Not connected"),
        CardState::Unknown(_) => ("bad", "Unknown"),
        CardState::Connected(connection) => match connection.status {
            Status::Active => ("good", "Connected"),
            Status::ReconnectRequired => ("bad", "Reconnect required"),
        },
    };
    view! { <span class=move || format!("badge {}", badge().0)>{move || badge().1}</span> }
}

/// A plain link, which opens a popup when WASM runs and leads to the provider in this window when it doesn't.
#[component]
pub fn ConnectLink(connecting: Connecting, label: String) -> impl IntoView {
    view! {
        <a class="button primary" href=connecting.connect_url() on:click=move |click| connecting.open(&click)>
            {label}
        </a>
    }
}
