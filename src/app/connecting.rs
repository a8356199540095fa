//! Connecting an account in a popup at the provider.
//!
//! The popup's last view announces the outcome on a broadcast channel. In case that never arrives, the card also polls
//! the connection's status while the popup is open. A blocked, closed or denied popup leaves the card usable.

mod channel;
mod popup;
mod status;

use leptos::{ev::MouseEvent, leptos_dom::helpers::IntervalHandle, prelude::*};

use super::target::Target;
use crate::model::{CardState, Outcome};
use popup::Popup;

/// A card's attempts to connect.
#[derive(Clone, Copy)]
pub struct Connecting {
    target: StoredValue<Target>,
    /// The card's owner, which polling belongs to: the controls inside the card are replaced when its state changes.
    owner: StoredValue<Owner>,
    /// Runs while a popup is open.
    polling: RwSignal<Option<IntervalHandle>>,
    /// The window name of the latest popup.
    popup_name: StoredValue<String>,
    state: RwSignal<CardState>,
    message: RwSignal<Option<String>>,
}

impl Connecting {
    pub fn new(target: StoredValue<Target>, state: RwSignal<CardState>, message: RwSignal<Option<String>>) -> Self {
        Self {
            target,
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            polling: RwSignal::new(None),
            popup_name: StoredValue::default(),
            state,
            message,
        }
    }

    /// Whether a popup is open and has not finished yet.
    pub fn is_waiting(self) -> bool {
        self.polling.with(Option::is_some)
    }

    /// Whether the card says that the provider refuses access.
    pub fn has_access_error(self) -> bool {
        self.state.with_untracked(
            |state| matches!(state, CardState::Connected(connection) if connection.last_access_error.is_some()),
        )
    }

    fn is_waiting_untracked(self) -> bool {
        self.polling.with_untracked(Option::is_some)
    }

    pub fn connect_url(self) -> String {
        self.target.with_value(Target::connect_url)
    }

    /// Opens the popup. It has to be opened by the click itself, since Safari blocks it anywhere else. When the browser
    /// blocks it all the same, the link is followed in this window, as without WASM.
    pub fn open(self, click: &MouseEvent) {
        // With a modifier key or another button, the browser opens a tab or window by itself.
        if click.ctrl_key() || click.meta_key() || click.shift_key() || click.button() != 0 {
            return;
        }
        let Some(popup) = Popup::open(&self.connect_url()) else { return };
        click.prevent_default();
        self.stop_polling();
        self.popup_name.set_value(popup.name().to_owned());
        self.message.set(Some(self.target.with_value(|target| format!("Finish in the {} window.", target.name))));
        self.start_polling(popup);
    }

    fn finish(self, outcome: Outcome) {
        self.finish_with(self.target.with_value(|target| outcome.sentence(&target.name)));
    }

    fn finish_with(self, message: String) {
        self.stop_polling();
        self.message.set(Some(message));
    }

    fn stop_polling(self) {
        if let Some(handle) = self.polling.try_update(Option::take).flatten() {
            handle.clear();
        }
    }
}
