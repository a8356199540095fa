//! The bar at the top: what this is, on whose behalf it acts, and the way out.

use leptos::prelude::*;

use crate::model::Subject;

/// The top bar. Its form is a plain one: the choice stands in the address, so it can be kept and shared.
#[component]
pub fn TopBar(signed_in: bool, subject: Subject) -> impl IntoView {
    view! {
        <header class="top">
            <a class="brand" href="/">
                <Mark/>
                "Tributary"
            </a>
            {signed_in
                .then(|| {
                    view! {
                        <form class="subject" method="get" action="/" aria-label="On whose behalf">
                            <label>
                                <span>"Organisation"</span>
                                <input name="org_id" value=subject.org_id().to_owned() required maxlength="128" autocomplete="off"/>
                            </label>
                            <label>
                                <span>"User"</span>
                                <input name="user_id" value=subject.user_id().to_owned() required maxlength="128" autocomplete="off"/>
                            </label>
                            <button class="quiet">"Switch"</button>
                        </form>
                        <form method="post" action="/sign-out">
                            <button class="quiet">"Sign out"</button>
                        </form>
                    }
                })}
        </header>
    }
}

/// Three streams that become one.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M5 4c0 9 11 7 11 14v10"/>
            <path d="M16 4v14"/>
            <path d="M27 4c0 9-11 7-11 14"/>
        </svg>
    }
}
