//! Identifiers of rows, pages and blocks, small enough to fit into an id.

use crate::notion::ids::Object;

/// Rows from this number on are in the trash.
pub(crate) const TRASH: u32 = 1 << 31;

/// A row of a data source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub source: u8,
    pub number: u32,
}

/// A page outside of data sources, or a row. Both can have blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Standalone(u32),
    Row(Row),
}

/// A block of a page's content. Each step of the path counts from 1; unused levels are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub page: Page,
    pub path: [u8; 3],
}

impl Row {
    pub(crate) fn is_in_trash(self) -> bool {
        self.number >= TRASH
    }

    /// The number without the trash bit.
    pub(crate) fn index(self) -> u32 {
        self.number & !TRASH
    }

    pub(crate) fn bits(self) -> u64 {
        u64::from(self.source) << 32 | u64::from(self.number)
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self { source: (bits >> 32) as u8, number: bits as u32 }
    }
}

impl Page {
    pub(crate) fn object(self) -> Object {
        match self {
            Self::Standalone(index) => Object::Page(index),
            Self::Row(row) => Object::Row(row),
        }
    }
}

impl Block {
    pub(crate) fn depth(self) -> usize {
        self.path.iter().take_while(|step| **step > 0).count()
    }

    /// 24 bits of path, one that distinguishes rows from other pages, three of data source, 32 of number.
    pub(crate) fn bits(self) -> u64 {
        let [a, b, c] = self.path.map(u64::from);
        let page = match self.page {
            Page::Standalone(index) => u64::from(index),
            Page::Row(row) => 1 << 35 | row.bits(),
        };
        (a | b << 8 | c << 16) << 36 | page
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        let path = [36, 44, 52].map(|shift| (bits >> shift) as u8);
        let is_row = bits >> 35 & 1 == 1;
        let page = if is_row { Page::Row(Row::from_bits(bits & 0x7_ffff_ffff)) } else { Page::Standalone(bits as u32) };
        Self { page, path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_restored_from_its_bits() {
        let row = Page::Row(Row { source: 5, number: TRASH + 3 });
        for page in [Page::Standalone(400), row] {
            let block = Block { page, path: [3, 1, 2] };
            assert_eq!(Block::from_bits(block.bits()), block);
        }
    }
}
