//! Titles, icons and the URLs made of titles.

use super::{Row, Workspace, containers, people, schema, text::Run, times, tree::TOP_PAGES, vocabulary};
use crate::{
    fixtures::vocabulary::{CITIES, COMPANY_ENDS, COMPANY_FORMS, COMPANY_STARTS, FIRST_NAMES, LAST_NAMES},
    notion::ids::Object,
};

/// The title of a page, row, database or data source. Some are empty, some have several runs.
pub(crate) fn title(workspace: &Workspace, object: Object) -> Vec<Run> {
    match object {
        Object::Page(index) => page(workspace, index),
        Object::Row(row) => self::row(workspace, row),
        Object::Database(number) => vec![Run::plain(containers::DATABASES[usize::from(number)].title)],
        Object::Source(number) => vec![Run::plain(schema::SOURCES[usize::from(number)].name)],
        _ => Vec::new(),
    }
}

/// The title as plain text.
pub(crate) fn plain(workspace: &Workspace, object: Object) -> String {
    title(workspace, object).into_iter().map(|run| run.text).collect()
}

/// `https://www.notion.so/` with the title as a slug and the id without dashes.
pub(crate) fn url(workspace: &Workspace, object: Object) -> String {
    let title = plain(workspace, object);
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.flat_map(|word| [word, "-"]).collect();
    format!("https://www.notion.so/{slug}{}", workspace.id(object).replace('-', ""))
}

/// The emoji icon. Many pages have none.
pub(crate) fn emoji(workspace: &Workspace, object: Object) -> Option<&'static str> {
    let dice = workspace.dice(object);
    match object {
        Object::Page(index) if index < TOP_PAGES => Some(vocabulary::TOP_PAGES[index as usize].1),
        Object::Page(_) | Object::Row(_) => (!dice.once_in(5, 3)).then(|| dice.pick(6, &vocabulary::ICONS)),
        Object::Database(number) => Some(containers::DATABASES[usize::from(number)].icon),
        Object::Source(number) => Some(containers::DATABASES[usize::from(containers::database_of(number))].icon),
        _ => None,
    }
}

fn page(workspace: &Workspace, index: u32) -> Vec<Run> {
    if index < TOP_PAGES {
        return vec![Run::plain(vocabulary::TOP_PAGES[index as usize].0)];
    }
    let dice = workspace.dice(Object::Page(index));
    let subject = dice.pick(10, &vocabulary::SUBJECTS);
    let document = dice.pick(11, &vocabulary::DOCUMENTS);
    let day = &times::format(times::created(workspace, Object::Page(index)))[..10];
    match dice.below(12, 40) {
        0 => Vec::new(),
        1 => vec![Run::plain(format!("{document}: ")), Run::annotated(subject, "bold")],
        2 => vec![Run::plain(format!("{document} of ")), Run::day(day.to_owned())],
        3 => vec![Run::plain(format!("{subject}, see ")), Run::page(workspace, Object::Page(dice.below(13, 2) as u32))],
        4..16 => vec![Run::plain(format!("{document} for the {subject}"))],
        _ => vec![Run::plain(format!("{document}: {subject}, {day}"))],
    }
}

fn row(workspace: &Workspace, row: Row) -> Vec<Run> {
    let dice = workspace.dice(Object::Row(row));
    let subject = dice.pick(10, &vocabulary::SUBJECTS);
    match row.source {
        0 | 5 if dice.once_in(12, 30) => Vec::new(),
        0 if dice.once_in(13, 12) => vec![
            Run::plain(format!("{} the ", dice.pick(14, &vocabulary::VERBS))),
            Run::annotated(subject, "italic"),
            Run::plain(" with "),
            Run::user(workspace, dice.below(15, people::COUNT.into()) as u8),
        ],
        0 => vec![Run::plain(format!("{} the {subject}", dice.pick(14, &vocabulary::VERBS)))],
        1 => vec![Run::plain(format!("Project {}: {subject}", row.index() + 1))],
        2 => vec![Run::plain(company(workspace, row))],
        3 => vec![Run::plain(format!("{} {}", dice.pick(16, &FIRST_NAMES), dice.pick(17, &LAST_NAMES)))],
        4 => vec![Run::plain(format!("How we do {subject}"))],
        _ => {
            let city = dice.pick(18, &CITIES).0;
            vec![Run::plain(format!("{subject} in {city}, ")), Run::equation("x^2")]
        }
    }
}

/// The name of the company in this row.
pub(crate) fn company(workspace: &Workspace, row: Row) -> String {
    let dice = workspace.dice(Object::Row(row));
    let (start, end) = (dice.pick(20, &COMPANY_STARTS), dice.pick(21, &COMPANY_ENDS));
    format!("{start}{end} {}", dice.pick(22, &COMPANY_FORMS))
}

/// The domain of the company in this row.
pub(crate) fn domain(workspace: &Workspace, row: Row) -> String {
    let dice = workspace.dice(Object::Row(row));
    let name = [dice.pick(20, &COMPANY_STARTS), dice.pick(21, &COMPANY_ENDS)].concat().to_lowercase();
    format!("{name}.example")
}
