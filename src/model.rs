//! The types that cross a wire: to the page, to programs that call the API, and back. Nothing here knows a provider.

mod audit;
mod card;
mod connection;
mod error;
mod item;
mod landing;
mod load_event;
mod outcome;
mod subject;

pub use audit::{Action, AuditEntry, AuditPage, By};
pub use card::{Card, CardState};
pub use connection::{Account, Connection, Status};
pub use error::{AppError, ErrorCode};
pub use item::IntegrationItem;
pub use landing::{FirstPage, Landing};
pub use load_event::{LoadEvent, StreamOutcome, StreamReport};
pub use outcome::Outcome;
pub use subject::Subject;
