//! The values of a row's properties, as the JSON under the property's type. An unset value is `null`, `[]` or `false`,
//! depending on the type.

use serde_json::{Value, json};

use super::{
    Row, Workspace, links, people,
    schema::{Choice, Dates, Formula, Kind, Property, SOURCES},
    text::{self, Run},
    times, titles, vocabulary,
};
use crate::{
    fixtures::{dice::Dice, vocabulary::CITIES},
    notion::ids::Object,
};

mod dates;
pub(crate) mod rollups;

/// The number of relations that a page shows (developers.notion.com/reference/retrieve-a-page).
pub(crate) const SHOWN_RELATIONS: usize = 25;

/// The selected properties of a row as they appear in a page.
pub(crate) fn properties(workspace: &Workspace, row: Row, wanted: impl Fn(&Property) -> bool) -> Value {
    let all = SOURCES[usize::from(row.source)].properties.iter().filter(|property| wanted(property));
    all.map(|property| (property.name.to_owned(), with_type(workspace, row, property))).collect()
}

fn with_type(workspace: &Workspace, row: Row, property: &Property) -> Value {
    let kind = property.kind.name();
    let mut json = json!({"id": property.id, "type": kind, kind: value(workspace, row, property)});
    if let Kind::Relation { .. } = property.kind {
        json["has_more"] = (links::related(workspace, row, property).nth(SHOWN_RELATIONS).is_some()).into();
    }
    json
}

/// The value of one property.
pub(crate) fn value(workspace: &Workspace, row: Row, property: &Property) -> Value {
    let object = Object::Row(row);
    let dice = dice(workspace, row, property);
    match property.kind {
        Kind::Title => text::json(workspace, &titles::title(workspace, object)),
        Kind::RichText => text::json(workspace, &notes(workspace, row, dice)),
        Kind::Number { most, .. } => number(dice, most),
        Kind::Select(choices) => (!dice.once_in(0, 6)).then(|| choice(dice.pick(1, choices))).into(),
        Kind::MultiSelect(choices) => {
            let chosen = (0..).zip(choices).filter(|(which, _)| dice.once_in(*which, 3));
            chosen.map(|(_, chosen)| choice(*chosen)).collect()
        }
        Kind::Status(choices) => (!dice.once_in(0, 40)).then(|| choice(dice.pick(1, choices).0)).into(),
        Kind::Date(dates) => dates::date(times::created(workspace, object), dates, dice),
        Kind::People { most } => people_value(workspace, dice, most),
        Kind::Files => files(workspace, dice),
        Kind::Checkbox => dice.once_in(0, 3).into(),
        Kind::Url => (!dice.once_in(0, 8)).then(|| format!("https://www.{}/", titles::domain(workspace, row))).into(),
        Kind::Email => (!dice.once_in(0, 9)).then(|| address(workspace, row)).into(),
        Kind::PhoneNumber => (!dice.once_in(0, 3)).then(|| phone(dice)).into(),
        Kind::Formula { of, formula, .. } => calculated(workspace, row, of, formula),
        Kind::Relation { .. } => {
            let related = links::related(workspace, row, property).take(SHOWN_RELATIONS);
            related.map(|row| json!({"id": workspace.id(Object::Row(row))})).collect()
        }
        Kind::Rollup { .. } => rollups::rollup(workspace, row, property),
        Kind::CreatedTime => times::format(times::created(workspace, object)).into(),
        Kind::LastEditedTime => times::format(times::edited(workspace, object)).into(),
        Kind::CreatedBy => people::person(workspace, author(workspace, object)),
        Kind::LastEditedBy => people::person(workspace, editor(workspace, object)),
        Kind::UniqueId { prefix } => {
            // Rows in the trash are numbered after the others.
            let before = if row.is_in_trash() { workspace.rows[usize::from(row.source)] } else { 0 };
            json!({"prefix": prefix, "number": before + row.index() + 1})
        }
        Kind::Verification => dates::verification(workspace, object, dice),
        Kind::Button => json!({}),
        Kind::Place => place(dice),
    }
}

/// The member who created an object.
pub(crate) fn author(workspace: &Workspace, object: Object) -> u8 {
    workspace.dice(object).below(30, people::COUNT.into()) as u8
}

/// The member who edited an object last.
pub(crate) fn editor(workspace: &Workspace, object: Object) -> u8 {
    workspace.dice(object).below(31, people::COUNT.into()) as u8
}

