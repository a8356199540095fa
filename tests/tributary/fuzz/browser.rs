//! Fuzz targets: what a browser sends, without being signed in: callbacks, states and cookies.

use axum::body::Body;
use http::{HeaderValue, Request, StatusCode};
use proptest::{collection::vec, prelude::*, sample::select};
use tributary::server::fuzzing::{fuzz, mutated, text};

use super::service::Service;
use crate::support::browser::Browser;

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn no_callback_connects_without_its_attempt() {
    let service = Service::start();
    let consent = service
        .runtime
        .block_on(async { Browser::new().open_consent_page(&service.app.connect_link("hubspot").await).await });
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let states =
        prop_oneof![3 => mutated(Just(state.clone())), 1 => text(), 1 => "[a-zA-Z0-9_-]{43}", 1 => "x{4090,4100}"];
    let names = select(vec!["state", "code", "error", "error_description", "iss", "state[]", ""]);
    let fields = vec((names, prop_oneof![3 => text(), 1 => Just("access_denied".to_owned())], any::<bool>()), 0..4);
    let input = (select(vec!["hubspot", "notion", "airtable", "example", "nobody"]), states, fields, any::<bool>());
    fuzz("callbacks", &input, |(provider, tried, fields, state_first)| {
        // The state itself, without the browser's cookie, would use the attempt up.
        if tried == state {
            return Ok(());
        }
        let field = |(name, value, raw): &(&str, String, bool)| {
            let value =
                if *raw { value.replace(|letter: char| !letter.is_ascii_graphic(), "%") } else { encoded(value) };
            format!("{name}={value}")
        };
        let own = format!("state={}", encoded(&tried));
        let fields: Vec<_> = fields.iter().map(field).collect();
        let query =
            if state_first { [&[own], fields.as_slice()].concat() } else { [fields.as_slice(), &[own]].concat() };
        let uri = format!("/integrations/{provider}/oauth2callback?{}", query.join("&"));
        let Ok(request) = Request::get(uri).header("host", &service.host).body(Body::empty()) else { return Ok(()) };
        let answer = service.send(request)?;
        match answer.headers.get("location").map(|location| location.to_str().unwrap()) {
            Some(location) => prop_assert_eq!(location, format!("/connected/{provider}/expired")),
            None => prop_assert!(answer.status.is_client_error(), "{}", answer.status),
        }
        Ok(())
    });
}

#[test]
fn only_the_cookie_of_a_session_is_a_session() {
    let service = Service::start();
    let cookie = service.runtime.block_on(service.app.session_cookie());
    let secret = cookie.split_once('=').unwrap().1.to_owned();
    let values = prop_oneof![
        3 => mutated(Just(cookie.clone())),
        1 => text(),
        1 => "tributary_(session|attempt_[a-z]{1,4})=[ -~]{0,60}",
    ];
    let line = vec(values, 1..4).prop_map(|values| values.join("; "));
    fuzz("cookies", &vec(line, 1..3), |lines| {
        let mut request = Request::get("/audit.json?org_id=acme").header("host", &service.host);
        for value in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
            request = request.header("cookie", value);
        }
        let answer = service.send(request.body(Body::empty()).unwrap())?;
        match answer.status {
            StatusCode::OK => {
                // White space around the name, for example, makes it no other cookie.
                prop_assert!(lines.iter().any(|line| line.contains(&secret)), "a made-up cookie signs in")
            }
            status => prop_assert_eq!(status, StatusCode::UNAUTHORIZED),
        }
        Ok(())
    });
}
