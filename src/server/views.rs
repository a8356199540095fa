//! What browsers get: the server-rendered page, further views that need no script, and static assets.

mod assets;
mod audit;
mod cards;
mod confirmation;
mod connection;
mod document;
mod home;
mod notice;
mod sign_in;

pub use assets::asset;
pub use audit::view as audit;
pub use cards::cards;
pub use confirmation::Confirmation;
pub use connection::view as connection;
pub use document::{Extra, document};
pub use home::home;
pub use notice::Notice;
pub use sign_in::{sign_in, sign_in_view, sign_out, sign_out_everywhere};

use serde::Deserialize;

use crate::model::{AppError, Subject};

/// The subject in the query of a view's address. A missing id is the default's.
#[derive(Deserialize, Default)]
pub struct SubjectQuery {
    pub org_id: Option<String>,
    pub user_id: Option<String>,
}

impl SubjectQuery {
    pub fn subject(self) -> Result<Subject, AppError> {
        Subject::or_default(self.org_id, self.user_id)
    }
}

/// The address of the page for a subject.
pub fn home_path(subject: &Subject) -> String {
    format!("/?{}", subject.query())
}
