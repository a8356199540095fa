//! The functions of formulas, in tables.

use std::ops::RangeInclusive;

use super::{Subject, Value};

mod dates;
mod logic;
mod numbers;
mod text;

pub(crate) struct Function {
    name: &'static str,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    work: Work,
}

enum Work {
    /// An error among the arguments is the error of the whole.
    Values(fn(&[Value]) -> Value),
    /// The function looks at errors itself.
    Errors(fn(&[Value]) -> Value),
    /// It needs to know the record or the moment.
    Subject(fn(&[Value], &dyn Subject) -> Value),
}

/// The most arguments of a function that takes any number of them.
const MANY: usize = 10_000;

static TABLES: [&[Function]; 4] = [logic::FUNCTIONS, text::FUNCTIONS, numbers::FUNCTIONS, dates::FUNCTIONS];

/// Functions are found whatever the case of the letters.
pub(super) fn named(name: &str) -> Option<&'static Function> {
    TABLES.iter().flat_map(|table| table.iter()).find(|function| function.name.eq_ignore_ascii_case(name))
}

impl Function {
    pub(super) fn call(&self, values: Vec<Value>, subject: &dyn Subject) -> Value {
        let has_error = values.contains(&Value::Error);
        match self.work {
            Work::Errors(work) => work(&values),
            _ if has_error => Value::Error,
            Work::Values(work) => work(&values),
            Work::Subject(work) => work(&values, subject),
        }
    }
}

const fn values(name: &'static str, arity: RangeInclusive<usize>, work: fn(&[Value]) -> Value) -> Function {
    Function { name, arity, work: Work::Values(work) }
}

const fn errors(name: &'static str, arity: RangeInclusive<usize>, work: fn(&[Value]) -> Value) -> Function {
    Function { name, arity, work: Work::Errors(work) }
}

const fn subject(
    name: &'static str,
    arity: RangeInclusive<usize>,
    work: fn(&[Value], &dyn Subject) -> Value,
) -> Function {
    Function { name, arity, work: Work::Subject(work) }
}
