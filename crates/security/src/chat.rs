//! Chat tokens: JWTs of the kind `chatkit+jwt`, signed with HS256, since only this server reads them.

use autorisen_domain::auth::{SessionId, UserId};
use autorisen_domain::chat::{ChatClaims, ChatTokens, PlacementName, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use biscuit::CompactJson;
use biscuit::jwa::SignatureAlgorithm;
use biscuit::jws::Secret;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::MasterKey;
use crate::jwt::{self, Standing, Stated, VerifyingKey};

const TYP: &str = "chatkit+jwt";
const KID: &str = "chat";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    sid: String,
    thread_id: String,
    placement: String,
}

impl CompactJson for Claims {}

impl Stated for Claims {
    fn issuer(&self) -> &str {
        &self.iss
    }
    fn audience(&self) -> &str {
        &self.aud
    }
    fn issued_at(&self) -> i64 {
        self.iat
    }
    fn expires_at(&self) -> i64 {
        self.exp
    }
}

/// What chat tokens state and are signed with.
pub struct ChatTokenSettings {
    /// A key of their own; one derived from the master key when there is none.
    pub signing_key: Option<SecretString>,
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// Signs and verifies chat tokens.
pub struct JwtChatTokens {
    keys: Vec<Secret>,
    issuer: String,
    audience: String,
}

impl JwtChatTokens {
    /// Tokens of these settings.
    #[must_use]
    pub fn new(master: &MasterKey, settings: ChatTokenSettings) -> Self {
        let keys = match &settings.signing_key {
            Some(key) => vec![Secret::Bytes(key.expose_secret().as_bytes().to_vec())],
            None => master.derive("chat tokens").all().map(|key| Secret::Bytes(key.to_vec())).collect(),
        };
        Self { keys, issuer: settings.issuer, audience: settings.audience }
    }
}

impl ChatTokens for JwtChatTokens {
    fn sign(&self, claims: &ChatClaims) -> Result<SecretString, PortError> {
        let key = self.keys.first().ok_or_else(|| PortError::new("sign a chat token", "there is no key"))?;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: claims.user.to_string(),
            aud: self.audience.clone(),
            exp: claims.expires_at.secs(),
            iat: claims.issued_at.secs(),
            jti: jwt::new_jti()?,
            sid: claims.session.to_string(),
            thread_id: claims.thread.to_string(),
            placement: claims.placement.as_str().to_owned(),
        };
        jwt::sign(TYP, KID, SignatureAlgorithm::HS256, key, claims)
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<ChatClaims> {
        // The name is the same under every master key, so each key is tried.
        let claims: Claims = self.keys.iter().find_map(|secret| {
            jwt::read(token, TYP, |kid| {
                (kid == KID).then_some(VerifyingKey { algorithm: SignatureAlgorithm::HS256, secret })
            })
        })?;
        if jwt::standing(&claims, &self.issuer, &self.audience, now) != Standing::Good {
            return None;
        }
        Some(ChatClaims {
            user: UserId::parse(&claims.sub).ok()?,
            session: SessionId::parse(&claims.sid).ok()?,
            thread: ThreadId::parse(&claims.thread_id).ok()?,
            placement: PlacementName::parse(&claims.placement).ok()?,
            issued_at: Timestamp::from_secs(claims.iat),
            expires_at: Timestamp::from_secs(claims.exp),
        })
    }
}
