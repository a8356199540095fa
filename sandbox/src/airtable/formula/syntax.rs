//! A recursive descent parser. Comparisons bind least, then `&`, sums, products and signs.

use super::{
    Mistake, Subject, Value,
    functions::{self, Function},
    tokens::{Token, tokens},
};

pub(crate) enum Expression {
    Constant(Value),
    Field(usize),
    Negated(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Call(&'static Function, Vec<Self>),
}

impl Expression {
    pub(crate) fn evaluate(&self, subject: &dyn Subject) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Field(index) => subject.field(*index),
            Self::Negated(inner) => Value::Number(0.0).combine("-", inner.evaluate(subject)),
            Self::Binary(sign, left, right) => left.evaluate(subject).combine(sign, right.evaluate(subject)),
            Self::Call(function, arguments) => {
                let values = arguments.iter().map(|argument| argument.evaluate(subject)).collect();
                function.call(values, subject)
            }
        }
    }

    /// Adds the indexes of all fields in the formula, each once, in order of appearance.
    pub(crate) fn collect_fields(&self, found: &mut Vec<usize>) {
        match self {
            Self::Constant(_) => {}
            Self::Field(index) if found.contains(index) => {}
            Self::Field(index) => found.push(*index),
            Self::Negated(inner) => inner.collect_fields(found),
            Self::Binary(_, left, right) => {
                left.collect_fields(found);
                right.collect_fields(found);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.collect_fields(found)),
        }
    }
}

pub(super) fn parse(text: &str, resolve: &dyn Fn(&str) -> Option<usize>) -> Result<Expression, Mistake> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, resolve };
    let expression = parser.level(0)?;
    if parser.at == parser.tokens.len() { Ok(expression) } else { Err(Mistake::Syntax) }
}

/// Operators by precedence, the lowest first.
const LEVELS: [&[&str]; 4] = [&["=", "!=", "<", ">", "<=", ">="], &["&"], &["+", "-"], &["*", "/"]];

/// Limits on nesting and on operators in a row, because each level uses the stack.
const MAX_DEPTH: usize = 100;
const MAX_OPERATORS: usize = 500;

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    resolve: &'a dyn Fn(&str) -> Option<usize>,
}

impl Parser<'_> {
    fn level(&mut self, level: usize) -> Result<Expression, Mistake> {
        let Some(signs) = LEVELS.get(level) else { return self.signed() };
        let mut left = self.level(level + 1)?;
        let mut length = 0;
        while let Some(sign) = signs.iter().find(|sign| self.skip(sign)) {
            length += 1;
            if length > MAX_OPERATORS {
                return Err(Mistake::Syntax);
            }
            let right = self.level(level + 1)?;
            left = Expression::Binary(sign, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expression, Mistake> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Mistake::Syntax);
        }
        let expression =
            if self.skip("-") { self.signed().map(|inner| Expression::Negated(Box::new(inner))) } else { self.atom() };
        self.depth -= 1;
        expression
    }

    fn atom(&mut self) -> Result<Expression, Mistake> {
        let token = self.tokens.get(self.at).cloned().ok_or(Mistake::Syntax)?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expression::Constant(Value::Number(number))),
            Token::Text(text) => Ok(Expression::Constant(Value::Text(text))),
            Token::Field(name) => self.field(name),
            Token::Name(name) if self.skip("(") => self.call(name),
            Token::Name(name) => self.field(name),
            Token::Sign("(") => {
                let inner = self.level(0)?;
                if self.skip(")") { Ok(inner) } else { Err(Mistake::Syntax) }
            }
            Token::Sign(_) => Err(Mistake::Syntax),
        }
    }

    fn field(&self, name: String) -> Result<Expression, Mistake> {
        (self.resolve)(&name).map(Expression::Field).ok_or(Mistake::UnknownField(name))
    }

    fn call(&mut self, name: String) -> Result<Expression, Mistake> {
        let function = functions::named(&name).ok_or(Mistake::UnknownFunction(name))?;
        let mut arguments = Vec::new();
        while !self.skip(")") {
            if !arguments.is_empty() && !self.skip(",") {
                return Err(Mistake::Syntax);
            }
            arguments.push(self.level(0)?);
        }
        if function.arity.contains(&arguments.len()) {
            Ok(Expression::Call(function, arguments))
        } else {
            Err(Mistake::Syntax)
        }
    }

    fn skip(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }
}
