//! E-mail addresses, and requests of the ChatKit protocol.

use autorisen_chatkit::{Request, RequestError};
use autorisen_domain::auth::EmailAddress;

use crate::bytes;

/// What is taken is one canonical form, that reads as itself.
pub(crate) fn email(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(address) = EmailAddress::parse(text) else { return };
    let canonical = address.as_str();
    assert_eq!(EmailAddress::parse(canonical).expect("what is taken is taken again"), address);
    assert!(canonical.is_ascii() && canonical.len() <= EmailAddress::MAX_LENGTH);
    assert!(!canonical.bytes().any(|byte| byte.is_ascii_uppercase() || byte <= b' ' || byte == 0x7f));
    assert_eq!(canonical.matches('@').count(), 1);
    assert_eq!(text.trim().to_ascii_lowercase(), canonical, "nothing is folded but case and space");
    assert_eq!(EmailAddress::parse(&text.to_uppercase()).ok().as_ref(), Some(&address));
}

pub(crate) fn email_seeds() -> Vec<Vec<u8>> {
    bytes(&[
        "ada@example.org",
        " Ada+tag@Sub.Example.ORG\n",
        "a.b!#$%&'*+-/=?^_`{|}~@xn--nxasmq6b.example",
        "ada@@example.org",
        "\"ada\"@example.org",
        "ada@\u{ff45}xample.org",
        "\u{130}da@example.org",
        "ada\u{ff20}example.org",
    ])
}

/// A request is read as one thing, and a refusal does not repeat what was sent.
pub(crate) fn chatkit_request(data: &[u8]) {
    const MARK: &str = "a text that a client has sent and nobody else says";
    let read = Request::parse(data);
    assert_eq!(format!("{read:?}"), format!("{:?}", Request::parse(data)), "twice the same");
    if let Err(error) = read {
        let told = error.to_string();
        assert!(!told.contains(MARK), "{told}");
        let is_bounded = !matches!(error, RequestError::Params { .. }) || told.len() < 1_000;
        assert!(is_bounded, "{told}");
    }
}

pub(crate) fn chatkit_request_seeds() -> Vec<Vec<u8>> {
    let message = r#"{"content":[{"type":"input_text","text":"Hi"}],"attachments":["a"],"quoted_text":null,
        "inference_options":{"tool_choice":null,"model":null}}"#;
    let mut seeds = bytes(&[
        r#"{"type":"threads.get_by_id","params":{"thread_id":"thr_1"}}"#,
        r#"{"type":"threads.list","params":{"limit":20,"order":"desc","after":"x"}}"#,
        r#"{"type":"items.list","params":{"thread_id":"thr_1","limit":1,"order":"asc"}}"#,
        r#"{"type":"threads.update","params":{"thread_id":"a","title":"a text that a client has sent and nobody else says"}}"#,
        r#"{"type":"items.feedback","params":{"thread_id":"a","item_ids":["b"],"kind":"positive"}}"#,
        r#"{"type":"attachments.create","params":{"name":"a.png","size":9,"mime_type":"image/png"}}"#,
        r#"{"type":"threads.custom_action","params":{"thread_id":"a","item_id":null,"action":{"type":"x","payload":{}}}}"#,
        r#"{"type":"threads.add_client_tool_output","params":{"thread_id":"a","result":{"b":[1,null]}}}"#,
        r#"{"type":"threads.retry_after_item","params":{"thread_id":7,"item_id":[]}}"#,
        r#"{"type":"input.transcribe","params":{"audio_base64":"AAAA","mime_type":"audio/webm"}}"#,
    ]);
    seeds.push(format!(r#"{{"type":"threads.create","params":{{"input":{message}}}}}"#).into_bytes());
    let add =
        format!(r#"{{"type":"threads.add_user_message","params":{{"thread_id":"a","input":{message}}}}}"#);
    seeds.push(add.into_bytes());
    seeds
}
