//! Which passwords are refused because they are guessed first: common ones, and those made of what
//! everybody may know of the account.
//!
//! There are no rules on which characters a password must have (NIST SP 800-63B-4, section 3.1.1.2).
//! Case never counts here. The *core* of a text is what is left without the digits, signs and spaces
//! at both its ends.
//!
//! A password is **common** if it, or its core of four or more characters, is on the bundled list, is
//! a shorter text said twice or more (a text of twelve characters may be said again), or is a
//! sequence such as `abcdef` or `123456`.
//!
//! A password is **personal** if its letters are one of the account's words; or if it holds such
//! words of four or more letters, and what it has besides them is fewer than eight letters or on the
//! list. The words are those of the name, the company, the address (without its last label) and the
//! name of this product.

use std::cmp::Ordering;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::auth::{CompanyName, EmailAddress, Password, PersonName, Registration, User};

/// Sorted, in lower case, one a line; `common_passwords.md` tells where it comes from.
const COMMON: &[u8] = include_bytes!("common_passwords.txt");

/// The name of this product.
const PRODUCT: &str = "autorisen";

/// A shorter core between digits says nothing, nor does a shorter word inside a longer text.
const MIN_WORD: usize = 4;

/// This many letters besides the account's words make a password of its own.
const MIN_OWN_LETTERS: usize = 8;

/// A password is made of what everybody may know of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Password must not be made of your name, address or company, or of the name of this service")]
pub struct PersonalPassword;

/// What everybody may know of an account.
#[derive(Debug, Clone, Copy)]
pub struct PublicFacts<'a> {
    /// Its address.
    pub email: &'a EmailAddress,
    /// First name of its owner.
    pub first_name: &'a PersonName,
    /// Last name of its owner.
    pub last_name: &'a PersonName,
    /// Company of its owner, once it is known.
    pub company_name: Option<&'a CompanyName>,
}

impl<'a> PublicFacts<'a> {
    /// Those of an account that is asked for.
    #[must_use]
    pub const fn of_registration(stated: &'a Registration, company_name: Option<&'a CompanyName>) -> Self {
        Self {
            email: &stated.email,
            first_name: &stated.first_name,
            last_name: &stated.last_name,
            company_name,
        }
    }

    /// Those of an account.
    #[must_use]
    pub const fn of_user(user: &'a User) -> Self {
        Self {
            email: &user.email,
            first_name: &user.first_name,
            last_name: &user.last_name,
            company_name: Some(&user.company_name),
        }
    }

    /// Refuses a password that is made of these.
    pub fn refuse_in(&self, password: &Password) -> Result<(), PersonalPassword> {
        let mut own = SecretString::from(letters(password.expose()));
        let mut has_words = false;
        for word in self.words() {
            if own.expose_secret() == word {
                return Err(PersonalPassword);
            }
            if word.chars().count() >= MIN_WORD && own.expose_secret().contains(word.as_str()) {
                has_words = true;
                own = SecretString::from(own.expose_secret().replace(&word, ""));
            }
        }
        let own = own.expose_secret();
        if has_words && (own.chars().count() < MIN_OWN_LETTERS || is_listed(own)) {
            return Err(PersonalPassword);
        }
        Ok(())
    }

    /// The words, the longest first, so that a short one does not break up a longer one.
    fn words(&self) -> Vec<String> {
        let (local, domain) = self.email.as_str().rsplit_once('@').unwrap_or_default();
        let (labels, _) = domain.rsplit_once('.').unwrap_or_default();
        let company = self.company_name.map_or("", CompanyName::as_str);
        let mut words: Vec<String> =
            [local, labels, self.first_name.as_str(), self.last_name.as_str(), company, PRODUCT]
                .iter()
                .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
                .map(letters)
                .filter(|word| !word.is_empty())
                .collect();
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        words
    }
}

/// Whether a text is among the first that are tried.
pub(super) fn is_common(text: &str) -> bool {
    // Character by character: the lower case of a text as a whole depends on where its words end.
    let folded = SecretString::from(text.chars().flat_map(char::to_lowercase).collect::<String>());
    let whole = folded.expose_secret();
    let core = whole.trim_matches(|c: char| !c.is_alphabetic());
    is_guessed_first(whole) || (core.chars().count() >= MIN_WORD && is_guessed_first(core))
}

fn is_guessed_first(text: &str) -> bool {
    is_listed(text) || is_repetition(text) || is_sequence(text)
}

