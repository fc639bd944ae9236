//! Tokens that somebody forged, signed with what they may have: nothing, our public key, a key of
//! their own.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{AccessClaims, AccessTokens as _, SessionId, TokenRefusal, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::keys::{KeyFactory as _, KeyRing as _, KeyState};
use autorisen_security::{EcdsaKeyFactory, EcdsaKeyRing, JwtAccessTokens, MasterKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{hmac, signature};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

struct Server {
    tokens: JwtAccessTokens,
    kid: String,
    public_point: Vec<u8>,
}

fn server() -> Server {
    let master = MasterKey::new("a master key for tests, long enough".into(), None);
    let ring = Arc::new(EcdsaKeyRing::new(&master));
    let key = EcdsaKeyFactory::new(&master).generate(KeyState::Current, NOW).unwrap();
    ring.load(std::slice::from_ref(&key)).unwrap();
    let jwk = ring.public_keys().remove(0);
    let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    Server {
        tokens: JwtAccessTokens::new(ring, "issuer".into(), "audience".into()),
        kid: key.id.as_str().to_owned(),
        public_point: [vec![4], coordinate(&jwk.x), coordinate(&jwk.y)].concat(),
    }
}

fn good_claims() -> Value {
    json!({
        "iss": "issuer", "aud": "audience", "sub": UserId::from_bytes([1; 16]).to_string(),
        "sid": SessionId::from_bytes([2; 16]).to_string(), "jti": "x",
        "iat": NOW.secs(), "exp": NOW.secs() + 900,
    })
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unsigned(header: &str, claims: &Value) -> String {
    format!("{}.{}.", part(header), part(claims.to_string()))
}

impl Server {
    fn good_token(&self) -> String {
        let claims = AccessClaims {
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_mins(15)),
        };
        self.tokens.sign(&claims).unwrap().expose_secret().to_owned()
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.kid})
    }

    #[track_caller]
    fn refuses(&self, token: &str, why: &str) {
        let answer = self.tokens.verify(token, NOW);
        assert!(matches!(answer, Err(TokenRefusal::Invalid)), "{why}: {answer:?}");
    }
}

#[test]
fn a_good_token_passes_so_that_the_other_tests_mean_something() {
    let server = server();
    assert!(server.tokens.verify(&server.good_token(), NOW).is_ok());
}

#[test]
fn no_algorithm_is_no_signature() {
    let server = server();
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": server.kid}).to_string();
        server.refuses(&unsigned(&header, &good_claims()), alg);
    }
}

#[test]
fn our_public_key_is_no_secret_for_hmac() {
    let server = server();
    for alg in ["HS256", "HS384", "HS512", "ES256"] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": server.kid}).to_string();
        let message = format!("{}.{}", part(header), part(good_claims().to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &server.public_point);
        let token = format!("{message}.{}", part(hmac::sign(&key, message.as_bytes())));
        server.refuses(&token, alg);
    }
}

#[test]
fn a_signature_that_is_cut_altered_or_trivial_is_refused() {
    let server = server();
    let token = server.good_token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    server.refuses(&format!("{message}."), "removed");
    server.refuses(&format!("{message}.{}", part(&signature[..63])), "cut");
    server.refuses(&format!("{message}.{}", part([&signature[..], &[0]].concat())), "a byte more");
    server.refuses(&format!("{message}.{}", part([0; 64])), "r and s are zero");
    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        server.refuses(&format!("{message}.{}", part(flipped)), "a bit");
    }
}

#[test]
fn a_header_with_any_other_member_is_refused_before_the_signature() {
    let server = server();
    let token = server.good_token();
    let rest = token.split_once('.').unwrap().1;
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("jku", json!("https://example.org/keys")),
        ("x5u", json!("https://example.org/cert")),
        ("x5c", json!([])),
        ("jwk", json!({"kty": "EC"})),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
    ] {
        let mut header = server.header();
        header[name] = value;
        server.refuses(&format!("{}.{rest}", part(header.to_string())), name);
    }
}

#[test]
fn another_kind_or_another_key_is_refused() {
    let server = server();
    let token = server.good_token();
    let rest = token.split_once('.').unwrap().1;
    for typ in ["JWT", "chatkit+jwt", "AT+JWT", "application/at+jwt", ""] {
        let header = json!({"alg": "ES256", "typ": typ, "kid": server.kid}).to_string();
        server.refuses(&format!("{}.{rest}", part(header)), typ);
    }
    let long = "k".repeat(10_000);
    for kid in ["", "unknown", "../../dev/null", "' OR 1=1 --", &long] {
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}).to_string();
        server.refuses(&format!("{}.{rest}", part(header)), kid);
    }
    for missing in ["alg", "typ", "kid"] {
        let mut header = server.header();
        header.as_object_mut().unwrap().remove(missing);
        server.refuses(&format!("{}.{rest}", part(header.to_string())), missing);
    }
}

#[test]
fn a_text_that_is_no_compact_token_is_refused() {
    let server = server();
    let token = server.good_token();
    let huge = format!("{token}{}", "A".repeat(1_000_000));
    let deep = format!("{}.{}.", part(server.header().to_string()), part("[".repeat(2_000)));
    let twice = format!(r#"{{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, server.kid);
    let bom = format!("\u{feff}{}", server.header());
    for (text, why) in [
        (String::new(), "empty"),
        ("..".to_owned(), "empty parts"),
        (format!("{token}.{token}"), "five dots"),
        (format!("{token}="), "padding"),
        (format!(" {token}"), "a space"),
        (format!("{token}\n"), "a line feed"),
        (token.replace('.', ". "), "spaces"),
        (huge, "a megabyte"),
        (deep, "deep nesting"),
        (unsigned(&twice, &good_claims()), "a member twice"),
        (unsigned(&bom, &good_claims()), "a byte order mark"),
        (json!({"payload": "", "signatures": []}).to_string(), "JSON serialisation"),
    ] {
        server.refuses(&text, why);
    }
}

#[test]
fn a_key_that_the_ring_does_not_hold_signs_nothing() {
    let server = server();
    let random = ring::rand::SystemRandom::new();
    let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let message = format!("{}.{}", part(server.header().to_string()), part(good_claims().to_string()));
    let signature = pair.sign(&random, message.as_bytes()).unwrap();
    server.refuses(&format!("{message}.{}", part(signature)), "another key");
}
