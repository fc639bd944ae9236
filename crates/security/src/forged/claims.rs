//! Claims.

use autorisen_domain::auth::TokenRefusal;
use serde_json::{Value, json};

use super::{Chat, INVALID, NOW, Server, chat_claims, chat_header, claims, sign_chat, with, without};

#[test]
fn every_claim_must_be_there_and_of_its_type() {
    let server = Server::new();
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "exp"] {
        assert_eq!(server.verify_claims(without(claims(), name).to_string()), INVALID, "{name} missing");
        for wrong in [json!(null), json!([]), json!({}), json!(true), json!(1.5)] {
            server.refuses_with(name, &wrong);
        }
    }
}

#[test]
fn an_audience_is_one_text_and_compared_whole() {
    let server = Server::new();
    assert_eq!(server.verify_claims(without(claims(), "aud").to_string()), INVALID, "missing");
    for aud in [
        json!("autorise"),
        json!("autorisen2"),
        json!("Autorisen"),
        json!("autorisen "),
        json!(""),
        json!("x autorisen"),
        json!("https://autorisen"),
        json!("chatkit"),
        json!("autorisen\u{0}"),
        json!(["autorisen"]),
        json!(["autorisen", "other"]),
        json!(["other", "autorisen"]),
        json!([]),
        json!({"autorisen": true}),
        json!(null),
        json!(true),
        json!(1),
    ] {
        server.refuses_with("aud", &aud);
    }
}

#[test]
fn an_issuer_is_compared_whole_so_another_environment_is_another() {
    let server = Server::new();
    assert_eq!(server.verify_claims(without(claims(), "iss").to_string()), INVALID, "missing");
    for iss in [
        "https://api.example.org/",
        "HTTPS://api.example.org",
        "https://API.example.org",
        "http://api.example.org",
        "https://api.example.org:443",
        "https://staging.example.org",
        "https://api.example.org.evil.example",
        "https://api.example.or",
        "autorisen",
        "",
    ] {
        server.refuses_with("iss", &json!(iss));
    }
    server.refuses_with("iss", &json!(["https://api.example.org"]));
}

#[test]
fn an_end_is_a_whole_number_in_a_day_of_the_beginning() {
    let server = Server::new();
    assert_eq!(server.verify_claims(without(claims(), "exp").to_string()), INVALID, "missing");
    for exp in [
        json!(null),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1_000_000_000_000_000_i64),
        json!(1e308),
        json!(1_800_000_900.0),
        json!(1_800_000_900.5),
        json!("1800000900"),
        json!(""),
        json!([1_800_000_900]),
        json!({}),
        json!(true),
        json!(NOW.secs() - 1),
        json!(NOW.secs() + 86_401),
    ] {
        server.refuses_with("exp", &exp);
    }
    for exp in ["1e999", "-0", "01800000900", "1800000900.", "+1800000900", "0x6b49d384", "NaN", "Infinity"] {
        let text = claims().to_string().replace(&(NOW.secs() + 900).to_string(), exp);
        assert!(text.contains(exp));
        assert_eq!(server.verify_claims(text), INVALID, "{exp}");
    }
    let longest = with(claims(), "exp", &json!(NOW.secs() + 86_400));
    assert!(server.verify_claims(longest.to_string()).is_ok(), "the longest life that can be set");
}

#[test]
fn times_have_a_leeway_of_a_minute_at_the_beginning_and_none_at_the_end() {
    let server = Server::new();
    let at = |iat: i64, exp: i64| {
        let claims = with(with(claims(), "iat", &json!(NOW.secs() + iat)), "exp", &json!(NOW.secs() + exp));
        server.verify_claims(claims.to_string())
    };
    assert!(at(60, 900).is_ok(), "issued by a clock that is a minute ahead");
    assert_eq!(at(61, 900), INVALID);
    assert_eq!(at(10_000_000, 10_000_900), INVALID);
    assert!(at(-900, 1).is_ok());
    for late in [0, -1, -59, -60, -61] {
        assert!(matches!(at(-900, late), Err(TokenRefusal::Expired(_))), "{late} s: ended is ended");
    }
    assert_eq!(at(0, -1), INVALID, "it ends before it begins");
    for iat in [json!(-1), json!(i64::MIN), json!(i64::MAX), json!(1e308), json!(null), json!("1800000000")] {
        server.refuses_with("iat", &iat);
    }
    for name in ["nbf", "auth_time", "scope", "role"] {
        // Our tokens begin when they are issued, so one that states more is not ours.
        server.refuses_with(name, &json!(NOW.secs() + 10));
        server.refuses_with(name, &json!(NOW.secs() - 10));
    }
}

#[test]
fn a_member_is_there_once_however_it_is_written() {
    let server = Server::new();
    let claims = claims().to_string();
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid"] {
        let again = |spelling: &str| {
            let value = &self::claims()[name];
            claims.replacen('{', &format!("{{\"{spelling}\":{value},"), 1)
        };
        assert_eq!(server.verify_claims(again(name)), INVALID, "{name} twice, and the same");
        let first = name.bytes().next().unwrap();
        let escaped = format!("\\u{first:04x}{}", &name[1..]);
        assert_eq!(server.verify_claims(again(&escaped)), INVALID, "{escaped} is {name} again");
        // Alone it is only another spelling of the same text, as everywhere in JSON.
        let alone = claims.replacen(&format!("\"{name}\""), &format!("\"{escaped}\""), 1);
        assert!(server.verify_claims(alone).is_ok(), "{escaped} is {name}");
    }
    let header = server.header().to_string();
    for again in ["\"alg\":\"ES256\"", "\"\\u0061lg\":\"none\"", "\"typ\":\"JWT\"", "\"k\\u0069d\":\"x\""] {
        let header = header.replacen('{', &format!("{{{again},"), 1);
        assert_eq!(server.verify_header(header), INVALID, "{again}");
    }
}

#[test]
fn ids_are_in_their_one_form() {
    let server = Server::new();
    for name in ["sub", "sid"] {
        for id in ["", "x", "0", "admin", "' OR 1=1 --", "../../dev/null", &"0".repeat(500)] {
            server.refuses_with(name, &json!(id));
        }
    }
}

#[test]
fn a_chat_token_is_held_to_the_same_rules() {
    let chat = Chat::new();
    let refuses = |claims: &Value| {
        assert!(!chat.verify(&sign_chat(&chat_header(), claims)), "{claims}");
    };
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "thread_id", "placement"] {
        refuses(&without(chat_claims(), name));
        for wrong in [json!(null), json!([]), json!({}), json!(true), json!(1.5)] {
            refuses(&with(chat_claims(), name, &wrong));
        }
    }
    for (name, value) in [
        ("iss", json!("autorisen-chatkit/")),
        ("iss", json!("https://api.example.org")),
        ("aud", json!("autorisen")),
        ("aud", json!(["chatkit"])),
        ("exp", json!(NOW.secs())),
        ("exp", json!(i64::MAX)),
        ("exp", json!(1e308)),
        ("iat", json!(NOW.secs() + 61)),
        ("nbf", json!(NOW.secs() - 1)),
        ("user_id", json!("x")),
        ("placement", json!("../x")),
    ] {
        refuses(&with(chat_claims(), name, &value));
    }
    assert!(chat.verify(&sign_chat(&chat_header(), &with(chat_claims(), "iat", &json!(NOW.secs() + 60)))));
    let good = sign_chat(&chat_header(), &chat_claims());
    for other in [format!("{good}="), format!("{good}\n"), format!(" {good}"), format!("{good}A")] {
        assert!(!chat.verify(&other), "{other:?}");
    }
}
