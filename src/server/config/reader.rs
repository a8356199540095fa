//! Reading one variable: its default, its type, and the sentence about a bad value.

use anyhow::bail;
use url::Url;

/// Reads variables, with the defaults of [`super::variables()`].
pub(super) struct Reader<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Reader<'_> {
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| super::variables::default(name).to_owned())
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str, takes: &str) -> anyhow::Result<T> {
        let value = self.text(name);
        value.parse().map_err(|_| anyhow::anyhow!("{name} is {value:?}. It takes {takes}."))
    }

    pub(super) fn url(&self, name: &str) -> anyhow::Result<Url> {
        let takes = "an address such as http://localhost:8000 or https://tributary.example.com, without user, query or fragment";
        let url = self.parsed::<Url>(name, takes)?;
        let plain =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !(plain && web) {
            bail!("{name} is {url:?}. It takes {takes}.", url = url.as_str());
        }
        Ok(url)
    }
}
