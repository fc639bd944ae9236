//! Profiles, and what only happened: logins and tracked events.

use crate::auth::Profile;
use crate::clock::Timestamp;

use super::finding::{Fate, Finding, Kind};
use super::ids::record_id;
use super::row::{Reading, SourceRow};

/// The profile of a row of `user_profiles`; the empty one where there is none that can be kept.
#[must_use]
pub fn profile(row: &SourceRow) -> (Profile, Vec<Finding>) {
    let mut reading = Reading::new("user_profiles", "user_id", row);
    let text = reading.json_object("profile");
    let profile = Profile::from_json_object(text).unwrap_or_else(|_| {
        reading.note(Some("profile"), Kind::TooLong, Fate::FieldLeftOut);
        Profile::default()
    });
    (profile, reading.into_findings())
}

/// A login at the old system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// Its id.
    pub id: String,
    /// The address as it was typed.
    pub email: String,
    /// Whether it was let in.
    pub success: bool,
    /// Where it came from.
    pub client_ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// What else was noted.
    pub details: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Reads a row of `login_audits`; `Err` says why it cannot be brought.
pub fn login(row: &SourceRow, now: Timestamp) -> Result<(LoginRecord, Vec<Finding>), Vec<Finding>> {
    let mut reading = Reading::new("login_audits", "id", row);
    let Some(id) = id(&mut reading) else { return Err(reading.into_findings()) };
    let record = LoginRecord {
        id,
        email: reading.text("email").unwrap_or_default(),
        success: reading.flag("success", false),
        client_ip: reading.text("ip_address"),
        user_agent: reading.text("user_agent"),
        details: reading.text("details"),
        created_at: reading.time_or("created_at", now),
    };
    Ok((record, reading.into_findings()))
}

/// Something that a front end tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its id.
    pub id: String,
    /// What happened.
    pub event_type: String,
    /// In which step of a flow.
    pub step: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// JSON.
    pub details: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Reads a row of `analytics_events`; `Err` says why it cannot be brought.
pub fn tracked(row: &SourceRow, now: Timestamp) -> Result<(Tracked, Vec<Finding>), Vec<Finding>> {
    let mut reading = Reading::new("analytics_events", "id", row);
    let Some(id) = id(&mut reading) else { return Err(reading.into_findings()) };
    let Some(event_type) = reading.line("event_type", 64).filter(|text| !text.is_empty()) else {
        reading.note(Some("event_type"), Kind::Missing, Fate::LeftOut);
        return Err(reading.into_findings());
    };
    let event = Tracked {
        id,
        event_type,
        step: reading.line("step", 32),
        role: reading.line("role", 32),
        details: reading.json("details").map(|value| value.to_string()),
        created_at: reading.time_or("created_at", now),
    };
    Ok((event, reading.into_findings()))
}

fn id(reading: &mut Reading<'_>) -> Option<String> {
    let Some(old) = reading.text("id").filter(|id| !id.is_empty()) else {
        reading.note(Some("id"), Kind::MissingId, Fate::LeftOut);
        return None;
    };
    let (id, is_new) = record_id(&old);
    if is_new {
        reading.note_with(Some("id"), Kind::BadId, Fate::GivenNewId, Some(id.clone()));
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn row(values: &[(&'static str, &str)]) -> SourceRow {
        let own = |(name, value): &(&'static str, &str)| (*name, Some(value.as_bytes().to_vec()));
        SourceRow { values: values.iter().map(own).collect() }
    }

    fn kinds(findings: &[Finding]) -> Vec<(Kind, Fate)> {
        findings.iter().map(|found| (found.kind, found.fate)).collect()
    }

    #[test]
    fn a_profile_is_an_object_that_fits_or_empty_and_told() {
        let (kept, found) = profile(&row(&[("user_id", "1"), ("profile", r#"{"size": [1, "é"]}"#)]));
        assert_eq!((kept.as_json(), found), (r#"{"size":[1,"é"]}"#, vec![]));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(Profile::MAX_LENGTH));
        let (kept, found) = profile(&row(&[("profile", &long)]));
        assert_eq!((kept.as_json(), kinds(&found)), ("{}", vec![(Kind::TooLong, Fate::FieldLeftOut)]));
        let (kept, found) = profile(&row(&[("profile", "[]")]));
        assert_eq!((kept.as_json(), kinds(&found)), ("{}", vec![(Kind::BadJson, Fate::FieldLeftOut)]));
    }

    #[test]
    fn what_happened_keeps_its_id_and_time() {
        let values =
            [("id", "l1"), ("email", "Ada"), ("success", "1"), ("created_at", "2025-01-02 00:00:00")];
        let (record, found) = login(&row(&values), NOW).unwrap();
        assert_eq!(
            (record.id.as_str(), record.email.as_str(), record.success, found),
            ("l1", "Ada", true, vec![])
        );
        let found = login(&row(&values[1..]), NOW).unwrap_err();
        assert_eq!(kinds(&found), [(Kind::MissingId, Fate::LeftOut)]);
    }

    #[test]
    fn an_event_without_a_type_is_left_out_and_a_long_one_cut() {
        let (long, at) = ("x".repeat(70), "2025-01-02 00:00:00");
        let values = [("id", "e1"), ("event_type", &*long), ("details", "{"), ("created_at", at)];
        let (event, found) = tracked(&row(&values), NOW).unwrap();
        assert_eq!((event.event_type.len(), event.details), (64, None));
        assert_eq!(kinds(&found), [(Kind::TooLong, Fate::Cut), (Kind::BadJson, Fate::FieldLeftOut)]);
        let found = tracked(&row(&[("id", "e1"), ("event_type", "  ")]), NOW).unwrap_err();
        assert_eq!(kinds(&found), [(Kind::Missing, Fate::LeftOut)]);
    }
}
