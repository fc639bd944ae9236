//! What binds the rows of the audit together.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::audit::AuditRow;

/// The hash of a row and, through it, of every row before. It is no secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LinkHash([u8; Self::LENGTH]);

impl LinkHash {
    /// The length in bytes.
    pub const LENGTH: usize = 32;

    /// Where a chain begins.
    pub const START: Self = Self([0; Self::LENGTH]);

    /// Reads stored bytes; `None` when there are not exactly [`LinkHash::LENGTH`].
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// As 64 hexadecimal digits.
impl fmt::Display for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkHash({self})")
    }
}

impl AuditRow {
    /// The hash that this row must have after a row with hash `previous`: SHA-256 over that hash and
    /// every member, each behind its length, so that no two rows give the same bytes. Rows had no actor
    /// at first: one without counts as it did then, and one with it has a text more.
    #[must_use]
    pub fn expected_hash(&self, previous: &LinkHash) -> LinkHash {
        let mut hash = Sha256::new();
        hash.update(previous.as_bytes());
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.micros().to_be_bytes());
        let texts = [
            Some(&self.action),
            self.account.as_ref(),
            self.session.as_ref(),
            Some(&self.client_ip),
            Some(&self.request_id),
        ];
        for text in texts.into_iter().chain(self.actor.as_ref().map(Some)) {
            match text {
                None => hash.update([0]),
                Some(text) => {
                    hash.update([1]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        LinkHash(hash.finalize().into())
    }
}

/// Where the stored chain begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of the last row that was swept; 0 when none was.
    pub first_seq: i64,
    /// Its hash.
    pub first_hash: LinkHash,
    /// The number of the last row.
    pub last_seq: i64,
    /// Its hash.
    pub last_hash: LinkHash,
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A row is gone.
    #[error("it is missing")]
    Missing,
    /// A row is not what was written, or what it follows is not.
    #[error("it is not what was written")]
    Changed,
    /// A row was put behind the last one.
    #[error("it was added behind the end")]
    Added,
    /// The end of the chain was changed.
    #[error("the end of the chain is not what was written")]
    End,
}

/// Where a chain is broken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("row {seq}: {fault}")]
pub struct Broken {
    /// The number of the row.
    pub seq: i64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Follows a chain, row by row.
#[derive(Debug)]
pub struct Chain {
    head: AuditHead,
    seq: i64,
    hash: LinkHash,
}

impl Chain {
    /// A walk along the chain that `head` tells of.
    #[must_use]
    pub const fn new(head: AuditHead) -> Self {
        Self { head, seq: head.first_seq, hash: head.first_hash }
    }

    /// The number of the row that was looked at last.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// Looks at the next row.
    pub fn follow(&mut self, row: &AuditRow) -> Result<(), Broken> {
        let seq = self.seq + 1;
        if seq > self.head.last_seq {
            return Err(Broken { seq: row.seq, fault: Fault::Added });
        }
        if row.seq != seq {
            return Err(Broken { seq, fault: Fault::Missing });
        }
        if row.expected_hash(&self.hash) != row.hash {
            return Err(Broken { seq, fault: Fault::Changed });
        }
        (self.seq, self.hash) = (seq, row.hash);
        Ok(())
    }

    /// After the last row: whether the chain ends where it should.
    pub fn finish(&self) -> Result<(), Broken> {
        if self.seq < self.head.last_seq {
            return Err(Broken { seq: self.seq + 1, fault: Fault::Missing });
        }
        if self.hash != self.head.last_hash {
            return Err(Broken { seq: self.seq, fault: Fault::End });
        }
        Ok(())
    }
}
