//! `filterByFormula` on generated tables.

use super::{Airtable, SCOPES, error};

async fn counts(airtable: &Airtable, path: &str, formulas: &[&str]) -> Vec<usize> {
    let mut counts = Vec::new();
    for formula in formulas {
        counts.push(airtable.all(path, &[("filterByFormula", formula)]).await.len());
    }
    counts
}

#[tokio::test]
async fn a_formula_and_its_negation_split_the_records() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    for (one, other) in [
        ("{Amount} > 4000", "NOT({Amount} > 4000)"),
        ("{Paid}", "{Paid} = BLANK()"),
        ("{Sent}", "{Sent} = 0"),
        ("IS_BEFORE({Due}, '2024-06-01')", "NOT(IS_BEFORE({Due}, '2024-06-01'))"),
        ("FIND('web', {Subject of project})", "NOT(FIND('web', {Subject of project}))"),
    ] {
        let counts = counts(&airtable, &path, &[one, other]).await;
        assert!(counts[0] > 0 && counts[1] > 0 && counts[0] + counts[1] == 180, "{one}: {counts:?}");
    }
}

#[tokio::test]
async fn a_formula_with_an_empty_result_keeps_no_record() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    assert_eq!(counts(&airtable, &path, &["0", "''", "BLANK()", "0/0", "ERROR()"]).await, [0; 5]);
    assert_eq!(counts(&airtable, &path, &["1", "TRUE()", "'x'", ""]).await, [180; 4]);
}

#[tokio::test]
async fn links_are_filtered_by_the_names_of_linked_records() {
    let airtable = Airtable::connected(SCOPES).await;
    let (projects, clients) = (airtable.studio("Projects").await, airtable.studio("Clients").await);
    let named = airtable.all(&clients, &[("filterByFormula", "AND({Client}, {Projects})")]).await;
    let (name, links) = (named[0]["fields"]["Client"].as_str().unwrap(), &named[0]["fields"]["Projects"]);
    let found = airtable.all(&projects, &[("filterByFormula", &format!("{{Client}}=\"{name}\""))]).await;
    for link in links.as_array().unwrap() {
        assert!(found.iter().any(|record| record["id"] == *link), "{link} is not among {found:?}");
    }
}

#[tokio::test]
async fn one_record_is_found_by_its_id() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Clients").await;
    let wanted = airtable.all(&path, &[]).await.swap_remove(40);
    let formula = format!("RECORD_ID()='{}'", wanted["id"].as_str().unwrap());
    assert_eq!(airtable.all(&path, &[("filterByFormula", &formula)]).await, [wanted]);
}

#[tokio::test]
async fn recent_records_are_found_by_their_times() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    let formula = "IS_AFTER(CREATED_TIME(), '2022-06-01T00:00:00.000Z')";
    let newer = airtable.all(&path, &[("filterByFormula", formula)]).await;
    assert!(!newer.is_empty() && newer.len() < 180);
    assert!(newer.iter().all(|record| record["createdTime"].as_str().unwrap() > "2022-06-01T00:00:00.000Z"));
    let changed = airtable.all(&path, &[("filterByFormula", "IS_AFTER(LAST_MODIFIED_TIME(), '2022-06-01')")]).await;
    assert!(changed.len() >= newer.len());
}

#[tokio::test]
async fn invalid_formulas_have_airtables_error_messages() {
    let airtable = Airtable::connected(SCOPES).await;
    let path = airtable.studio("Invoices").await;
    for (formula, reason) in [
        ("{Amount} >", "Invalid formula. Please check your formula text."),
        ("AND(", "Invalid formula. Please check your formula text."),
        ("{No Such Field} = 1", "Unknown field names: no such field"),
        ("NO_SUCH(1)", "Unknown function names: no_such"),
    ] {
        let response = airtable.list(&path, &[("filterByFormula", formula)]).await;
        assert_eq!(error(&response), (422, "INVALID_FILTER_BY_FORMULA".to_owned()), "{formula}");
        let message = format!("The formula for filtering records is invalid: {reason}");
        assert_eq!(response.json()["error"]["message"], message);
    }
}
