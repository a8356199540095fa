//! How far a load is, a line a stream.

use leptos::prelude::*;

use super::{
    loading::{Loading, Phase, StreamProgress},
    number::counted,
};
use crate::model::StreamOutcome;

/// The lines, and one sentence about the whole.
#[component]
pub fn Progress(loading: Loading, nothing: String) -> impl IntoView {
    let summary = move || match loading.phase() {
        Phase::Idle => None,
        Phase::Running => Some(("", "Loading…".to_owned())),
        Phase::Stopped => Some(("warn", "Stopped. This is not everything.".to_owned())),
        Phase::Finished(true) if loading.is_empty() => Some(("", nothing.clone())),
        Phase::Finished(true) => Some(("good", "Complete.".to_owned())),
        Phase::Finished(false) => Some(("warn", "Not complete: see above what could not be read.".to_owned())),
        Phase::Failed(error) => Some(("bad", error.detail)),
    };
    let summary = Memo::new(move |_| summary());
    let tone = move || summary.with(|summary| format!("summary {}", summary.as_ref().map_or("", |(tone, _)| *tone)));
    view! {
        <ul class="streams" aria-label="Progress" tabindex="0">
            <For each=move || loading.streams() key=|stream| (stream.name.clone(), stream.pages, stream.retrying.clone(), stream.outcome.is_some()) let:stream>
                <Stream stream running=loading.running()/>
            </For>
        </ul>
        <p class=tone role="status">
            {move || summary.get().map(|(_, text)| text)}
        </p>
    }
}

#[component]
fn Stream(stream: StreamProgress, running: bool) -> impl IntoView {
    let StreamProgress { name, records, retrying, outcome, .. } = stream;
    let (tone, note) = match (&outcome, retrying) {
        (Some(StreamOutcome::Complete), _) => ("good", None),
        (Some(StreamOutcome::Failed(error)), _) => ("bad", Some(error.detail.clone())),
        (None, Some(waiting)) => ("waiting", Some(waiting)),
        (None, None) if running => ("running", None),
        (None, None) => ("", None),
    };
    let mark = match tone {
        "good" => "complete",
        "bad" => "failed",
        _ => "",
    };
    view! {
        <li class=format!("stream {tone}")>
            <span class="name">{name}</span>
            <span class="count">{counted(records, "record")}</span>
            <span class="mark">{mark}</span>
            <span class="bar" aria-hidden="true"></span>
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </li>
    }
}
