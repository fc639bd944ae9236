//! Sweeps go in batches, with pauses, and take turns.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::clock::{Clock, Timer, Timestamp};
use autorisen_domain::error::PortError;
use autorisen_domain::sweep::{SweepOutcome, Sweeper, Swept};
use autorisen_testkit::fakes::FakeClock;

/// How long a batch takes that fails.
const FAILURE: Duration = Duration::from_millis(70);

/// What happened, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Batch { kind: char, limit: u32 },
    Pause(Duration),
}

#[derive(Default, Clone)]
struct Scene {
    clock: Arc<FakeClock>,
    steps: Arc<Mutex<Vec<Step>>>,
}

/// A kind that has so many rows, each of which takes so long.
struct Rows {
    kind: char,
    left: Mutex<u64>,
    each: Duration,
    /// Batches of more rows than this fail.
    at_most: u32,
    scene: Scene,
}

#[async_trait]
impl Swept for Rows {
    async fn batch(&self, _now: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.scene.steps.lock().unwrap().push(Step::Batch { kind: self.kind, limit });
        if limit > self.at_most {
            self.scene.clock.advance(FAILURE);
            return Err(PortError::new("sweep", "for a reason"));
        }
        let mut left = self.left.lock().unwrap();
        let rows = (*left).min(u64::from(limit));
        *left -= rows;
        self.scene.clock.advance(self.each * u32::try_from(rows).unwrap());
        Ok(rows)
    }
}

struct Pauses(Scene);

#[async_trait]
impl Timer for Pauses {
    async fn sleep(&self, span: Duration) {
        self.0.clock.advance(span);
        self.0.steps.lock().unwrap().push(Step::Pause(span));
    }
}

impl Scene {
    fn rows(&self, kind: char, left: u64, each_micros: u64) -> Rows {
        let each = Duration::from_micros(each_micros);
        Rows { kind, left: Mutex::new(left), each, at_most: u32::MAX, scene: self.clone() }
    }

    async fn sweep(&self, kinds: Vec<Box<dyn Swept>>) -> SweepOutcome {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Sweeper::new(kinds, clock, Arc::new(Pauses(self.clone()))).run().await
    }

    fn limits(&self, of: char) -> Vec<u32> {
        let steps = self.steps.lock().unwrap();
        let limit = |step: &Step| match step {
            Step::Batch { kind, limit } if *kind == of => Some(*limit),
            _ => None,
        };
        steps.iter().filter_map(limit).collect()
    }
}

#[tokio::test]
async fn all_of_a_million_rows_go_in_batches_that_are_never_larger_than_they_may_be() {
    let scene = Scene::default();
    let outcome = scene.sweep(vec![Box::new(scene.rows('a', 1_000_000, 10))]).await;
    assert_eq!((outcome.rows, outcome.failures.len()), (1_000_000, 0));
    assert_eq!(outcome.longest, Duration::from_millis(5), "the longest is known");
    // Ten microseconds for each row, and pauses of four times that or of ten milliseconds.
    assert!(outcome.took > Duration::from_secs(50), "{outcome:?}");
    let limits = scene.limits('a');
    assert_eq!(outcome.batches as usize + 1, limits.len(), "the last finds nothing");
    assert_eq!(limits[..4], [100, 200, 400, 500], "they grow while they are quick");
    assert!(limits.iter().all(|&limit| limit <= Sweeper::MOST), "{limits:?}");
}

#[tokio::test]
async fn batches_that_take_long_get_smaller_until_they_do_not() {
    let scene = Scene::default();
    scene.sweep(vec![Box::new(scene.rows('a', 2_000, 1_000))]).await;
    let limits = scene.limits('a');
    assert_eq!(limits[..2], [100, 50], "100 ms are too long");
    assert!(limits[2..].iter().all(|&limit| limit <= 50), "{limits:?}");

    let stuck = Scene::default();
    stuck.sweep(vec![Box::new(stuck.rows('a', 200, 1_000_000))]).await;
    assert_eq!(*stuck.limits('a').last().unwrap(), Sweeper::LEAST);
}

