//! The probe of the store, and what `/readyz` makes of it.

use std::{sync::Arc, time::Instant};

use tributary::server::store::Redis;
use tributary_sandbox::Records;

use crate::support::{app::App, redis::RedisServer};

/// The status and the text of `/readyz`.
async fn readyz(app: &App) -> (u16, String) {
    let response = app.anonymous("GET", "/readyz").send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn readyz_tells_when_the_embedded_store_was_last_written_and_read_back() {
    let app = App::start().await;
    let (status, text) = readyz(&app).await;
    assert!(
        status == 200 && text.starts_with("ready: The store was written and read back 0 s ago."),
        "{status} {text}"
    );
}

#[tokio::test]
async fn readyz_tells_the_last_result_of_the_probe_and_does_not_wait_for_the_store() {
    let redis = RedisServer::start();
    let store = Arc::new(Redis::connect(&redis.url).await.unwrap());
    let app = App::start_with(Records::default(), &[], Some(store)).await;
    assert_eq!(readyz(&app).await.0, 200);
    redis.pause();
    let asked_at = Instant::now();
    let (status, text) = readyz(&app).await;
    assert!(status == 200 && asked_at.elapsed().as_millis() < 1000, "{status} {text} {:?}", asked_at.elapsed());
    app.state.probe.run().await;
    let (status, text) = readyz(&app).await;
    assert!(status == 503 && text.contains("failed its last probe"), "{status} {text}");
    redis.resume();
    app.state.probe.run().await;
    assert_eq!(readyz(&app).await.0, 200);
}
