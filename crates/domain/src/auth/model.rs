//! Accounts and the values they are made of.

use std::fmt;

use crate::clock::Timestamp;
use crate::id::entity_id;

entity_id! {
    /// The id of an account.
    UserId
}

/// An account, without anything that proves whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id; never given to another account.
    pub id: UserId,
    /// Its address; no two accounts have the same.
    pub email: EmailAddress,
    /// Whether the owner has shown that the address is theirs.
    pub email_verified: bool,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Company; may be empty.
    pub company_name: CompanyName,
    /// What the account may do.
    pub role: Role,
    /// Whether the account may be used at all.
    pub is_active: bool,
    /// Whether its owner may see and change the accounts of others. Operators alone say so.
    pub is_administrator: bool,
    /// Sessions that began under another epoch are dead. It only ever grows.
    pub session_epoch: i64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When its owner last signed in.
    pub last_login_at: Option<Timestamp>,
}

/// An e-mail address in its one canonical form: trimmed, lower case.
///
/// Only ASCII is taken, so that no two addresses look alike and are not; an internationalised
/// domain is written in its ASCII form (RFC 5891). Quoted local parts are refused.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// The text is no e-mail address that can be an account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a valid e-mail address")]
pub struct InvalidEmail;

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3).
    pub const MAX_LENGTH: usize = 254;
    const MAX_LOCAL_LENGTH: usize = 64;

    /// Reads an address: `local@domain`, the domain of at least two labels.
    pub fn parse(input: &str) -> Result<Self, InvalidEmail> {
        let trimmed = input.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or(InvalidEmail)?;
        let fits = trimmed.len() <= Self::MAX_LENGTH && local.len() <= Self::MAX_LOCAL_LENGTH;
        if fits && is_dot_atom(local) && is_domain(domain) {
            Ok(Self(trimmed.to_ascii_lowercase()))
        } else {
            Err(InvalidEmail)
        }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How addresses begin that are looked for: canonical as they are, and of nothing at all if all are.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AddressPrefix(String);

/// The text is the beginning of no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the beginning of an e-mail address")]
pub struct InvalidPrefix;

impl AddressPrefix {
    /// Reads what somebody looks for.
    pub fn parse(input: &str) -> Result<Self, InvalidPrefix> {
        let trimmed = input.trim();
        let fits = trimmed.len() <= EmailAddress::MAX_LENGTH && trimmed.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(trimmed.to_ascii_lowercase())) } else { Err(InvalidPrefix) }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressPrefix([REDACTED])")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress([REDACTED])")
    }
}

/// The dot-atom of RFC 5322, section 3.2.3.
fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    })
}

/// Host name labels (RFC 1123, section 2.1), at least two, the last not all digits.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && labels.last().is_some_and(|top| !top.bytes().all(|b| b.is_ascii_digit()))
}

/// A first or last name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonName(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 50 characters, without control characters")]
pub struct InvalidName;

impl PersonName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 50;

    /// Reads a name: trimmed, not empty.
    pub fn parse(input: &str) -> Result<Self, InvalidName> {
        let name = input.trim();
        if name.is_empty() { Err(InvalidName) } else { Self::stored(name) }
    }

    /// Reads a name that an older system may have left empty.
    pub fn stored(name: &str) -> Result<Self, InvalidName> {
        if is_plain(name, Self::MAX_CHARS) { Ok(Self(name.to_owned())) } else { Err(InvalidName) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName([REDACTED])")
    }
}

/// The name of a company; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanyName(String);

/// The text is no company name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most 100 characters, without control characters")]
pub struct InvalidCompanyName;

impl CompanyName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 100;

    /// Reads a name: trimmed.
    pub fn parse(input: &str) -> Result<Self, InvalidCompanyName> {
        let name = input.trim();
        if is_plain(name, Self::MAX_CHARS) { Ok(Self(name.to_owned())) } else { Err(InvalidCompanyName) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(text: &str, max_chars: usize) -> bool {
    text.chars().count() <= max_chars && !text.chars().any(char::is_control)
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Uses what others built.
    Customer,
    /// Builds.
    Developer,
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be Customer or Developer")]
pub struct InvalidRole;

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 2] = [Self::Customer, Self::Developer];

    /// Reads a role's name, in any case, as the clients in use may send it.
    pub fn parse(input: &str) -> Result<Self, InvalidRole> {
        let name = input.trim();
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(name)).ok_or(InvalidRole)
    }

    /// The role's one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::Developer => "Developer",
        }
    }
}

