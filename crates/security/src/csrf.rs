//! CSRF tokens in the form of the existing backend: `<chance>.<unix seconds>.<hex HMAC-SHA256>`.

use std::fmt::Write as _;
use std::time::Duration;

use autorisen_domain::auth::{CsrfCheck, CsrfTokens};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::MasterKey;
use crate::random::random_bytes;

/// How far in the future a token of another replica may lie.
const CLOCK_SKEW: Duration = Duration::from_mins(1);
/// Longer than any token that was made here.
const MAX_LENGTH: usize = 128;

/// Makes and checks CSRF tokens under the master key.
pub struct HmacCsrfTokens {
    keys: Vec<hmac::Key>,
    ttl: Duration,
}

impl HmacCsrfTokens {
    /// Tokens under this master key that are good for `ttl`.
    #[must_use]
    pub fn new(master: &MasterKey, ttl: Duration) -> Self {
        let derived = master.derive("csrf tokens");
        Self { keys: derived.all().map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect(), ttl }
    }
}

impl CsrfTokens for HmacCsrfTokens {
    fn issue(&self, now: Timestamp) -> Result<String, PortError> {
        let key = self.keys.first().ok_or_else(|| PortError::new("issue a CSRF token", "there is no key"))?;
        let chance = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
        let message = format!("{chance}.{}", now.secs());
        let mut token = message.clone();
        token.push('.');
        for byte in hmac::sign(key, message.as_bytes()).as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        Ok(token)
    }

    fn check(&self, token: &str, now: Timestamp) -> CsrfCheck {
        self.read(token, now).map_or(CsrfCheck::Invalid, |until| CsrfCheck::Valid { until })
    }
}

impl HmacCsrfTokens {
    fn read(&self, token: &str, now: Timestamp) -> Option<Timestamp> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let (message, tag) = token.rsplit_once('.')?;
        let tag = from_hex(tag)?;
        self.keys.iter().find(|key| hmac::verify(key, message.as_bytes(), &tag).is_ok())?;
        let (_, seconds) = message.rsplit_once('.')?;
        let issued_at = Timestamp::from_secs(seconds.parse().ok()?);
        let until = issued_at.plus(self.ttl);
        (now < until && issued_at <= now.plus(CLOCK_SKEW)).then_some(until)
    }
}

/// Reads lower-case digits alone, so that a token has one spelling.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).filter(|_| !c.is_ascii_uppercase());
    let digits: Vec<u32> = text.chars().map(digit).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte * 16 + digit)).ok())
        .collect()
}
