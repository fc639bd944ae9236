//! What is told of some days.

use std::collections::BTreeMap;

use crate::analytics::{ChatStage, Day, Days, ServerCount, ServerEvent};
use crate::chat::PlacementName;
use crate::events::Action;

/// The most kinds of tracked events that a report tells: anybody may name others.
pub const MAX_TRACKED_COUNTS: u32 = 200;

/// What happened on some days of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The days, the oldest first. Every list by day in here has one entry for each of them.
    pub days: Vec<Day>,
    /// The chats of each placement in which something happened, by its name.
    pub chats: Vec<ChatReport>,
    /// What front ends tracked, the most frequent first; at most [`MAX_TRACKED_COUNTS`].
    pub tracked: Vec<TrackedCount>,
    /// Whether front ends tracked more kinds of events than are told.
    pub tracked_is_cut: bool,
    /// Requests that limits turned away, by what they wanted; those of which there were none are left out.
    pub limits: Vec<LimitReport>,
}

/// The chats of one placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatReport {
    /// Its name.
    pub placement: PlacementName,
    /// All days together.
    pub total: ChatCounts,
    /// Each day.
    pub daily: Vec<ChatCounts>,
}

/// How many chats came how far. The first three stages count chats, the others count all their answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChatCounts([u64; ChatStage::ALL.len()]);

/// An event that front ends tracked, in a step of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedCount {
    /// What happened.
    pub event_type: String,
    /// In which step of a flow.
    pub step: Option<String>,
    /// How often.
    pub count: u64,
}

/// Requests for one thing that a limit turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitReport {
    /// What was wanted.
    pub action: Action,
    /// All days together.
    pub total: u64,
    /// Each day.
    pub daily: Vec<u64>,
}

impl ChatCounts {
    /// How often this stage was reached.
    #[must_use]
    pub const fn of(&self, stage: ChatStage) -> u64 {
        self.0[stage as usize]
    }

    fn add(&mut self, stage: ChatStage, count: u64) {
        let place = &mut self.0[stage as usize];
        *place = place.saturating_add(count);
    }
}

impl Report {
    /// The report of these days: what the server counted on them, and what front ends tracked, of which one
    /// kind more than is told may be given.
    #[must_use]
    pub fn new(days: Days, counted: Vec<ServerCount>, mut tracked: Vec<TrackedCount>) -> Self {
        let days: Vec<Day> = days.iter().collect();
        let most = MAX_TRACKED_COUNTS as usize;
        let tracked_is_cut = tracked.len() > most;
        tracked.truncate(most);

        let mut chats: BTreeMap<PlacementName, ChatReport> = BTreeMap::new();
        let mut limits: BTreeMap<Action, LimitReport> = BTreeMap::new();
        for ServerCount { day, event, count } in counted {
            let Ok(place) = days.binary_search(&day) else { continue };
            match event {
                ServerEvent::Chat { stage, placement } => {
                    let chat = chats.entry(placement).or_insert_with_key(|placement| ChatReport {
                        placement: placement.clone(),
                        total: ChatCounts::default(),
                        daily: vec![ChatCounts::default(); days.len()],
                    });
                    chat.total.add(stage, count);
                    chat.daily[place].add(stage, count);
                }
                ServerEvent::LimitHit { action } => {
                    let limit = limits.entry(action).or_insert_with(|| LimitReport {
                        action,
                        total: 0,
                        daily: vec![0; days.len()],
                    });
                    limit.total = limit.total.saturating_add(count);
                    limit.daily[place] = limit.daily[place].saturating_add(count);
                }
            }
        }
        Self {
            days,
            chats: chats.into_values().collect(),
            tracked,
            tracked_is_cut,
            limits: limits.into_values().collect(),
        }
    }
}
