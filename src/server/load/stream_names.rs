//! The names of a load's streams, which are unique: two tables may have the same name.

use std::collections::{HashMap, HashSet};

/// The names that are taken.
#[derive(Default)]
pub(super) struct StreamNames {
    taken: HashSet<String>,
    /// For each name that was wanted again, the first number that was not tried. Without it, the time for thousands of
    /// tables with one name would be quadratic.
    next_numbers: HashMap<String, usize>,
    #[cfg(test)]
    tried: usize,
}

impl StreamNames {
    /// Takes a name, with a number if it is taken: `Tasks (2)`.
    pub(super) fn take(&mut self, name: String) -> String {
        if self.try_take(&name) {
            return name;
        }
        let mut number = self.next_numbers.get(&name).copied().unwrap_or(2);
        let numbered = loop {
            let numbered = format!("{name} ({number})");
            number += 1;
            if self.try_take(&numbered) {
                break numbered;
            }
        };
        self.next_numbers.insert(name, number);
        numbered
    }

    fn try_take(&mut self, name: &str) -> bool {
        #[cfg(test)]
        {
            self.tried += 1;
        }
        self.taken.insert(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_with_the_same_name_get_numbers() {
        let mut names = StreamNames::default();
        let taken = ["Tasks", "Tasks", "Tasks", "Tasks (2)", "Tasks"].map(|name| names.take(name.to_owned()));
        assert_eq!(taken, ["Tasks", "Tasks (2)", "Tasks (3)", "Tasks (2) (2)", "Tasks (4)"]);
    }

    #[test]
    fn naming_8000_tables_of_one_name_takes_a_few_steps_for_each() {
        let mut names = StreamNames::default();
        let taken: HashSet<_> = (0..8_000).map(|_| names.take("Tasks".to_owned())).collect();
        assert_eq!(taken.len(), 8_000);
        assert!(names.tried <= 2 * 8_000, "{} names were tried", names.tried);
    }
}
