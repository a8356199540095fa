//! A provider's card: how the user stands with it, and what can be done.

use leptos::prelude::*;

use super::{Rows, connecting::Connecting, loading::Loading, progress::Progress};
use crate::{
    api,
    model::{Card, CardState, Connection, Status, Subject},
};

/// One provider.
#[component]
pub fn Provider(card: Card, subject: Subject, rows: Rows) -> impl IntoView {
    let Card { provider, name, sandbox, contents, nothing, state } = card;
    let state = RwSignal::new(state);
    let message = RwSignal::new(None::<String>);
    let connecting = Connecting::new(&provider, &name, &subject, state, message);
    let loading = Loading::new(&provider, &name, &subject, rows, connecting);
    connecting.listen();

    let title = format!("{provider}-name");
    let about = contents.join(", ");
    let controls = {
        let (provider, name, subject) = (provider.clone(), name.clone(), subject.clone());
        move || match state.get() {
            CardState::NotConfigured => {
                let capitals = provider.to_uppercase();
                view! {
                    <p class="hint">
                        "Not configured. Set " <code>{format!("{capitals}_CLIENT_ID")}</code> " and "
                        <code>{format!("{capitals}_CLIENT_SECRET")}</code> ", or " <code>"TRIBUTARY_SANDBOX=auto"</code> "."
                    </p>
                }
                    .into_any()
            }
            CardState::NotConnected => {
                let label = format!("Connect {name}");
                view! { <ConnectLink connecting label primary=true/> }.into_any()
            }
            CardState::Unknown(error) => view! {
                <p class="hint bad">{error.detail}</p>
                <button class="quiet" on:click=move |_| connecting.look()>
                    "Look again"
                </button>
            }
            .into_any(),
            CardState::Connected(connection) => {
                let (name, provider, subject) = (name.clone(), provider.clone(), subject.clone());
                view! { <Connected connection=*connection name provider subject state message connecting loading/> }
                    .into_any()
            }
        }
    };
    let heading = title.clone();
    view! {
        <article class="card" aria-labelledby=title data-provider=provider>
            <header>
                <h2 id=heading>{name}</h2>
                {sandbox.then(|| view! { <span class="badge sandbox" title="No client id is configured, so a built-in stand-in answers.">"Sandbox"</span> })}
                <StateBadge state connecting/>
            </header>
            <p class="about">{about}</p>
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
    let shown = move || match state.get() {
        _ if connecting.waiting() => ("waiting", "Connecting…"),
        CardState::NotConfigured => ("off", "Not configured"),
        CardState::NotConnected => ("off", "Not connected"),
        CardState::Unknown(_) => ("bad", "Unknown"),
        CardState::Connected(connection) => match connection.status {
            Status::Active => ("good", "Connected"),
            Status::ReconnectRequired => ("bad", "Reconnect"),
        },
    };
    view! { <span class=move || format!("badge {}", shown().0)>{move || shown().1}</span> }
}

/// A plain link: without WASM it goes to the provider in this window, with it in a popup.
#[component]
fn ConnectLink(connecting: Connecting, label: String, primary: bool) -> impl IntoView {
    let class = if primary { "button primary" } else { "button" };
    view! {
        <a class=class href=connecting.address() on:click=move |click| connecting.open(&click)>
            {label}
        </a>
    }
}

#[component]
fn Connected(
    connection: Connection,
    name: String,
    provider: String,
    subject: Subject,
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
        last_refresh_error,
        ..
    } = connection;
    let day = day_of(&connected_at);
    let active = status == Status::Active;
    let (org_id, user_id) = (subject.org_id().to_owned(), subject.user_id().to_owned());
    view! {
        <dl class="account">
            <dt>"Account"</dt>
            <dd>{account.label()}</dd>
            <dt>"Since"</dt>
            <dd>{day} " · " <a href=connecting.details()>"Details"</a></dd>
            {must_be_used_before.map(|time| view! { <dt>"Must be used before"</dt> <dd>{day_of(&time)}</dd> })}
        </dl>
        {(active && !renewable).then(|| view! { <p class="hint warn">{format!("{name} gave nothing to renew this access with: when it ends, only connecting again helps.")}</p> })}
        {last_refresh_error.map(|error| view! { <p class="hint warn">"The last refresh failed: " {error}</p> })}
        {(!missing_scopes.is_empty()).then(|| view! { <p class="hint warn">{format!("Not allowed, so it will be missing: {}. Connect again to allow it.", missing_scopes.join(", "))}</p> })}
        {reason.map(|reason| view! { <p class="hint bad">{reason} " Connect again to go on."</p> })}
        <div class="actions">
            {if active {
                view! {
                    <form method="get" action="/" on:submit=move |event| { event.prevent_default(); message.set(None); loading.start(); }>
                        <input type="hidden" name="org_id" value=org_id.clone()/>
                        <input type="hidden" name="user_id" value=user_id.clone()/>
                        <button class="primary" name="items" value=provider.clone() aria-disabled=move || loading.running().to_string()>
                            "Load"
                        </button>
                    </form>
                    <button class="stop" hidden=move || !loading.running() on:click=move |_| loading.stop()>
                        "Stop"
                    </button>
                }
                    .into_any()
            } else {
                view! { <ConnectLink connecting label=format!("Reconnect {name}") primary=true/> }.into_any()
            }}
            <Disconnect name provider org_id user_id state message loading/>
        </div>
    }
}

/// The day of a time: `2026-01-31`.
fn day_of(time: &str) -> String {
    time.get(..10).unwrap_or_default().to_owned()
}

/// Asks before it disconnects, in a popover that needs no script.
#[component]
fn Disconnect(
    name: String,
    provider: String,
    org_id: String,
    user_id: String,
    state: RwSignal<CardState>,
    message: RwSignal<Option<String>>,
    loading: Loading,
) -> impl IntoView {
    let popover = format!("disconnect-{provider}");
    let disconnect = {
        let (provider, org_id, user_id) = (provider.clone(), org_id.clone(), user_id.clone());
        Action::new_local(move |_: &()| {
            let call = api::disconnect(org_id.clone(), user_id.clone(), provider.clone());
            async move {
                let told = call.await.inspect(|_| {
                    state.set(CardState::NotConnected);
                    loading.forget();
                });
                message.set(Some(told.unwrap_or_else(|error| error.detail)));
            }
        })
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        loading.stop();
        disconnect.dispatch_local(());
    };
    view! {
        <button class="quiet" popovertarget=popover.clone()>
            "Disconnect"
        </button>
        <div id=popover popover="auto" class="confirm" role="dialog" aria-label=format!("Disconnect {name}")>
            <p>{format!("Disconnect {name}? Tributary forgets it, and revokes its access where {name} allows that.")}</p>
            <form method="post" action="/disconnect" on:submit=submit>
                <input type="hidden" name="org_id" value=org_id/>
                <input type="hidden" name="user_id" value=user_id/>
                <input type="hidden" name="provider" value=provider/>
                <button class="danger" disabled=move || disconnect.pending().get()>
                    "Disconnect"
                </button>
                <button type="button" class="quiet" popovertarget=popover.clone() popovertargetaction="hide">
                    "Keep it"
                </button>
            </form>
        </div>
    }
}
