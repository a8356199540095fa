//! The router of a server with its sandbox, to which targets send requests directly.

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use tributary::server::{router, store};
use tributary_sandbox::Records;

use crate::support::app::App;

pub struct Service {
    pub runtime: Runtime,
    pub app: App,
    pub host: String,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Service {
    /// A server with few records. Its store is in memory where the system has such a folder.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let records: Records = "contacts=3,companies=2,deals=1,pages=3,rows=2,records=2".parse().unwrap();
        let app = runtime.block_on(async {
            let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
            let store = store::open(None, folder.path(), 8 << 20).await.unwrap();
            App::start_with(records, &[], Some(store)).await
        });
        let host = app.url.strip_prefix("http://").unwrap().to_owned();
        Self { router: router(app.state.clone()), runtime, app, host }
    }

    /// Sends a request, and checks what holds for every response.
    pub fn send(&self, request: Request<Body>) -> Result<Answer, TestCaseError> {
        let answer = self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes().to_vec());
            body.map(|body| Answer { status: head.status, headers: head.headers, body })
        });
        let Answer { status, headers, body } =
            answer.map_err(|error| TestCaseError::fail(format!("the body fails: {error}")))?;
        prop_assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&body));
        prop_assert!(headers.contains_key("x-request-id") && headers.contains_key("content-security-policy"));
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_plain = !headers.contains_key("content-encoding") && !body.is_empty();
        if status.is_client_error() && !kind.starts_with("text/html") && is_plain {
            let error: Value = serde_json::from_slice(&body).unwrap_or_default();
            let is_uniform =
                error["detail"].as_str().is_some_and(|detail| detail.ends_with('.')) && error["code"].is_string();
            prop_assert!(is_uniform, "{status} {kind}: {}", String::from_utf8_lossy(&body));
        }
        Ok(Answer { status, headers, body })
    }
}
