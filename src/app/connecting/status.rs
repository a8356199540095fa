//! Reading the connection's status from the server: on demand, and every two seconds while a popup is open.

use std::{cell::Cell, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::{Connecting, Popup};
use crate::{
    api,
    model::{CardState, Outcome, Status},
};

const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Ten minutes, after which the server no longer accepts the attempt's state.
const MAX_POLLS: u32 = 300;

impl Connecting {
    /// Polls until the attempt finishes or expires.
    pub(super) fn start_polling(self, popup: Popup) {
        let (polls, hinted) = (Cell::new(0), Cell::new(false));
        let poll = move || {
            polls.set(polls.get() + 1);
            self.refresh_status();
            if polls.get() == MAX_POLLS {
                self.finish_with(
                    "This attempt timed out after ten minutes. Connect again when you're ready.".to_owned(),
                );
            } else if polls.get() > 1 && popup.seems_closed() && !hinted.replace(true) {
                // It may still be open, so this is a hint and not the end of the attempt.
                let name = self.target.with_value(|target| target.name.clone());
                self.message.set(Some(format!(
                    "The window seems to be closed. If {name} isn't connected in a moment, connect again."
                )));
            }
        };
        let owner = self.owner.get_value();
        if let Ok(handle) = owner.with(|| set_interval(poll, POLL_INTERVAL)) {
            self.polling.set(Some(handle));
        }
    }

    /// Reads the connection's status and shows it if it changed. An error changes nothing: the next poll tries again.
    pub fn refresh_status(self) {
        let (org_id, user_id, provider) = self.target.with_value(|target| target.ids());
        spawn_local(async move {
            let cards = api::cards(org_id, user_id).await;
            let found = cards.map(|cards| cards.into_iter().find(|card| card.provider == provider));
            let Ok(Some(card)) = found else { return };
            // Rendering an unchanged state again would close the card's open popover.
            if self.state.try_with_untracked(|state| *state == card.state) != Some(false) {
                return;
            }
            let connected_at = active_since(&card.state).map(ToOwned::to_owned);
            // A token refresh changes the state as well, but not the time of connecting.
            let is_new = self.state.with_untracked(|state| active_since(state) != connected_at.as_deref());
            self.state.set(card.state);
            if connected_at.is_none() {
                // The message may say that the account is connected.
                self.message.set(None);
            } else if is_new && self.is_waiting_untracked() {
                self.finish(Outcome::Connected);
            }
        });
    }
}

/// When an active connection was connected.
fn active_since(state: &CardState) -> Option<&str> {
    match state {
        CardState::Connected(connection) if connection.status == Status::Active => Some(&connection.connected_at),
        _ => None,
    }
}
