//! JSON Web Tokens, made narrow: one kind, one algorithm a key, and a header of exactly three
//! members. `biscuit` signs and verifies; what it would let pass is refused here before it looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biscuit::jwa::SignatureAlgorithm;
use biscuit::jws::{Compact, Header, RegisteredHeader, Secret};
use biscuit::{CompactJson, Empty};
use secrecy::SecretString;
use serde::Deserialize;

use crate::random::random_bytes;

/// A longer text is refused before it is looked at.
const MAX_LENGTH: usize = 4 * 1024;
/// How far in the future a token of another replica may be issued.
const LEEWAY: Duration = Duration::from_mins(1);
/// No setting lets a token live longer, so one that states a later end was not made by us.
const MAX_LIFE: Duration = Duration::from_hours(24);

/// The header of our tokens. A member more, such as `crit`, `jwk`, `jku`, `x5u` or `zip`, or one
/// twice, and it is not ours (RFC 8725, sections 3.1, 3.10 and 3.11).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: SignatureAlgorithm,
    typ: String,
    kid: String,
}

/// A key and what goes with it, for one kind of token.
pub(crate) struct VerifyingKey<'a> {
    /// The one algorithm of the key.
    pub(crate) algorithm: SignatureAlgorithm,
    /// The key.
    pub(crate) secret: &'a Secret,
}

/// What every kind of our tokens states about itself.
pub(crate) trait Stated {
    /// `iss`.
    fn issuer(&self) -> &str;
    /// `aud`.
    fn audience(&self) -> &str;
    /// `iat`, in seconds.
    fn issued_at(&self) -> i64;
    /// `exp`, in seconds.
    fn expires_at(&self) -> i64;
}

/// How a token that was signed by us stands at a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Expired,
    /// For somebody else, by somebody else, or from the future.
    NotOurs,
}

/// Signs `claims` as a token of the kind `typ`.
pub(crate) fn sign<T: CompactJson>(
    typ: &'static str,
    kid: &str,
    algorithm: SignatureAlgorithm,
    secret: &Secret,
    claims: T,
) -> Result<SecretString, PortError> {
    let header = Header::<Empty>::from_registered_header(RegisteredHeader {
        algorithm,
        media_type: Some(typ.to_owned()),
        key_id: Some(kid.to_owned()),
        ..RegisteredHeader::default()
    });
    let encoded = Compact::new_decoded(header, claims)
        .into_encoded(secret)
        .map_err(|error| PortError::new("sign a token", error))?;
    match encoded {
        Compact::Encoded(text) => Ok(SecretString::from(text.encode())),
        Compact::Decoded { .. } => Err(PortError::new("sign a token", "it was not encoded")),
    }
}

/// Reads a token of the kind `typ` whose key `find_key` knows by its `kid`; `None` for any other
/// text. Times, issuer and audience are not looked at yet.
pub(crate) fn read<'k, T, F>(token: &str, typ: &'static str, find_key: F) -> Option<T>
where
    T: CompactJson,
    F: FnOnce(&str) -> Option<VerifyingKey<'k>>,
{
    if token.len() > MAX_LENGTH || token.bytes().filter(|&byte| byte == b'.').count() != 2 {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: StrictHeader = serde_json::from_slice(&header).ok()?;
    let key = find_key(&header.kid)?;
    if header.typ != typ || header.alg != key.algorithm {
        return None;
    }
    // The library panics on some mismatches; none is known that gets here, and none may end a worker.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        Compact::<T, Empty>::new_encoded(token).into_decoded(key.secret, key.algorithm)
    }));
    match decoded {
        Ok(Ok(Compact::Decoded { payload, .. })) => Some(payload),
        _ => None,
    }
}

/// How the stated issuer, audience and times stand at `now`.
pub(crate) fn standing(claims: &impl Stated, issuer: &str, audience: &str, now: Timestamp) -> Standing {
    let issued_at = Timestamp::from_secs(claims.issued_at());
    let ours = claims.issuer() == issuer && claims.audience() == audience;
    if !ours
        || claims.issued_at() < 0
        || issued_at > now.plus(LEEWAY)
        || claims.expires_at() < claims.issued_at()
        || Timestamp::from_secs(claims.expires_at()) > issued_at.plus(MAX_LIFE)
    {
        Standing::NotOurs
    } else if now >= Timestamp::from_secs(claims.expires_at()) {
        Standing::Expired
    } else {
        Standing::Good
    }
}

/// A new `jti`: 128 random bits.
pub(crate) fn new_jti() -> Result<String, PortError> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<16>()?))
}
