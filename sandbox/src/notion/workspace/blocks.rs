//! The content of pages: blocks, some of them nested, then subpages and databases.

use serde_json::{Value, json};

use super::{
    Block, Page, Workspace, containers, people, times, titles,
    tree::{self, Parent},
    values,
};
use crate::notion::{ids::Object, version::Version};

mod content;

/// The direct children of a page or block, starting with the `start`-th, each with its position.
pub(crate) fn children(workspace: &Workspace, of: Object, start: u32) -> Box<dyn Iterator<Item = (u32, Object)>> {
    let (parent, page, path, count) = match of {
        Object::Page(page) => (
            Some(Parent::Page(page)),
            Page::Standalone(page),
            [0; 3],
            content_blocks(workspace, Page::Standalone(page)),
        ),
        Object::Row(row) => (None, Page::Row(row), [0; 3], content_blocks(workspace, Page::Row(row))),
        Object::Block(block) => {
            let count = content::kind(workspace, block).children(workspace.dice(of));
            (Some(Parent::Block(block)), block.page, block.path, count)
        }
        _ => return Box::new(std::iter::empty()),
    };
    let subpages: Box<dyn Iterator<Item = u32>> = match of {
        Object::Page(page) => Box::new(tree::subpages(workspace, page)),
        Object::Block(block) => Box::new(tree::subpages_in(workspace, block)),
        _ => Box::new(std::iter::empty()),
    };
    let depth = path.iter().take_while(|step| **step > 0).count();
    let blocks = (1..=count).map(move |step| Object::Block(below(page, path, depth, step)));
    let databases = parent.into_iter().flat_map({
        let workspace = *workspace;
        move |parent| containers::databases_in(&workspace, parent)
    });
    let all = blocks.chain(subpages.map(Object::Page)).chain(databases.map(Object::Database));
    Box::new((0..).zip(all).skip(start as usize))
}

/// Whether the page has a block at this path.
pub(crate) fn exists(workspace: &Workspace, block: Block) -> bool {
    let depth = block.depth();
    if depth == 0 || block.path[depth..].iter().any(|step| *step > 0) {
        return false;
    }
    let mut count = content_blocks(workspace, block.page);
    for level in 0..depth {
        if block.path[level] > count {
            return false;
        }
        let mut ancestor = Block { page: block.page, path: [0; 3] };
        ancestor.path[..=level].copy_from_slice(&block.path[..=level]);
        count = content::kind(workspace, ancestor).children(workspace.dice(Object::Block(ancestor)));
    }
    true
}

/// Any object as a block: pages have the type `child_page`, databases `child_database`.
pub(crate) fn json(workspace: &Workspace, object: Object, version: Version) -> Value {
    let (parent, kind, content) = match object {
        Object::Block(block) => {
            let kind = content::kind(workspace, block);
            (parent_of(workspace, block), kind.name(), content::json(workspace, block, kind))
        }
        Object::Database(number) => {
            let parent = containers::parent_json(workspace, containers::parent_of(workspace, number), version);
            (parent, "child_database", json!({"title": titles::plain(workspace, object)}))
        }
        Object::Row(row) => {
            let parent = containers::parent_json(workspace, Parent::Source(row.source), version);
            (parent, "child_page", json!({"title": titles::plain(workspace, object)}))
        }
        Object::Page(page) => {
            let parent = containers::parent_json(workspace, tree::parent(page), version);
            (parent, "child_page", json!({"title": titles::plain(workspace, object)}))
        }
        _ => return Value::Null,
    };
    let in_trash = matches!(object, Object::Row(row) if row.is_in_trash());
    let mut block = json!({
        "object": "block", "id": workspace.id(object), "parent": parent, "type": kind, kind: content,
        "created_time": times::format(times::created(workspace, object)),
        "created_by": people::reference(workspace, values::author(workspace, object)),
        "last_edited_time": times::format(times::edited(workspace, object)),
        "last_edited_by": people::reference(workspace, values::editor(workspace, object)),
        "has_children": children(workspace, object, 0).next().is_some(), "in_trash": in_trash,
    });
    if version.has_archived_field() {
        block["archived"] = in_trash.into();
    }
    block
}

/// The number of content blocks of a page. Some rows have none.
fn content_blocks(workspace: &Workspace, page: Page) -> u8 {
    let dice = workspace.dice(page.object());
    match page {
        Page::Standalone(_) => 3 + dice.below(60, 6) as u8,
        Page::Row(_) => dice.below(60, 4) as u8,
    }
}

fn below(page: Page, mut path: [u8; 3], depth: usize, step: u8) -> Block {
    if let Some(slot) = path.get_mut(depth) {
        *slot = step;
    }
    Block { page, path }
}

fn parent_of(workspace: &Workspace, block: Block) -> Value {
    let depth = block.depth();
    if depth < 2 {
        return json!({"type": "page_id", "page_id": workspace.id(block.page.object())});
    }
    let mut parent = block;
    parent.path[depth - 1] = 0;
    json!({"type": "block_id", "block_id": workspace.id(Object::Block(parent))})
}
