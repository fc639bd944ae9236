//! A clock that moves when it is told to, and a timer that is quick.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::clock::{Clock, Timer, Timestamp};

use crate::fixtures::NOW;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Moves it on.
    pub fn advance(&self, span: Duration) {
        self.set(self.now().plus(span));
    }

    /// Moves it to `time`, in either direction.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.micros(), Ordering::SeqCst);
    }
}

/// It stands at [`NOW`] at first.
impl Default for FakeClock {
    fn default() -> Self {
        Self(AtomicI64::new(NOW.micros()))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A timer that waits a hundredth of what it is told to.
#[derive(Debug, Clone, Copy, Default)]
pub struct QuickTimer;

#[async_trait]
impl Timer for QuickTimer {
    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / 100).await;
    }
}
