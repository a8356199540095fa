//! The popup: opened by the click itself (Safari blocks any other), and its end told by a broadcast, with the
//! connection's own state as the fallback. A popup that is blocked, closed or refused is no dead end.

use std::{cell::Cell, time::Duration};

use leptos::{
    ev::MouseEvent,
    leptos_dom::helpers::IntervalHandle,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};
use web_sys::{BroadcastChannel, MessageEvent, Window};

use crate::{
    api,
    model::{CardState, Outcome, Status, Subject},
};

/// Between looks at the connection's own state, while a popup is open.
const LOOK: Duration = Duration::from_secs(2);

/// An attempt ends with its state at the provider's side: ten minutes.
const LOOKS: u32 = 300;

/// One provider's way to get connected.
#[derive(Clone, Copy)]
pub struct Connecting {
    about: StoredValue<About>,
    /// The looks at an open popup.
    looks: RwSignal<Option<IntervalHandle>, LocalStorage>,
    /// The name of the last popup.
    window: StoredValue<String>,
    state: RwSignal<CardState>,
    message: RwSignal<Option<String>>,
}

struct About {
    provider: String,
    name: String,
    subject: Subject,
    /// The card. Looks belong to it: what is drawn inside it comes and goes with what they find.
    owner: Owner,
}

impl Connecting {
    /// Nothing is open yet.
    pub fn new(
        provider: &str,
        name: &str,
        subject: &Subject,
        state: RwSignal<CardState>,
        message: RwSignal<Option<String>>,
    ) -> Self {
        let about = About {
            provider: provider.to_owned(),
            name: name.to_owned(),
            subject: subject.clone(),
            owner: Owner::current().unwrap_or_default(),
        };
        Self {
            about: StoredValue::new(about),
            looks: RwSignal::new_local(None),
            window: StoredValue::default(),
            state,
            message,
        }
    }

    /// Whether a popup is being waited for.
    pub fn waiting(self) -> bool {
        self.looks.with(Option::is_some)
    }

    fn waiting_untracked(self) -> bool {
        self.looks.with_untracked(Option::is_some)
    }

    /// Where connecting begins.
    pub fn address(self) -> String {
        self.about.with_value(|about| format!("/connect/{}{}", about.provider, about.query()))
    }

    /// Where the connection is told of in full.
    pub fn details(self) -> String {
        self.about.with_value(|about| format!("/connections/{}{}", about.provider, about.query()))
    }

    /// Opens the popup. When the browser blocks it, the link is followed in this window, as without WASM.
    pub fn open(self, click: &MouseEvent) {
        // Whoever asks for a tab or a window of their own gets it.
        if click.ctrl_key() || click.meta_key() || click.shift_key() || click.button() != 0 {
            return;
        }
        let name = format!("tributary-{}", js_random());
        let opened =
            window().open_with_url_and_target_and_features(&self.address(), &name, "popup,width=640,height=760");
        let Ok(Some(popup)) = opened else { return };
        click.prevent_default();
        self.stop_looking();
        self.message.set(Some("Go on in the window that opened.".to_owned()));
        let (looks, hinted) = (Cell::new(0), Cell::new(false));
        let look = move || {
            looks.set(looks.get() + 1);
            self.look();
            if looks.get() == LOOKS {
                self.end("Nothing came back within ten minutes. Connect again when you are ready.".to_owned());
            } else if looks.get() > 1 && is_closed(&popup) && !hinted.replace(true) {
                // A provider may cut the popup off from us, and it then looks closed: so this is a hint, not an end.
                let name = self.about.with_value(|about| about.name.clone());
                self.message.set(Some(format!(
                    "The window seems to be closed. If {name} is not connected in a moment, connect again."
                )));
            }
        };
        let owner = self.about.with_value(|about| about.owner.clone());
        if let Ok(handle) = owner.with(|| set_interval(look, LOOK)) {
            self.looks.set(Some(handle));
            self.window.set_value(name);
        }
    }

    /// Listens for the ends of popups, as long as the page lives.
    pub fn listen(self) {
        Effect::new(move |_| {
            let Ok(channel) = BroadcastChannel::new("tributary") else { return };
            let replies = channel.clone();
            let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                if let Some(told) = event.data().as_string()
                    && let Some(window) = self.hear(&told)
                {
                    // The popup closes when somebody has taken over what it says.
                    let _ = replies.post_message(&JsValue::from_str(&format!("heard {window}")));
                }
            });
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            heard.forget();
            on_cleanup({
                let channel = StoredValue::new_local(channel);
                move || channel.with_value(BroadcastChannel::close)
            });
        });
    }

    /// Looks at the connection's own state.
    pub fn look(self) {
        let (provider, subject) = self.about.with_value(|about| (about.provider.clone(), about.subject.clone()));
        spawn_local(async move {
            let cards = api::cards(subject.org_id().to_owned(), subject.user_id().to_owned()).await;
            let found = cards.map(|cards| cards.into_iter().find(|card| card.provider == provider));
            // A look that fails is followed by another one.
            let Ok(Some(card)) = found else { return };
            // What has not changed is not drawn again: that would close what stands open in the card.
            if self.state.try_with_untracked(|state| *state == card.state) != Some(false) {
                return;
            }
            let connected = is_active(&card.state);
            // A refresh changes the connection too, and is none that somebody waits for.
            let anew = self.state.with_untracked(|state| since(state) != since(&card.state));
            self.state.set(card.state);
            if !connected {
                // "Connected." is not said of what no longer is.
                self.message.set(None);
            }
            if connected && anew && self.waiting_untracked() {
                self.end(self.sentence(Outcome::Connected));
            }
        });
    }

    /// Takes `told {provider} {outcome} {window} {query}`, when it is for us. Gives the window to answer.
    fn hear(self, told: &str) -> Option<String> {
        let mut words = told.split(' ');
        let (Some("told"), Some(provider), Some(outcome)) = (words.next(), words.next(), words.next()) else {
            return None;
        };
        if self.about.with_value(|about| about.provider != provider) {
            return None;
        }
        let (window, query) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        self.look();
        // Another tab's popup changes the state for us too, but its end is not ours. A provider may take the window's
        // name away; then its end is for whoever waits on behalf of the same user.
        let ours = match window {
            "" => self.waiting_untracked() && self.about.with_value(|about| about.query() == query),
            name => self.window.with_value(|window| window == name),
        };
        if !ours {
            return None;
        }
        let outcome = Outcome::parse(outcome)?;
        self.end(self.sentence(outcome));
        Some(window.to_owned())
    }

    fn sentence(self, outcome: Outcome) -> String {
        self.about.with_value(|about| outcome.sentence(&about.name))
    }

    fn end(self, message: String) {
        self.stop_looking();
        self.message.set(Some(message));
    }

    fn stop_looking(self) {
        if let Some(handle) = self.looks.try_update(Option::take).flatten() {
            handle.clear();
        }
    }
}

impl About {
    /// The subject as the query of an address.
    fn query(&self) -> String {
        format!("?{}", self.subject.query())
    }
}

fn since(state: &CardState) -> Option<&str> {
    match state {
        CardState::Connected(connection) if connection.status == Status::Active => Some(&connection.connected_at),
        _ => None,
    }
}

fn is_active(state: &CardState) -> bool {
    matches!(state, CardState::Connected(connection) if connection.status == Status::Active)
}

fn is_closed(popup: &Window) -> bool {
    popup.closed().unwrap_or(true)
}

/// A number that no other popup has.
fn js_random() -> u64 {
    (web_sys::js_sys::Math::random() * 1e15) as u64
}
