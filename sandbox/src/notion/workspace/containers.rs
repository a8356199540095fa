//! Databases and their data sources as the API returns them.

use serde_json::{Value, json};

use super::{
    Workspace, people,
    schema::{Choice, GROUPS, Kind, Property, SOURCES},
    text::{self, Run},
    times, titles,
    tree::{self, Parent},
    values,
};
use crate::notion::{ids::Object, version::Version};

pub(crate) struct Database {
    pub title: &'static str,
    pub icon: &'static str,
    pub sources: &'static [u8],
    is_inline: bool,
    location: Location,
}

/// Where a database is: directly on a page, or in the toggle at the start of a subpage.
enum Location {
    Page(u32),
    Toggle(u32),
}

pub(crate) static DATABASES: [Database; 5] = [
    Database { title: "Tasks", icon: "✅", sources: &[0], is_inline: false, location: Location::Page(1) },
    Database { title: "Projects", icon: "🎯", sources: &[1], is_inline: false, location: Location::Page(14) },
    Database { title: "Customers", icon: "🤝", sources: &[2, 3], is_inline: false, location: Location::Page(4) },
    Database { title: "Handbook", icon: "📖", sources: &[4], is_inline: true, location: Location::Toggle(20) },
    Database { title: "Meetings", icon: "🗓️", sources: &[5], is_inline: true, location: Location::Page(28) },
];

pub(crate) fn database_of(source: u8) -> u8 {
    let position = DATABASES.iter().position(|database| database.sources.contains(&source));
    position.unwrap_or_default() as u8
}

/// The parent of a database. If the workspace is too small to have its page, that is the first page.
pub(crate) fn parent_of(workspace: &Workspace, database: u8) -> Parent {
    match DATABASES[usize::from(database)].location {
        Location::Page(page) if page < workspace.pages => Parent::Page(page),
        Location::Toggle(page) if page < workspace.pages => Parent::Block(tree::toggle(page)),
        _ if workspace.pages > 0 => Parent::Page(0),
        _ => Parent::Workspace,
    }
}

/// The databases directly inside a parent.
pub(crate) fn databases_in(workspace: &Workspace, parent: Parent) -> impl Iterator<Item = u8> + use<> {
    let workspace = *workspace;
    (0..DATABASES.len() as u8).filter(move |database| parent_of(&workspace, *database) == parent)
}

pub(crate) fn parent_json(workspace: &Workspace, parent: Parent, version: Version) -> Value {
    match parent {
        Parent::Workspace => json!({"type": "workspace", "workspace": true}),
        Parent::Page(page) => json!({"type": "page_id", "page_id": workspace.id(Object::Page(page))}),
        Parent::Block(block) => json!({"type": "block_id", "block_id": workspace.id(Object::Block(block))}),
        Parent::Source(source) => {
            let database = workspace.id(Object::Database(database_of(source)));
            if !version.has_data_sources() {
                return json!({"type": "database_id", "database_id": database});
            }
            let source = workspace.id(Object::Source(source));
            json!({"type": "data_source_id", "data_source_id": source, "database_id": database})
        }
    }
}

/// A database. In API versions without data sources it has the properties of its only data source.
pub(crate) fn database(workspace: &Workspace, number: u8, version: Version) -> Value {
    let object = Object::Database(number);
    let database = &DATABASES[usize::from(number)];
    let mut body = common(workspace, object, number, version);
    body["object"] = "database".into();
    body["parent"] = parent_json(workspace, parent_of(workspace, number), version);
    if version.has_data_sources() {
        body["is_locked"] = false.into();
        let name = |source: &u8| {
            let id = workspace.id(Object::Source(*source));
            json!({"id": id, "name": SOURCES[usize::from(*source)].name})
        };
        body["data_sources"] = database.sources.iter().map(name).collect();
        return body;
    }
    authors(workspace, object, &mut body);
    body["properties"] = properties(workspace, database.sources[0], version);
    body
}

