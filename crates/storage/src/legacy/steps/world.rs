//! What a step knows beside the rows and the tables here.

use std::collections::{HashMap, HashSet};

use autorisen_domain::auth::EmailAddress;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::legacy::{AdoptHash, Contender, Kind, Lost, Reading, SourceRow, settle};

use crate::legacy::plan::Plan;

/// It.
pub(in crate::legacy) struct World {
    /// The current time.
    pub(super) now: Timestamp,
    /// Which hashes are known.
    pub(super) adopt: AdoptHash,
    /// The accounts of the source, by their ids there, whose addresses others get.
    pub(super) lost: HashMap<String, Lost>,
    /// In a dry run: what would be here.
    imagined: Option<Imagined>,
}

/// What a dry run would have brought so far, as far as later rows have to do with it: ids.
#[derive(Default)]
struct Imagined {
    accounts: HashSet<String>,
    threads: HashSet<String>,
    /// Users and placements of threads in which nothing was said.
    empty_threads: HashSet<(String, String)>,
}

impl World {
    /// The world of an import, which `colliding` accounts of the source have to share addresses in.
    pub(in crate::legacy) fn new(
        now: Timestamp,
        adopt: AdoptHash,
        colliding: &[SourceRow],
        is_dry: bool,
    ) -> Self {
        Self { now, adopt, lost: losers(colliding), imagined: is_dry.then(Imagined::default) }
    }

    /// In a dry run, remembers what a plan would have brought.
    pub(in crate::legacy) fn imagine(&mut self, plan: &Plan) {
        let Some(imagined) = &mut self.imagined else { return };
        imagined.accounts.extend(plan.users.iter().map(|user| user.id.clone()));
        imagined.threads.extend(plan.threads.iter().map(|thread| thread.id.clone()));
        let empty = plan.threads.iter().filter(|thread| thread.started_at.is_none());
        imagined.empty_threads.extend(empty.map(|it| (it.user_id.clone(), it.placement.clone())));
    }

    /// Whether a dry run would have brought this account.
    pub(super) fn imagines_account(&self, id: &str) -> bool {
        self.imagined.as_ref().is_some_and(|imagined| imagined.accounts.contains(id))
    }

    /// Whether a dry run would have brought this thread.
    pub(super) fn imagines_thread(&self, id: &str) -> bool {
        self.imagined.as_ref().is_some_and(|imagined| imagined.threads.contains(id))
    }

    /// Whether a dry run would have brought a thread of this user and placement in which nothing was said.
    pub(super) fn imagines_empty(&self, place: &(String, String)) -> bool {
        self.imagined.as_ref().is_some_and(|imagined| imagined.empty_threads.contains(place))
    }
}

/// Which of the accounts that share an address do not get it.
fn losers(colliding: &[SourceRow]) -> HashMap<String, Lost> {
    let mut by_address: HashMap<EmailAddress, Vec<Contender>> = HashMap::new();
    for row in colliding {
        let text = row.shown("email");
        let Ok(address) = EmailAddress::parse(&text) else { continue };
        let is_canonical = text == address.as_str();
        // What is wrong with these is told when the account is read.
        let mut reading = Reading::new("users", "id", row);
        by_address.entry(address).or_default().push(Contender {
            id: row.shown("id"),
            is_active: reading.flag("is_active", false),
            last_login_at: reading.time("last_login_at"),
            is_canonical,
            created_at: reading.time("created_at"),
        });
    }
    let mut lost = HashMap::new();
    for contenders in by_address.into_values() {
        let Some(winner) = settle(&contenders) else { continue };
        let to = contenders[winner].id.clone();
        for (index, loser) in contenders.into_iter().enumerate() {
            if index != winner {
                lost.insert(loser.id, Lost { kind: Kind::CollidingAddress, to: to.clone() });
            }
        }
    }
    lost
}
