//! What to do with a row that may have been brought before.

use super::finding::{Fingerprint, Outcome};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is new: it is brought.
    Bring,
    /// It has changed in the source and not here: it is brought up to date.
    Update,
    /// Nothing.
    Leave,
    /// It has changed or is gone here, so what is here stays, though the source says otherwise.
    KeepHere,
}

impl Judgement {
    /// What the row becomes by it.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Bring => Outcome::Brought,
            Self::Update => Outcome::Updated,
            Self::Leave | Self::KeepHere => Outcome::There,
        }
    }
}

/// Judges a row that would now be brought as `new`: it was `recorded` when it was brought before, and is
/// `here` now. What a user or an operator did here since is never undone.
#[must_use]
pub fn judge(recorded: Option<Fingerprint>, here: Option<Fingerprint>, new: Fingerprint) -> Judgement {
    match (recorded, here) {
        (None, None) => Judgement::Bring,
        (Some(recorded), Some(_)) if recorded == new => Judgement::Leave,
        (_, Some(here)) if here == new => Judgement::Leave,
        (Some(recorded), Some(here)) if recorded == here => Judgement::Update,
        (Some(_) | None, Some(_)) | (Some(_), None) => Judgement::KeepHere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_here_is_never_undone() {
        let [old, new, other] = ["old", "new", "other"].map(|text| Fingerprint::of(&[text]));
        for (recorded, here, expected) in [
            (None, None, Judgement::Bring),
            (Some(old), Some(old), Judgement::Update),
            (Some(new), Some(new), Judgement::Leave),
            (Some(new), Some(other), Judgement::Leave),
            (Some(old), Some(other), Judgement::KeepHere),
            (Some(old), Some(new), Judgement::Leave),
            (Some(old), None, Judgement::KeepHere),
            (Some(new), None, Judgement::KeepHere),
            (None, Some(other), Judgement::KeepHere),
        ] {
            assert_eq!(judge(recorded, here, new), expected, "{recorded:?} {here:?}");
        }
    }
}
