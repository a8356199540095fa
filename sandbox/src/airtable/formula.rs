//! An evaluator of Airtable's formula language, which `filterByFormula`, views and formula fields use
//! (<https://support.airtable.com/docs/formula-field-reference>).
//!
//! An unsupported function is an error of the formula, never a guess. Regular expressions and date formatting are not
//! supported.

use jiff::Timestamp;

pub(crate) use self::{
    syntax::Expression,
    value::{Value, read_moment},
};

mod functions;
mod syntax;
mod tokens;
mod value;

/// Why a formula is invalid.
#[derive(Debug, PartialEq)]
pub(crate) enum Mistake {
    Syntax,
    UnknownField(String),
    UnknownFunction(String),
}

impl Mistake {
    /// The end of the message "The formula for filtering records is invalid: …". Airtable writes the names in lower
    /// case.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Syntax => "Invalid formula. Please check your formula text.".to_owned(),
            Self::UnknownField(name) => format!("Unknown field names: {}", name.to_lowercase()),
            Self::UnknownFunction(name) => format!("Unknown function names: {}", name.to_lowercase()),
        }
    }
}

/// The record that a formula is evaluated for, and the current time.
pub(crate) trait Subject {
    /// The value of the field with this index.
    fn field(&self, index: usize) -> Value;
    fn record_id(&self) -> String;
    fn created(&self) -> Timestamp;
    fn modified(&self) -> Timestamp;
    fn now(&self) -> Timestamp;
}

/// Parses a formula. `resolve` returns the index of the field with a name or id.
pub(crate) fn parse(text: &str, resolve: impl Fn(&str) -> Option<usize>) -> Result<Expression, Mistake> {
    syntax::parse(text, &resolve)
}

#[cfg(test)]
mod tests;
