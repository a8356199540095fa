//! Formulas, as `filterByFormula`, views and formula fields use them: a small evaluator of Airtable's language
//! (<https://support.airtable.com/docs/formula-field-reference>). What it does not know is an error of the formula, never a
//! guess; regular expressions and the formatting of dates are such.

use jiff::Timestamp;

pub(crate) use self::{
    syntax::Expression,
    value::{Value, read_moment},
};

mod functions;
mod syntax;
mod tokens;
mod value;

/// Why a text is not a formula, in Airtable's words.
#[derive(Debug, PartialEq)]
pub(crate) enum Mistake {
    Syntax,
    UnknownField(String),
    UnknownFunction(String),
}

impl Mistake {
    /// What comes after "The formula for filtering records is invalid: ". Airtable writes the names in small letters.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Syntax => "Invalid formula. Please check your formula text.".to_owned(),
            Self::UnknownField(name) => format!("Unknown field names: {}", name.to_lowercase()),
            Self::UnknownFunction(name) => format!("Unknown function names: {}", name.to_lowercase()),
        }
    }
}

/// The record that a formula is about, and the moment.
pub(crate) trait Subject {
    /// The value of the field with this index.
    fn field(&self, index: usize) -> Value;
    fn record_id(&self) -> String;
    fn created(&self) -> Timestamp;
    fn modified(&self) -> Timestamp;
    fn now(&self) -> Timestamp;
}

/// Reads a formula. `resolve` finds the index of a field by its name or id.
pub(crate) fn parse(text: &str, resolve: impl Fn(&str) -> Option<usize>) -> Result<Expression, Mistake> {
    syntax::parse(text, &resolve)
}

#[cfg(test)]
mod tests;
