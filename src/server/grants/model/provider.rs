//! The provider of the model: it issues tokens, and knows which refresh token of each account is valid.

use std::collections::BTreeMap;

use crate::server::grants::Grant;

/// The tokens of a grant. They are in [`Grant::sealed`] as the real ones are, but in clear text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    /// An account that was connected later has a larger number.
    pub(super) account: u8,
    /// The number of the token response.
    pub(super) issued: u8,
    /// The number of the token response that contained the refresh token. Without rotation it stays the same.
    pub(super) refresh: u8,
}

impl Pair {
    pub(super) fn of(grant: &Grant) -> Self {
        let mut numbers = grant.sealed.split('.').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Self { account: next(), issued: next(), refresh: next() }
    }

    /// The grant with these tokens.
    pub(super) fn seal(self, mut grant: Grant) -> Grant {
        grant.sealed = format!("{}.{}.{}", self.account, self.issued, self.refresh);
        grant
    }
}

/// A provider, and the requests to it whose senders no longer wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Provider {
    /// The number of token responses.
    issued: u8,
    /// The valid refresh token of each account.
    valid: BTreeMap<u8, u8>,
    /// The accounts in which the user removed the app.
    removed: Vec<u8>,
    /// Refreshes that may arrive at any time, or never. Sorted, since their order has no meaning.
    pub(super) in_flight: Vec<Pair>,
}

impl Provider {
    /// The user approves: the first tokens of an account.
    pub(super) fn approve(&mut self, account: u8) -> Pair {
        self.issued += 1;
        self.valid.insert(account, self.issued);
        Pair { account, issued: self.issued, refresh: self.issued }
    }

    /// A refresh arrives: new tokens, or `None` when the refresh token is not accepted.
    pub(super) fn refresh(&mut self, pair: Pair, rotates: bool) -> Option<Pair> {
        if !self.accepts(pair) {
            return None;
        }
        self.issued += 1;
        let refresh = if rotates { self.issued } else { pair.refresh };
        self.valid.insert(pair.account, refresh);
        Some(Pair { account: pair.account, issued: self.issued, refresh })
    }

    /// The user, or an administrator, removes the app at the provider.
    pub(super) fn remove_app(&mut self, account: u8) {
        self.removed.push(account);
    }

    pub(super) fn has_removed_app(&self, account: u8) -> bool {
        self.removed.contains(&account)
    }

    /// Whether a later refresh token has replaced this one.
    pub(super) fn is_used(&self, pair: Pair) -> bool {
        self.valid.get(&pair.account) != Some(&pair.refresh)
    }

    pub(super) fn accepts(&self, pair: Pair) -> bool {
        !self.is_used(pair) && !self.has_removed_app(pair.account)
    }

    /// The sender gets no response. The request may or may not arrive.
    pub(super) fn lose_response(&mut self, pair: Pair) {
        self.in_flight.push(pair);
        self.in_flight.sort();
    }
}