/// The dice of one property, independent of those of other properties of the same row.
fn dice(workspace: &Workspace, row: Row, property: &Property) -> Dice {
    let name = property.id.bytes().fold(0, |name, byte| name << 8 | u64::from(byte));
    let row = workspace.dice(Object::Row(row)).below(40, u64::MAX);
    Dice::new(workspace.seed, name, row)
}

fn choice(choice: Choice) -> Value {
    json!({"id": choice.id, "name": choice.name, "color": choice.color})
}

fn number(dice: Dice, most: u64) -> Value {
    if dice.once_in(0, 7) {
        return Value::Null;
    }
    let whole = dice.below(1, most) + 1;
    // Some amounts of money have cents.
    if most > 100 && dice.once_in(2, 5) { json!(whole as f64 + 0.5) } else { whole.into() }
}

fn notes(workspace: &Workspace, row: Row, dice: Dice) -> Vec<Run> {
    let sentence = dice.pick(1, &vocabulary::SENTENCES);
    match dice.below(0, 6) {
        0 | 1 => Vec::new(),
        2 => vec![
            Run::plain(sentence),
            Run::plain(" "),
            Run::annotated(dice.pick(2, &vocabulary::SENTENCES), "underline"),
        ],
        3 => vec![Run::plain("Details: "), Run::link(sentence, format!("https://{}/", titles::domain(workspace, row)))],
        4 => vec![Run::user(workspace, dice.below(3, people::COUNT.into()) as u8), Run::plain(format!(": {sentence}"))],
        _ => vec![Run::plain(sentence)],
    }
}

fn people_value(workspace: &Workspace, dice: Dice, most: u64) -> Value {
    let (first, count) = (dice.below(0, people::COUNT.into()) as u8, dice.below(1, most + 1) as u8);
    (first..first + count).map(|user| people::person(workspace, user % people::COUNT)).collect()
}

fn files(workspace: &Workspace, dice: Dice) -> Value {
    let name = format!("{}.pdf", dice.pick(1, &vocabulary::SUBJECTS));
    let stored = hosted_file(workspace, &name);
    let elsewhere = json!({"url": format!("https://files.example/{:x}", dice.below(3, 1 << 40))});
    match dice.below(0, 4) {
        0 | 1 => json!([]),
        2 => json!([{"name": name, "type": "file", "file": stored}]),
        _ => json!([
            {"name": name, "type": "file", "file": stored},
            {"name": "elsewhere", "type": "external", "external": elsewhere},
        ]),
    }
}

/// A file hosted by Notion, whose URL is signed and valid for an hour (developers.notion.com/reference/file-object).
pub(crate) fn hosted_file(workspace: &Workspace, name: &str) -> Value {
    let url =
        format!("https://files.notion.example/{}?signature={:x}", name.replace(' ', "%20"), workspace.now.as_second());
    let expiry = workspace.now.saturating_add(jiff::SignedDuration::from_hours(1)).unwrap_or(workspace.now);
    json!({"url": url, "expiry_time": times::format(expiry)})
}

fn address(workspace: &Workspace, row: Row) -> String {
    let name = titles::plain(workspace, Object::Row(row)).replace(' ', ".");
    let employer = SOURCES[3].property("Employer").and_then(|property| links::related(workspace, row, property).next());
    let domain = employer.map_or_else(|| "mail.example".to_owned(), |company| titles::domain(workspace, company));
    format!("{}@{domain}", name.split('.').map(crate::fixtures::vocabulary::ascii).collect::<Vec<_>>().join("."))
}

fn phone(dice: Dice) -> String {
    format!("{} 555 {:04}", dice.pick(1, &CITIES).2, 100 + dice.below(2, 100))
}

fn place(dice: Dice) -> Value {
    let (name, lat, lon) = dice.pick(1, &vocabulary::CITIES);
    let place =
        json!({"lat": lat, "lon": lon, "name": name, "address": null, "aws_place_id": null, "google_place_id": null});
    (!dice.once_in(0, 5)).then_some(place).into()
}

fn calculated(workspace: &Workspace, row: Row, of: &str, formula: Formula) -> Value {
    let property = SOURCES[usize::from(row.source)].property(of);
    let value = property.map_or(Value::Null, |property| value(workspace, row, property));
    match formula {
        Formula::IsLarge => json!({"type": "boolean", "boolean": value.as_f64().is_some_and(|number| number > 8.0)}),
        Formula::Fourfold => json!({"type": "number", "number": value.as_f64().map(|number| number * 4.0)}),
        Formula::WeekLater => json!({"type": "date", "date": dates::week_later(&value)}),
        Formula::Capitals => json!({"type": "string", "string": value["name"].as_str().map(str::to_uppercase)}),
    }
}
