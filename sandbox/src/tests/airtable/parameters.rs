//! The parameters of a list, in the URL and in a body.

use serde_json::{Value, json};

use super::{Airtable, SCOPES, error, form, ok};

fn expected(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn fields_are_selected_and_returned_by_name_or_id() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let base = airtable.base("Studio CRM").await;
    let schema = ok(airtable.get(&format!("/airtable/v0/meta/bases/{base}/tables")).await);
    let fields = schema["tables"][2]["fields"].as_array().unwrap();
    let due = fields.iter().find(|field| field["name"] == "Due").unwrap()["id"].as_str().unwrap();
    for (wanted, by_id, key) in [("Due", "false", "Due"), (due, "false", "Due"), ("Due", "true", due), (due, "1", due)]
    {
        let parameters = [("fields[]", wanted), ("returnFieldsByFieldId", by_id), ("pageSize", "3")];
        for record in ok(airtable.list(&path, &parameters).await)["records"].as_array().unwrap() {
            assert_eq!(record["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), [key]);
        }
    }
    for unknown in [("fields[]", "Nobody"), ("sort[0][field]", "Nobody")] {
        assert_eq!(error(&airtable.list(&path, &[unknown]).await), expected(422, "UNKNOWN_FIELD_NAME"));
    }
}

#[tokio::test]
async fn tables_are_found_by_name_or_id() {
    let airtable = Airtable::connected(SCOPES).await;
    let base = airtable.base("Studio CRM").await;
    let schema = ok(airtable.get(&format!("/airtable/v0/meta/bases/{base}/tables")).await);
    let id = schema["tables"][0]["id"].as_str().unwrap();
    let by_id = ok(airtable.get(&format!("/airtable/v0/{base}/{id}")).await);
    assert_eq!(by_id["records"], ok(airtable.get(&format!("/airtable/v0/{base}/Clients")).await)["records"]);
}

#[tokio::test]
async fn records_are_sorted_by_several_fields_in_either_direction() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Projects").await;
    let query =
        [("sort[0][field]", "Status"), ("sort[1][field]", "Fee"), ("sort[1][direction]", "desc"), ("pageSize", "40")];
    let records = airtable.all(&path, &query).await;
    assert_eq!(records.len(), 150);
    let place = |record: &Value| {
        ["Offered", "Running", "Done", "Lost"].iter().position(|name| record["fields"]["Status"] == **name)
    };
    let fee = |record: &Value| record["fields"]["Fee"].as_f64();
    for pair in records.windows(2) {
        let ordered =
            place(&pair[0]) < place(&pair[1]) || (place(&pair[0]) == place(&pair[1]) && fee(&pair[0]) >= fee(&pair[1]));
        assert!(ordered, "{pair:?}");
    }
    let bad = [("sort[0][field]", "Fee"), ("sort[0][direction]", "up")];
    assert_eq!(error(&airtable.list(&path, &bad).await).0, 422);
}

#[tokio::test]
async fn a_view_filters_and_sorts_but_hides_no_fields() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let large = airtable.all(&path, &[("view", "Large amounts")]).await;
    let amounts: Vec<f64> = large.iter().map(|record| record["fields"]["Amount"].as_f64().unwrap()).collect();
    assert!(amounts.len() > 10 && amounts.iter().all(|amount| *amount >= 5000.0));
    assert!(amounts.windows(2).all(|pair| pair[0] >= pair[1]));
    assert!(large.iter().any(|record| record["fields"].get("Last change").is_some()), "hidden by the view, and there");
    let sorted = airtable.all(&path, &[("view", "Large amounts"), ("sort[0][field]", "Number")]).await;
    assert_eq!(sorted.len(), large.len());
    let numbers: Vec<u64> = sorted.iter().map(|record| record["fields"]["Number"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted());
    let both = airtable.all(&path, &[("view", "Large amounts"), ("filterByFormula", "{Amount} < 6000")]).await;
    assert!(!both.is_empty() && both.len() < large.len());
    assert_eq!(error(&airtable.list(&path, &[("view", "Nobody")]).await), expected(422, "VIEW_NAME_NOT_FOUND"));
    assert_eq!(
        error(&airtable.list(&path, &[("view", "viwAAAAAAAAAAAAAA")]).await),
        expected(422, "VIEW_ID_NOT_FOUND")
    );
}

#[tokio::test]
async fn a_body_has_the_same_parameters_as_a_url() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let query = [
        ("pageSize", "9"),
        ("maxRecords", "20"),
        ("view", "Unpaid"),
        ("sort[0][field]", "Amount"),
        ("sort[0][direction]", "desc"),
        ("filterByFormula", "{Amount} > 100"),
        ("fields[]", "Amount"),
        ("fields[]", "Due"),
        ("recordMetadata[]", "commentCount"),
        ("cellFormat", "string"),
        ("timeZone", "Europe/Berlin"),
        ("userLocale", "en-gb"),
    ];
    let body = json!({
        "pageSize": 9, "maxRecords": 20, "view": "Unpaid", "sort": [{"field": "Amount", "direction": "desc"}],
        "filterByFormula": "{Amount} > 100", "fields": ["Amount", "Due"], "recordMetadata": ["commentCount"],
        "cellFormat": "string", "offset": null, "method": "post",
    });
    let posting = format!("{path}/listRecords?timeZone=Europe%2FBerlin&userLocale=en-gb");
    let (got, mut posted) = (ok(airtable.list(&path, &query).await), ok(airtable.post(&posting, body.clone()).await));
    assert_eq!(got["records"], posted["records"]);
    assert!(got["records"][0]["commentCount"].is_number());
    let mut body = body;
    body["offset"] = posted["offset"].take();
    let second = ok(airtable.post(&posting, body).await);
    let offset = ("offset", got["offset"].as_str().unwrap());
    assert_eq!(second["records"], ok(airtable.list(&path, &[&query[..], &[offset]].concat()).await)["records"]);
    assert_eq!(airtable.post(&format!("{path}/listRecords"), json!([])).await.status, 400);
    assert_eq!(
        ok(airtable.post(&format!("{path}/listRecords"), json!({})).await)["records"].as_array().unwrap().len(),
        100
    );
}

#[tokio::test]
async fn a_url_of_16000_characters_is_too_long() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let requested =
        |length: usize| format!("{path}?{}", form(&[("filterByFormula", &format!("'{}'", "x".repeat(length)))]));
    assert_eq!(airtable.get(&requested(15_000)).await.status, 200);
    assert_eq!(error(&airtable.get(&requested(16_000)).await), expected(413, "REQUEST_TOO_LARGE"));
    let body = json!({"filterByFormula": format!("'{}'", "x".repeat(16_000))});
    assert_eq!(airtable.post(&format!("{path}/listRecords"), body).await.status, 200);
}
