//! Lists of records, and their pages.

use serde_json::json;

use super::{Airtable, SCOPES, error, ids, ok};

fn expected(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn pages_contain_every_record_once() {
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
async fn a_page_has_100_records_or_as_many_as_requested() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    assert_eq!(ok(airtable.get(&path).await)["records"].as_array().unwrap().len(), 100);
    let page = ok(airtable.list(&path, &[("pageSize", "7")]).await);
    assert_eq!(page["records"].as_array().unwrap().len(), 7);
    let offset = page["offset"].as_str().unwrap();
    let (iterator, record) = offset.split_once('/').unwrap();
    assert!(iterator.starts_with("itr") && record.starts_with("rec") && offset.len() == 35, "{offset}");
    for size in ["0", "101", "-1", "many"] {
        let response = airtable.list(&path, &[("pageSize", size)]).await;
        assert_eq!(error(&response), expected(422, "INVALID_REQUEST_UNKNOWN"), "{size}");
    }
    let last = ok(airtable.list(&path, &[("pageSize", "100"), ("filterByFormula", "{Number} > 80")]).await);
    assert_eq!(last["records"].as_array().unwrap().len(), 100);
    assert!(last.get("offset").is_none(), "a list of exactly one page has no offset");
}

#[tokio::test]
async fn max_records_applies_to_all_pages_together() {
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
async fn a_lost_page_can_be_requested_again() {
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
async fn an_offset_is_accepted_for_its_own_query_only() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let page = ok(airtable.list(&path, &[("pageSize", "5")]).await);
    let offset = ("offset", page["offset"].as_str().unwrap());
    let stale = expected(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE");
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
        let response = airtable.list(&path, &[("offset", made_up)]).await;
        assert_eq!(response.status, if made_up.is_empty() { 200 } else { 422 }, "{made_up}");
    }
    assert_eq!(airtable.list(&path, &[offset, ("pageSize", "7")]).await.status, 200, "the size of a page may change");
}

#[tokio::test]
async fn a_million_records_are_listed_as_fast_as_a_few() {
    let airtable = Airtable::connected(SCOPES).await;
    airtable.configure(json!({"records": {"records": 4_000_000_000_u32}})).await;
    let path = airtable.studio("Projects").await;
    let page = ok(airtable.list(&path, &[("pageSize", "3"), ("filterByFormula", "{Status}='Running'")]).await);
    assert_eq!(page["records"].as_array().unwrap().len(), 3);
    let record = page["records"][2]["id"].as_str().unwrap();
    assert_eq!(ok(airtable.get(&format!("{path}/{record}")).await)["fields"]["Status"], "Running");
}
