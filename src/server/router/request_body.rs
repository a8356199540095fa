//! The deadline of a request's body. Bodies are small, so one that has not arrived by then is being sent slowly on purpose,
//! or never will be complete.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::{HeaderValue, header};
use tokio::time::{Instant, timeout_at};

use crate::model::{AppError, ErrorCode};

/// How long the body of a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Fails the request with a 408 if its body has not arrived in time.
pub(super) async fn within(State(timeout): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_late = Arc::new(AtomicBool::new(false));
    let (deadline, late) = (Instant::now() + timeout, is_late.clone());
    let request = request.map(|body| {
        let chunks = stream::unfold((body.into_data_stream(), late), move |(mut chunks, late)| async move {
            let chunk = match timeout_at(deadline, chunks.next()).await {
                Ok(chunk) => chunk?.map_err(io::Error::other),
                Err(_) => {
                    late.store(true, Relaxed);
                    Err(io::ErrorKind::TimedOut.into())
                }
            };
            Some((chunk, (chunks, late)))
        });
        Body::from_stream(chunks)
    });
    let response = next.run(request).await;
    if !is_late.load(Relaxed) {
        return response;
    }
    let seconds = timeout.as_secs();
    let detail = format!("The body of the request did not arrive within {seconds} seconds. Send the request again.");
    let mut response = AppError::new(ErrorCode::BodyTimeout, detail).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Bytes, middleware, routing::post};
    use futures::stream;
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn status(body: Body) -> StatusCode {
        let app = Router::new()
            .route("/", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(middleware::from_fn_with_state(TIMEOUT, within));
        app.oneshot(Request::post("/").body(body).unwrap()).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_in_time_is_a_408() {
        let chunk = |wait: u64| async move {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            Ok::<_, io::Error>("x")
        };
        let chunks = |wait, number| Body::from_stream(stream::iter(0..number).then(move |_| chunk(wait)));
        assert_eq!(status(chunks(9, 3)).await, StatusCode::OK);
        assert_eq!(status(chunks(9, 4)).await, StatusCode::REQUEST_TIMEOUT, "each chunk is in time, the body is not");
        assert_eq!(
            status(Body::from_stream(stream::pending::<Result<Bytes, io::Error>>())).await,
            StatusCode::REQUEST_TIMEOUT
        );
    }
}
