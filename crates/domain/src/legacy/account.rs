//! Accounts: rows of `users`.

use crate::auth::{CompanyName, EmailAddress, PasswordHash, PersonName, Role, User};
use crate::clock::Timestamp;

use super::finding::{Fate, Finding, Fingerprint, Kind};
use super::ids::account_id;
use super::row::{Reading, SourceRow};

/// What is stored for an account that no password is right for.
pub const NO_PASSWORD: &str = "!";

/// Gives what is stored for a hash of the old system; `None` for one of no known shape.
pub type AdoptHash = fn(&str) -> Option<String>;

/// An account that is to be brought.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id in the source.
    pub source_id: String,
    /// It.
    pub user: User,
    /// Its password.
    pub hash: PasswordHash,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When its password was last changed.
    pub password_changed_at: Option<Timestamp>,
    /// What could not be kept.
    pub findings: Vec<Finding>,
}

/// The account's address is another's.
#[derive(Debug, Clone)]
pub struct Lost {
    /// Why.
    pub kind: Kind,
    /// The account that has it.
    pub to: String,
}

impl Account {
    /// What tells whether it has changed in the source.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let user = &self.user;
        let names = [user.first_name.as_str(), user.last_name.as_str(), user.company_name.as_str()];
        let (hash, role) = (self.hash.expose(), user.role.as_str());
        Self::fingerprint_of(user.email.as_str(), user.email_verified, names, hash, role, user.is_active)
    }

    /// What tells whether an account has changed here.
    #[must_use]
    pub fn fingerprint_of(
        email: &str,
        is_verified: bool,
        [first_name, last_name, company_name]: [&str; 3],
        hash: &str,
        role: &str,
        is_active: bool,
    ) -> Fingerprint {
        let flag = |set| if set { "1" } else { "0" };
        let (verified, active) = (flag(is_verified), flag(is_active));
        Fingerprint::of(&[email, verified, first_name, last_name, company_name, hash, role, active])
    }

    /// Takes its address away: it is brought disabled, under one that nobody can have, so that what is
    /// its own is not lost and nobody gets into it.
    pub fn set_aside(&mut self, lost: Lost) {
        let finding = Finding {
            table: "users",
            row: self.source_id.clone(),
            field: Some("email"),
            kind: lost.kind,
            fate: Fate::SetAside,
            other: Some(lost.to),
        };
        self.findings.push(finding);
        self.hide();
    }

    fn hide(&mut self) {
        if let Some(email) = nobodys(&self.user) {
            self.user.email = email;
        }
        self.user.email_verified = false;
        self.user.is_active = false;
    }
}

/// An address of a domain that never exists (RFC 2606).
fn nobodys(user: &User) -> Option<EmailAddress> {
    EmailAddress::parse(&format!("{}@set-aside.invalid", user.id)).ok()
}

