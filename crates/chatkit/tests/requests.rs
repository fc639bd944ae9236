//! Requests as clients send them, and as they do not.

use autorisen_chatkit::{Fault, Order, Request, RequestError};
use serde_json::{Value, json};

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
fn a_member_of_the_wrong_kind_is_named_by_its_path_and_nothing_is_repeated() {
    let mut tried = 0;
    for line in REQUESTS.lines() {
        let whole: Value = serde_json::from_str(line).unwrap();
        for (pointer, path) in members(&whole["params"], "/params", "params") {
            let mut wrong = whole.clone();
            // An object fits nowhere but where one stands; there a list does not.
            let place = wrong.pointer_mut(&pointer).unwrap();
            *place = if place.is_object() { json!(["secret"]) } else { json!({"marked": "secret"}) };
            let error = Request::parse(wrong.to_string().as_bytes()).unwrap_err();
            let RequestError::Params(misfit) = &error else { panic!("{error}: {wrong}") };
            assert_eq!(misfit.path, path, "{wrong}");
            assert!(matches!(misfit.fault, Fault::Expected(_)), "{wrong}");
            let told = format!("{error} {error:?}");
            assert!(!told.contains("secret") && !told.contains("marked"), "{told}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

#[test]
fn a_member_that_is_missing_is_named_by_its_path() {
    let mut required = std::collections::BTreeSet::new();
    for line in REQUESTS.lines() {
        let whole: Value = serde_json::from_str(line).unwrap();
        for (pointer, path) in members(&whole["params"], "/params", "params") {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut less = whole.clone();
            let Some(members) = less.pointer_mut(parent).unwrap().as_object_mut() else { continue };
            members.remove(name);
            match Request::parse(less.to_string().as_bytes()) {
                Ok(_) => {}
                Err(RequestError::Params(misfit)) => {
                    assert_eq!((misfit.path, misfit.fault), (path, Fault::Missing), "{less}");
                    required.insert(pointer);
                }
                // Without parameters there is no object of them.
                Err(error) => panic!("{error}: {less}"),
            }
        }
    }
    let of_message = ["content", "attachments", "inference_options", "content/0/text", "content/0/type"];
    for name in of_message {
        assert!(required.contains(&format!("/params/input/{name}")), "{name}: {required:?}");
    }
    for name in ["thread_id", "item_id", "item_ids", "kind", "title", "name", "size", "mime_type", "action"] {
        assert!(required.contains(&format!("/params/{name}")), "{name}: {required:?}");
    }
}

#[test]
fn what_does_not_fit_is_told_in_words() {
    for (body, told) in [
        (r#"{"type":"threads.get_by_id"}"#, "params: must be an object"),
        (r#"{"type":"threads.get_by_id","params":{}}"#, "params.thread_id: is required"),
        (
            r#"{"type":"threads.create","params":{"input":{"content":[{"type":"input_text"}]}}}"#,
            "params.input.content[0].text: is required",
        ),
        (
            r#"{"type":"threads.create","params":{"input":{"content":[{"type":"image"}]}}}"#,
            "params.input.content[0].type: must be input_text or input_tag",
        ),
        (
            r#"{"type":"threads.add_structured_input","params":{"thread_id":"t","item_id":"i","input":
                {"answers":{"secret":{"values":[1]}}}}}"#,
            "params.input.answers.*.values[0]: must be a string",
        ),
        (
            r#"{"type":"attachments.create","params":{"name":"a","size":-1,"mime_type":"m"}}"#,
            "params.size: must be a whole number that is not negative",
        ),
        (r#"{"type":"threads.list","params":{"order":"up"}}"#, "params.order: must be asc or desc"),
        (r#"{"type":"secret"}"#, "the type names no operation"),
        (r#"{"params":{}}"#, "the body must be a JSON object with the members type and params"),
    ] {
        assert_eq!(Request::parse(body.as_bytes()).unwrap_err().to_string(), told, "{body}");
    }
}

#[test]
fn a_request_is_written_as_it_is_read() {
    for line in REQUESTS.lines() {
        let request = Request::parse(line.as_bytes()).unwrap();
        let written = serde_json::to_vec(&request).unwrap();
        assert_eq!(Request::parse(&written), Ok(request), "{line}");
    }
}

/// The members of a request that are looked at, each as a JSON pointer and as a fault names it.
fn members(value: &Value, pointer: &str, path: &str) -> Vec<(String, String)> {
    let inner: Vec<(String, String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            // Anything goes in these, and what is not known is ignored.
            .filter(|(name, _)| !["data", "payload", "result", "later"].contains(&name.as_str()))
            .map(|(name, member)| {
                let shown = if path.ends_with("answers") { "*" } else { name };
                (format!("{pointer}/{name}"), format!("{path}.{shown}"), member)
            })
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(place, value)| (format!("{pointer}/{place}"), format!("{path}[{place}]"), value))
            .collect(),
        _ => Vec::new(),
    };
    let deeper = inner.iter().flat_map(|(pointer, path, value)| members(value, pointer, path));
    let found: Vec<_> = deeper.collect();
    inner.iter().map(|(pointer, path, _)| (pointer.clone(), path.clone())).chain(found).collect()
}
