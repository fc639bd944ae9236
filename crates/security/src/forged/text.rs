//! The text of a token: encodings, forms, sizes.

use std::time::Duration;

use autorisen_domain::auth::{AccessClaims, AccessTokens as _, SessionId, UserId};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{INVALID, NOW, Server, claims, part, with};

#[test]
fn a_token_has_one_spelling() {
    let server = Server::new();
    let token = server.sign(server.header().to_string(), claims().to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let rebuilt = |index: usize, part: String| {
        let mut parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
        parts[index] = part;
        parts.join(".")
    };
    for index in 0..3 {
        let bytes = URL_SAFE_NO_PAD.decode(parts[index]).unwrap();
        for other in [
            format!("{}=", parts[index]),
            format!("{}==", parts[index]),
            format!("{}\n", parts[index]),
            format!(" {}", parts[index]),
            format!("{}\t", parts[index]),
            parts[index].replacen('Z', "%5A", 1) + "%",
            format!("{}A", parts[index]),
            format!("{}\u{200b}", parts[index]),
        ] {
            assert_eq!(server.verify(&rebuilt(index, other.clone())), INVALID, "{index}: {other:?}");
        }
        // The bits that are left of the last character are zero: another one is another spelling.
        if !bytes.len().is_multiple_of(3) {
            let last = parts[index].chars().last().unwrap();
            for other in (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').map(char::from) {
                let other = format!("{}{other}", &parts[index][..parts[index].len() - 1]);
                let is_same = other.ends_with(last);
                assert_eq!(server.verify(&rebuilt(index, other)).is_ok(), is_same, "part {index}");
            }
        }
    }
    // The other alphabet, in the signed message itself: `?~` gives one of its two characters.
    let odd = with(claims(), "jti", &json!("~~~???~~~???"));
    let (header, claims) = (server.header().to_string(), odd.to_string());
    for encode in [&STANDARD_NO_PAD, &URL_SAFE] {
        let message = format!("{}.{}", part(&header), encode.encode(&claims));
        assert!(message.contains(['+', '/', '=']), "{message}");
        let token = format!("{message}.{}", part(server.signature(message.as_bytes())));
        assert_eq!(server.verify(&token), INVALID, "{message}");
    }
    assert!(server.verify(&server.sign(header, claims)).is_ok());
}

#[test]
fn only_utf_8_is_read() {
    let server = Server::new();
    let good = claims().to_string();
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let utf_16_marked = [vec![0xff, 0xfe], utf_16(&good)].concat();
    let lone = good.replace("\"x\"", "\"\\ud800\"");
    let latin = good.replace("\"x\"", "\"?\"").into_bytes();
    let latin: Vec<u8> = latin.into_iter().map(|byte| if byte == b'?' { 0xe9 } else { byte }).collect();
    for (claims, why) in [
        (format!("\u{feff}{good}").into_bytes(), "a byte order mark"),
        (utf_16(&good), "UTF-16"),
        (utf_16_marked, "UTF-16 with a mark"),
        (lone.into_bytes(), "a lone surrogate"),
        (latin, "Latin-1"),
        (good.replace("\"x\"", "\"\u{0}\"").into_bytes(), "a control character"),
        (b"".to_vec(), "nothing"),
        (b"null".to_vec(), "null"),
        (b"[]".to_vec(), "an array"),
        (format!("{good}{good}").into_bytes(), "two values"),
        (format!("{good}\u{0}").into_bytes(), "a NUL at the end"),
    ] {
        assert_eq!(server.verify_claims(claims), INVALID, "{why}");
    }
    let header = server.header().to_string();
    assert_eq!(server.verify_header(utf_16(&header)), INVALID);
    assert_eq!(server.verify_header(format!("\u{feff}{header}")), INVALID);
}

#[test]
fn other_forms_of_signed_and_sealed_texts_are_refused() {
    let server = Server::new();
    let token = server.sign(server.header().to_string(), claims().to_string());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let flattened = json!({"protected": header, "payload": payload, "signature": signature});
    let general = json!({
        "payload": payload,
        "signatures": [{"protected": header, "signature": signature}, {"protected": header, "signature": ""}],
    });
    assert_eq!(server.verify(&flattened.to_string()), INVALID);
    assert_eq!(server.verify(&general.to_string()), INVALID);
    // Five parts are an encrypted text; two, one that was never signed.
    let sealed = json!({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}).to_string();
    assert_eq!(server.verify(&format!("{}..{payload}.{payload}.{signature}", part(sealed))), INVALID);
    assert_eq!(server.verify(&format!("{header}.{payload}")), INVALID);
    assert_eq!(server.verify(&format!("{header}..{signature}")), INVALID, "detached");
    assert_eq!(server.verify_claims(&token), INVALID, "a token in a token");
    // Some kilobytes that would unpack to a thousand times as much are never unpacked.
    let bomb = with(server.header(), "zip", &json!("DEF"));
    assert_eq!(server.verify(&server.sign(bomb.to_string(), [0x4b, 0x4c, 0x1c, 0x05].repeat(500))), INVALID);
}

#[test]
fn a_text_of_more_than_four_kilobytes_is_refused_before_it_is_read() {
    let server = Server::new();
    let padded = |spaces: usize| server.verify_claims(format!("{}{}", claims(), " ".repeat(spaces)));
    assert!(padded(2_000).is_ok(), "white space means nothing");
    assert_eq!(padded(4_000), INVALID);
    for length in [4_097, 8_192, 1_000_000] {
        assert_eq!(server.verify(&"a.".repeat(length / 2)), INVALID);
        assert_eq!(server.verify(&".".repeat(length)), INVALID);
    }
}

#[test]
fn nesting_overflows_nothing() {
    let server = Server::new();
    for depth in [100, 1_000, 1_400, 10_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for deep in [deep, open.repeat(depth)] {
                assert_eq!(server.verify_claims(&deep), INVALID, "{depth}");
                assert_eq!(server.verify_header(&deep), INVALID, "{depth}");
                let in_jti = claims().to_string().replace("\"x\"", &deep);
                assert_eq!(server.verify_claims(in_jti), INVALID, "{depth}");
            }
        }
    }
}

#[test]
fn the_longest_tokens_that_are_made_are_read() {
    // So that the cap of four kilobytes shuts nobody out.
    let server = Server::new();
    let claims = AccessClaims {
        user: UserId::from_bytes([255; 16]),
        session: SessionId::from_bytes([255; 16]),
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_hours(24)),
    };
    let token = server.tokens.sign(&claims).unwrap();
    assert!(token.expose_secret().len() < 1_024);
    assert_eq!(server.verify(token.expose_secret()), Ok(claims));
}
