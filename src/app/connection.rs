//! The part of a card that shows a connection: its account, what is wrong with it, and its buttons.

use leptos::prelude::*;

use super::{
    card::ConnectLink, connecting::Connecting, disconnect::Disconnect, format::day, loading::Loading, target::Target,
};
use crate::model::{CardState, Connection, Status};

#[component]
pub fn Connected(
    connection: Connection,
    target: StoredValue<Target>,
    state: RwSignal<CardState>,
    message: RwSignal<Option<String>>,
    connecting: Connecting,
    loading: Loading,
) -> impl IntoView {
    let Connection {
        status,
        reason,
        account,
        connected_at,
        must_be_used_before,
        renewable,
        missing_scopes,
        last_access_error,
        last_refresh_error,
        ..
    } = connection;
    let active = status == Status::Active;
    let name = target.with_value(|target| target.name.clone());
    let (org_id, user_id, provider) = target.with_value(Target::ids);
    view! {
        <dl class="account">
            <dt>"Account"</dt>
            <dd>{account.label()}</dd>
            <dt>"Since"</dt>
            <dd>{day(&connected_at)} " · " <a href=target.with_value(Target::details_url)>"Details"</a></dd>
            {must_be_used_before.map(|time| view! { <dt>"Expires"</dt> <dd>{format!("on {} unless it's used", day(&time))}</dd> })}
        </dl>
        {(active && !renewable).then(|| view! { <p class="hint warn">{format!("{name} didn't issue a refresh token; reconnect when access expires.")}</p> })}
        {last_access_error.map(|error| view! { <p class="hint warn">{error}</p> })}
        {last_refresh_error.map(|error| view! { <p class="hint warn">"The last refresh failed: " {error}</p> })}
        {(!missing_scopes.is_empty()).then(|| view! { <p class="hint warn">{format!("Scopes not granted: {}. Loads are incomplete without them. Reconnect to grant them.", missing_scopes.join(", "))}</p> })}
        {reason.map(|reason| view! { <p class="hint bad">{reason} " Reconnect to go on."</p> })}
        <div class="actions">
            {if active {
                view! {
                    <form method="get" action="/" on:submit=move |event| { event.prevent_default(); message.set(None); loading.start(); }>
                        <input type="hidden" name="org_id" value=org_id/>
                        <input type="hidden" name="user_id" value=user_id/>
                        <button class="primary" name="items" value=provider aria-disabled=move || loading.is_running().to_string()>
                            "Load"
                        </button>
                    </form>
                    <button class="stop" hidden=move || !loading.is_running() on:click=move |_| loading.stop()>
                        "Stop"
                    </button>
                }
                    .into_any()
            } else {
                view! { <ConnectLink connecting label=format!("Reconnect {name}")/> }.into_any()
            }}
            <Disconnect target state message loading/>
        </div>
    }
}
