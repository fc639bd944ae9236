//! The check that a person, and no program, asks: what it needs from outside, and where it is asked for.

use std::sync::Arc;

use async_trait::async_trait;

use crate::context::{ClientAddress, Context};
use crate::error::PortError;

/// Whether a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotVerdict {
    /// As far as can be told.
    Person,
    /// The proof is forged, was used before, is too old or was made by a program.
    Refused,
}

/// Judges what clients show to prove that a person uses them.
#[async_trait]
pub trait BotCheck: Send + Sync {
    /// Judges the proof that came from `client`.
    ///
    /// A proof is good once. When nobody can be asked within the time limit this is a failure: it
    /// never lets anybody pass for want of an answer.
    async fn judge(&self, proof: &str, client: ClientAddress) -> Result<BotVerdict, PortError>;
}

/// Why the check was not passed.
#[derive(Debug, thiserror::Error)]
pub enum BotRefusal {
    /// No proof was shown.
    #[error("the proof of a person is missing")]
    Missing,
    /// The proof is no good.
    #[error("the proof of a person was refused")]
    Refused,
    /// Nobody could be asked.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where the check is asked for, if it is asked for at all.
pub struct BotGate {
    check: Option<Arc<dyn BotCheck>>,
}

impl BotGate {
    /// The longest proof that is judged, in bytes; a longer one is refused unread.
    pub const MAX_PROOF: usize = 8 * 1024;

    /// A gate with this check; without one it stands open.
    #[must_use]
    pub const fn new(check: Option<Arc<dyn BotCheck>>) -> Self {
        Self { check }
    }

    /// Lets pass who shows a good proof.
    pub async fn demand(&self, ctx: &Context, proof: Option<&str>) -> Result<(), BotRefusal> {
        let Some(check) = &self.check else {
            return Ok(());
        };
        let proof = proof.map(str::trim).filter(|proof| !proof.is_empty()).ok_or(BotRefusal::Missing)?;
        if proof.len() > Self::MAX_PROOF {
            return Err(BotRefusal::Refused);
        }
        match check.judge(proof, ctx.client).await? {
            BotVerdict::Person => Ok(()),
            BotVerdict::Refused => Err(BotRefusal::Refused),
        }
    }

    /// Lets pass who shows a good proof or none: the client decides where to ask its user for one.
    pub async fn consider(&self, ctx: &Context, proof: Option<&str>) -> Result<(), BotRefusal> {
        match self.demand(ctx, proof).await {
            Err(BotRefusal::Missing) => Ok(()),
            passed_or_refused => passed_or_refused,
        }
    }
}
