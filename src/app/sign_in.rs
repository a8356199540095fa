//! The page for a browser that isn't signed in.

use leptos::prelude::*;

#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <main class="standalone">
            <h1>"Sign in to Tributary"</h1>
            <p>"Tributary printed a sign-in link when it started. Open it in this browser."</p>
            <p>"Need a new link? Run this on the server:"</p>
            <pre><code>"tributary sign-in"</code></pre>
        </main>
    }
}
