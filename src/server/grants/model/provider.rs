//! A provider of the model: it makes tokens, knows which refresh token of an account is good, and forgets nothing.

use std::collections::BTreeMap;

use crate::server::grants::Grant;

/// The tokens of a grant. They stand in [`Grant::sealed`] as the real ones do, in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    /// Whose they are. An account that was connected later has a larger number.
    pub(super) account: u8,
    /// When they were issued: the provider counts what it makes.
    pub(super) issued: u8,
    /// When the refresh token among them was issued. A provider that does not rotate keeps it.
    pub(super) refresh: u8,
}

impl Pair {
    pub(super) fn of(grant: &Grant) -> Self {
        let mut numbers = grant.sealed.split('.').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Self { account: next(), issued: next(), refresh: next() }
    }

    /// The grant with these in it.
    pub(super) fn seal(self, mut grant: Grant) -> Grant {
        grant.sealed = format!("{}.{}.{}", self.account, self.issued, self.refresh);
        grant
    }
}

/// A provider, and the requests to it whose sender does not wait any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Provider {
    pub(super) issued: u8,
    /// The refresh token of each account that was not used up.
    good: BTreeMap<u8, u8>,
    /// The accounts in which the person removed the app.
    removed: Vec<u8>,
    /// Refreshes that may arrive at any time, or never. In order, which is of no meaning.
    pub(super) in_flight: Vec<Pair>,
}

impl Provider {
    /// The person approves: first tokens of an account.
    pub(super) fn approve(&mut self, account: u8) -> Pair {
        self.issued += 1;
        self.good.insert(account, self.issued);
        Pair { account, issued: self.issued, refresh: self.issued }
    }

    /// A refresh arrives: new tokens, or none when the refresh token is not good.
    pub(super) fn refresh(&mut self, pair: Pair, rotates: bool) -> Option<Pair> {
        if !self.accepts(pair) {
            return None;
        }
        self.issued += 1;
        let refresh = if rotates { self.issued } else { pair.refresh };
        self.good.insert(pair.account, refresh);
        Some(Pair { account: pair.account, issued: self.issued, refresh })
    }

    /// The person removes the app there, or an administrator does.
    pub(super) fn remove(&mut self, account: u8) {
        self.removed.push(account);
    }

    pub(super) fn removed(&self, account: u8) -> bool {
        self.removed.contains(&account)
    }

    pub(super) fn spent(&self, pair: Pair) -> bool {
        self.good.get(&pair.account) != Some(&pair.refresh)
    }

    pub(super) fn accepts(&self, pair: Pair) -> bool {
        !self.spent(pair) && !self.removed(pair.account)
    }

    /// Its sender hears no answer; whether it arrives is open.
    pub(super) fn lose(&mut self, pair: Pair) {
        self.in_flight.push(pair);
        self.in_flight.sort();
    }
}
