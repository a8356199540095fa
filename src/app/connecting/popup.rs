//! The browser window in which a person signs in at the provider.

use leptos::prelude::window;
use web_sys::{Window, js_sys::Math};

pub struct Popup {
    window: Window,
    name: String,
}

impl Popup {
    /// Opens a popup at this address under a new name; `None` when the browser blocks it.
    pub fn open(url: &str) -> Option<Self> {
        let name = format!("tributary-{}", (Math::random() * 1e15) as u64);
        let opened = window().open_with_url_and_target_and_features(url, &name, "popup,width=640,height=760");
        Some(Self { window: opened.ok()??, name })
    }

    /// The window name, which the popup's script sends along with the outcome.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it seems to be closed. A provider's `Cross-Origin-Opener-Policy` makes an open popup seem closed too.
    pub fn seems_closed(&self) -> bool {
        self.window.closed().unwrap_or(true)
    }
}