#[tokio::test]
async fn every_batch_is_followed_by_a_pause_of_several_times_its_length() {
    let scene = Scene::default();
    scene.sweep(vec![Box::new(scene.rows('a', 3_000, 100))]).await;
    let steps = scene.steps.lock().unwrap();
    let pairs: Vec<&[Step]> = steps.chunks(2).collect();
    // The last batch that finds rows is not full, and the one after it finds none.
    let (_, full) = pairs.split_last().unwrap();
    let (_, full) = full.split_last().unwrap();
    assert!(full.len() > 3, "{steps:?}");
    for pair in full {
        let [Step::Batch { limit, .. }, Step::Pause(pause)] = pair else { panic!("{pair:?}") };
        let took = Duration::from_micros(100) * *limit;
        assert_eq!(*pause, (took * 4).clamp(Duration::from_millis(10), Duration::from_secs(1)), "{pair:?}");
    }
}

#[tokio::test]
async fn kinds_take_turns_and_one_that_fails_keeps_no_other_from_being_swept() {
    let scene = Scene::default();
    let failing = Rows { at_most: 0, ..scene.rows('f', 1_000_000, 0) };
    let kinds: Vec<Box<dyn Swept>> = vec![
        Box::new(scene.rows('a', 100_000, 0)),
        Box::new(failing),
        Box::new(scene.rows('b', 150, 0)),
        Box::new(scene.rows('c', 0, 0)),
    ];
    let outcome = scene.sweep(kinds).await;
    assert_eq!(outcome.rows, 100_150);
    assert_eq!(outcome.failures.len(), 1);
    let steps = scene.steps.lock().unwrap();
    let order: String = steps
        .iter()
        .filter_map(|step| match step {
            Step::Batch { kind, .. } => Some(*kind),
            Step::Pause(_) => None,
        })
        .take(9)
        .collect();
    assert_eq!(order, "afbcafbab", "none waits for the end of another");
}

#[tokio::test]
async fn a_batch_that_fails_is_tried_once_more_as_small_as_they_get() {
    let scene = Scene::default();
    let cut = Rows { at_most: 200, ..scene.rows('a', 5_000, 0) };
    let outcome = scene.sweep(vec![Box::new(cut)]).await;
    assert_eq!((outcome.rows, outcome.failures.len()), (5_000, 0));
    assert_eq!(outcome.longest, FAILURE, "it has held others up as well");
    let least = Sweeper::LEAST;
    let limits = scene.limits('a');
    assert_eq!(limits[..4], [100, 200, 400, least], "it is not given up");
    assert_eq!(limits[4], least * 2, "and grows again");
    let after = scene.steps.lock().unwrap()[5].clone();
    assert!(matches!(after, Step::Pause(_)), "there is a pause after it as well: {after:?}");

    let failing = Scene::default();
    let outcome = failing.sweep(vec![Box::new(Rows { at_most: 0, ..failing.rows('a', 10, 0) })]).await;
    assert_eq!((outcome.rows, outcome.failures.len()), (0, 1));
    assert_eq!(failing.limits('a'), [100, least]);
}

#[tokio::test]
async fn what_becomes_over_meanwhile_is_left_to_the_next_sweep() {
    let scene = Scene::default();
    let asked: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let (seen, clock) = (Arc::clone(&asked), Arc::clone(&scene.clock));
    let kind = move |now: Timestamp, _limit: u32| {
        let mut seen = seen.lock().unwrap();
        seen.push(now);
        clock.advance(Duration::from_secs(1));
        let rows = u64::from(seen.len() < 4);
        async move { Ok(rows) }
    };
    scene.sweep(vec![Box::new(kind)]).await;
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|now| *now == asked[0]));
}
