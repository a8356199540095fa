//! The page. It depends on [`crate::model`] and [`crate::api`], and on no provider.
//!
//! The server renders it from an [`InitialState`] and embeds that value, from which the browser hydrates the page.

mod sign_in;
mod top_bar;

mod card;
mod connecting;
mod connection;
mod disconnect;
mod loading;
mod progress;
mod target;

mod items;
mod raw_json;
mod rows;

mod format;

use leptos::{config::LeptosOptions, prelude::*};

use crate::model::{AppError, InitialState};
use card::ProviderCard;
use items::Items;
use rows::Rows;
use sign_in::SignIn;
use top_bar::TopBar;

/// The HTML document around the page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content="Connect HubSpot, Notion and Airtable, and load everything in them."/>
                <title>"Tributary"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href="/pkg/tributary.css"/>
                <HydrationScripts options/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    let initial_state = SharedValue::new(|| use_context::<InitialState>().unwrap_or_default()).into_inner();
    let InitialState { signed_in, subject, notice, cards, first_page } = initial_state;
    let rows = Rows::new(first_page.as_ref());
    let (failures, empty) = first_page.map(|page| (page.failures, page.nothing)).unwrap_or_default();

    view! {
        <TopBar signed_in subject=subject.clone()/>
        {notice.map(|error| view! { <Notice error/> })}
        {if signed_in {
            view! {
                <main class="desk">
                    <h1 class="visually-hidden">"Connections and items"</h1>
                    <section class="providers" aria-label="Providers">
                        {cards
                            .into_iter()
                            .map(|card| view! { <ProviderCard card subject=subject.clone() rows/> })
                            .collect_view()}
                    </section>
                    <Items rows failures empty/>
                </main>
            }
                .into_any()
        } else {
            view! { <SignIn/> }.into_any()
        }}
    }
}

#[component]
fn Notice(error: AppError) -> impl IntoView {
    view! {
        <p class="banner" role="alert">
            {error.detail}
        </p>
    }
}
