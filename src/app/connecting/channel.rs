//! The broadcast channel on which a popup announces its outcome. `public/connected.js` is the other end.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};
use web_sys::{BroadcastChannel, MessageEvent};

use super::Connecting;
use crate::model::Outcome;

impl Connecting {
    /// Listens for outcomes for as long as the card exists.
    pub fn listen(self) {
        Effect::new(move |_| {
            let Ok(channel) = BroadcastChannel::new("tributary") else { return };
            let replies = channel.clone();
            let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                if let Some(message) = event.data().as_string()
                    && let Some(popup) = self.receive(&message)
                {
                    // The popup closes itself once the page has its outcome.
                    let _ = replies.post_message(&JsValue::from_str(&format!("received {popup}")));
                }
            });
            channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            on_message.forget();
            on_cleanup({
                let channel = StoredValue::new_local(channel);
                move || channel.with_value(BroadcastChannel::close)
            });
        });
    }

    /// Handles `outcome {provider} {outcome} {window name} {query}`. Returns the name of the popup to reply to when the
    /// popup is this card's own.
    fn receive(self, message: &str) -> Option<String> {
        let mut words = message.split(' ');
        let (Some("outcome"), Some(provider), Some(outcome)) = (words.next(), words.next(), words.next()) else {
            return None;
        };
        if self.target.with_value(|target| target.provider != provider) {
            return None;
        }
        let (popup, query) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        // A popup of another tab may have changed this connection, too.
        self.refresh_status();
        // A provider's `Cross-Origin-Opener-Policy` may clear the window name. The popup then belongs to any card that
        // waits on behalf of the same user.
        let is_ours = match popup {
            "" => self.is_waiting_untracked() && self.target.with_value(|target| target.query() == query),
            name => self.popup_name.with_value(|popup_name| popup_name == name),
        };
        if !is_ours {
            return None;
        }
        self.finish(Outcome::parse(outcome)?);
        Some(popup.to_owned())
    }
}
