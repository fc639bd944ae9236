//! Reading and checking the audit.

use std::sync::Arc;

use crate::audit::{AuditHead, AuditRow, AuditTrail, Broken, Chain, LinkHash};
use crate::error::PortError;
use crate::progress::Progress;

/// How many rows are read at once.
const PAGE: u32 = 5_000;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many rows are as they were written, from the first one on.
    pub rows: u64,
    /// Where the chain begins and ends.
    pub head: AuditHead,
    /// Where it is broken first, if it is.
    pub broken: Option<Broken>,
    /// Whether a row has the hash that was expected in the chain, or none was.
    pub has_expected: bool,
}

/// Reads the audit for an operator.
pub struct AuditService {
    trail: Arc<dyn AuditTrail>,
}

impl AuditService {
    /// A service over this trail.
    #[must_use]
    pub const fn new(trail: Arc<dyn AuditTrail>) -> Self {
        Self { trail }
    }

    /// Follows the chain to the end that it has when this begins, and looks for the row of the hash
    /// `expected`, in hexadecimal digits. What is added or swept meanwhile is no fault.
    pub async fn verify(
        &self,
        expected: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<Verified, PortError> {
        loop {
            let verified = self.verify_once(expected, progress).await?;
            let was_swept = self.trail.head().await?.first_seq != verified.head.first_seq;
            if verified.broken.is_none() || !was_swept {
                return Ok(verified);
            }
        }
    }

    /// Gives every row after number `after` to `take`, in their order, until it fails.
    pub async fn export<E: From<PortError>>(
        &self,
        mut after: i64,
        mut take: impl FnMut(&AuditRow) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let rows = self.trail.page(after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = last.seq;
            rows.iter().try_for_each(&mut take)?;
        }
    }

    async fn verify_once(
        &self,
        expected: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<Verified, PortError> {
        let head = self.trail.head().await?;
        let total = u64::try_from(head.last_seq.saturating_sub(head.first_seq)).unwrap_or_default();
        let is_expected = |hash: &LinkHash| {
            expected.is_none_or(|expected| expected.eq_ignore_ascii_case(&hash.to_string()))
        };
        let has_expected = is_expected(&head.first_hash);
        let mut verified = Verified { rows: 0, head, broken: None, has_expected };
        let mut chain = Chain::new(head);
        // Before the first row there is none, unless somebody put one there.
        let mut after = i64::MIN;
        loop {
            progress.at("rows of the audit", verified.rows, total);
            let rows = self.trail.page(after, PAGE).await?;
            for row in &rows {
                after = row.seq;
                if row.seq > head.last_seq && self.trail.head().await?.last_seq >= row.seq {
                    // It was added since this began.
                    verified.broken = chain.finish().err();
                    return Ok(verified);
                }
                if let Err(broken) = chain.follow(row) {
                    verified.broken = Some(broken);
                    return Ok(verified);
                }
                verified.rows += 1;
                verified.has_expected = verified.has_expected || is_expected(&row.hash);
            }
            if rows.is_empty() {
                verified.broken = chain.finish().err();
                return Ok(verified);
            }
        }
    }
}
