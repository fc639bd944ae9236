//! Stored password hashes, told apart by their shape, and the work of checking against one.
//!
//! | shape | what it is |
//! |---|---|
//! | `$2a$`, `$2b$` or `$2y$`, 60 characters | bcrypt of any cost |
//! | [`CUT_PREFIX`] and the same | bcrypt of an older system, which cut passwords at 72 bytes |
//! | 64 characters of standard base64 | PBKDF2-HMAC-SHA256: 16 bytes of salt, 32 of digest |
//!
//! Everything else matches nothing.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};

/// Marks a bcrypt hash that an older system may have made of the first 72 bytes of a longer
/// password. An import sets it; it is gone with the first upgrade.
pub const CUT_PREFIX: &str = "legacy:";

/// What an import stores for a hash of the existing data; `None` when no password can match it.
#[must_use]
pub fn adopt(text: &str) -> Option<String> {
    match StoredHash::parse(text)? {
        StoredHash::Bcrypt { may_be_cut: false, .. } => Some(format!("{CUT_PREFIX}{text}")),
        // Only an import marks a hash, so this one is none of the existing data.
        StoredHash::Bcrypt { may_be_cut: true, .. } => None,
        StoredHash::Pbkdf2 { .. } => Some(text.to_owned()),
    }
}

/// What bcrypt takes in.
const BCRYPT_BYTES: usize = 72;
const PBKDF2_ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).unwrap();
const SALT_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// A stored hash that can be checked against.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoredHash {
    /// bcrypt.
    Bcrypt {
        /// The whole text, without the prefix.
        text: String,
        /// The logarithm of the rounds.
        cost: u32,
        /// Whether it may be of a password that was cut.
        may_be_cut: bool,
    },
    /// The form of the existing data before bcrypt.
    Pbkdf2 {
        /// The salt.
        salt: [u8; SALT_BYTES],
        /// What was derived.
        digest: [u8; DIGEST_BYTES],
    },
}

impl StoredHash {
    /// Reads a stored text; `None` when no password can match it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(bcrypt) = text.strip_prefix(CUT_PREFIX) {
            return parse_bcrypt(bcrypt, true);
        }
        parse_bcrypt(text, false).or_else(|| parse_pbkdf2(text))
    }

    /// Whether a new hash of `cost` would be of the same kind.
    pub(crate) fn is_current(&self, cost: u32) -> bool {
        matches!(self, Self::Bcrypt { text, cost: own, may_be_cut: false } if *own == cost && text.starts_with("$2b$"))
    }
}

/// `$2b$12$` and 53 characters of bcrypt's own base64, also with the older letters for the same
/// algorithm.
fn parse_bcrypt(text: &str, may_be_cut: bool) -> Option<StoredHash> {
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let (digits, salt_and_digest) = rest.split_once('$')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
    let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_number && salt_and_digest.len() == 53 && salt_and_digest.bytes().all(is_plain);
    let cost = digits.parse().ok().filter(|cost| (4..=31).contains(cost))?;
    fits.then(|| StoredHash::Bcrypt { text: text.to_owned(), cost, may_be_cut })
}

fn parse_pbkdf2(text: &str) -> Option<StoredHash> {
    let bytes = STANDARD.decode(text).ok()?;
    let (salt, digest) = bytes.split_first_chunk()?;
    Some(StoredHash::Pbkdf2 { salt: *salt, digest: digest.try_into().ok()? })
}

/// How much work a check is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// One bcrypt of this cost, whatever is stored.
    pub(crate) cost: u32,
    /// And one PBKDF2, because some accounts need it.
    pub(crate) pbkdf2: bool,
}

impl Effort {
    /// Whether `password` is what was hashed. It takes the same work for every password and every
    /// stored hash, or none: what the hash itself does not take is spent on a decoy. Only a hash of
    /// a higher cost takes more.
    pub(crate) fn check(self, password: &str, stored: Option<&StoredHash>) -> bool {
        match stored {
            Some(StoredHash::Bcrypt { text, cost, may_be_cut }) => {
                self.spend_pbkdf2(password);
                let matches = self.check_bcrypt(password, text, *cost);
                let whole = password.len() <= BCRYPT_BYTES || *may_be_cut;
                // bcrypt repeats what it takes in behind a NUL, so that several passwords would match.
                matches && whole && !password.contains('\0')
            }
            Some(StoredHash::Pbkdf2 { salt, digest }) => {
                self.spend_bcrypt(password, self.cost);
                pbkdf2::verify(PBKDF2_HMAC_SHA256, PBKDF2_ROUNDS, salt, password.as_bytes(), digest).is_ok()
            }
            None => {
                self.spend_pbkdf2(password);
                self.spend_bcrypt(password, self.cost);
                false
            }
        }
    }

