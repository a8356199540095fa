//! Operators that compare text and numbers.

#[derive(Clone, Copy)]
pub(crate) enum TextOperator {
    Equals,
    Differs,
    Contains,
    Lacks,
    Starts,
    Ends,
}

#[derive(Clone, Copy)]
pub(crate) enum NumberOperator {
    Equal,
    Unequal,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

impl TextOperator {
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

    pub(crate) fn matches(self, actual: &str, wanted: &str) -> bool {
        match self {
            Self::Equals => actual == wanted,
            Self::Differs => actual != wanted,
            Self::Contains => actual.contains(wanted),
            Self::Lacks => !actual.contains(wanted),
            Self::Starts => actual.starts_with(wanted),
            Self::Ends => actual.ends_with(wanted),
        }
    }
}

impl NumberOperator {
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

    pub(crate) fn matches(self, actual: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => actual == wanted,
            Self::Unequal => actual != wanted,
            Self::Greater => actual > wanted,
            Self::Less => actual < wanted,
            Self::GreaterOrEqual => actual >= wanted,
            Self::LessOrEqual => actual <= wanted,
        }
    }
}
