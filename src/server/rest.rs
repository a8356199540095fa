//! The REST API: the classic contract under `/integrations`, and the endpoints around it.

mod audit;
mod encryption_keys;
mod health;
mod input;
mod integrations;
mod sessions;
mod sign_in_links;

pub use audit::entries as audit_entries;
pub use encryption_keys::{
    Abandoned, EncryptionKeys, abandon as abandon_encryption_key, encryption_keys, list as list_encryption_keys,
    rotate as rotate_encryption_keys, rotate_keys,
};
pub use health::{healthz, readyz};
pub use integrations::routes as integrations;
pub use sessions::end_all as end_all_sessions;
pub use sign_in_links::create as create_sign_in_link;