/// Reads a row of `users`. `Err` says why it cannot be brought at all.
pub fn of_user(
    row: &SourceRow,
    lost: Option<Lost>,
    adopt: AdoptHash,
    now: Timestamp,
) -> Result<Account, Vec<Finding>> {
    let mut reading = Reading::new("users", "id", row);
    let Some(source_id) = reading.text("id").filter(|id| !id.trim().is_empty()) else {
        reading.note(Some("id"), Kind::MissingId, Fate::LeftOut);
        return Err(reading.into_findings());
    };
    let (id, is_new) = account_id(&source_id);
    if is_new {
        reading.note_with(Some("id"), Kind::BadId, Fate::GivenNewId, Some(id.to_string()));
    }

    let email = EmailAddress::parse(&row.shown("email")).ok();
    let (hash, is_active) = (hash(&mut reading, adopt), reading.flag("is_active", false));
    if !is_active {
        reading.note(Some("is_active"), Kind::Inactive, Fate::Disabled);
    }
    if email.is_none() {
        let kind = if row.shown("email").trim().is_empty() { Kind::Missing } else { Kind::BadAddress };
        reading.note(Some("email"), kind, Fate::SetAside);
    }
    let created_at = reading.time_or("created_at", now);
    let placeholder = EmailAddress::parse(&format!("{id}@set-aside.invalid")).ok();
    let Some(stated) = email.clone().or(placeholder) else {
        reading.note(Some("email"), Kind::BadAddress, Fate::LeftOut);
        return Err(reading.into_findings());
    };
    let user = User {
        id,
        email: stated,
        email_verified: reading.flag("is_email_verified", false),
        first_name: name(&mut reading, "first_name"),
        last_name: name(&mut reading, "last_name"),
        company_name: company(&mut reading),
        role: role_of(&mut reading),
        is_active,
        is_administrator: false,
        session_epoch: reading.number("token_version", 1).max(1),
        created_at,
        last_login_at: reading.time("last_login_at"),
    };
    let updated_at = reading.time("updated_at").unwrap_or(created_at);
    let password_changed_at = reading.time("password_changed_at");
    let findings = reading.into_findings();
    let mut account = Account { source_id, user, hash, updated_at, password_changed_at, findings };
    match (email, lost) {
        (None, _) => account.hide(),
        (Some(_), Some(lost)) => account.set_aside(lost),
        (Some(_), None) => {}
    }
    Ok(account)
}

fn hash(reading: &mut Reading<'_>, adopt: AdoptHash) -> PasswordHash {
    let stored = reading.text("hashed_password").unwrap_or_default();
    let known = adopt(&stored);
    if known.is_none() {
        let kind = if stored.trim().is_empty() { Kind::NoHash } else { Kind::UnknownHash };
        reading.note(Some("hashed_password"), kind, Fate::WithoutPassword);
    }
    PasswordHash::new(known.unwrap_or_else(|| NO_PASSWORD.to_owned()))
}

fn name(reading: &mut Reading<'_>, field: &'static str) -> PersonName {
    let text = reading.line(field, PersonName::MAX_CHARS).unwrap_or_default();
    PersonName::stored(&text).unwrap_or_default()
}

fn company(reading: &mut Reading<'_>) -> CompanyName {
    let text = reading.line("company_name", CompanyName::MAX_CHARS).unwrap_or_default();
    CompanyName::parse(&text).unwrap_or_default()
}

