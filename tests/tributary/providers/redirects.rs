//! A provider that redirects to another host.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use axum::{Router, response::Redirect};
use tokio::net::TcpListener;
use tributary_sandbox::Records;

use crate::support::{app::App, browser::Browser};

#[tokio::test]
async fn a_redirect_of_a_provider_is_not_followed() {
    let listen = async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    };
    // One server redirects every request to the other, which counts what it gets.
    let ((redirecting, at_provider), (elsewhere, at_elsewhere)) = (listen().await, listen().await);
    let [redirected, arrived] = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let count = |counter: &Arc<AtomicUsize>, listener, location: String| {
        let counter = counter.clone();
        let answer = move || {
            counter.fetch_add(1, Relaxed);
            std::future::ready(Redirect::temporary(&location))
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() })
    };
    count(&redirected, redirecting, format!("http://{at_elsewhere}/"));
    count(&arrived, elsewhere, "/".to_owned());

    let api = format!("http://{at_provider}");
    let variables = [
        ("HUBSPOT_CLIENT_ID", "client"),
        ("HUBSPOT_CLIENT_SECRET", "secret"),
        ("HUBSPOT_AUTH_URL", "{sandbox}/hubspot"),
        ("HUBSPOT_API_URL", &api),
    ];
    let app = App::start_with(Records::default(), &variables, None).await;
    let end = Browser::new().approve(&app.connect_link("hubspot").await).await;
    assert!(!end.url().path().ends_with("/connected"), "{}", end.url());
    assert!(redirected.load(Relaxed) > 0, "the authorization code was not sent");
    assert_eq!(arrived.load(Relaxed), 0, "the client secret was sent elsewhere");
}
