//! The top bar: the brand, the subject that the page acts for, and the ways to sign out.

use leptos::prelude::*;

use crate::model::Subject;

/// The form is a plain GET form, so that the subject is part of the URL and can be bookmarked.
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
                        <form class="subject" method="get" action="/" aria-label="Acting on behalf of">
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
                            <button class="quiet" formaction="/sign-out-everywhere" title="Also ends the sessions of all other browsers">
                                "Sign out everywhere"
                            </button>
                        </form>
                    }
                })}
        </header>
    }
}

/// The logo: three streams that join.
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
