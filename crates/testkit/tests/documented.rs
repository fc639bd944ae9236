//! What is not as the document says is found.

use autorisen_testkit::documented::{Documented, Exchange};
use serde_json::{Value, json};

fn documented() -> Documented {
    Documented::new(json!({
        "paths": {
            "/things/{id}": {"get": {"responses": {
                "200": {"content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                    "text/event-stream": {"schema": {"$ref": "#/components/schemas/StreamFrame"}},
                }},
                "204": {},
                "429": {
                    "headers": {"Retry-After": {}},
                    "content": {"application/problem+json": {"schema": {
                        "type": "object", "required": ["code"],
                        "properties": {"code": {"enum": ["rate_limited"]}},
                    }}},
                },
            }}},
        },
        "components": {"schemas": {
            "Thing": {
                "type": "object", "required": ["at"],
                "properties": {"at": {"type": "string", "format": "date-time"}},
            },
            "StreamFrame": {"properties": {"data": {"contentSchema": {"$ref": "#/components/schemas/Thing"}}}},
        }},
    }))
}

fn check(path: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Result<(), String> {
    check_method("GET", path, status, headers, body)
}

fn check_method(
    method: &str,
    path: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(), String> {
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| (*value).to_owned())
    };
    documented().check(&Exchange { method, path, status, header: &header, body: body.as_bytes() })
}

const JSON: (&str, &str) = ("content-type", "application/json");
const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
const STREAM: (&str, &str) = ("content-type", "text/event-stream");
const GOOD: &str = r#"{"at":"2026-01-31T12:00:00Z"}"#;

#[test]
fn what_is_as_told_passes() {
    check("/things/1?a=b", 200, &[JSON], GOOD).unwrap();
    check("/things/1", 200, &[STREAM], &format!("data: {GOOD}\n\ndata: {GOOD}\n\n")).unwrap();
    check("/things/1", 204, &[], "").unwrap();
    check("/things/1", 429, &[PROBLEM, ("retry-after", "1")], r#"{"code":"rate_limited"}"#).unwrap();
    check_method("HEAD", "/things/1", 200, &[JSON], "").unwrap();
    check("/elsewhere", 404, &[PROBLEM], r#"{"code":"not_found"}"#).unwrap();
    check_method("POST", "/things/1", 405, &[PROBLEM], r#"{"code":"method_not_allowed"}"#).unwrap();
}

#[test]
fn what_is_not_as_told_is_found() {
    let faults = [
        ("another status", check("/things/1", 201, &[JSON], GOOD)),
        ("another media type", check("/things/1", 200, &[("content-type", "text/plain")], GOOD)),
        ("no media type", check("/things/1", 200, &[], GOOD)),
        ("no JSON", check("/things/1", 200, &[JSON], "{")),
        (
            "a member that is not told",
            check("/things/1", 200, &[JSON], r#"{"at":"2026-01-31T12:00:00Z","b":1}"#),
        ),
        ("a member that is missing", check("/things/1", 200, &[JSON], "{}")),
        ("no time", check("/things/1", 200, &[JSON], r#"{"at":"yesterday"}"#)),
        ("a body where none is told", check("/things/1", 204, &[JSON], "{}")),
        ("no frame", check("/things/1", 200, &[STREAM], "event: x\n\n")),
        ("another event", check("/things/1", 200, &[STREAM], "data: {}\n\n")),
        ("another code", check("/things/1", 429, &[PROBLEM, ("retry-after", "1")], r#"{"code":"other"}"#)),
        ("no Retry-After", check("/things/1", 429, &[PROBLEM], r#"{"code":"rate_limited"}"#)),
        ("a path that is not told", check("/elsewhere", 200, &[JSON], GOOD)),
        ("a method that is not told", check_method("POST", "/things/1", 200, &[JSON], GOOD)),
        ("a path that is longer", check("/things/1/2", 200, &[JSON], GOOD)),
    ];
    for (case, found) in faults {
        assert!(found.is_err(), "{case} is not found");
    }
}

#[test]
fn an_example_that_does_not_fit_is_found() {
    let with = |example: Value| {
        let content = json!({"application/json": {"schema": {"type": "string"}, "example": example}});
        Documented::new(json!({"paths": {"/": {"get": {"responses": {"200": {"content": content}}}}}}))
    };
    assert_eq!(with(json!("a text")).check_examples(), Ok(1));
    assert!(with(json!(7)).check_examples().is_err());
}
