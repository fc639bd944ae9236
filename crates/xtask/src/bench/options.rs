//! What is asked for.

use crate::rig;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Options {
    /// The release binary beside the floor.
    Servers(rig::Options),
    /// The short form, on what the checks have built.
    Check {
        /// Stores what was measured, instead of comparing with it.
        write: bool,
    },
    /// How long building takes.
    Builds,
}

impl Options {
    /// Reads `[--quick] [--binary PATH]`, or `--check [--write]`, or `--builds`.
    pub(crate) fn parse(arguments: &[&str]) -> Option<Self> {
        match arguments {
            ["--check"] => Some(Self::Check { write: false }),
            ["--check", "--write"] => Some(Self::Check { write: true }),
            ["--builds"] => Some(Self::Builds),
            _ => rig::Options::parse(arguments).map(Self::Servers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_done_at_a_time() {
        assert_eq!(Options::parse(&[]), Some(Options::Servers(rig::Options::default())));
        assert_eq!(Options::parse(&["--check", "--write"]), Some(Options::Check { write: true }));
        assert_eq!(Options::parse(&["--builds"]), Some(Options::Builds));
        for arguments in [&["--check", "--quick"][..], &["--write"], &["--builds", "--check"]] {
            assert_eq!(Options::parse(arguments), None, "{arguments:?}");
        }
    }
}