    /// A check that ends up as long as one of our cost: 2^4 and 2^4 and 2^5 and … rounds.
    fn check_bcrypt(self, password: &str, text: &str, cost: u32) -> bool {
        let Ok(matches) = bcrypt::verify(cut(password), text) else {
            // It has the shape, but nothing behind it.
            self.spend_bcrypt(password, self.cost);
            return false;
        };
        (cost..self.cost).for_each(|missing| self.spend_bcrypt(password, missing));
        matches
    }

    #[expect(clippy::unused_self, reason = "what is spent is a part of the effort")]
    fn spend_bcrypt(self, password: &str, cost: u32) {
        // Well formed, and no password's.
        let decoy = format!("$2b${cost:02}${}", ".".repeat(53));
        let matches = bcrypt::verify(cut(password), &decoy);
        std::hint::black_box(matches.is_ok());
    }

    fn spend_pbkdf2(self, password: &str) {
        if self.pbkdf2 {
            let decoy = [0; DIGEST_BYTES];
            let matches = pbkdf2::verify(
                PBKDF2_HMAC_SHA256,
                PBKDF2_ROUNDS,
                &[0; SALT_BYTES],
                password.as_bytes(),
                &decoy,
            );
            std::hint::black_box(matches.is_ok());
        }
    }
}

