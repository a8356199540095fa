//! Rolling windows: at most so many requests in any stretch of so much time.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use jiff::{SignedDuration, Timestamp};

use super::world::held;

/// A limit and the requests that count against it, separately for each key.
pub(crate) struct Window {
    pub max: usize,
    pub length: SignedDuration,
    taken: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

/// The window of this key is full.
pub(crate) struct Full;

impl Window {
    pub(crate) fn new(max: usize, length: SignedDuration) -> Self {
        Self { max, length, taken: Mutex::default() }
    }

    /// Takes one place and says how many are left. A refused request takes none.
    pub(crate) fn take(&self, key: &str, now: Timestamp) -> Result<usize, Full> {
        let mut taken = held(&self.taken);
        let times = taken.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| now.duration_since(*first) >= self.length) {
            times.pop_front();
        }
        if times.len() >= self.max {
            return Err(Full);
        }
        times.push_back(now);
        Ok(self.max - times.len())
    }

    pub(crate) fn clear(&self) {
        held(&self.taken).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_the_window_has_rolled_past_it() {
        let window = Window::new(2, SignedDuration::from_secs(10));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(matches!(window.take("a", at(0)), Ok(1)));
        assert!(matches!(window.take("a", at(6)), Ok(0)));
        assert!(window.take("a", at(9)).is_err());
        assert!(window.take("b", at(9)).is_ok());
        assert!(window.take("a", at(10)).is_ok());
        assert!(window.take("a", at(15)).is_err());
    }
}
