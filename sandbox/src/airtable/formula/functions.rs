//! The functions of the formula language, in tables.

use std::ops::RangeInclusive;

use super::{Subject, Value};

mod dates;
mod logic;
mod numbers;
mod text;

pub(crate) struct Function {
    name: &'static str,
    /// The number of arguments it accepts.
    pub arity: RangeInclusive<usize>,
    implementation: Implementation,
}

enum Implementation {
    /// If an argument is an error, so is the result.
    Values(fn(&[Value]) -> Value),
    /// The function handles errors itself.
    Errors(fn(&[Value]) -> Value),
    /// The function needs the record or the current time.
    Subject(fn(&[Value], &dyn Subject) -> Value),
}

/// The limit for functions that accept any number of arguments.
const UNLIMITED: usize = 10_000;

static TABLES: [&[Function]; 4] = [logic::FUNCTIONS, text::FUNCTIONS, numbers::FUNCTIONS, dates::FUNCTIONS];

/// Finds a function; names ignore case.
pub(super) fn named(name: &str) -> Option<&'static Function> {
    TABLES.iter().flat_map(|table| table.iter()).find(|function| function.name.eq_ignore_ascii_case(name))
}

impl Function {
    pub(super) fn call(&self, values: Vec<Value>, subject: &dyn Subject) -> Value {
        let has_error = values.contains(&Value::Error);
        match self.implementation {
            Implementation::Errors(function) => function(&values),
            _ if has_error => Value::Error,
            Implementation::Values(function) => function(&values),
            Implementation::Subject(function) => function(&values, subject),
        }
    }
}

const fn values(name: &'static str, arity: RangeInclusive<usize>, function: fn(&[Value]) -> Value) -> Function {
    Function { name, arity, implementation: Implementation::Values(function) }
}

const fn errors(name: &'static str, arity: RangeInclusive<usize>, function: fn(&[Value]) -> Value) -> Function {
    Function { name, arity, implementation: Implementation::Errors(function) }
}

const fn subject(
    name: &'static str,
    arity: RangeInclusive<usize>,
    function: fn(&[Value], &dyn Subject) -> Value,
) -> Function {
    Function { name, arity, implementation: Implementation::Subject(function) }
}
