//! Rich text: runs of text with a style, links and mentions.

use serde_json::{Value, json};

use super::{Workspace, people, titles};
use crate::notion::ids::Object;

/// One run of a rich text.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub text: String,
    content: Content,
    /// The one annotation that is set.
    annotation: Option<&'static str>,
    color: &'static str,
}

#[derive(Clone, Debug)]
enum Content {
    Text { link: Option<String> },
    User(u8),
    Page(Object),
    Day(String),
    Equation,
}

impl Run {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text.into(), Content::Text { link: None })
    }

    /// `annotation` is `bold`, `italic`, `strikethrough`, `underline` or `code`.
    pub(crate) fn annotated(text: impl Into<String>, annotation: &'static str) -> Self {
        Self { annotation: Some(annotation), ..Self::plain(text) }
    }

    pub(crate) fn colored(text: impl Into<String>, color: &'static str) -> Self {
        Self { color, ..Self::plain(text) }
    }

    pub(crate) fn link(text: impl Into<String>, url: String) -> Self {
        Self::new(text.into(), Content::Text { link: Some(url) })
    }

    pub(crate) fn user(workspace: &Workspace, user: u8) -> Self {
        Self::new(format!("@{}", people::name(workspace, user)), Content::User(user))
    }

    /// The title of this page must not mention another page.
    pub(crate) fn page(workspace: &Workspace, page: Object) -> Self {
        Self::new(titles::plain(workspace, page), Content::Page(page))
    }

    pub(crate) fn day(day: String) -> Self {
        Self::new(day.clone(), Content::Day(day))
    }

    pub(crate) fn equation(expression: &str) -> Self {
        Self::new(expression.to_owned(), Content::Equation)
    }

    fn new(text: String, content: Content) -> Self {
        Self { text, content, annotation: None, color: "default" }
    }

    fn json(&self, workspace: &Workspace) -> Value {
        let mut annotations = json!({
            "bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": self.color,
        });
        if let Some(annotation) = self.annotation {
            annotations[annotation] = true.into();
        }
        let (kind, content, href) = match &self.content {
            Content::Text { link } => {
                let target = link.as_ref().map(|url| json!({"url": url}));
                ("text", json!({"content": self.text, "link": target}), link.clone())
            }
            Content::User(user) => ("mention", json!({"type": "user", "user": people::person(workspace, *user)}), None),
            Content::Page(page) => {
                let mention = json!({"type": "page", "page": {"id": workspace.id(*page)}});
                ("mention", mention, Some(titles::url(workspace, *page)))
            }
            Content::Day(day) => {
                let date = json!({"start": day, "end": null, "time_zone": null});
                ("mention", json!({"type": "date", "date": date}), None)
            }
            Content::Equation => ("equation", json!({"expression": self.text}), None),
        };
        json!({"type": kind, kind: content, "plain_text": self.text, "href": href, "annotations": annotations})
    }
}

pub(crate) fn json(workspace: &Workspace, runs: &[Run]) -> Value {
    runs.iter().map(|run| run.json(workspace)).collect()
}