/// What a person said of themselves at registration: the text of a JSON object.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile(String);

/// The text is no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an object of at most 16 KiB")]
pub struct InvalidProfile;

impl Profile {
    /// The longest profile, in bytes of JSON.
    pub const MAX_LENGTH: usize = 16 * 1024;

    /// Holds the serialised form of a JSON object, which the caller vouches for.
    pub fn from_json_object(json: String) -> Result<Self, InvalidProfile> {
        let looks_right = json.starts_with('{') && json.ends_with('}');
        if looks_right && json.len() <= Self::MAX_LENGTH { Ok(Self(json)) } else { Err(InvalidProfile) }
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_has_one_canonical_form() {
        let canonical = EmailAddress::parse("ada.l+x@example.org").unwrap();
        assert_eq!(EmailAddress::parse("  Ada.L+x@EXAMPLE.org ").unwrap(), canonical);
        assert_eq!(canonical.as_str(), "ada.l+x@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long = format!("a@{}.org", "a.".repeat(130));
        for text in [
            "",
            "@",
            "a@",
            "@b.org",
            "a@b",
            "a b@c.org",
            "a@b@c.org",
            ".a@b.org",
            "a.@b.org",
            "a..b@c.org",
            "\"a\"@b.org",
            "a@-b.org",
            "a@b-.org",
            "a@b..org",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a\u{0}@b.org",
            "ａ@b.org",
            "a＠b.org",
            "a@bücher.org",
            "a@b.org\n.x",
            &long_local,
            &long,
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidEmail), "{text:?}");
        }
    }

    #[test]
    fn what_is_looked_for_is_the_beginning_of_an_address() {
        assert_eq!(AddressPrefix::parse("  Ada.L@EX ").unwrap().as_str(), "ada.l@ex");
        assert_eq!(AddressPrefix::parse(" ").unwrap(), AddressPrefix::default());
        for text in ["a b", "a\u{0}", "bücher", "a\u{7f}", &"a".repeat(255)] {
            assert_eq!(AddressPrefix::parse(text), Err(InvalidPrefix), "{text:?}");
        }
    }

    #[test]
    fn personal_data_does_not_print() {
        let address = EmailAddress::parse("ada@example.org").unwrap();
        let name = PersonName::parse("Ada").unwrap();
        let prefix = AddressPrefix::parse("ada").unwrap();
        let printed = format!("{address:?} {prefix:?} {name:?} {:?}", Profile::default());
        assert!(!printed.contains("ada") && !printed.contains("Ada") && !printed.contains("{}"));
    }

    #[test]
    fn names_are_trimmed_and_bounded_in_characters() {
        assert_eq!(PersonName::parse(" Zoë ").unwrap().as_str(), "Zoë");
        assert!(PersonName::parse(&"ë".repeat(50)).is_ok());
        for text in ["", "   ", "a\u{0}b", "a\nb", &"a".repeat(51)] {
            assert_eq!(PersonName::parse(text), Err(InvalidName), "{text:?}");
        }
        assert_eq!(CompanyName::parse("  ").unwrap().as_str(), "");
        assert_eq!(CompanyName::parse(&"a".repeat(101)), Err(InvalidCompanyName));
    }

    #[test]
    fn there_are_exactly_two_roles() {
        assert_eq!(Role::parse("customer"), Ok(Role::Customer));
        assert_eq!(Role::parse("DEVELOPER").map(Role::as_str), Ok("Developer"));
        for text in ["", "admin", "Customers", "root"] {
            assert_eq!(Role::parse(text), Err(InvalidRole), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_an_address_never_panics_and_is_stable(text in ".{0,80}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
                prop_assert!(address.as_str().is_ascii());
            }
        }
    }
}
