//! Headers and signatures.

use serde_json::json;

use super::{
    Chat, INVALID, Server, chat_claims, chat_header, claims, part, sign_chat, unsigned, with, without,
};

#[test]
fn a_key_has_one_algorithm_whatever_the_header_names() {
    let server = Server::new();
    for alg in [
        "none", "HS256", "HS512", "RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "es256",
        "",
    ] {
        let header = with(server.header(), "alg", &json!(alg));
        assert_eq!(server.verify_header(header.to_string()), INVALID, "{alg}");
    }
    for alg in [json!(null), json!(["ES256"]), json!({"ES256": 1}), json!(256)] {
        assert_eq!(server.verify_header(with(server.header(), "alg", &alg).to_string()), INVALID, "{alg}");
    }
    let chat = Chat::new();
    for alg in ["none", "HS384", "HS512", "ES256", "RS256", "hs256", ""] {
        let header = with(chat_header(), "alg", &json!(alg));
        assert!(!chat.verify(&sign_chat(&header, &chat_claims())), "{alg}");
        assert!(!chat.verify(&unsigned(&header, &chat_claims())), "{alg}, unsigned");
    }
}

#[test]
fn a_signature_out_of_range_is_refused_and_its_mirror_opens_nothing_more() {
    let server = Server::new();
    let message = format!("{}.{}", part(server.header().to_string()), part(claims().to_string()));
    let good = server.signature(message.as_bytes());
    let (r, s) = good.split_at(32);
    let zero = [0; 32];
    let token = |signature: &[u8]| format!("{message}.{}", part(signature));
    for (r, s) in [(r, &zero[..]), (&zero[..], s), (&zero, &zero), (r, &ORDER), (&ORDER, s), (&[255; 32], s)]
    {
        assert_eq!(server.verify(&token(&[r, s].concat())), INVALID);
    }
    let der = [&[0x30, 68, 2, 32], r, &[2, 32], s].concat();
    assert_eq!(server.verify(&token(&der)), INVALID, "the form of certificates");
    // Of each signature there is a second, (r, n - s), that anybody can compute. It is no way in: what
    // counts is the session that the token names, and that is the same.
    let mirror = [r, &order_less(s)].concat();
    assert_ne!(mirror, good);
    assert_eq!(server.verify(&token(&mirror)), server.verify(&token(&good)));
}

/// The order of the curve P-256 (SEC 2, section 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn order_less(s: &[u8]) -> Vec<u8> {
    let mut difference = vec![0; 32];
    let mut borrow = 0;
    for index in (0..32).rev() {
        let digit = i16::from(ORDER[index]) - i16::from(s[index]) - borrow;
        borrow = i16::from(digit < 0);
        difference[index] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    difference
}

#[test]
fn a_header_has_exactly_its_three_members_also_under_a_good_signature() {
    let server = Server::new();
    let chat = Chat::new();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("jku", json!("https://example.org/keys")),
        ("x5u", json!("https://example.org/cert")),
        ("x5c", json!([])),
        ("jwk", json!({"kty": "EC"})),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
        ("nonce", json!("x")),
        ("", json!(null)),
    ] {
        let header = with(server.header(), name, &value);
        assert_eq!(server.verify_header(header.to_string()), INVALID, "{name}: {value}");
        assert!(
            !chat.verify(&sign_chat(&with(chat_header(), name, &value), &chat_claims())),
            "{name}: {value}"
        );
    }
    for name in ["alg", "typ", "kid"] {
        assert_eq!(server.verify_header(without(server.header(), name).to_string()), INVALID, "{name}");
    }
}

#[test]
fn the_kind_is_stated_in_one_spelling() {
    let server = Server::new();
    for typ in [
        "",
        "JWT",
        "jwt",
        "AT+JWT",
        "At+Jwt",
        "at+JWT",
        "application/at+jwt",
        "at+jwt ",
        " at+jwt",
        "at jwt",
        "at+jwt;x",
        "chatkit+jwt",
        "rt+jwt",
        "id+jwt",
    ] {
        assert_eq!(
            server.verify_header(with(server.header(), "typ", &json!(typ)).to_string()),
            INVALID,
            "{typ}"
        );
    }
    for typ in [json!(null), json!(["at+jwt"]), json!(1)] {
        assert_eq!(server.verify_header(with(server.header(), "typ", &typ).to_string()), INVALID, "{typ}");
    }
    let chat = Chat::new();
    for typ in ["", "JWT", "at+jwt", "CHATKIT+JWT", "application/chatkit+jwt"] {
        assert!(!chat.verify(&sign_chat(&with(chat_header(), "typ", &json!(typ)), &chat_claims())), "{typ}");
    }
}
