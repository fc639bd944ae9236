//! What the command is asked for.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::rig;

/// A million accounts, unless it is said otherwise.
const ACCOUNTS: u64 = 1_000_000;
/// Fewer would not fill what the measurement asks for.
const FEWEST: u64 = 2_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// Fewer and shorter rounds.
    pub(super) short: bool,
    pub(super) accounts: u64,
    binary: Option<PathBuf>,
}

impl Options {
    /// Reads `[--short] [--accounts N] [--binary PATH]`.
    pub(crate) fn parse(mut arguments: &[&str]) -> Option<Self> {
        let mut options = Self { short: false, accounts: ACCOUNTS, binary: None };
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--short", rest @ ..] => {
                    options.short = true;
                    rest
                }
                ["--accounts", count, rest @ ..] => {
                    options.accounts = count.parse().ok().filter(|&count| count >= FEWEST)?;
                    rest
                }
                ["--binary", path, rest @ ..] => {
                    options.binary = Some(PathBuf::from(path));
                    rest
                }
                _ => return None,
            };
        }
    }

    /// Whether it is what the document is made of.
    pub(super) fn is_whole(&self) -> bool {
        *self == Self { short: false, accounts: ACCOUNTS, binary: None }
    }

    pub(super) fn binary(&self) -> Option<&Path> {
        self.binary.as_deref()
    }

    /// The same for a process in another folder.
    pub(super) fn arguments(&self) -> Result<Vec<String>, Failure> {
        let mut arguments = rig::Options { quick: false, binary: self.binary.clone() }.arguments()?;
        arguments.extend(self.short.then(|| "--short".to_owned()));
        arguments.extend(["--accounts".to_owned(), self.accounts.to_string()]);
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed_on_as_they_were_read() {
        for given in [&[][..], &["--short"], &["--accounts", "20000", "--short", "--binary", "/x"]] {
            let options = Options::parse(given).unwrap();
            let passed = options.arguments().unwrap();
            let passed: Vec<&str> = passed.iter().map(String::as_str).collect();
            assert_eq!(Options::parse(&passed), Some(options));
        }
    }

    #[test]
    fn a_document_is_made_of_a_million_accounts_and_nothing_less() {
        assert!(Options::parse(&[]).unwrap().is_whole());
        for given in [&["--short"][..], &["--accounts", "20000"], &["--binary", "x"]] {
            assert!(!Options::parse(given).unwrap().is_whole(), "{given:?}");
        }
        assert_eq!(Options::parse(&["--accounts", "10"]), None, "too few to measure");
    }
}
