//! Why there is no PostgreSQL, in one sentence that says what to do.

use std::fmt;

use crate::environment::URL_VARIABLE;

/// Why there is no PostgreSQL; prints as one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// Nothing is named, installed or answering, and nothing may be installed.
    Missing,
    /// The environment names something that is not the URL of a PostgreSQL.
    NotAUrl,
    /// Installed binaries or Docker were found, and no server came of them.
    DidNotStart {
        /// What was tried.
        with: String,
        /// What it said.
        reason: String,
    },
    /// There is no PgBouncer, and none may be installed.
    NoPooler,
    /// The packages could not be installed.
    NotInstalled {
        /// What the package manager said, or how it ended.
        reason: String,
    },
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(
                f,
                "the tests need a PostgreSQL and found none: install its server (on Debian or \
                 Ubuntu `apt-get install postgresql`), or start Docker, or set {URL_VARIABLE} to \
                 the URL of a server on which the tests may create and drop schemas"
            ),
            Self::NotAUrl => write!(
                f,
                "{URL_VARIABLE} must begin with `postgres://` or `postgresql://`; correct it, or \
                 unset it to let the tests start a server of their own"
            ),
            Self::DidNotStart { with, reason } => write!(
                f,
                "the tests found {with}, but no PostgreSQL started with it; mend it, or set \
                 {URL_VARIABLE} to the URL of another server; it said: {reason}"
            ),
            Self::NoPooler => write!(
                f,
                "the tests found no PgBouncer: install it (on Debian or Ubuntu `apt-get install pgbouncer`)"
            ),
            Self::NotInstalled { reason } => write!(
                f,
                "the tests need a PostgreSQL, and installing it with apt-get failed; install it \
                 by hand, or set {URL_VARIABLE} to the URL of a server; it said: {reason}"
            ),
        }
    }
}

impl std::error::Error for Unavailable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_one_sentence_that_names_all_three_ways_out() {
        let sentence = Unavailable::Missing.to_string();
        for way in ["apt-get install postgresql", "Docker", URL_VARIABLE] {
            assert!(sentence.contains(way), "{way} is not in: {sentence}");
        }
        assert!(!sentence.contains(". "), "more than a sentence: {sentence}");
        assert!(!sentence.contains('\n'), "more than a line: {sentence}");
        assert!(!sentence.contains("  "), "a gap in: {sentence}");
    }

    #[test]
    fn a_failed_start_says_with_what_and_why() {
        let sentence = Unavailable::DidNotStart {
            with: "a broken server".to_owned(),
            reason: "no space left on device".to_owned(),
        }
        .to_string();
        assert!(sentence.contains("a broken server"), "{sentence}");
        assert!(sentence.contains("no space left on device"), "{sentence}");
        assert!(sentence.contains(URL_VARIABLE), "{sentence}");
    }
}
