//! What a browser sees that is not signed in.

use leptos::prelude::*;

/// Says how to sign in.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <main class="alone">
            <h1>"Sign in to Tributary"</h1>
            <p>"The server printed a sign-in link when it started. Open that link in this browser."</p>
            <p>"For a new one, run this where the server runs:"</p>
            <pre><code>"tributary sign-in"</code></pre>
        </main>
    }
}
