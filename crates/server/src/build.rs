//! What this program was built from. It is compiled in, so no setting can say otherwise.

/// The commit, where the build was told (`AUTORISEN_COMMIT`).
pub(crate) const COMMIT: Option<&str> = match option_env!("AUTORISEN_COMMIT") {
    Some(commit) if !commit.is_empty() => Some(commit),
    _ => None,
};

/// What the program calls itself unless a setting gives it another name: the commit, else the
/// version of the package.
pub(crate) const VERSION: &str = match COMMIT {
    Some(commit) => commit,
    None => env!("CARGO_PKG_VERSION"),
};
