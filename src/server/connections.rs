//! Connections: the key of a connection, its record, and the index of those that share an account. Never a token.

mod account_index;
#[cfg(test)]
mod fuzz;
mod key;
mod record;

pub use account_index::AccountIndex;
pub use key::{ConnectionKey, PREFIX, UnknownProvider};
pub use record::Record;
