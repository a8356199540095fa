//! The types of content blocks and their content.

use serde_json::{Value, json};

use crate::{
    fixtures::dice::Dice,
    notion::{
        ids::Object,
        workspace::{
            Block, Page, Workspace, people,
            text::{self, Run},
            titles, tree, values, vocabulary,
        },
    },
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Text and a color: paragraphs, list items, quotes.
    Text(&'static str),
    Heading(&'static str),
    BulletedListItem,
    ToDo,
    Toggle,
    Callout,
    Code,
    Equation,
    /// No content: dividers and breadcrumbs.
    Empty(&'static str),
    TableOfContents,
    ColumnList,
    Column,
    Table,
    TableRow,
    /// A URL and a caption: bookmarks and embeds.
    Link(&'static str),
    /// A file hosted by Notion or elsewhere: images, PDFs and others.
    Media(&'static str),
    LinkToPage,
    SyncedCopy,
    Unsupported,
}

/// The types of top-level blocks, with the common ones repeated.
const TOP_LEVEL: [Kind; 30] = [
    Kind::Text("paragraph"),
    Kind::Text("paragraph"),
    Kind::Text("paragraph"),
    Kind::Text("paragraph"),
    Kind::Heading("heading_1"),
    Kind::Heading("heading_2"),
    Kind::Heading("heading_3"),
    Kind::BulletedListItem,
    Kind::BulletedListItem,
    Kind::Text("numbered_list_item"),
    Kind::Text("quote"),
    Kind::ToDo,
    Kind::ToDo,
    Kind::Toggle,
    Kind::Callout,
    Kind::Code,
    Kind::Equation,
    Kind::Empty("divider"),
    Kind::Empty("breadcrumb"),
    Kind::TableOfContents,
    Kind::ColumnList,
    Kind::Table,
    Kind::Link("bookmark"),
    Kind::Link("embed"),
    Kind::Media("image"),
    Kind::Media("file"),
    Kind::Media("pdf"),
    Kind::LinkToPage,
    Kind::SyncedCopy,
    Kind::Unsupported,
];

const COLUMNS: u8 = 3;

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Heading(name) | Self::Empty(name) | Self::Link(name) | Self::Media(name) => name,
            Self::BulletedListItem => "bulleted_list_item",
            Self::ToDo => "to_do",
            Self::Toggle => "toggle",
            Self::Callout => "callout",
            Self::Code => "code",
            Self::Equation => "equation",
            Self::TableOfContents => "table_of_contents",
            Self::ColumnList => "column_list",
            Self::Column => "column",
            Self::Table => "table",
            Self::TableRow => "table_row",
            Self::LinkToPage => "link_to_page",
            Self::SyncedCopy => "synced_block",
            Self::Unsupported => "unsupported",
        }
    }

    /// The number of content blocks inside a block of this type.
    pub(crate) fn children(self, dice: Dice) -> u8 {
        match self {
            Self::Toggle | Self::ColumnList => 2,
            Self::Table => 3,
            Self::Column => 1,
            Self::BulletedListItem => dice.below(1, 2) as u8,
            _ => 0,
        }
    }
}

/// The type of a block, which depends on its parent.
pub(crate) fn kind(workspace: &Workspace, block: Block) -> Kind {
    let dice = workspace.dice(Object::Block(block));
    let depth = block.depth();
    if depth < 2 {
        let is_toggle =
            matches!(block.page, Page::Standalone(page) if tree::has_toggle(page) && block == tree::toggle(page));
        return if is_toggle { Kind::Toggle } else { dice.pick(0, &TOP_LEVEL) };
    }
    let mut parent = block;
    parent.path[depth - 1] = 0;
    match kind(workspace, parent) {
        Kind::ColumnList => Kind::Column,
        Kind::Table => Kind::TableRow,
        // A path has room for three levels.
        Kind::BulletedListItem if depth < 3 => Kind::BulletedListItem,
        _ => Kind::Text("paragraph"),
    }
}

pub(crate) fn json(workspace: &Workspace, block: Block, kind: Kind) -> Value {
    let dice = workspace.dice(Object::Block(block));
    let words = || text::json(workspace, &runs(workspace, dice));
    match kind {
        Kind::Text(_) | Kind::BulletedListItem | Kind::Toggle => json!({"rich_text": words(), "color": "default"}),
        Kind::Heading(_) => json!({"rich_text": words(), "color": "blue", "is_toggleable": false}),
        Kind::ToDo => json!({"rich_text": words(), "color": "default", "checked": dice.once_in(4, 2)}),
        Kind::Callout => {
            json!({"rich_text": words(), "color": "gray_background", "icon": {"type": "emoji", "emoji": "💡"}})
        }
        Kind::Code => {
            let line = text::json(workspace, &[Run::plain("make test && make release")]);
            json!({"rich_text": line, "caption": [], "language": "bash"})
        }
        Kind::Equation => json!({"expression": "a^2 + b^2 = c^2"}),
        Kind::Empty(_) | Kind::ColumnList => json!({}),
        Kind::TableOfContents => json!({"color": "default"}),
        Kind::Column => json!({"width_ratio": 0.5}),
        Kind::Table => json!({"table_width": COLUMNS, "has_column_header": true, "has_row_header": false}),
        Kind::TableRow => {
            let cell =
                |column: u8| text::json(workspace, &[Run::plain(dice.pick(column.into(), &vocabulary::SUBJECTS))]);
            json!({"cells": (0..COLUMNS).map(cell).collect::<Vec<_>>()})
        }
        Kind::Link(_) => json!({"url": format!("https://reading.example/{}", dice.below(5, 10_000)), "caption": []}),
        Kind::Media(kind) => media(workspace, dice, kind),
        Kind::LinkToPage => json!({"type": "page_id", "page_id": workspace.id(Object::Page(0))}),
        Kind::SyncedCopy => {
            let original = Block { page: Page::Standalone(0), path: [1, 0, 0] };
            json!({"synced_from": {"type": "block_id", "block_id": workspace.id(Object::Block(original))}})
        }
        Kind::Unsupported => json!({"block_type": "button"}),
    }
}

fn runs(workspace: &Workspace, dice: Dice) -> Vec<Run> {
    let sentence = dice.pick(1, &vocabulary::SENTENCES);
    match dice.below(2, 9) {
        0 => vec![Run::plain(format!("{sentence} ")), Run::user(workspace, dice.below(3, people::COUNT.into()) as u8)],
        1 => vec![
            Run::annotated(sentence, "bold"),
            Run::colored(format!(" ({})", dice.pick(4, &vocabulary::SUBJECTS)), "red"),
        ],
        2 => vec![Run::link(sentence, titles::url(workspace, Object::Page(0)))],
        3 => Vec::new(),
        _ => vec![Run::plain(sentence)],
    }
}

fn media(workspace: &Workspace, dice: Dice, kind: &str) -> Value {
    let name = format!("{}.{}", dice.pick(5, &vocabulary::SUBJECTS), if kind == "image" { "png" } else { "pdf" });
    let mut media = if dice.once_in(6, 2) {
        json!({"type": "file", "file": values::hosted_file(workspace, &name), "caption": []})
    } else {
        let url = format!("https://files.example/{}", name.replace(' ', "-"));
        json!({"type": "external", "external": {"url": url}, "caption": []})
    };
    if kind == "file" {
        media["name"] = name.into();
    }
    media
}
