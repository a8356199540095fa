//! `tributary sign-out-everywhere`: ends all sessions.

use http::Method;

use super::admin_client::AdminClient;

pub(super) async fn run() -> anyhow::Result<()> {
    AdminClient::from_env()?.request::<()>(Method::DELETE, "/sessions").await?;
    println!("All browsers are signed out, and unused sign-in links no longer work.");
    Ok(())
}
