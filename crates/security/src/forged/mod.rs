//! Tokens that are signed with our own key and are none of ours all the same: what the rules beside
//! the signature must refuse. `server/tests/attack_lists` says which line of the list each test is of.

mod claims;
mod header;
mod text;

use std::sync::Arc;

use autorisen_domain::auth::{AccessClaims, AccessTokens, SessionId, TokenRefusal, UserId};
use autorisen_domain::chat::{ChatTokens, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::keys::{KeyFactory, KeyRing, KeyState};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biscuit::jws::Secret;
use ring::hmac;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

use crate::{ChatTokenSettings, EcdsaKeyFactory, EcdsaKeyRing, JwtAccessTokens, JwtChatTokens, MasterKey};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CHAT_KEY: &str = "a signing key for chat tokens, long enough";

/// Who signs access tokens, with its key in somebody else's hands.
struct Server {
    tokens: JwtAccessTokens,
    ring: Arc<EcdsaKeyRing>,
}

impl Server {
    fn new() -> Self {
        let master = MasterKey::new("a master key for tests, long enough".into(), None);
        let ring = Arc::new(EcdsaKeyRing::new(&master));
        ring.load(&[EcdsaKeyFactory::new(&master).generate(KeyState::Current, NOW).unwrap()]).unwrap();
        let tokens =
            JwtAccessTokens::new(Arc::clone(&ring), "https://api.example.org".into(), "autorisen".into());
        Self { tokens, ring }
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.ring.keys().current().unwrap().id().as_str()})
    }

    /// A token of exactly these bytes.
    fn sign(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", part(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let keys = self.ring.keys();
        let Secret::EcdsaKeyPair(pair) = keys.current().unwrap().pair_secret() else {
            panic!("the key is no pair")
        };
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRefusal> {
        self.tokens.verify(token, NOW)
    }

    /// What is made of these claims under a good header.
    fn verify_claims(&self, claims: impl AsRef<[u8]>) -> Result<AccessClaims, TokenRefusal> {
        self.verify(&self.sign(self.header().to_string(), claims))
    }

    /// What is made of good claims under this header.
    fn verify_header(&self, header: impl AsRef<[u8]>) -> Result<AccessClaims, TokenRefusal> {
        self.verify(&self.sign(header, claims().to_string()))
    }

    #[track_caller]
    fn refuses_with(&self, name: &str, value: &Value) {
        let answer = self.verify_claims(with(claims(), name, value).to_string());
        assert_eq!(answer, Err(TokenRefusal::Invalid), "{name}: {value}");
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://api.example.org", "sub": UserId::from_bytes([1; 16]).to_string(),
        "aud": "autorisen", "exp": NOW.secs() + 900, "iat": NOW.secs(), "jti": "x",
        "sid": SessionId::from_bytes([2; 16]).to_string(),
    })
}

fn with(mut object: Value, name: &str, value: &Value) -> Value {
    object[name] = value.clone();
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

const INVALID: Result<AccessClaims, TokenRefusal> = Err(TokenRefusal::Invalid);

/// Who signs chat tokens, with its key in somebody else's hands.
struct Chat(JwtChatTokens);

impl Chat {
    fn new() -> Self {
        let master = MasterKey::new("a master key for tests, long enough".into(), None);
        let signing_key = Some(CHAT_KEY.into());
        Self(JwtChatTokens::new(
            &master,
            ChatTokenSettings { signing_key, issuer: "autorisen-chatkit".into(), audience: "chatkit".into() },
        ))
    }

    fn verify(&self, token: &str) -> bool {
        self.0.verify(token, NOW).is_some()
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", part(header.to_string()), part(claims.to_string()))
}

fn sign_chat(header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let message = message.trim_end_matches('.');
    let key = hmac::Key::new(hmac::HMAC_SHA256, CHAT_KEY.as_bytes());
    format!("{message}.{}", part(hmac::sign(&key, message.as_bytes())))
}

fn chat_header() -> Value {
    json!({"alg": "HS256", "typ": "chatkit+jwt", "kid": "chat"})
}

fn chat_claims() -> Value {
    json!({
        "iss": "autorisen-chatkit", "sub": UserId::from_bytes([1; 16]).to_string(), "aud": "chatkit",
        "exp": NOW.secs() + 300, "iat": NOW.secs(), "jti": "x",
        "sid": SessionId::from_bytes([2; 16]).to_string(),
        "thread_id": ThreadId::from_bytes([3; 16]).to_string(), "placement": "support",
    })
}

#[test]
fn a_good_token_of_this_forge_passes_so_that_the_other_tests_mean_something() {
    let server = Server::new();
    assert!(server.verify_claims(claims().to_string()).is_ok());
    let chat = Chat::new();
    assert!(chat.verify(&sign_chat(&chat_header(), &chat_claims())));
}
