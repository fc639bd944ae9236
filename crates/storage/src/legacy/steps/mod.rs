//! The tables that are brought, in the order in which rows refer to each other. A step looks at what is here
//! and has the domain decide; it writes nothing.

mod accounts;
mod belongings;
mod chat;
mod lookup;
mod records;
mod world;

use autorisen_domain::legacy::SourceRow;

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
    /// Decides what becomes of a page of it.
    pub(super) plan: fn(&World, &mut DbConnection, &[SourceRow]) -> Result<Plan, ImportError>,
}

/// All of them.
pub(super) const STEPS: [Step; 10] = [
    Step { layout: &USERS, plan: accounts::plan },
    Step { layout: &PROFILES, plan: belongings::profiles },
    Step { layout: &CREDENTIALS, plan: records::credentials },
    Step { layout: &ROLES, plan: records::roles },
    Step { layout: &USER_ROLES, plan: records::user_roles },
    Step { layout: &LOGINS, plan: records::logins },
    Step { layout: &TRACKED, plan: records::tracked },
    Step { layout: &THREADS, plan: chat::threads },
    Step { layout: &EVENTS, plan: chat::events },
    Step { layout: &CHECKLISTS, plan: belongings::checklists },
];
