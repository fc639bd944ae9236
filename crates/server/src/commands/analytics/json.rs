//! A report as JSON.

use autorisen_domain::analytics::{ChatCounts, ChatStage, Report};
use serde_json::{Map, Value, json};

/// The report. Each list by day has one entry for each of its days.
pub(super) fn of(report: &Report) -> Value {
    let days: Vec<String> = report.days.iter().map(ToString::to_string).collect();
    let chats: Vec<Value> = report
        .chats
        .iter()
        .map(|chat| {
            let daily: Vec<Value> = chat.daily.iter().map(counts).collect();
            json!({"placement": chat.placement.as_str(), "total": counts(&chat.total), "daily": daily})
        })
        .collect();
    let tracked: Vec<Value> = report
        .tracked
        .iter()
        .map(|told| json!({"event_type": told.event_type, "step": told.step, "count": told.count}))
        .collect();
    let limits: Vec<Value> = report
        .limits
        .iter()
        .map(|limit| json!({"action": limit.action.as_str(), "total": limit.total, "daily": limit.daily}))
        .collect();
    json!({
        "days": days, "chats": chats, "front_end": tracked, "front_end_is_cut": report.tracked_is_cut,
        "limits": limits,
    })
}

fn counts(counts: &ChatCounts) -> Value {
    let of_stage = |stage: ChatStage| (stage.as_str().to_owned(), json!(counts.of(stage)));
    Value::Object(ChatStage::ALL.into_iter().map(of_stage).collect::<Map<_, _>>())
}
