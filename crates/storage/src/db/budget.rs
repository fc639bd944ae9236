//! How long one caller waits for the database, in all its steps together.

use std::cell::Cell;
use std::time::{Duration, Instant};

tokio::task_local! {
    static LEFT: Cell<Duration>;
}

/// Runs `work` so that all it asks of the database takes no longer than `limit` together. What it does
/// besides takes as long as it takes.
pub(super) async fn spend_at_most<F: Future>(limit: Duration, work: F) -> F::Output {
    LEFT.scope(Cell::new(limit), work).await
}

/// One question to the database, while it is asked.
pub(super) struct Spending {
    begun: Instant,
    patience: Duration,
}

impl Spending {
    /// Begins a question that may take this long, or as long as the caller has left.
    pub(super) fn begin(longest: Duration) -> Self {
        let left = LEFT.try_with(Cell::get).unwrap_or(longest);
        Self { begun: Instant::now(), patience: left.min(longest) }
    }

    /// How long it may still take.
    pub(super) fn left(&self) -> Duration {
        self.patience.saturating_sub(self.begun.elapsed())
    }
}

impl Drop for Spending {
    fn drop(&mut self) {
        let spent = self.begun.elapsed();
        // A caller without a limit has nothing to spend.
        let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(spent)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn what_one_question_took_the_next_does_not_have() {
        let pause = Duration::from_millis(20);
        spend_at_most(MINUTE, async {
            let first = Spending::begin(MINUTE * 2);
            assert!(first.left() <= MINUTE);
            tokio::time::sleep(pause).await;
            drop(first);
            let second = Spending::begin(MINUTE * 2);
            assert!(second.left() + pause <= MINUTE, "{:?}", second.left());
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_done_between_two_questions_costs_nothing() {
        let (limit, pause) = (Duration::from_millis(500), Duration::from_secs(1));
        spend_at_most(limit, async {
            drop(Spending::begin(MINUTE));
            tokio::time::sleep(pause).await;
            assert!(Spending::begin(MINUTE).left() > Duration::ZERO);
        })
        .await;
    }

    #[tokio::test]
    async fn who_has_no_limit_waits_as_long_as_one_question_may_take() {
        for _ in 0..2 {
            let spending = Spending::begin(MINUTE);
            assert!(spending.left() > MINUTE / 2 && spending.left() <= MINUTE);
        }
    }
}
