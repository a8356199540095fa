//! Reading one variable: its default, its type, and the error for an invalid value.

use anyhow::bail;
use url::Url;

use super::variables::default;

/// What an address variable accepts.
pub const ADDRESS: &str = "an address and port such as 127.0.0.1:8000";

/// Reads variables, with the defaults of [`variables()`](super::variables()).
pub struct Reader<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Reader<'_> {
    /// The value, unless it is unset or empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The value or its default.
    pub fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| default(name).to_owned())
    }

    /// The value or its default, parsed. `accepted` completes "Set it to …".
    pub fn parsed<T: std::str::FromStr>(&self, name: &str, accepted: &str) -> anyhow::Result<T> {
        let value = self.text(name);
        value.parse().map_err(|_| anyhow::anyhow!("{name} is {value:?}. Set it to {accepted}."))
    }

    /// An `http` or `https` address without user, query or fragment.
    pub fn url(&self, name: &str) -> anyhow::Result<Url> {
        let accepted = "an address such as http://localhost:8000 or https://tributary.example.com, without user, query or fragment";
        let url = self.parsed::<Url>(name, accepted)?;
        let is_plain =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !(is_plain && is_web) {
            bail!("{name} is {url:?}. Set it to {accepted}.", url = url.as_str());
        }
        Ok(url)
    }
}
