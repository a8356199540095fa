//! How texts and numbers are compared.

#[derive(Clone, Copy)]
pub(crate) enum Likeness {
    Equals,
    Differs,
    Contains,
    Lacks,
    Starts,
    Ends,
}

#[derive(Clone, Copy)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

impl Likeness {
    pub(crate) fn named(operator: &str) -> Option<Self> {
        Some(match operator {
            "equals" => Self::Equals,
            "does_not_equal" => Self::Differs,
            "contains" => Self::Contains,
            "does_not_contain" => Self::Lacks,
            "starts_with" => Self::Starts,
            "ends_with" => Self::Ends,
            _ => return None,
        })
    }

    pub(crate) fn holds(self, held: &str, wanted: &str) -> bool {
        match self {
            Self::Equals => held == wanted,
            Self::Differs => held != wanted,
            Self::Contains => held.contains(wanted),
            Self::Lacks => !held.contains(wanted),
            Self::Starts => held.starts_with(wanted),
            Self::Ends => held.ends_with(wanted),
        }
    }
}

impl Comparison {
    pub(crate) fn named(operator: &str) -> Option<Self> {
        Some(match operator {
            "equals" => Self::Equal,
            "does_not_equal" => Self::Unequal,
            "greater_than" => Self::Greater,
            "less_than" => Self::Less,
            "greater_than_or_equal_to" => Self::GreaterOrEqual,
            "less_than_or_equal_to" => Self::LessOrEqual,
            _ => return None,
        })
    }

    pub(crate) fn holds(self, held: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => held == wanted,
            Self::Unequal => held != wanted,
            Self::Greater => held > wanted,
            Self::Less => held < wanted,
            Self::GreaterOrEqual => held >= wanted,
            Self::LessOrEqual => held <= wanted,
        }
    }
}
