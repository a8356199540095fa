//! The page for a browser that isn't signed in.

use leptos::prelude::*;

#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <main class="standalone">
            <h1>"Sign in to Tributary"</h1>
            <p>"Run this on the server, and open the link that it prints in this browser:"</p>
            <pre><code>"tributary sign-in"</code></pre>
        </main>
    }
}
