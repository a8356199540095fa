//! The connection that a card is for, whether it exists yet or not.

use crate::model::Subject;

pub struct Target {
    /// The provider's slug, such as `hubspot`.
    pub provider: String,
    /// The provider's name, such as `HubSpot`.
    pub name: String,
    pub subject: Subject,
}

impl Target {
    /// Starts an attempt to connect.
    pub fn connect_url(&self) -> String {
        format!("/connect/{}{}", self.provider, self.query())
    }

    /// Shows everything about the connection.
    pub fn details_url(&self) -> String {
        format!("/connections/{}{}", self.provider, self.query())
    }

    /// The subject as the query of a URL, with its question mark.
    pub fn query(&self) -> String {
        format!("?{}", self.subject.query())
    }

    /// The ids as the arguments of a server function: organisation, user, provider.
    pub fn ids(&self) -> (String, String, String) {
        (self.subject.org_id().to_owned(), self.subject.user_id().to_owned(), self.provider.clone())
    }
}