/// An unknown role is the one that may least.
fn role_of(reading: &mut Reading<'_>) -> Role {
    let text = reading.text("role").unwrap_or_default();
    Role::parse(&text).unwrap_or_else(|_| {
        let kind = if text.trim().is_empty() { Kind::Missing } else { Kind::UnknownRole };
        reading.note(Some("role"), kind, Fate::Replaced);
        Role::Customer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const ID: &str = "0190a0b0-0000-7000-8000-000000000001";

    fn adopt(hash: &str) -> Option<String> {
        hash.strip_prefix("known-").map(|rest| format!("kept-{rest}"))
    }

    fn row(changes: &[(&'static str, Option<&str>)]) -> SourceRow {
        let mut values = vec![
            ("id", Some(ID)),
            ("email", Some("Ada@Example.org")),
            ("first_name", Some("Ada")),
            ("last_name", Some("")),
            ("hashed_password", Some("known-1")),
            ("role", Some("developer")),
            ("company_name", Some("Example")),
            ("is_email_verified", Some("1")),
            ("is_active", Some("1")),
            ("token_version", Some("4")),
            ("created_at", Some("2025-10-18 09:30:00")),
            ("updated_at", Some("2025-10-19 09:30:00")),
            ("last_login_at", None),
            ("password_changed_at", None),
        ];
        for (name, value) in changes {
            values.iter_mut().find(|(known, _)| known == name).unwrap().1 = *value;
        }
        let own = |value: Option<&str>| value.map(|value| value.as_bytes().to_vec());
        SourceRow { values: values.into_iter().map(|(name, value)| (name, own(value))).collect() }
    }

    fn brought(changes: &[(&'static str, Option<&str>)]) -> (Account, Vec<(Kind, Fate)>) {
        let account = of_user(&row(changes), None, adopt, NOW).unwrap();
        let found = account.findings.iter().map(|found| (found.kind, found.fate)).collect();
        (account, found)
    }

    #[test]
    fn what_is_in_order_is_kept_whole() {
        let (account, found) = brought(&[]);
        let user = &account.user;
        assert_eq!(found, []);
        assert_eq!((user.id.to_string().as_str(), user.email.as_str()), (ID, "ada@example.org"));
        assert_eq!((user.role, user.is_active, user.email_verified), (Role::Developer, true, true));
        assert_eq!((user.session_epoch, account.hash.expose()), (4, "kept-1"));
        assert_eq!(user.created_at, Timestamp::from_secs(1_760_779_800));
        assert_eq!(account.updated_at, Timestamp::from_secs(1_760_866_200));
        assert_eq!((user.last_name.as_str(), user.company_name.as_str()), ("", "Example"));
    }

    #[test]
    fn what_is_unclear_is_never_more_than_it_was() {
        let (account, found) = brought(&[
            ("role", Some("Admin")),
            ("is_active", None),
            ("is_email_verified", Some("perhaps")),
            ("token_version", Some("-3")),
            ("hashed_password", Some("md5:1")),
        ]);
        let user = &account.user;
        assert_eq!((user.role, user.is_active, user.email_verified), (Role::Customer, false, false));
        assert_eq!((user.session_epoch, account.hash.expose()), (1, NO_PASSWORD));
        let kinds: Vec<_> = found.iter().map(|(kind, _)| *kind).collect();
        for kind in [Kind::UnknownRole, Kind::BadFlag, Kind::Inactive, Kind::UnknownHash] {
            assert!(kinds.contains(&kind), "{kind:?} {kinds:?}");
        }
    }

    #[test]
    fn an_account_without_an_address_of_its_own_is_set_aside_and_nobody_gets_in() {
        let lost = Lost { kind: Kind::CollidingAddress, to: "other".to_owned() };
        let lost = of_user(&row(&[]), Some(lost), adopt, NOW).unwrap();
        let (bad, found) = brought(&[("email", Some("ada"))]);
        assert_eq!(found, [(Kind::BadAddress, Fate::SetAside)]);
        let (none, found) = brought(&[("email", None)]);
        assert_eq!(found, [(Kind::Missing, Fate::SetAside)]);
        for account in [lost, bad, none] {
            assert_eq!(account.user.email.as_str(), format!("{ID}@set-aside.invalid"));
            assert!(!account.user.is_active && !account.user.email_verified);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_told_and_a_row_without_an_id_is_left_out() {
        let (account, found) = brought(&[("first_name", Some(&"a".repeat(60)))]);
        assert_eq!((account.user.first_name.as_str().len(), found), (50, vec![(Kind::TooLong, Fate::Cut)]));
        let found = of_user(&row(&[("id", None)]), None, adopt, NOW).unwrap_err();
        assert_eq!((found[0].kind, found[0].fate), (Kind::MissingId, Fate::LeftOut));
    }

    #[test]
    fn a_fingerprint_sees_every_change_that_matters() {
        let before = brought(&[]).0.fingerprint();
        for change in [
            ("email", "b@example.org"),
            ("first_name", "B"),
            ("last_name", "B"),
            ("company_name", "B"),
            ("hashed_password", "known-2"),
            ("role", "Customer"),
            ("is_active", "0"),
            ("is_email_verified", "0"),
        ] {
            assert_ne!(brought(&[(change.0, Some(change.1))]).0.fingerprint(), before, "{change:?}");
        }
        let same = [("last_login_at", Some("2025-10-20 09:30:00")), ("email", Some("ADA@example.org "))];
        assert_eq!(brought(&same).0.fingerprint(), before);
    }
}
