//! The tables that are brought, in the order in which rows refer to each other. A step looks at what is here
//! and has the domain decide; it writes nothing.

mod accounts;
mod belongings;
mod chat;
mod lookup;
mod records;
mod world;

use autorisen_domain::legacy::{SourceRow, Verdict, credential, role, user_role};

pub(super) use self::world::World;
use super::layout::{
    CHECKLISTS, CREDENTIALS, EVENTS, LOGINS, Layout, PROFILES, ROLES, THREADS, TRACKED, USER_ROLES, USERS,
};
use super::plan::Plan;
use super::run::ImportError;
use crate::db::DbConnection;

/// One table.
pub(super) struct Step {
    /// How it is read.
    pub(super) layout: &'static Layout,
    decide: Decide,
}

/// How it is decided what becomes of rows.
enum Decide {
    /// Of each alone; nothing is written.
    Alone(fn(&SourceRow) -> Verdict),
    /// Of a page, with a look at what is here.
    Beside(fn(&World, &mut DbConnection, &[SourceRow]) -> Result<Plan, ImportError>),
}

impl Step {
    /// Decides what becomes of a page.
    pub(super) fn plan(
        &self,
        world: &World,
        conn: &mut DbConnection,
        rows: &[SourceRow],
    ) -> Result<Plan, ImportError> {
        let judge = match self.decide {
            Decide::Beside(plan) => return plan(world, conn, rows),
            Decide::Alone(judge) => judge,
        };
        let mut plan = Plan::default();
        for row in rows {
            let (outcome, findings) = judge(row);
            plan.note(outcome, findings);
        }
        Ok(plan)
    }
}

const fn alone(layout: &'static Layout, judge: fn(&SourceRow) -> Verdict) -> Step {
    Step { layout, decide: Decide::Alone(judge) }
}

const fn beside(
    layout: &'static Layout,
    plan: fn(&World, &mut DbConnection, &[SourceRow]) -> Result<Plan, ImportError>,
) -> Step {
    Step { layout, decide: Decide::Beside(plan) }
}

/// All of them.
pub(super) static STEPS: [Step; 10] = [
    beside(&USERS, accounts::plan),
    beside(&PROFILES, belongings::profiles),
    alone(&CREDENTIALS, credential),
    alone(&ROLES, role),
    alone(&USER_ROLES, user_role),
    beside(&LOGINS, records::logins),
    beside(&TRACKED, records::tracked),
    beside(&THREADS, chat::threads),
    beside(&EVENTS, chat::events),
    beside(&CHECKLISTS, belongings::checklists),
];
