//! The page. It knows [`crate::model`] and [`crate::api`], and no provider.
//!
//! The server renders it with a [`InitialState`]; the same value reaches the browser inside the page, and goes on from there.

mod connecting;
mod items;
mod loading;
mod number;
mod progress;
mod provider;
mod raw_json;
mod row;
mod sign_in;
mod top_bar;

use leptos::{config::LeptosOptions, prelude::*};

use crate::model::{AppError, InitialState};
use items::Items;
use provider::Provider;
use row::Rows;
use sign_in::SignIn;
use top_bar::TopBar;

/// The document around the page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content="Connect HubSpot, Notion and Airtable, and load what is in them."/>
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

/// The page.
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
                    <h1 class="unseen">"Connections and items"</h1>
                    <section class="providers" aria-label="Providers">
                        {cards
                            .into_iter()
                            .map(|card| view! { <Provider card subject=subject.clone() rows/> })
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

/// Something to know before anything else.
#[component]
fn Notice(error: AppError) -> impl IntoView {
    view! {
        <p class="banner" role="alert">
            {error.detail}
        </p>
    }
}
