//! What comes over the line beside tokens: cookies, forms, forwarded addresses, files.

use std::net::IpAddr;

use autorisen_domain::auth::EmailAddress;
use autorisen_http::fuzzing;
use serde_json::Value;

use crate::bytes;

const NAME: &str = "__Host-autorisen_session";

/// A value is one that stands in the header, behind our name and nothing else.
pub(crate) fn cookie(data: &[u8]) {
    let Some(value) = fuzzing::cookie(data, NAME) else { return };
    assert!(!value.is_empty() && !value.contains(';'), "{value:?}");
    let pairs = || data.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let is_ours = |pair: &[u8]| pair.starts_with(NAME.as_bytes());
    assert!(pairs().any(|pair| is_ours(pair) && pair.ends_with(value.as_bytes())), "{value:?}");
    // Another value beside it leaves neither.
    let both = [data, b"; ", NAME.as_bytes(), b"=another ", value.as_bytes()].concat();
    assert_eq!(fuzzing::cookie(&both, NAME), None);
}

pub(crate) fn cookie_seeds() -> Vec<Vec<u8>> {
    bytes(&[
        "__Host-autorisen_session=abc; refresh_token=x",
        "a=b;__Host-autorisen_session=abc;;=; x",
        "__Host%2Dautorisen_session=abc",
        "__Host-autorisen_session=abc; __Host-autorisen_session=abd",
    ])
}

/// A body is a login or a registration with one canonical address, or a refusal that says so.
pub(crate) fn form(data: &[u8]) {
    let is_object = matches!(serde_json::from_slice(data), Ok(Value::Object(_)));
    for read in [fuzzing::login(data), fuzzing::registration(data)] {
        match read {
            Ok(address) => {
                assert!(is_object);
                assert_eq!(EmailAddress::parse(&address).expect("it is one").as_str(), address);
            }
            Err(status) => assert!([400, 422].contains(&status), "{status}"),
        }
    }
}

pub(crate) fn form_seeds() -> Vec<Vec<u8>> {
    bytes(&[
        r#"{"email":"ada@example.org","password":"correct horse battery","session":"cookie"}"#,
        r#"{"email":"ada@example.org","password":"correct horse battery","confirm_password":"correct horse battery",
            "first_name":"Ada","last_name":"E","role":"Customer","company_name":"X","profile":{"a":[1]},"recaptcha_token":"x"}"#,
        r#"{"email":7,"password":null,"session":"tokens"}"#,
        "[]",
    ])
}

/// An event is within its bounds and names no address, or it is refused.
pub(crate) fn tracked(data: &[u8]) {
    match fuzzing::tracked(data) {
        Ok((name, details)) => {
            assert!((1..=64).contains(&name.chars().count()), "{name:?}");
            names_no_address(&Value::from(name));
            names_no_address(&details.unwrap_or_default());
        }
        Err(status) => assert!([400, 422].contains(&status), "{status}"),
    }
}

fn names_no_address(value: &Value) {
    match value {
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            let is_address = |around: &[char]| around[0].is_alphanumeric() && around[2].is_alphanumeric();
            assert!(!chars.windows(3).any(|around| around[1] == '@' && is_address(around)), "{text}");
        }
        Value::Array(values) => values.iter().for_each(names_no_address),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            names_no_address(&Value::from(name.as_str()));
            names_no_address(value);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(crate) fn tracked_seeds() -> Vec<Vec<u8>> {
    bytes(&[
        r#"{"event_type":"step_view","step":null,"role":"Customer","details":{"a":[1,{"b":"x"}],"password":"y"}}"#,
        r#"{"event_type":"error","step":"step1","details":"token=abc ada@example.org @a@b@c Bearer x"}"#,
        r#"{"event_type":"e","details":[[[[[[[["deep"]]]]]]]]}"#,
    ])
}

/// Only what stands at the right end, where our proxies append, says anything.
pub(crate) fn forwarded(data: &[u8]) {
    let Some((&hops, header)) = data.split_first() else { return };
    let hops = hops % 4;
    let lines: Vec<&[u8]> = header.split(|&byte| byte == b'\n').collect();
    let named = fuzzing::forwarded(&lines, hops);
    if hops == 0 {
        assert_eq!(named, None);
    }
    let elements = lines.iter().map(|line| line.split(|&byte| byte == b',').count()).sum::<usize>();
    for forged in [&b"6.6.6.6"[..], b"", b"6.6.6.6, \xff"] {
        let more: Vec<&[u8]> = [forged].into_iter().chain(lines.iter().copied()).collect();
        if elements >= usize::from(hops) {
            assert_eq!(fuzzing::forwarded(&more, hops), named, "what a client puts in front");
        }
    }
    if let Some(address) = named {
        let text = IpAddr::to_string(&address);
        assert_eq!(fuzzing::forwarded(&[text.as_bytes()], 1), Some(address));
    }
}

pub(crate) fn forwarded_seeds() -> Vec<Vec<u8>> {
    bytes(&[
        "\u{1}203.0.113.1",
        "\u{1}6.6.6.6, 203.0.113.1:4711",
        "\u{2}[2001:db8::1]:80,\n::ffff:1.2.3.4, x",
        "\u{0}203.0.113.1",
        "\u{1}[2001:db8::1]",
    ])
}

/// A file is never longer than what was sent.
pub(crate) fn upload(data: &[u8]) {
    let boundary = data.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (content_type, body) = data.split_at(boundary);
    let Ok(content_type) = std::str::from_utf8(content_type) else { return };
    if content_type.bytes().any(|byte| byte.is_ascii_control()) || !content_type.is_ascii() {
        // No header has these.
        return;
    }
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    if let Some((name, mime_type, length)) = fuzzing::file(content_type, body) {
        assert!(length <= body.len());
        assert!(name.len() <= 3 * body.len().max(2) && mime_type.len() <= body.len().max(24));
    }
}

pub(crate) fn upload_seeds() -> Vec<Vec<u8>> {
    let form =
        |head: &str| format!("multipart/form-data; boundary=x\n--x\r\n{head}\r\n\r\nbytes\r\n--x--\r\n");
    vec![
        form("Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png")
            .into_bytes(),
        form("Content-Disposition: form-data; name=\"other\"").into_bytes(),
        form("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac").into_bytes(),
        b"text/plain\nbytes".to_vec(),
    ]
}