/// Looks the text up between the ends of lines.
fn is_listed(text: &str) -> bool {
    let is_end = |byte: &u8| *byte == b'\n';
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low.midpoint(high);
        let start = COMMON[low..middle].iter().rposition(is_end).map_or(low, |end| low + end + 1);
        let end = COMMON[start..].iter().position(is_end).map_or(COMMON.len(), |length| start + length);
        match COMMON[start..end].cmp(text.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    false
}

/// Whether a text that could not be a password itself is said twice or more.
fn is_repetition(text: &str) -> bool {
    let starts = text.char_indices().map(|(start, _)| start).skip(1).take(Password::MIN_CHARS - 1);
    starts.take_while(|start| 2 * start <= text.len()).any(|start| {
        let (unit, rest) = text.split_at(start);
        rest.as_bytes().chunks(unit.len()).all(|chunk| unit.as_bytes().starts_with(chunk))
    })
}

/// Whether each character is the one after the last, or each the one before it. After 9 comes 0.
fn is_sequence(text: &str) -> bool {
    let follows = |(a, b): (char, char)| (a, b) == ('9', '0') || u32::from(a) + 1 == u32::from(b);
    let pairs = || text.chars().zip(text.chars().skip(1));
    pairs().all(follows) || pairs().all(|(a, b)| follows((b, a)))
}

/// The letters of a text in their one form: composed, in lower case.
fn letters(text: &str) -> String {
    text.nfc().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list() -> Vec<&'static str> {
        std::str::from_utf8(COMMON).unwrap().lines().collect()
    }

    fn refused(password: &str) -> bool {
        let facts = PublicFacts {
            email: &EmailAddress::parse("a.byron+work@mail.engines-example.co.uk").unwrap(),
            first_name: &PersonName::parse("Zo\u{eb}").unwrap(),
            last_name: &PersonName::parse("O'Lovelace").unwrap(),
            company_name: Some(&CompanyName::parse("Analytical Müller & Co.").unwrap()),
        };
        facts.refuse_in(&Password::parse(password.to_owned()).unwrap()).is_err()
    }

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        let list = list();
        assert!(list.is_sorted_by(|a, b| a < b), "sorted by bytes, without doubles");
        assert!(list.iter().all(|text| *text == text.to_lowercase() && !text.contains('\r')));
        let long = list.iter().filter(|text| text.chars().count() >= Password::MIN_CHARS).count();
        assert!(long >= 3_000, "{long} are of a length that may be chosen");
    }

    #[test]
    fn everything_on_the_list_is_found_and_nothing_else() {
        for text in list() {
            assert!(is_listed(text), "{text}");
            assert!(!is_listed(&format!("{text}\u{1}")) && !is_listed(&format!("\u{1}{text}")), "{text}");
        }
        for text in ["", "\n", "!", "~~~~", "passwordz", "passwo rd"] {
            assert!(!is_listed(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_tried_first_is_common() {
        for text in [
            "password1234",
            "Password1234!",
            "1234PASSWORD",
            "qwertyuiop123",
            "aaaaaaaaaaaa",
            "111111111111",
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "passwordpassword",
            "passwordpasswordpa",
            "letmeinletmein!!",
            "abc123abc123abc123",
            "ééééééééééééé",
            "1qaz2wsx3edc",
            "q1w2e3r4t5y6",
            "iloveyou2024",
            "September2024!",
            "administrator",
            "unbelievable",
            "whosyourdaddy",
            "counterstrike",
            "              ",
        ] {
            assert!(is_common(text), "{text}");
        }
    }

    #[test]
    fn what_is_long_and_no_cliche_is_not_common() {
        for text in [
            "correct horse battery",
            "correct horse battery staple",
            "twelve chars",
            "password of my grandmother",
            "purple-monkey-dishwasher",
            "aaaaaaaaaaab",
            "abcdefghijka",
            "83746-19283-7465",
            "x7Q!adb92..#k",
            "twelve charstwelve chars",
            "пароль длинный и мой",
        ] {
            assert!(!is_common(text), "{text}");
        }
    }

    #[test]
    fn what_is_made_of_the_account_is_personal() {
        for text in [
            "Lovelace-1815!",
            "LovelaceZoë1815!",
            "zoë-1234567890",
            "ZOE\u{308}-123456789",
            "ilovelovelace1",
            "byronlovelace7",
            "autorisen-2026",
            "Autorisen is fun",
            "engines+example.2",
            "my-engines-4711",
            "Analytical#Müller",
            "analytical12345",
            "password-lovelace",
            "12-lovelace-dragon-34",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn what_is_more_than_the_account_is_not_personal() {
        for text in [
            "correct horse battery",
            "the lovelace of my heart",
            "engines need oil and care",
            "no zoë in the zoo today",
            "work hard and then rest",
            "co-operative uk houses",
            "8374-9182-7364-1",
        ] {
            assert!(!refused(text), "{text}");
        }
    }

    #[test]
    fn without_a_company_the_rest_still_counts() {
        let (email, name) =
            (EmailAddress::parse("ada@example.org").unwrap(), PersonName::stored("").unwrap());
        let facts = PublicFacts { email: &email, first_name: &name, last_name: &name, company_name: None };
        for (text, refused) in [
            ("example of all my own", false),
            ("example+ada+7", true),
            ("ada-123456789", true),
            ("org-123456789", false),
        ] {
            let password = Password::parse(text.to_owned()).unwrap();
            assert_eq!(facts.refuse_in(&password).is_err(), refused, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_rules_panic(text in "\\PC{0,80}", digits in "[0-9]{0,5}") {
            let _ = is_common(&text);
            let _ = is_common(&format!("{digits}{text}{digits}"));
            if let Ok(password) = Password::parse(text.clone()) {
                let _ = refused(password.expose());
            }
        }

        #[test]
        fn the_search_agrees_with_reading_the_whole_list(text in "[a-z0-9!]{1,6}") {
            prop_assert_eq!(is_listed(&text), list().contains(&text.as_str()));
        }

        #[test]
        fn any_short_text_said_again_is_common(unit in "\\PC{1,5}", times in 2_usize..9) {
            prop_assert!(is_common(&unit.repeat(times)));
        }

        #[test]
        fn digits_and_signs_around_a_common_text_do_not_help(before in "[0-9!.# ]{0,8}", after in "[0-9!.# ]{0,8}") {
            let padded = format!("{before}Dragon{after}");
            prop_assert!(is_common(&padded));
        }
    }
}
