//! Passwords: as chosen, as typed, and as stored.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::auth::password_policy;

/// A password that may become an account's: of the right length, and not among the first that are
/// tried. That it is not made of the account's own facts is for [`PublicFacts`] to say.
///
/// [`PublicFacts`]: crate::auth::PublicFacts
///
/// It is held in Unicode's composed form (NFC), so that it matches however a keyboard composes it
/// (NIST SP 800-63B-4, section 3.1.1.2); nothing else is changed.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// Why a text cannot become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Fewer than [`Password::MIN_CHARS`] characters.
    #[error("Password must be at least 12 characters long")]
    TooShort,
    /// More than [`Password::MAX_BYTES`] bytes: bcrypt would cut it.
    #[error("Password must be at most 72 bytes long")]
    TooLong,
    /// Holds a NUL character: bcrypt repeats its input at that place, so several passwords would match.
    #[error("Password must not contain a NUL character")]
    ContainsNul,
    /// Among the first that are tried.
    #[error("Password is too easy to guess: common passwords, repetitions and sequences are tried first")]
    TooCommon,
}

impl Password {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 12;
    /// The most bytes in UTF-8: what bcrypt takes in.
    pub const MAX_BYTES: usize = 72;

    /// Takes the text as typed, so that no copy is left with the caller.
    pub fn parse(input: String) -> Result<Self, InvalidPassword> {
        let text = composed(input);
        let exposed = text.expose_secret();
        if exposed.len() > Self::MAX_BYTES {
            Err(InvalidPassword::TooLong)
        } else if exposed.contains('\0') {
            Err(InvalidPassword::ContainsNul)
        } else if exposed.chars().count() < Self::MIN_CHARS {
            Err(InvalidPassword::TooShort)
        } else if password_policy::is_common(exposed) {
            Err(InvalidPassword::TooCommon)
        } else {
            Ok(Self(text))
        }
    }

    /// The text, for the hasher.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The same password as somebody would type it to sign in.
    #[must_use]
    pub fn as_attempt(&self) -> PasswordAttempt {
        PasswordAttempt(self.0.clone())
    }
}

/// A password as somebody typed it to sign in. It need not be one that could be chosen.
#[derive(Debug, Clone)]
pub struct PasswordAttempt(SecretString);

impl PasswordAttempt {
    /// The most characters that are looked at.
    pub const MAX_CHARS: usize = 256;

    /// Takes the text as typed; `None` when it is empty or longer than [`Self::MAX_CHARS`].
    #[must_use]
    pub fn parse(input: String) -> Option<Self> {
        let fits = !input.is_empty() && input.chars().count() <= Self::MAX_CHARS;
        fits.then(|| Self(composed(input)))
    }

    /// The text, for the hasher.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether a password made here can be this one. What bcrypt would cut or repeat never is.
    #[must_use]
    pub fn can_match(&self) -> bool {
        self.expose().len() <= Password::MAX_BYTES && !self.expose().contains('\0')
    }
}

fn composed(input: String) -> SecretString {
    if input.is_ascii() {
        return SecretString::from(input);
    }
    let text = SecretString::from(input.nfc().collect::<String>());
    drop(SecretString::from(input)); // Wipes what was typed.
    text
}

/// The stored form of a password: text that the hasher made and reads.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Holds what a hasher made.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text, for the hasher and the table.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_below_and_bytes_above() {
        let distinct = |from: char, count: usize| (from..).step_by(2).take(count).collect::<String>();
        assert!(Password::parse(distinct('é', 12)).is_ok());
        assert_eq!(Password::parse("a".repeat(11)).unwrap_err(), InvalidPassword::TooShort);
        assert!(Password::parse(distinct('!', 40) + &distinct('À', 16)).is_ok());
        assert_eq!(Password::parse("a".repeat(73)).unwrap_err(), InvalidPassword::TooLong);
        assert_eq!(Password::parse("é".repeat(37)).unwrap_err(), InvalidPassword::TooLong);
    }

    #[test]
    fn a_nul_is_refused_when_choosing_and_matches_nothing_when_typed() {
        let text = "twelve chars\0and more".to_owned();
        assert_eq!(Password::parse(text.clone()).unwrap_err(), InvalidPassword::ContainsNul);
        assert!(!PasswordAttempt::parse(text).unwrap().can_match());
    }

    #[test]
    fn composed_and_decomposed_input_are_one_password_and_nothing_else_changes() {
        let composed = Password::parse("caf\u{e9} au lait!".into()).unwrap();
        let decomposed = Password::parse("cafe\u{301} au lait!".into()).unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
        assert_eq!(Password::parse("  Ｗide Case  ".into()).unwrap().expose(), "  Ｗide Case  ");
    }

    #[test]
    fn what_is_tried_first_is_refused_when_choosing_and_may_be_typed() {
        for text in ["Password1234", "aaaaaaaaaaaa", "unbelievable"] {
            assert_eq!(Password::parse(text.to_owned()).unwrap_err(), InvalidPassword::TooCommon, "{text}");
            assert!(PasswordAttempt::parse(text.to_owned()).is_some(), "{text}");
        }
    }

    #[test]
    fn an_attempt_may_be_short_or_long_but_not_without_bound() {
        assert!(PasswordAttempt::parse("x".into()).is_some());
        assert!(!PasswordAttempt::parse("x".repeat(73)).unwrap().can_match());
        assert!(PasswordAttempt::parse(String::new()).is_none());
        assert!(PasswordAttempt::parse("x".repeat(257)).is_none());
    }

    #[test]
    fn passwords_and_hashes_do_not_print() {
        let password = Password::parse("correct horse battery".into()).unwrap();
        let printed =
            format!("{password:?} {:?} {:?}", password.as_attempt(), PasswordHash::new("hash!".into()));
        assert!(!printed.contains("horse") && !printed.contains("hash!"), "{printed}");
    }
}
