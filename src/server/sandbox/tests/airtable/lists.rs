//! Lists of records: pages, parameters, and the two ways to ask.

use serde_json::{Value, json};

use super::{Airtable, SCOPES, error, form, ids, ok};

fn no(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn pages_hold_every_record_once() {
    let airtable = Airtable::connected(SCOPES).await;
    let mut counts = Vec::new();
    for (base, tables) in [
        ("Product launches", ["Launches", "Tasks", "Feedback"]),
        ("Event planning", ["Venues", "Guests", "Shifts"]),
        ("Studio CRM", ["Clients", "Projects", "Invoices"]),
    ] {
        let base = airtable.base(base).await;
        for table in tables {
            let records = airtable.all(&format!("/airtable/v0/{base}/{table}"), &[]).await;
            let mut ids = ids(&records);
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), records.len(), "{table}");
            counts.push(records.len());
        }
    }
    assert_eq!(counts, [90, 375, 210, 45, 270, 120, 60, 150, 180]);
    assert_eq!(counts.iter().sum::<usize>(), 1500);
}

#[tokio::test]
async fn a_page_has_a_hundred_records_or_as_many_as_are_wanted() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    assert_eq!(ok(airtable.get(&path).await)["records"].as_array().unwrap().len(), 100);
    let page = ok(airtable.list(&path, &[("pageSize", "7")]).await);
    assert_eq!(page["records"].as_array().unwrap().len(), 7);
    let offset = page["offset"].as_str().unwrap();
    let (iterator, record) = offset.split_once('/').unwrap();
    assert!(iterator.starts_with("itr") && record.starts_with("rec") && offset.len() == 35, "{offset}");
    for size in ["0", "101", "-1", "many"] {
        let answer = airtable.list(&path, &[("pageSize", size)]).await;
        assert_eq!(error(&answer), no(422, "INVALID_REQUEST_UNKNOWN"), "{size}");
    }
    let last = ok(airtable.list(&path, &[("pageSize", "100"), ("filterByFormula", "{Number} > 80")]).await);
    assert_eq!(last["records"].as_array().unwrap().len(), 100);
    assert!(last.get("offset").is_none(), "exactly one page has no second");
}

#[tokio::test]
async fn max_records_counts_over_all_pages() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    for (most, size) in [("25", "10"), ("30", "10"), ("1", "100"), ("1000", "100")] {
        for sort in [&[][..], &[("sort[0][field]", "Amount")][..]] {
            let parameters = [&[("maxRecords", most), ("pageSize", size)][..], sort].concat();
            let wanted = most.parse::<usize>().unwrap().min(180);
            assert_eq!(airtable.all(&path, &parameters).await.len(), wanted, "{parameters:?}");
        }
    }
}

#[tokio::test]
async fn a_lost_page_can_be_asked_for_again() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    for sort in [&[][..], &[("sort[0][field]", "Amount")][..]] {
        let query = [&[("pageSize", "20"), ("maxRecords", "50")][..], sort].concat();
        let first = ok(airtable.list(&path, &query).await);
        let second = [&query[..], &[("offset", first["offset"].as_str().unwrap())]].concat();
        let pages = [ok(airtable.list(&path, &second).await), ok(airtable.list(&path, &second).await)];
        assert_eq!(pages[0], pages[1]);
        let third = [&query[..], &[("offset", pages[0]["offset"].as_str().unwrap())]].concat();
        assert_eq!(ok(airtable.list(&path, &third).await)["records"].as_array().unwrap().len(), 10);
    }
}

#[tokio::test]
async fn an_offset_belongs_to_its_query() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let page = ok(airtable.list(&path, &[("pageSize", "5")]).await);
    let offset = ("offset", page["offset"].as_str().unwrap());
    let stale = no(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE");
    for other in [
        ("view", "Unpaid"),
        ("sort[0][field]", "Due"),
        ("filterByFormula", "1"),
        ("fields[]", "Due"),
        ("maxRecords", "9"),
    ] {
        assert_eq!(error(&airtable.list(&path, &[other, offset]).await), stale, "{other:?}");
    }
    let elsewhere = airtable.studio("Projects").await;
    assert_eq!(error(&airtable.list(&elsewhere, &[offset]).await), stale);
    for made_up in ["itrAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA", "x", ""] {
        let answer = airtable.list(&path, &[("offset", made_up)]).await;
        assert_eq!(answer.status, if made_up.is_empty() { 200 } else { 422 }, "{made_up}");
    }
    assert_eq!(airtable.list(&path, &[offset, ("pageSize", "7")]).await.status, 200, "the size of a page may change");
}

#[tokio::test]
async fn fields_are_chosen_by_name_or_id_and_answered_by_either() {
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
        assert_eq!(error(&airtable.list(&path, &[unknown]).await), no(422, "UNKNOWN_FIELD_NAME"));
    }
}

#[tokio::test]
async fn tables_answer_to_their_id_too() {
    let airtable = Airtable::connected(SCOPES).await;
    let base = airtable.base("Studio CRM").await;
    let schema = ok(airtable.get(&format!("/airtable/v0/meta/bases/{base}/tables")).await);
    let id = schema["tables"][0]["id"].as_str().unwrap();
    let by_id = ok(airtable.get(&format!("/airtable/v0/{base}/{id}")).await);
    assert_eq!(by_id["records"], ok(airtable.get(&format!("/airtable/v0/{base}/Clients")).await)["records"]);
}

#[tokio::test]
async fn records_are_sorted_by_several_fields_either_way() {
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
async fn a_view_filters_and_sorts_and_hides_nothing() {
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
    assert_eq!(error(&airtable.list(&path, &[("view", "Nobody")]).await), no(422, "VIEW_NAME_NOT_FOUND"));
    assert_eq!(error(&airtable.list(&path, &[("view", "viwAAAAAAAAAAAAAA")]).await), no(422, "VIEW_ID_NOT_FOUND"));
}

#[tokio::test]
async fn a_body_asks_as_an_address_does() {
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
async fn an_address_of_sixteen_thousand_characters_is_too_long() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let asked =
        |length: usize| format!("{path}?{}", form(&[("filterByFormula", &format!("'{}'", "x".repeat(length)))]));
    assert_eq!(airtable.get(&asked(15_000)).await.status, 200);
    assert_eq!(error(&airtable.get(&asked(16_000)).await), no(413, "REQUEST_TOO_LARGE"));
    let body = json!({"filterByFormula": format!("'{}'", "x".repeat(16_000))});
    assert_eq!(airtable.post(&format!("{path}/listRecords"), body).await.status, 200);
}

#[tokio::test]
async fn a_million_records_are_as_quick_as_few() {
    let airtable = Airtable::connected(SCOPES).await;
    airtable.configure(json!({"records": {"records": 4_000_000_000_u32}})).await;
    let path = airtable.studio("Projects").await;
    let page = ok(airtable.list(&path, &[("pageSize", "3"), ("filterByFormula", "{Status}='Running'")]).await);
    assert_eq!(page["records"].as_array().unwrap().len(), 3);
    let record = page["records"][2]["id"].as_str().unwrap();
    assert_eq!(ok(airtable.get(&format!("{path}/{record}")).await)["fields"]["Status"], "Running");
}
