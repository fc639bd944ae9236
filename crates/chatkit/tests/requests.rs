//! Requests as clients send them, and as they do not.

use autorisen_chatkit::{Order, Request, RequestError};

/// The same file is read by the models of the Python package.
const REQUESTS: &str = include_str!("models/requests.jsonl");

#[test]
fn every_request_of_the_models_is_read() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in REQUESTS.lines() {
        let request = Request::parse(line.as_bytes());
        let request = request.unwrap_or_else(|error| panic!("{error}: {line}"));
        kinds.insert(line.split('"').nth(3));
        let streams = matches!(line.split('"').nth(3), Some(kind) if [
            "threads.create", "threads.add_user_message", "threads.add_client_tool_output",
            "threads.add_structured_input", "threads.retry_after_item", "threads.custom_action",
        ].contains(&kind));
        assert_eq!(request.is_streaming(), streams, "{line}");
    }
    assert_eq!(kinds.len(), 16, "{kinds:?}");
}

#[test]
fn members_that_are_not_known_are_ignored() {
    for line in REQUESTS.lines() {
        let known = Request::parse(line.as_bytes());
        let more = line
            .replacen('{', "{\"later\":{\"a\":1},", 1)
            .replacen("\"params\":{", "\"params\":{\"later\":[1],", 1)
            .replace("\"later\":[1],}", "\"later\":[1]}");
        assert_eq!(Request::parse(more.as_bytes()), known, "{more}");
    }
}

#[test]
fn a_page_has_from_one_to_a_hundred_rows_and_twenty_when_nothing_is_said() {
    for (limit, rows) in [("1", 1), ("0", 20), ("null", 20), ("-1", 1), ("100", 100), ("101", 100)] {
        let body = format!("{{\"type\":\"threads.list\",\"params\":{{\"limit\":{limit}}}}}");
        let Ok(Request::ThreadsList(list)) = Request::parse(body.as_bytes()) else { panic!("{body}") };
        assert_eq!((list.limit.get(), list.order), (rows, Order::Desc), "{limit}");
    }
    for limit in ["\"5\"", "1.5", "true", "[]"] {
        let body = format!("{{\"type\":\"threads.list\",\"params\":{{\"limit\":{limit}}}}}");
        assert!(matches!(Request::parse(body.as_bytes()), Err(RequestError::Params { .. })), "{limit}");
    }
}

#[test]
fn a_fault_is_told_without_what_was_sent() {
    let body = br#"{"type":"threads.get_by_id","params":{"thread_id":{"marked":"secret"}}}"#;
    let error = Request::parse(body).unwrap_err().to_string();
    assert!(!error.contains("marked") && !error.contains("secret"), "{error}");
    let missing = Request::parse(br#"{"type":"threads.get_by_id","params":{}}"#).unwrap_err();
    assert!(missing.to_string().contains("thread_id"), "{missing}");
}