pub(crate) fn data_source(workspace: &Workspace, number: u8, version: Version) -> Value {
    let object = Object::Source(number);
    let database = database_of(number);
    let mut body = common(workspace, object, database, version);
    body["object"] = "data_source".into();
    body["parent"] = json!({"type": "database_id", "database_id": workspace.id(Object::Database(database))});
    body["database_parent"] = parent_json(workspace, parent_of(workspace, database), version);
    body["properties"] = properties(workspace, number, version);
    authors(workspace, object, &mut body);
    body
}

fn common(workspace: &Workspace, object: Object, database: u8, version: Version) -> Value {
    let database = &DATABASES[usize::from(database)];
    let description = match SOURCES[usize::from(database.sources[0])].description {
        "" => Vec::new(),
        description => vec![Run::plain(description)],
    };
    let mut body = json!({
        "id": workspace.id(object), "title": text::json(workspace, &titles::title(workspace, object)),
        "description": text::json(workspace, &description), "is_inline": database.is_inline, "in_trash": false,
        "created_time": times::format(times::created(workspace, object)),
        "last_edited_time": times::format(times::edited(workspace, object)),
        "icon": {"type": "emoji", "emoji": database.icon}, "cover": null, "url": titles::url(workspace, object), "public_url": null,
    });
    if version.has_archived_field() {
        body["archived"] = false.into();
    }
    body
}

fn authors(workspace: &Workspace, object: Object, body: &mut Value) {
    body["created_by"] = people::reference(workspace, values::author(workspace, object));
    body["last_edited_by"] = people::reference(workspace, values::editor(workspace, object));
}

fn properties(workspace: &Workspace, source: u8, version: Version) -> Value {
    let properties = SOURCES[usize::from(source)].properties.iter();
    properties.map(|property| (property.name.to_owned(), column(workspace, source, property, version))).collect()
}

fn column(workspace: &Workspace, source: u8, property: &Property, version: Version) -> Value {
    let kind = property.kind.name();
    let option =
        |choice: &Choice| json!({"id": choice.id, "name": choice.name, "color": choice.color, "description": null});
    let settings = match property.kind {
        Kind::Number { format, .. } => json!({"format": format}),
        Kind::Select(choices) | Kind::MultiSelect(choices) => {
            json!({"options": choices.iter().map(option).collect::<Vec<_>>()})
        }
        Kind::Status(choices) => {
            let groups = (0..).zip(GROUPS).map(|(number, (name, color))| {
                let members = choices.iter().filter(|(_, group)| *group == number).map(|(choice, _)| choice.id);
                json!({"id": format!("g-{number}"), "name": name, "color": color, "option_ids": members.collect::<Vec<_>>()})
            });
            let options: Vec<_> = choices.iter().map(|(choice, _)| option(choice)).collect();
            json!({"options": options, "groups": groups.collect::<Vec<_>>()})
        }
        Kind::Formula { expression, .. } => json!({"expression": expression}),
        Kind::Relation { source, synced } => relation(workspace, source, synced, version),
        Kind::Rollup { relation, property, function } => {
            let ends = values::rollups::ends(source, relation, property);
            let (relation_id, property_id) = ends.map(|(relation, property)| (relation.id, property.id)).unzip();
            json!({
                "function": function, "relation_property_name": relation, "relation_property_id": relation_id,
                "rollup_property_name": property, "rollup_property_id": property_id,
            })
        }
        Kind::UniqueId { prefix } => json!({"prefix": prefix}),
        _ => json!({}),
    };
    json!({"id": property.id, "name": property.name, "description": null, "type": kind, kind: settings})
}

fn relation(workspace: &Workspace, source: u8, synced: Option<(&str, &str)>, version: Version) -> Value {
    let database = workspace.id(Object::Database(database_of(source)));
    let mut relation = json!({"database_id": database});
    if version.has_data_sources() {
        relation["data_source_id"] = workspace.id(Object::Source(source)).into();
    }
    let (kind, settings) = match synced {
        Some((id, name)) => ("dual_property", json!({"synced_property_id": id, "synced_property_name": name})),
        None => ("single_property", json!({})),
    };
    relation["type"] = kind.into();
    relation[kind] = settings;
    relation
}
