//! Tokens of every kind. Nothing that a fuzzer makes is one of ours, unless it is one that was given.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use autorisen_domain::auth::{
    AccessClaims, AccessTokens as _, CsrfCheck, CsrfTokens as _, OpaqueKind, OpaqueTokens as _, SessionId,
    TokenRefusal, UserId,
};
use autorisen_domain::chat::{ChatClaims, ChatTokens as _, PlacementName, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::id::Random as _;
use autorisen_domain::keys::{KeyFactory as _, KeyRing as _, KeyState};
use autorisen_security::{
    ChatTokenSettings, EcdsaKeyFactory, EcdsaKeyRing, HmacCsrfTokens, JwtAccessTokens, JwtChatTokens,
    MasterKey, SealedOpaqueTokens, SystemRandom,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use secrecy::ExposeSecret as _;
use serde_json::Value;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const LONGEST: i64 = 86_400;

/// What makes and reads tokens, and one good token of each kind.
struct Deployment {
    access: JwtAccessTokens,
    chat: JwtChatTokens,
    opaque: SealedOpaqueTokens,
    csrf: HmacCsrfTokens,
    chat_key: String,
    good: Good,
}

struct Good {
    access: String,
    chat: String,
    opaque: Vec<(OpaqueKind, String)>,
    csrf: String,
}

const KINDS: [OpaqueKind; 3] = [OpaqueKind::Refresh, OpaqueKind::Cookie, OpaqueKind::Registration];

fn deployment() -> &'static Deployment {
    static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        // Of this run alone: what an earlier one kept of interest may be a token that was good then.
        let master = MasterKey::new(chance().into(), None);
        let ring = Arc::new(EcdsaKeyRing::new(&master));
        ring.load(&[EcdsaKeyFactory::new(&master).generate(KeyState::Current, NOW).unwrap()]).unwrap();
        let access = JwtAccessTokens::new(ring, "issuer".into(), "audience".into());
        let chat_key = chance();
        let settings = ChatTokenSettings {
            signing_key: Some(chat_key.as_str().into()),
            issuer: "issuer".into(),
            audience: "chatkit".into(),
        };
        let chat = JwtChatTokens::new(&master, settings);
        let opaque = SealedOpaqueTokens::new(&master);
        let csrf = HmacCsrfTokens::new(&master, Duration::from_hours(1));
        let (user, session) = (UserId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
        let expires_at = NOW.plus(Duration::from_mins(5));
        let minted = |kind| opaque.mint(kind, &[3; 16]).unwrap().token.expose_secret().to_owned();
        let good = Good {
            access: access
                .sign(&AccessClaims { user, session, issued_at: NOW, expires_at })
                .unwrap()
                .expose_secret()
                .to_owned(),
            chat: chat
                .sign(&ChatClaims {
                    user,
                    session,
                    thread: ThreadId::from_bytes([4; 16]),
                    placement: PlacementName::parse("support").unwrap(),
                    issued_at: NOW,
                    expires_at,
                })
                .unwrap()
                .expose_secret()
                .to_owned(),
            opaque: KINDS.map(|kind| (kind, minted(kind))).to_vec(),
            csrf: csrf.issue(NOW).unwrap(),
        };
        Deployment { access, chat, opaque, csrf, chat_key, good }
    })
}

/// A text that nobody can guess.
fn chance() -> String {
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes).unwrap();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Only the token that was signed is one.
pub(crate) fn access(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let deployment = deployment();
    match deployment.access.verify(text, NOW) {
        Ok(_) => assert_eq!(text, deployment.good.access),
        Err(TokenRefusal::Invalid) => assert_ne!(text, deployment.good.access),
        Err(TokenRefusal::Expired(_)) => panic!("nothing of ours has ended"),
    }
}

pub(crate) fn access_seeds() -> Vec<Vec<u8>> {
    crate::bytes(&[&deployment().good.access, &deployment().good.chat, "a.b.c", ".."])
}

/// Only the token that was signed is one.
pub(crate) fn chat(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let deployment = deployment();
    let is_good = deployment.chat.verify(text, NOW).is_some();
    assert_eq!(is_good, text == deployment.good.chat, "{text}");
}

pub(crate) fn chat_seeds() -> Vec<Vec<u8>> {
    access_seeds()
}

/// Header and claims of the fuzzer's choice, under a good signature: what then is taken says just what
/// our own tokens say.
pub(crate) fn signed_claims(data: &[u8]) {
    let Some(at) = data.iter().position(|&byte| byte == b'\n') else { return };
    let (header, claims) = (&data[..at], &data[at + 1..]);
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, deployment().chat_key.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())));
    let deployment = deployment();
    assert_eq!(deployment.access.verify(&token, NOW), Err(TokenRefusal::Invalid), "it is no access token");
    let Some(read) = deployment.chat.verify(&token, NOW) else { return };

    assert!(token.len() <= 4_096);
    let header: Value = serde_json::from_slice(header).expect("it was read");
    assert_eq!(header, serde_json::json!({"alg": "HS256", "typ": "chatkit+jwt", "kid": "chat"}));
    let claims: Value = serde_json::from_slice(claims).expect("it was read");
    assert_eq!(claims.as_object().expect("it was read").len(), 9);
    let number = |name: &str| claims[name].as_i64().expect("a whole number");
    assert_eq!((&claims["iss"], &claims["aud"]), (&"issuer".into(), &"chatkit".into()));
    assert_eq!((number("iat"), number("exp")), (read.issued_at.secs(), read.expires_at.secs()));
    assert!(NOW < read.expires_at && number("iat") <= NOW.secs() + 60);
    assert!((0..=LONGEST).contains(&(number("exp") - number("iat"))));
    // What is signed anew says the same.
    let again = deployment.chat.sign(&read).expect("it is signed");
    assert_eq!(deployment.chat.verify(again.expose_secret(), NOW), Some(read));
}

pub(crate) fn signed_claims_seeds() -> Vec<Vec<u8>> {
    let parts: Vec<Vec<u8>> = deployment()
        .good
        .chat
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).expect("it is ours"))
        .collect();
    let good = [&parts[0][..], b"\n", &parts[1][..]].concat();
    let text = String::from_utf8(good.clone()).expect("it is ours");
    vec![
        good,
        text.replace("\"exp\":1800000300", "\"exp\":1e308").into_bytes(),
        text.replace("\"iat\"", "\"\\u0069at\"").into_bytes(),
        text.replace("HS256", "none").into_bytes(),
    ]
}

/// Only the token that was minted is one, and only of its kind.
pub(crate) fn opaque(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let deployment = deployment();
    for (kind, good) in &deployment.good.opaque {
        assert_eq!(deployment.opaque.read(*kind, text).is_some(), text == good, "{kind:?}: {text}");
    }
    assert!(deployment.opaque.open_successor(text, data).is_none());
}

pub(crate) fn opaque_seeds() -> Vec<Vec<u8>> {
    deployment().good.opaque.iter().map(|(_, text)| text.clone().into_bytes()).collect()
}

/// Only the token that was issued is one.
pub(crate) fn csrf(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let deployment = deployment();
    let is_good = deployment.csrf.check(text, NOW) != CsrfCheck::Invalid;
    assert_eq!(is_good, text == deployment.good.csrf, "{text}");
}

pub(crate) fn csrf_seeds() -> Vec<Vec<u8>> {
    crate::bytes(&[&deployment().good.csrf, "a.1.00", ".."])
}
