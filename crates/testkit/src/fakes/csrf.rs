//! CSRF tokens that can be read: `csrf.<micros>.<number>.<checksum>`.

use std::time::Duration;

use autorisen_domain::auth::{CsrfCheck, CsrfTokens};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;

use crate::fakes::checksum::{checksum, fresh_number, hex};

/// Makes tokens that are good for an hour.
#[derive(Debug)]
pub struct FakeCsrfTokens {
    secret: u64,
}

impl FakeCsrfTokens {
    /// How long a token is good.
    pub const LIFE: Duration = Duration::from_hours(1);

    /// Those of the deployment with this secret.
    pub const fn new(secret: u64) -> Self {
        Self { secret }
    }

    fn text(&self, issued_at: Timestamp, number: u64) -> String {
        let body = format!("csrf.{}.{number}", issued_at.micros());
        let sum = checksum(&[b"csrf", &self.secret.to_be_bytes(), body.as_bytes()]);
        format!("{body}.{}", hex(&sum))
    }

    fn read(&self, token: &str) -> Option<Timestamp> {
        let parts: Vec<&str> = token.split('.').collect();
        let &[_, issued_at, number, _] = parts.as_slice() else {
            return None;
        };
        let issued_at = Timestamp::from_micros(issued_at.parse().ok()?);
        (self.text(issued_at, number.parse().ok()?) == token).then_some(issued_at)
    }
}

impl CsrfTokens for FakeCsrfTokens {
    fn issue(&self, now: Timestamp) -> Result<String, PortError> {
        Ok(self.text(now, fresh_number()))
    }

    fn check(&self, token: &str, now: Timestamp) -> CsrfCheck {
        match self.read(token).map(|issued_at| issued_at.plus(Self::LIFE)) {
            Some(until) if now < until => CsrfCheck::Valid { until },
            _ => CsrfCheck::Invalid,
        }
    }
}
