//! The structure of a base as `GET /v0/meta/bases/{base}/tables` describes it
//! (<https://airtable.com/developers/web/api/field-model>).

use serde_json::{Map, Value, json};

use crate::airtable::workspace::{
    catalog::{Base, Catalog, Field, Reference, Table},
    definition::{DateStyle, FieldType},
    ids,
};

/// The tables of a base. `visible` adds the ids of the fields that each grid shows.
pub(crate) fn tables(catalog: &Catalog, base: &Base, visible: bool) -> Value {
    let tables: Vec<Value> =
        base.tables.iter().map(|index| table_json(catalog, &catalog.tables[*index], visible)).collect();
    json!({"tables": tables})
}

fn table_json(catalog: &Catalog, table: &Table, visible: bool) -> Value {
    let fields: Vec<Value> = table.fields.iter().map(|field| field_json(catalog, table, field)).collect();
    let views = table.views.iter().map(|view| {
        let mut view_json = json!({"id": view.id, "name": view.definition.name, "type": view.definition.kind});
        if visible && view.definition.kind == "grid" {
            let shown = table.fields.iter().take(table.fields.len() - view.definition.hidden_fields);
            view_json["visibleFieldIds"] = shown.map(|field| field.id.as_str()).collect();
        }
        view_json
    });
    let mut described = json!({
        "id": table.id,
        "name": table.definition.name,
        "primaryFieldId": table.fields[0].id,
        "fields": fields,
        "views": views.collect::<Vec<_>>(),
    });
    if let Some(description) = table.definition.description {
        described["description"] = description.into();
    }
    described
}

fn field_json(catalog: &Catalog, table: &Table, field: &Field) -> Value {
    let mut described = config(&field.definition.kind, options(catalog, table, field));
    described.insert("id".to_owned(), field.id.clone().into());
    described.insert("name".to_owned(), field.definition.name.into());
    if let Some(description) = field.definition.description {
        described.insert("description".to_owned(), description.into());
    }
    Value::Object(described)
}

/// A field type with its options, if it has any.
fn config(kind: &FieldType, options: Option<Value>) -> Map<String, Value> {
    let mut config = Map::from_iter([("type".to_owned(), kind.name().into())]);
    config.extend(options.map(|options| ("options".to_owned(), options)));
    config
}

fn options(catalog: &Catalog, table: &Table, field: &Field) -> Option<Value> {
    let id = |index: usize| table.fields[index].id.as_str();
    let kind = &field.definition.kind;
    match (&field.reference, kind) {
        (Reference::Link { table, inverse }, _) => Some(json!({
            "linkedTableId": catalog.tables[*table].id,
            "isReversed": false,
            "prefersSingleRecordLink": false,
            "inverseLinkFieldId": catalog.tables[*table].fields[*inverse].id,
        })),
        (Reference::Count { link }, _) => Some(json!({"isValid": true, "recordLinkFieldId": id(*link)})),
        (Reference::Lookup { link, table, field }, FieldType::Rollup { .. }) => Some(json!({
            "isValid": true, "recordLinkFieldId": id(*link), "referencedFieldIds": [],
            "fieldIdInLinkedTable": catalog.tables[*table].fields[*field].id,
            "result": config(&NUMBER, Some(json!({"precision": 2}))),
        })),
        (Reference::Lookup { link, table, field }, _) => {
            let (table, field) = (&catalog.tables[*table], &catalog.tables[*table].fields[*field]);
            Some(json!({
                "isValid": true, "recordLinkFieldId": id(*link), "fieldIdInLinkedTable": field.id,
                "result": config(&field.definition.kind, options(catalog, table, field)),
            }))
        }
        (Reference::Formula(expression), FieldType::Formula { text, result }) => {
            let mut mentioned = Vec::new();
            expression.iter().for_each(|expression| expression.collect_fields(&mut mentioned));
            let with_ids = mentioned.iter().fold((*text).to_owned(), |text, index| {
                text.replace(&format!("{{{}}}", table.fields[*index].definition.name), &format!("{{{}}}", id(*index)))
            });
            Some(json!({
                "isValid": expression.is_some(), "formula": with_ids,
                "referencedFieldIds": mentioned.into_iter().map(id).collect::<Vec<_>>(),
                "result": config(result, own_options(catalog.seed, &field.id, result)),
            }))
        }
        (_, FieldType::AiText { prompt, about }) => {
            let about = table.field(about).map(id).unwrap_or_default();
            Some(json!({"prompt": [prompt, {"field": {"fieldId": about}}], "referencedFieldIds": [about]}))
        }
        _ => own_options(catalog.seed, &field.id, kind),
    }
}

const NUMBER: FieldType = FieldType::Number { precision: 2, low: 0, high: 0 };

/// The options of types that do not refer to another field.
fn own_options(seed: u64, field_id: &str, kind: &FieldType) -> Option<Value> {
    match kind {
        FieldType::Number { precision, .. } => Some(json!({"precision": precision})),
        FieldType::Percent { .. } => Some(json!({"precision": 0})),
        FieldType::Currency { symbol, .. } => Some(json!({"precision": 2, "symbol": symbol})),
        FieldType::Duration { .. } => Some(json!({"durationFormat": "h:mm"})),
        FieldType::Rating { max } => Some(json!({"icon": "star", "color": "yellowBright", "max": max})),
        FieldType::Checkbox => Some(json!({"icon": "check", "color": "greenBright"})),
        FieldType::SingleSelect(names) | FieldType::MultipleSelects(names) | FieldType::ExternalSyncSource(names) => {
            Some(json!({"choices": choices(seed, field_id, names)}))
        }
        FieldType::SingleCollaborator
        | FieldType::MultipleCollaborators
        | FieldType::CreatedBy
        | FieldType::LastModifiedBy => Some(json!({})),
        FieldType::Date(style, _) => Some(json!({"dateFormat": date_format(*style)})),
        FieldType::DateTime(_) => Some(date_time()),
        FieldType::CreatedTime => Some(json!({"result": {"type": "dateTime", "options": date_time()}})),
        FieldType::LastModifiedTime => Some(json!({
            "isValid": true, "referencedFieldIds": [], "result": {"type": "dateTime", "options": date_time()},
        })),
        FieldType::MultipleAttachments => Some(json!({"isReversed": false})),
        _ => None,
    }
}

/// Airtable's ten colors, each in four shades.
const COLORS: [&str; 10] = ["blue", "cyan", "teal", "green", "yellow", "orange", "red", "pink", "purple", "gray"];
const SHADES: [&str; 4] = ["Light2", "Light1", "Bright", "Dark1"];

fn choices(seed: u64, field_id: &str, names: &[&str]) -> Vec<Value> {
    let choice = |(index, name): (usize, &&str)| {
        let id = ids::named(seed, "sel", &format!("{field_id}/{name}"));
        let color = format!("{}{}", COLORS[index * 3 % COLORS.len()], SHADES[index % SHADES.len()]);
        json!({"id": id, "name": name, "color": color})
    };
    names.iter().enumerate().map(choice).collect()
}

fn date_format(style: DateStyle) -> Value {
    let (name, format) = match style {
        DateStyle::Iso => ("iso", "YYYY-MM-DD"),
        DateStyle::Local => ("local", "l"),
        DateStyle::European => ("european", "D/M/YYYY"),
        DateStyle::Friendly => ("friendly", "LL"),
    };
    json!({"name": name, "format": format})
}

fn date_time() -> Value {
    json!({
        "dateFormat": date_format(DateStyle::Iso), "timeFormat": {"name": "24hour", "format": "HH:mm"}, "timeZone": "utc",
    })
}
