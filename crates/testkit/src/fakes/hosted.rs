//! The other side of hosted sessions, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::chat::{
    HostedApi, HostedFailure, HostedFault, HostedSession, HostedSessionId, HostedUser, UpstreamRequestId,
};
use autorisen_domain::error::PortError;

use crate::fakes::checksum::fresh_number;
use crate::fixtures::NOW;

/// Opens sessions, remembers them, and can be made to fail.
#[derive(Default)]
pub struct FakeHostedApi {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    opened: Vec<Opened>,
    cancelled: Vec<HostedSessionId>,
    failures: VecDeque<(HostedFault, Option<Duration>)>,
}

/// A session that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is called.
    pub id: HostedSessionId,
    /// Whose it is, on the other side.
    pub user: HostedUser,
    /// How long it was asked to live.
    pub life: Duration,
}

impl FakeHostedApi {
    /// The next call fails like this, after those that were told before.
    pub fn fail(&self, fault: HostedFault, retry_after: Option<Duration>) {
        self.known().failures.push_back((fault, retry_after));
    }

    /// Every session that was opened.
    pub fn opened(&self) -> Vec<Opened> {
        self.known().opened.clone()
    }

    /// The sessions that were cancelled, as often as they were.
    pub fn cancelled(&self) -> Vec<HostedSessionId> {
        self.known().cancelled.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_failure(&self) -> Result<(), HostedFailure> {
        match self.known().failures.pop_front() {
            None => Ok(()),
            Some((fault, retry_after)) => Err(HostedFailure {
                fault,
                retry_after,
                request: request(),
                cause: PortError::new("ask the other side", "it was told to fail"),
            }),
        }
    }
}

fn request() -> Option<UpstreamRequestId> {
    UpstreamRequestId::parse(&format!("req_{}", fresh_number()))
}

#[async_trait]
impl HostedApi for FakeHostedApi {
    async fn create(&self, user: &HostedUser, life: Duration) -> Result<HostedSession, HostedFailure> {
        tokio::task::yield_now().await;
        self.next_failure()?;
        let number = fresh_number();
        let id = HostedSessionId::parse(&format!("cksess_{number}")).unwrap();
        self.known().opened.push(Opened { id: id.clone(), user: user.clone(), life });
        let secret = format!("ek_{number}").into();
        Ok(HostedSession { id, secret, expires_at: NOW.plus(life), request: request() })
    }

    async fn cancel(&self, id: &HostedSessionId) -> Result<Option<UpstreamRequestId>, HostedFailure> {
        tokio::task::yield_now().await;
        self.next_failure()?;
        self.known().cancelled.push(id.clone());
        Ok(request())
    }
}
