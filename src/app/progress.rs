//! The progress of a load: a line for each stream, and one sentence about the whole.

use leptos::prelude::*;

use super::{
    format::{counted, listed},
    loading::{Loading, Phase, StreamProgress},
};
use crate::model::StreamOutcome;

/// `nothing` is the sentence for a load that finds nothing although nothing failed.
#[component]
pub fn Progress(loading: Loading, nothing: String) -> impl IntoView {
    let summary = move || match loading.phase() {
        Phase::Idle => None,
        Phase::Running => Some(("", "Loading…".to_owned())),
        Phase::Stopped => Some(("warn", stopped(loading.records()))),
        Phase::Finished { complete: true } if loading.records() == 0 => Some(("", nothing.clone())),
        Phase::Finished { complete: true } => Some(("good", "Complete.".to_owned())),
        Phase::Finished { complete: false } => Some(("warn", partial(&loading.streams()))),
        Phase::Failed(error) => Some(("bad", error.detail)),
    };
    let summary = Memo::new(move |_| summary());
    let tone = move || summary.with(|summary| format!("summary {}", summary.as_ref().map_or("", |(tone, _)| *tone)));
    view! {
        <ul class="streams" aria-label="Progress" tabindex="0">
            <For each=move || loading.streams() key=|stream| (stream.name.clone(), stream.pages, stream.retrying.clone(), stream.outcome.is_some()) let:stream>
                <Stream stream running=loading.is_running()/>
            </For>
        </ul>
        <p class=tone role="status">
            {move || summary.get().map(|(_, text)| text)}
        </p>
    }
}

#[component]
fn Stream(stream: StreamProgress, running: bool) -> impl IntoView {
    let StreamProgress { name, records, retrying, outcome, skipped, .. } = stream;
    let (tone, mark, note) = match (&outcome, retrying) {
        (Some(StreamOutcome::Complete), _) => ("good", "complete", None),
        (Some(StreamOutcome::CompleteWithSkips), _) => ("bad", "in part", Some(unreadable(skipped))),
        (Some(StreamOutcome::Failed(error)), _) => ("bad", "failed", Some(error.detail.clone())),
        (None, Some(waiting)) => ("waiting", "", Some(waiting)),
        (None, None) => (if running { "running" } else { "" }, "", None),
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

/// `You stopped this load. 700 items are here.`
fn stopped(records: u64) -> String {
    let verb = if records == 1 { "is" } else { "are" };
    format!("You stopped this load. {} {verb} here.", counted(records, "item"))
}

/// `2 records can't be read and were skipped.`
fn unreadable(skipped: u64) -> String {
    let verb = if skipped == 1 { "was" } else { "were" };
    format!("{} can't be read and {verb} skipped.", counted(skipped, "record"))
}

/// `Loaded in part: deals are missing. 2 records can't be read and were skipped.`
fn partial(streams: &[StreamProgress]) -> String {
    let (mut failed, mut loaded, mut skipped, mut is_missing) = (Vec::new(), 0, 0, true);
    for StreamProgress { name, records, outcome, skipped: unread, .. } in streams {
        loaded += records;
        skipped += unread;
        if let Some(StreamOutcome::Failed(_)) = outcome {
            failed.push(name.as_str());
            is_missing &= *records == 0;
        }
    }
    let extent = if loaded == 0 { "Nothing loaded" } else { "Loaded in part" };
    let state = if is_missing { "missing" } else { "incomplete" };
    let names = listed(&failed);
    match skipped {
        0 => format!("{extent}: {names} are {state}."),
        _ if failed.is_empty() => format!("{extent}: {}", unreadable(skipped)),
        _ => format!("{extent}: {names} are {state}. {}", unreadable(skipped)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AppError, ErrorCode};

    #[test]
    fn a_stopped_load_says_how_many_items_arrived() {
        for (records, text) in [(1, "1 item is"), (700, "700 items are"), (1200, "1,200 items are")] {
            assert_eq!(stopped(records), format!("You stopped this load. {text} here."));
        }
    }

    #[test]
    fn a_partial_load_names_the_streams_that_failed() {
        let error =
            || StreamOutcome::Failed(AppError::new(ErrorCode::ProviderUnavailable, "HubSpot isn't responding."));
        let stream = |name: &str, records, outcome| StreamProgress {
            name: name.to_owned(),
            records,
            pages: 0,
            retrying: None,
            skipped: if outcome == StreamOutcome::CompleteWithSkips { 2 } else { 0 },
            outcome: Some(outcome),
        };
        let contacts = || stream("contacts", 1200, StreamOutcome::Complete);
        let skipped = || stream("companies", 9, StreamOutcome::CompleteWithSkips);
        for (streams, text) in [
            (vec![contacts(), skipped()], "Loaded in part: 2 records can't be read and were skipped."),
            (
                vec![skipped(), stream("deals", 0, error())],
                "Loaded in part: deals are missing. 2 records can't be read and were skipped.",
            ),
            (vec![contacts(), stream("deals", 0, error())], "Loaded in part: deals are missing."),
            (vec![contacts(), stream("deals", 100, error())], "Loaded in part: deals are incomplete."),
            (
                vec![stream("contacts", 0, error()), stream("deals", 0, error())],
                "Nothing loaded: contacts and deals are missing.",
            ),
        ] {
            assert_eq!(partial(&streams), text);
        }
    }
}
