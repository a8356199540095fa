//! Splits a formula into tokens.

use super::Mistake;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A field name in braces.
    Field(String),
    /// A name without braces: a function if a parenthesis follows, and otherwise a field.
    Name(String),
    /// An operator, a parenthesis or a comma.
    Sign(&'static str),
}

/// Longer signs come before their own prefixes.
const SIGNS: [&str; 14] = ["<=", ">=", "!=", "=", "<", ">", "&", "+", "-", "*", "/", "(", ")", ","];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' | '“' | '”' => quoted(rest, first)?,
            '{' => braced(rest)?,
            '0'..='9' | '.' => number(rest)?,
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => name(rest)?,
            },
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Text in straight or curved quotation marks. A backslash escapes a quotation mark.
fn quoted(rest: &str, mark: char) -> Result<(Token, usize), Mistake> {
    let closes = |letter| letter == mark || (matches!(mark, '“' | '”') && matches!(letter, '“' | '”'));
    let (mut text, mut is_escaped) = (String::new(), false);
    for (at, letter) in rest.char_indices().skip(1) {
        if is_escaped {
            text.push(match letter {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            });
            is_escaped = false;
        } else if letter == '\\' {
            is_escaped = true;
        } else if closes(letter) {
            return Ok((Token::Text(text), at + letter.len_utf8()));
        } else {
            text.push(letter);
        }
    }
    Err(Mistake::Syntax)
}

/// A field name in braces. A backslash escapes a brace.
fn braced(rest: &str) -> Result<(Token, usize), Mistake> {
    let (mut name, mut is_escaped) = (String::new(), false);
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            '}' if !is_escaped => return Ok((Token::Field(name), at + 1)),
            _ => {
                name.push(letter);
                is_escaped = false;
            }
        }
    }
    Err(Mistake::Syntax)
}

fn number(rest: &str) -> Result<(Token, usize), Mistake> {
    let is_part = |letter: char| letter.is_ascii_digit() || letter == '.';
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    rest[..length].parse().map(|number| (Token::Number(number), length)).map_err(|_| Mistake::Syntax)
}

fn name(rest: &str) -> Result<(Token, usize), Mistake> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    if length == 0 { Err(Mistake::Syntax) } else { Ok((Token::Name(rest[..length].to_owned()), length)) }
}
