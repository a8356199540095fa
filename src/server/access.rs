//! Who is asking. Only the health checks are open to everybody.
//!
//! A browser signs in with a one-time link, which creates a session. A program presents the API key as a bearer token.
//! Sessions and links are sealed, so that writing to the store gives no access.

mod browser;
mod caller;
mod epoch;
mod headers;
mod one_time_link;
mod origin;
mod session;
mod sign_in_link;

use super::AppState;
use crate::model::AppError;

pub use browser::Browser;
pub use caller::{Caller, require_caller};
pub use epoch::sign_out_everywhere;
pub use headers::{CONTENT_SECURITY_POLICY, security_headers};
pub use one_time_link::LinkKind;
pub use origin::{cross_site, is_cross_site, is_from_our_page, require_known_host};
pub use session::end as end_session;
pub use sign_in_link::{
    cookie as sign_in_link_cookie, create as create_sign_in_link, redeem as redeem_sign_in_link,
    works as sign_in_link_works,
};

/// Encrypts sessions, sign-in links and the epoch in which they are valid with the current key.
pub async fn reseal(state: &AppState) -> Result<(), AppError> {
    for prefix in [epoch::KEY, "session/", "sign-in/"] {
        state.sealed.reseal(prefix).await?;
    }
    Ok(())
}
