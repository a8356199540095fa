//! The types that cross a wire: to the page, to programs that call the API, and back. Nothing here knows a provider.

mod audit;
mod card;
mod connection;
mod error;
mod initial_state;
mod item;
mod load_event;
mod outcome;
mod subject;

pub use audit::{Action, ActorKind, AuditEntry, AuditPage, LoadSummary};
pub use card::{Card, CardState};
pub use connection::{Account, Connection, Status};
pub use error::{AppError, ErrorCode};
pub use initial_state::{FirstPage, InitialState};
pub use item::IntegrationItem;
pub use load_event::{LoadEvent, LoadOutcome, SkippedRecord, StreamOutcome, StreamReport};
pub use outcome::Outcome;
pub use subject::Subject;
