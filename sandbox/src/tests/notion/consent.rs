//! The consent page and its page picker.

use axum::http::StatusCode;
use serde_json::json;

use super::{BACK, Integration, id};

/// The ids and titles on the page's list, in order.
async fn offered(integration: &Integration) -> Vec<(String, String)> {
    let page = integration.sandbox.get(&integration.consent_path("")).await.body;
    let items = page.split("<input type=checkbox name=page value=").skip(1);
    let read = |item: &str| {
        let (id, rest) = item.split_once(" checked>").expect("all pages are ticked at first");
        let title = rest.split("</span>").nth(1).unwrap().split('<').next().unwrap();
        (id.to_owned(), title.replace("&amp;", "&"))
    };
    items.map(read).collect()
}

#[tokio::test]
async fn the_consent_page_lists_top_level_pages_and_escapes_its_parameters() {
    let mut integration = Integration::connected().await;
    let offered = offered(&integration).await;
    assert_eq!(offered.len(), 8);
    let top = integration.all("search", json!({"filter": {"property": "object", "value": "page"}})).await;
    let top = top.iter().filter(|page| page["parent"]["type"] == "workspace");
    for page in top {
        let title = page["properties"]["title"]["title"][0]["plain_text"].as_str().unwrap();
        assert!(offered.contains(&(id(page), title.to_owned())), "{title}");
    }
    integration.client_id = "%3Cscript%3E";
    let page = integration.sandbox.get(&integration.consent_path("")).await;
    for part in ["<legend>Select pages</legend>", ">Allow access<", ">Cancel<", "not Notion", "&lt;script&gt;"] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("<script>"));
    assert!(page.header("content-security-policy").contains("form-action 'self' http://localhost:8000;"));
}

#[tokio::test]
async fn the_picked_pages_are_shared_with_everything_below_them() {
    let mut integration = Integration::connected().await;
    let everything = integration.all("search", json!({})).await.len();
    let offered = offered(&integration).await;
    let mut parts = 0;
    for (page, title) in &offered {
        integration.connect(&format!("decision=approve&picked=1&page={page}")).await;
        let found = integration.all("search", json!({})).await;
        assert!(found.iter().any(|object| id(object) == *page), "{title}");
        assert!(found.len() < everything / 2, "{title}: {}", found.len());
        parts += found.len();
    }
    assert_eq!(parts, everything);
    let all: Vec<_> = offered.iter().map(|(page, _)| format!("&page={page}")).collect();
    integration.connect(&format!("decision=approve&picked=1{}", all.concat())).await;
    assert_eq!(integration.all("search", json!({})).await.len(), everything);
}

#[tokio::test]
async fn a_page_that_was_not_picked_is_not_found_by_id() {
    let mut integration = Integration::connected().await;
    let offered = offered(&integration).await;
    let (source, finance) = (integration.sources().await["Tasks"].clone(), &offered[6].0);
    let row = id(&integration.rows("Tasks", json!({})).await[0]);
    integration.connect(&format!("decision=approve&picked=1&page={finance}")).await;
    assert_eq!(integration.get(&format!("pages/{finance}")).await.status, StatusCode::OK);
    let hidden = &offered[1].0;
    let paths = [format!("pages/{hidden}"), format!("blocks/{hidden}/children"), format!("pages/{row}")];
    for path in paths.into_iter().chain([format!("data_sources/{source}"), format!("comments?block_id={hidden}")]) {
        let response = integration.get(&path).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (404, &json!("object_not_found")), "{path}");
    }
}

#[tokio::test]
async fn picking_nothing_shares_nothing() {
    let mut integration = Integration::new(1);
    integration.connect("decision=approve&picked=1&page=be907abe-510e-4116-a3d1-7ea71018c06f").await;
    assert_eq!(integration.all("search", json!({})).await.len(), 0);
    assert_eq!(integration.read("users/me").await["type"], "bot");
}

#[tokio::test]
async fn an_incomplete_authorization_request_is_never_redirected() {
    let sandbox = Integration::new(1).sandbox;
    let good = [("client_id", "app"), ("redirect_uri", BACK), ("response_type", "code"), ("owner", "user")];
    let bad = [
        ("client_id", ""),
        ("client_id", "wrong-app"),
        ("redirect_uri", ""),
        ("redirect_uri", "javascript:alert(1)"),
        ("response_type", "token"),
        ("response_type", ""),
        ("owner", ""),
    ];
    for (name, value) in bad {
        let pairs = good.map(|(known, old)| format!("{known}={}", if known == name { value } else { old }));
        let path = format!("/notion/v1/oauth/authorize?{}", pairs.join("&"));
        for response in [sandbox.get(&path).await, sandbox.form(&path, "decision=approve").await] {
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{name}={value}");
            assert!(response.body.contains("This link cannot be used"));
        }
    }
}

#[tokio::test]
async fn a_denial_redirects_with_an_error_and_the_state() {
    let integration = Integration::new(1);
    let response = integration.sandbox.form(&integration.consent_path(""), "picked=1&decision=deny").await;
    assert_eq!(response.status, StatusCode::SEE_OTHER);
    assert_eq!(response.header("location"), "http://localhost:8000/back?error=access_denied&state=s");
}
