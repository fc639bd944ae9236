//! What is said of a row that could not be kept as it was.

use sha2::{Digest as _, Sha256};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not there, and is now.
    Brought,
    /// It was there as it had been, and is now as it is in the source.
    Updated,
    /// It is there, and was not touched.
    There,
    /// It is not there; a finding says why.
    LeftOut,
}

/// One thing that is to be looked at. It names the row and the field, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The table of the source.
    pub table: &'static str,
    /// The id of the row there, as far as it has one that can be shown.
    pub row: String,
    /// The column, if it is about one.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub kind: Kind,
    /// What was done.
    pub fate: Fate,
    /// The id of another row that it has to do with.
    pub other: Option<String>,
}

/// Declares an enum whose variants have a word each, which keeps its meaning for good.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every one there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for it in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

words! {
    /// What is wrong with a row or a field.
    Kind {
        /// It has no id.
        MissingId = "missing_id",
        /// Its id is no UUID, or longer than one.
        BadId = "bad_id",
        /// Another row has the same id.
        DuplicateId = "duplicate_id",
        /// The row that it belongs to is not there.
        Orphan = "orphan",
        /// It is empty where something must be.
        Missing = "missing",
        /// It is longer than it may be.
        TooLong = "too_long",
        /// It has control characters where none may be.
        ControlCharacters = "control_characters",
        /// It has NUL characters.
        NulCharacter = "nul_character",
        /// It is not UTF-8.
        NotUtf8 = "not_utf8",
        /// It is no time.
        BadTime = "bad_time",
        /// It is no number.
        BadNumber = "bad_number",
        /// It is neither true nor false.
        BadFlag = "bad_flag",
        /// It is not JSON, or not of the kind that is needed.
        BadJson = "bad_json",
        /// It is no address that an account can have.
        BadAddress = "bad_address",
        /// Another account of the source has the same address, but for its case.
        CollidingAddress = "colliding_address",
        /// Another account has had the address here before.
        AddressTaken = "address_taken",
        /// It is no hash of a known shape.
        UnknownHash = "unknown_hash",
        /// There is no hash.
        NoHash = "no_hash",
        /// There is no such role.
        UnknownRole = "unknown_role",
        /// It is another role than the account has.
        OtherRole = "other_role",
        /// The account may not be used.
        Inactive = "inactive",
        /// It signs in by something else than a password.
        OtherProvider = "other_provider",
        /// It is another secret than the account has.
        OtherSecret = "other_secret",
        /// It is no name of a placement.
        BadPlacement = "bad_placement",
        /// Nothing was said in it, and there is another such thread.
        EmptyThread = "empty_thread",
        /// It was said by nobody that is known.
        UnknownSpeaker = "unknown_speaker",
        /// It has a note that has no place here.
        Note = "note",
        /// A newer row of the same user takes its place.
        Superseded = "superseded",
        /// It was changed here since it was brought.
        ChangedHere = "changed_here",
    }
}

words! {
    /// What was done about it.
    Fate {
        /// The row is not there.
        LeftOut = "left_out",
        /// The field is not there.
        FieldLeftOut = "field_left_out",
        /// The field was cut at its end.
        Cut = "cut",
        /// What may not be in it was taken out.
        Cleaned = "cleaned",
        /// The usual value stands in its place.
        Replaced = "replaced",
        /// It has another id, which is always the same for the same old one.
        GivenNewId = "given_new_id",
        /// The account is there, disabled, under an address that is nobody's.
        SetAside = "set_aside",
        /// The account is there, disabled.
        Disabled = "disabled",
        /// The account is there, and no password is its own.
        WithoutPassword = "without_password",
        /// It is there, hidden from the user.
        Hidden = "hidden",
        /// What is here stays as it is.
        KeptHere = "kept_here",
    }
}

/// What tells whether a row has changed: SHA-256 over its values, each behind its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of these values, in this order.
    #[must_use]
    pub fn of(values: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for value in values {
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value.as_bytes());
        }
        Self(hash.finalize().into())
    }

    /// Reads stored bytes; `None` when there are not exactly 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_word_is_one_things_alone() {
        let kinds: HashSet<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        let fates: HashSet<_> = Fate::ALL.iter().map(|fate| fate.as_str()).collect();
        assert_eq!((kinds.len(), fates.len()), (Kind::ALL.len(), Fate::ALL.len()));
    }

    #[test]
    fn a_fingerprint_knows_where_a_value_ends() {
        assert_ne!(Fingerprint::of(&["ab", "c"]), Fingerprint::of(&["a", "bc"]));
        assert_ne!(Fingerprint::of(&["a"]), Fingerprint::of(&["a", ""]));
        assert_eq!(Fingerprint::of(&["a", "b"]), Fingerprint::of(&["a", "b"]));
    }
}
