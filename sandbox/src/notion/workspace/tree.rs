//! The tree of pages: a few at the top, subpages below them and sub-subpages below these. Where a page stands follows from
//! its index alone, so that a change of the sizes moves nothing.

use super::{Block, Page, Workspace, containers};
use crate::notion::ids::Object;

/// Pages at the top of the workspace.
pub(crate) const TOP_PAGES: u32 = 8;

/// After the pages at the top come families: one subpage, and its sub-subpages behind it.
const FAMILY: u32 = 6;

/// Which page at the top each of sixteen successive families belongs to.
const SPREAD: [u32; 16] = [0, 1, 2, 0, 3, 1, 4, 0, 5, 2, 1, 6, 3, 7, 0, 4];

/// What an object stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parent {
    Workspace,
    Page(u32),
    Block(Block),
    /// A row's.
    Source(u8),
}

/// How deep a page stands, and in which family.
enum Place {
    Top,
    Head { family: u32 },
    Member { family: u32, which: u32 },
}

pub(crate) fn parent(page: u32) -> Parent {
    match place(page) {
        Place::Top => Parent::Workspace,
        Place::Head { family } => Parent::Page(top_of_family(family)),
        // Every fifth sub-subpage stands inside a toggle.
        Place::Member { family, which: 4 } => Parent::Block(toggle(head(family))),
        Place::Member { family, .. } => Parent::Page(head(family)),
    }
}

/// The toggle with which the content of every subpage begins.
pub(crate) fn toggle(page: u32) -> Block {
    Block { page: Page::Standalone(page), path: [1, 0, 0] }
}

/// Whether this page is the head of a family, whose content begins with a toggle.
pub(crate) fn has_toggle(page: u32) -> bool {
    matches!(place(page), Place::Head { .. })
}

/// The index of the page with which a family begins.
pub(crate) fn head(family: u32) -> u32 {
    TOP_PAGES.saturating_add(family.saturating_mul(FAMILY))
}

/// The pages that stand directly on a page, not those inside one of its blocks.
pub(crate) fn subpages(workspace: &Workspace, page: u32) -> impl Iterator<Item = u32> + use<> {
    let pages = workspace.pages;
    let heads = (0u32..).filter(move |family| top_of_family(*family) == page).map(head);
    let members = (page.saturating_add(1)..page.saturating_add(FAMILY))
        .filter(move |member| parent(*member) == Parent::Page(page));
    let (heads, members) = match place(page) {
        Place::Top => (Some(heads), None),
        Place::Head { .. } => (None, Some(members)),
        Place::Member { .. } => (None, None),
    };
    let both = heads.into_iter().flatten().map_while(move |page| (page < pages).then_some(page));
    both.chain(members.into_iter().flatten().filter(move |page| *page < pages))
}

/// The pages inside a block.
pub(crate) fn subpages_in(workspace: &Workspace, block: Block) -> impl Iterator<Item = u32> + use<> {
    let pages = workspace.pages;
    let heir = match block.page {
        Page::Standalone(page) if has_toggle(page) && block == toggle(page) => page.checked_add(5),
        _ => None,
    };
    heir.into_iter().filter(move |page| *page < pages)
}

/// The page at the top below which an object stands; `None` for what stands on the workspace itself.
pub(crate) fn top_of(workspace: &Workspace, object: Object) -> Option<u32> {
    match object {
        Object::Page(page) => Some(match place(page) {
            Place::Top => page,
            Place::Head { family } | Place::Member { family, .. } => top_of_family(family),
        }),
        Object::Row(row) => top_of(workspace, Object::Source(row.source)),
        Object::Source(source) => top_of(workspace, Object::Database(containers::database_of(source))),
        Object::Database(database) => match containers::home(workspace, database) {
            Parent::Page(page) | Parent::Block(Block { page: Page::Standalone(page), .. }) => {
                top_of(workspace, Object::Page(page))
            }
            _ => None,
        },
        Object::Block(block) => top_of(workspace, block.page.object()),
        _ => None,
    }
}

fn place(page: u32) -> Place {
    let Some(offset) = page.checked_sub(TOP_PAGES) else { return Place::Top };
    match (offset / FAMILY, offset % FAMILY) {
        (family, 0) => Place::Head { family },
        (family, which) => Place::Member { family, which: which - 1 },
    }
}

fn top_of_family(family: u32) -> u32 {
    SPREAD[family as usize % SPREAD.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_from_the_top_once() {
        let pages = 400;
        let now = jiff::Timestamp::UNIX_EPOCH;
        let workspace = Workspace { seed: 1, pages, rows: [0; 6], crowded_minute: false, now };
        let mut found: Vec<u32> = (0..TOP_PAGES).collect();
        let mut at = 0;
        while let Some(page) = found.get(at).copied() {
            let inside = subpages_in(&workspace, toggle(page));
            for child in subpages(&workspace, page).chain(inside) {
                assert_eq!(top_of(&workspace, Object::Page(child)), top_of(&workspace, Object::Page(page)));
                found.push(child);
            }
            at += 1;
        }
        found.sort_unstable();
        assert_eq!(found, (0..pages).collect::<Vec<_>>());
    }
}
