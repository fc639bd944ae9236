//! The migrations in the binary, and what their texts say of themselves.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::db::DatabaseKind;

/// What a migration begins with when it takes something away. The reason follows, up to the end of the line.
const CONTRACT: &str = "-- contract:";

/// What a line begins with in a text for PostgreSQL that cannot run in a transaction, as an index that is made
/// `CONCURRENTLY`. Each statement must then end at the end of a line, and bear being run again: after a crash between
/// two of them all are.
const NO_TRANSACTION: &str = "-- no transaction:";

/// Every migration of this version, in order.
pub(super) const ALL: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// A migration in both dialects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// Its name: a number of four digits, `_`, and what it is about.
    pub(super) name: &'static str,
    pub(super) sqlite: Texts,
    pub(super) postgres: Texts,
}

/// The way there and back in one dialect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    pub(super) up: &'static str,
    pub(super) down: &'static str,
}

impl Texts {
    pub(super) fn ask_for_a_transaction(&self) -> bool {
        !self.up.lines().chain(self.down.lines()).any(|line| line.starts_with(NO_TRANSACTION))
    }
}

impl Migration {
    /// The number that its name begins with: what the database knows it by.
    pub(super) fn version(&self) -> &'static str {
        self.name.split_once('_').map_or(self.name, |(version, _)| version)
    }

    pub(super) const fn texts(&self, kind: DatabaseKind) -> Texts {
        match kind {
            DatabaseKind::Sqlite => self.sqlite,
            DatabaseKind::Postgres => self.postgres,
        }
    }

    /// Whether it takes something away that an older version may need, as its first line says.
    pub(super) fn contracts(&self) -> bool {
        self.sqlite.up.starts_with(CONTRACT) || self.postgres.up.starts_with(CONTRACT)
    }
}

/// The SHA-256 of a text in hexadecimal digits, however its lines end: git may change that.
pub(super) fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n"));
    digest.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string never fails.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_that_stand_once_and_a_word() {
        let mut before = "0000";
        for migration in ALL {
            let (number, word) = migration.name.split_once('_').expect("a number, `_` and a word");
            assert!(number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte)));
            assert!(before < number, "{number} stands twice");
            assert_eq!(migration.version(), number);
            before = number;
        }
    }

    #[test]
    fn a_checksum_tells_texts_apart_and_does_not_see_how_lines_end() {
        let text = "CREATE TABLE a (b TEXT);\nCREATE TABLE c (d TEXT);\n";
        assert_eq!(checksum(text), checksum(&text.replace('\n', "\r\n")));
        for edited in [text.replace("b TEXT", "b BLOB"), text.replace('\n', ""), format!("{text}-- More.")] {
            assert_ne!(checksum(text), checksum(&edited), "{edited}");
        }
        // As `sha256sum` tells it.
        assert_eq!(checksum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_migration_contracts_when_its_first_line_says_why() {
        let marked = |up| Migration {
            name: "0001_x",
            sqlite: Texts { up, down: "" },
            postgres: Texts { up: "", down: "" },
        };
        assert!(marked("-- contract: nobody reads it\nDROP TABLE a;").contracts());
        for plain in ["-- contract\nDROP TABLE a;", "DROP TABLE a;\n-- contract: why", "-- No contract: why"]
        {
            assert!(!marked(plain).contracts(), "{plain}");
        }
    }
}
