//! The ways to fail.

use std::time::Duration;

use serde_json::Value;

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is answered by this status, in the vendor's shape of an error, with these headers.
    Status(u16, Vec<(String, String)>),
    /// It is answered well, but only after this long.
    Slow(Duration),
    /// It is never answered, with the connection open.
    Silent,
    /// It is done, and answered by something that is not JSON.
    InvalidJson,
    /// It is done, and this member is missing in the answer.
    Without(String),
    /// It is done, and the answer breaks off in the middle.
    CloseEarly,
    /// It is done, and the connection is closed before the answer.
    Lost,
    /// It is not done, and the connection is closed.
    HangUp,
    /// It is answered by a page in HTML of this status, as by something on the way.
    Page(u16),
}

impl Fault {
    /// Too many requests; it may be asked again after this many seconds.
    #[must_use]
    pub fn rate_limit(retry_after: &str) -> Self {
        Self::Status(429, vec![("retry-after".to_owned(), retry_after.to_owned())])
    }

    /// Reads `{"fault": "status", "status": 429, "retry_after": "1"}`, `{"fault": "slow", "ms": 100}`,
    /// `{"fault": "without", "member": "client_secret"}`, `{"fault": "page", "status": 502}` and the names
    /// of the others: `silent`, `invalid_json`, `close_early`, `lost`, `hang_up`.
    #[must_use]
    pub fn parse(json: &Value) -> Option<Self> {
        let status = || u16::try_from(json.get("status")?.as_u64()?).ok();
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(match json.get("fault")?.as_str()? {
            "status" => {
                let header = |name: &str, member: &str| Some((name.to_owned(), text(member)?));
                let headers =
                    [header("retry-after", "retry_after"), header("retry-after-ms", "retry_after_ms")];
                Self::Status(status()?, headers.into_iter().flatten().collect())
            }
            "slow" => Self::Slow(Duration::from_millis(json.get("ms")?.as_u64()?)),
            "without" => Self::Without(text("member")?),
            "page" => Self::Page(status()?),
            "silent" => Self::Silent,
            "invalid_json" => Self::InvalidJson,
            "close_early" => Self::CloseEarly,
            "lost" => Self::Lost,
            "hang_up" => Self::HangUp,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_are_read_from_json() {
        let limited = json!({"fault": "status", "status": 429, "retry_after": "1"});
        assert_eq!(Fault::parse(&limited), Some(Fault::rate_limit("1")));
        assert_eq!(
            Fault::parse(&json!({"fault": "slow", "ms": 5})),
            Some(Fault::Slow(Duration::from_millis(5)))
        );
        assert_eq!(Fault::parse(&json!({"fault": "lost"})), Some(Fault::Lost));
        for json in [json!({}), json!({"fault": "status"}), json!({"fault": "boredom"}), json!([])] {
            assert_eq!(Fault::parse(&json), None, "{json}");
        }
    }
}