/// As much as bcrypt takes in.
fn cut(password: &str) -> &[u8] {
    let bytes = password.as_bytes();
    bytes.get(..BCRYPT_BYTES).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort { cost: 5, pbkdf2: true };
    const PASSWORD: &str = "correct horse battery";
    const UNICODE: &str = "pässwörd mit ümlaut";

    /// Made with bcrypt 5.0.0 and hashlib of Python 3.11.7, the salt being the bytes 0 to 15:
    /// `bcrypt.hashpw(password.encode()[:72], b"$2b$04$" + salt)`, and
    /// `b64encode(salt + pbkdf2_hmac("sha256", password.encode(), salt, 100_000))`.
    const VECTORS: [(&str, &str); 9] = [
        (PASSWORD, "$2a$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW"),
        (PASSWORD, "$2a$05$..CA.uOD/eaGAOmJB.yMBuSRX0VL7TDOEDkt7L26qJHy/uPLNTi7O"),
        (PASSWORD, "$2b$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW"),
        (PASSWORD, "$2b$05$..CA.uOD/eaGAOmJB.yMBuSRX0VL7TDOEDkt7L26qJHy/uPLNTi7O"),
        (PASSWORD, "$2y$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW"),
        (PASSWORD, "$2y$05$..CA.uOD/eaGAOmJB.yMBuSRX0VL7TDOEDkt7L26qJHy/uPLNTi7O"),
        (UNICODE, "$2b$04$..CA.uOD/eaGAOmJB.yMBuyQlVG1PYkiw.ZimBPzzekD43qo.jywm"),
        (PASSWORD, "AAECAwQFBgcICQoLDA0OD8jRIuzblHfNSKaxdQxZhcC4sFFY0EDSBRfM20mGXeQ2"),
        (UNICODE, "AAECAwQFBgcICQoLDA0ODzIQLpS3kGB2CioJmvyX2QBdFRhl/V3BqojMigAd5HYU"),
    ];
    /// As above, of these texts cut at 72 bytes; the second within a character.
    const CUT_VECTORS: [(&str, &str); 2] = [
        (
            "sixty-four and more: 012345678901234567890123456789012345678901234567890123456789",
            "$2b$04$..CA.uOD/eaGAOmJB.yMBuFSSTSo/8EYBlcNgiUZHyVBNnNpU2G4q",
        ),
        (
            "aéééééééééééééééééééééééééééééééééééééééé",
            "$2b$04$..CA.uOD/eaGAOmJB.yMBu7eOxT8Dm4J1SkJSd/61nDoCKF3Y.MEC",
        ),
    ];
    /// As above, of `"long " * 20`, which is not cut.
    const LONG_PBKDF2: &str = "AAECAwQFBgcICQoLDA0OD9eCFvmpZW34GAmm5beAPRbW1pUyz54z2m5B1PT3cxrK";

    fn matches(password: &str, text: &str) -> bool {
        EFFORT.check(password, StoredHash::parse(text).as_ref())
    }

    #[test]
    fn hashes_of_the_existing_data_verify() {
        for (password, text) in VECTORS {
            assert!(matches(password, text), "{text}");
            for wrong in ["x", "correct horse batterz", "passwort mit umlaut"] {
                assert!(!matches(wrong, text), "{wrong} {text}");
            }
        }
    }

    #[test]
    fn a_cut_password_matches_only_where_the_hash_is_marked() {
        for (password, text) in CUT_VECTORS {
            assert!(matches(password, &format!("{CUT_PREFIX}{text}")), "{text}");
            assert!(!matches(password, text), "ours are never cut: {text}");
            let other_tail = format!("{password}.");
            assert!(matches(&other_tail, &format!("{CUT_PREFIX}{text}")), "as it was there: {text}");
            assert!(!matches(&password[..69], &format!("{CUT_PREFIX}{text}")), "{text}");
        }
        let marked = format!("{CUT_PREFIX}{}", VECTORS[2].1);
        assert!(matches(PASSWORD, &marked) && !matches("x", &marked));
        assert!(!matches(&format!("{PASSWORD}\0{PASSWORD}"), &marked), "a NUL is never one");
    }

    #[test]
    fn a_long_password_matches_its_pbkdf2_hash_whole() {
        let long = "long ".repeat(20);
        assert!(matches(&long, LONG_PBKDF2));
        assert!(!matches(&long[..72], LONG_PBKDF2));
    }

    #[test]
    fn what_has_no_known_shape_matches_nothing() {
        let bcrypt = VECTORS[2].1;
        let pbkdf2 = VECTORS[7].1;
        for text in [
            String::new(),
            "x".to_owned(),
            CUT_PREFIX.to_owned(),
            format!("{CUT_PREFIX}{pbkdf2}"),
            format!("{CUT_PREFIX}{CUT_PREFIX}{bcrypt}"),
            bcrypt.replacen("$2b$", "$2x$", 1),
            bcrypt.replacen("$04$", "$03$", 1),
            bcrypt.replacen("$04$", "$32$", 1),
            bcrypt.replacen("$04$", "$+4$", 1),
            bcrypt[..59].to_owned(),
            format!("{bcrypt}."),
            bcrypt.replacen("..CA", "..C!", 1),
            bcrypt.replacen("..CA", ".£A", 1),
            pbkdf2[..63].to_owned(),
            pbkdf2[..60].to_owned(),
            format!("{pbkdf2}AAAA"),
            format!("{pbkdf2}\n"),
            pbkdf2.replacen('/', "_", 1).replacen("AAEC", "AA-C", 1),
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA".to_owned(),
        ] {
            assert!(StoredHash::parse(&text).is_none(), "{text:?}");
            assert!(!matches(PASSWORD, &text), "{text:?}");
        }
    }

    #[test]
    fn an_import_marks_what_may_be_cut_and_takes_nothing_else_that_matches_nothing() {
        for (password, text) in VECTORS {
            assert!(matches(password, &adopt(text).unwrap()), "{text}");
        }
        for (password, text) in CUT_VECTORS {
            assert!(matches(password, &adopt(text).unwrap()), "{text}");
            assert_eq!(adopt(&format!("{CUT_PREFIX}{text}")), None, "{text}");
        }
        assert_eq!((adopt(""), adopt("x"), adopt(CUT_PREFIX)), (None, None, None));
    }

    #[test]
    fn only_our_own_letter_and_cost_are_current() {
        let current: Vec<&str> = VECTORS
            .iter()
            .map(|(_, text)| *text)
            .filter(|text| StoredHash::parse(text).unwrap().is_current(5))
            .collect();
        assert_eq!(current, [VECTORS[3].1]);
        assert!(!StoredHash::parse(&format!("{CUT_PREFIX}{}", VECTORS[3].1)).unwrap().is_current(5));
    }
}
