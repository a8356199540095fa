//! What a provider sends and people see or follow: names, ids and addresses. Each is bounded, and none can do more than be
//! shown or opened.

use super::client::{ApiClient, CallError};
use crate::model::Account;

/// The maximum length of an account's name in characters.
const MAX_NAME: usize = 100;

/// The maximum length of an account's id in characters.
const MAX_ID: usize = 128;

/// The maximum length of the address of an account's records in bytes.
const MAX_URL: usize = 2048;

/// Asks which account the client's token is for.
///
/// # Errors
///
/// Also fails when the provider's id for the account cannot be used. It is never shortened: two accounts could become one.
pub async fn identify(api: ApiClient) -> Result<Account, CallError> {
    let provider = api.provider;
    let Account { id, name, url } = (provider.identify)(api).await?;
    if id.is_empty() || id.chars().count() > MAX_ID || id.chars().any(is_invisible) {
        return Err(CallError::new(format!("{} sent an account id that can't be used.", provider.name)));
    }
    let name = name.map(|name| label(&name, MAX_NAME)).filter(|name| !name.is_empty());
    Ok(Account { id, name, url: url.and_then(web_url).filter(|url| url.len() <= MAX_URL) })
}

/// Text on one line, without invisible characters, of at most `max` characters; what is longer ends in `…`.
pub(super) fn label(text: &str, max: usize) -> String {
    let visible = text.chars().map(|letter| if is_invisible(letter) { ' ' } else { letter }).take(max + 1);
    let mut label = visible.collect::<String>();
    if let Some((end, _)) = label.char_indices().nth(max) {
        label.truncate(end);
        label.push('…');
    }
    label.trim().to_owned()
}

/// The address, if it is one of the web. A link to any other, such as `javascript:…`, could run in our page.
pub(super) fn web_url(url: String) -> Option<String> {
    let has_scheme = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_web = (has_scheme("https://") || has_scheme("http://")) && !url.contains(char::is_control);
    is_web.then_some(url)
}

/// Control characters, and those that change the direction of the text around them.
fn is_invisible(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_of_bounded_length_without_invisible_characters() {
        for (text, expected) in [
            ("Acme", "Acme"),
            ("a\nb\u{202e}c\0", "a b c"),
            ("ünïcode ✓", "ünïcode ✓"),
            ("1234567890", "1234567890"),
            ("12345678901", "1234567890…"),
            (&"é".repeat(200_000), "éééééééééé…"),
        ] {
            assert_eq!(label(text, 10), expected);
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_kept() {
        for url in ["https://a.example/b?c#d", "http://a.example", "HTTPS://A.example"] {
            assert_eq!(web_url(url.to_owned()).as_deref(), Some(url));
        }
        for url in [
            "javascript:alert(1)",
            " https://a",
            "java\nscript:x",
            "data:text/html,x",
            "//a.example",
            "",
            "https:/a",
            "https://a\n",
            "ftp://a",
            "é",
        ] {
            assert_eq!(web_url(url.to_owned()), None, "{url:?}");
        }
    }
}
