//! Attachments. Their URLs lead nowhere, as Airtable's do two hours after they were issued.

use serde_json::{Value, json};

use super::Row;
use crate::airtable::workspace::{catalog::Table, ids};

/// A name, a type, and for an image its width and height.
type File = (&'static str, &'static str, Option<(u32, u32)>);

const FILES: [File; 6] = [
    ("front.jpg", "image/jpeg", Some((2400, 1600))),
    ("sketch-2.png", "image/png", Some((1280, 1280))),
    ("offer.pdf", "application/pdf", None),
    ("Übersicht (final).pdf", "application/pdf", None),
    ("写真.jpg", "image/jpeg", Some((3024, 4032))),
    ("notes.txt", "text/plain", None),
];

pub(super) fn attached(seed: u64, table: &Table, row: &Row, purpose: u64) -> Value {
    let first = row.dice.below(purpose + 1, FILES.len() as u64) as usize;
    let count = 1 + row.dice.below(purpose + 2, 3) as usize;
    (0..count).map(|step| attachment(seed, table, row, purpose + 3 + step as u64, first + step)).collect()
}

fn attachment(seed: u64, table: &Table, row: &Row, purpose: u64, file: usize) -> Value {
    let (filename, kind, size) = FILES[file % FILES.len()];
    let id = ids::named(seed, "att", &format!("{}/{}/{purpose}", table.definition.name, row.index));
    let url = format!("https://v5.usercontent.example/v3/u/{id}");
    let mut attachment = json!({
        "id": id, "url": url, "filename": filename, "size": 2_000 + row.dice.below(purpose, 5_000_000), "type": kind,
    });
    if let Some((width, height)) = size {
        let thumbnail = |name: &str, edge: u32| json!({"url": format!("{url}/{name}"), "width": edge * width / height, "height": edge});
        attachment["width"] = width.into();
        attachment["height"] = height.into();
        attachment["thumbnails"] =
            json!({"small": thumbnail("small", 36), "large": thumbnail("large", 512), "full": thumbnail("full", 3000)});
    }
    attachment
}
