//! `tributary sign-in`: prints a one-time sign-in link.

use http::Method;
use serde::Deserialize;

use super::admin_client::AdminClient;

#[derive(Deserialize)]
struct Link {
    url: String,
}

pub(super) async fn run() -> anyhow::Result<()> {
    let Link { url } = AdminClient::from_env()?.request(Method::POST, "/sign-in-links").await?;
    println!("{url}");
    Ok(())
}
