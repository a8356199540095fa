//! The page tree: a few top-level pages, subpages below them and sub-subpages below those. A page's parent depends only
//! on its index, so changing the size of the workspace moves no page.

use super::{Block, Page, Workspace, containers};
use crate::notion::ids::Object;

/// The number of top-level pages.
pub(crate) const TOP_PAGES: u32 = 8;

/// After the top-level pages come families of this size: one subpage, then its sub-subpages.
const FAMILY: u32 = 6;

/// The top-level page of each of sixteen successive families.
const TOP_PAGE_OF_FAMILY: [u32; 16] = [0, 1, 2, 0, 3, 1, 4, 0, 5, 2, 1, 6, 3, 7, 0, 4];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Parent {
    Workspace,
    Page(u32),
    Block(Block),
    /// The parent of rows.
    Source(u8),
}

/// The level of a page, and its family.
enum Level {
    Top,
    First { family: u32 },
    Member { family: u32, which: u32 },
}

pub(crate) fn parent(page: u32) -> Parent {
    match level(page) {
        Level::Top => Parent::Workspace,
        Level::First { family } => Parent::Page(top_of_family(family)),
        // One sub-subpage of each family is inside a toggle.
        Level::Member { family, which: 4 } => Parent::Block(toggle(first_page(family))),
        Level::Member { family, .. } => Parent::Page(first_page(family)),
    }
}

/// The toggle at the start of every subpage.
pub(crate) fn toggle(page: u32) -> Block {
    Block { page: Page::Standalone(page), path: [1, 0, 0] }
}

/// Whether this page is the first of its family, which starts with a toggle.
pub(crate) fn has_toggle(page: u32) -> bool {
    matches!(level(page), Level::First { .. })
}

/// The index of the first page of a family.
pub(crate) fn first_page(family: u32) -> u32 {
    TOP_PAGES.saturating_add(family.saturating_mul(FAMILY))
}

/// The pages directly on a page, not those inside one of its blocks.
pub(crate) fn subpages(workspace: &Workspace, page: u32) -> impl Iterator<Item = u32> + use<> {
    let pages = workspace.pages;
    let heads = (0u32..).filter(move |family| top_of_family(*family) == page).map(first_page);
    let members = (page.saturating_add(1)..page.saturating_add(FAMILY))
        .filter(move |member| parent(*member) == Parent::Page(page));
    let (heads, members) = match level(page) {
        Level::Top => (Some(heads), None),
        Level::First { .. } => (None, Some(members)),
        Level::Member { .. } => (None, None),
    };
    let both = heads.into_iter().flatten().map_while(move |page| (page < pages).then_some(page));
    both.chain(members.into_iter().flatten().filter(move |page| *page < pages))
}

/// The pages inside a block.
pub(crate) fn subpages_in(workspace: &Workspace, block: Block) -> impl Iterator<Item = u32> + use<> {
    let pages = workspace.pages;
    let child = match block.page {
        Page::Standalone(page) if has_toggle(page) && block == toggle(page) => page.checked_add(5),
        _ => None,
    };
    child.into_iter().filter(move |page| *page < pages)
}

/// The top-level page above an object; `None` for objects directly in the workspace.
pub(crate) fn top_of(workspace: &Workspace, object: Object) -> Option<u32> {
    match object {
        Object::Page(page) => Some(match level(page) {
            Level::Top => page,
            Level::First { family } | Level::Member { family, .. } => top_of_family(family),
        }),
        Object::Row(row) => top_of(workspace, Object::Source(row.source)),
        Object::Source(source) => top_of(workspace, Object::Database(containers::database_of(source))),
        Object::Database(database) => match containers::parent_of(workspace, database) {
            Parent::Page(page) | Parent::Block(Block { page: Page::Standalone(page), .. }) => {
                top_of(workspace, Object::Page(page))
            }
            _ => None,
        },
        Object::Block(block) => top_of(workspace, block.page.object()),
        _ => None,
    }
}

fn level(page: u32) -> Level {
    let Some(offset) = page.checked_sub(TOP_PAGES) else { return Level::Top };
    match (offset / FAMILY, offset % FAMILY) {
        (family, 0) => Level::First { family },
        (family, which) => Level::Member { family, which: which - 1 },
    }
}

fn top_of_family(family: u32) -> u32 {
    TOP_PAGE_OF_FAMILY[family as usize % TOP_PAGE_OF_FAMILY.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_reachable_from_the_top_exactly_once() {
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
