//! The Disconnect button and the popover that asks for confirmation. Both work without WASM.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::{loading::Loading, target::Target};
use crate::{api, model::CardState};

#[component]
pub fn Disconnect(
    target: StoredValue<Target>,
    state: RwSignal<CardState>,
    message: RwSignal<Option<String>>,
    loading: Loading,
) -> impl IntoView {
    let name = target.with_value(|target| target.name.clone());
    let (org_id, user_id, provider) = target.with_value(Target::ids);
    let popover = format!("disconnect-{provider}");
    let pending = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        loading.stop();
        pending.set(true);
        spawn_local(async move {
            let (org_id, user_id, provider) = target.with_value(Target::ids);
            let result = api::disconnect(org_id, user_id, provider).await;
            pending.set(false);
            if result.is_ok() {
                state.set(CardState::NotConnected);
                loading.reset();
            }
            message.set(Some(result.unwrap_or_else(|error| error.detail)));
        });
    };
    view! {
        <button class="quiet" popovertarget=popover.clone()>
            "Disconnect"
        </button>
        <div id=popover popover="auto" class="confirm" role="dialog" aria-label=format!("Disconnect {name}")>
            <p>{format!("Disconnect {name}? Tributary deletes its tokens, and revokes its access if {name} allows that.")}</p>
            <form method="post" action="/disconnect" on:submit=submit>
                <input type="hidden" name="org_id" value=org_id/>
                <input type="hidden" name="user_id" value=user_id/>
                <input type="hidden" name="provider" value=provider/>
                <button class="danger" disabled=move || pending.get()>
                    "Disconnect"
                </button>
                <button type="button" class="quiet" popovertarget=popover.clone() popovertargetaction="hide">
                    "Keep connected"
                </button>
            </form>
        </div>
    }
}
