//! Table `onboarding_checklists`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use autorisen_domain::auth::UserId;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::onboarding::{
    ChangeTaskError, Checklist, ChecklistRepository, Task, TaskChange, TaskId, TaskLabel, ThreadName,
};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::{Deserialize, Serialize};

use crate::db::{Abort, Db};
use crate::row::BadRow;
use crate::schema::onboarding_checklists;

/// Checklists in a table.
pub struct SqlChecklists {
    db: Db,
}

impl SqlChecklists {
    /// The checklists of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// Makes the row if it is not there, and takes its lock until the transaction ends.
const LOCK: &str = "\
    INSERT INTO onboarding_checklists (user_id, tasks, updated_at) VALUES ($1, $2, $3) \
    ON CONFLICT (user_id) DO UPDATE SET updated_at = excluded.updated_at \
    RETURNING thread_id, tasks";

#[derive(Queryable, QueryableByName)]
struct ChecklistRow {
    #[diesel(sql_type = Nullable<Text>)]
    thread_id: Option<String>,
    #[diesel(sql_type = Text)]
    tasks: String,
}

/// A task, as it is in the column `tasks` under its id.
#[derive(Serialize, Deserialize)]
struct StoredTask {
    label: String,
    done: bool,
}

#[async_trait]
impl ChecklistRepository for SqlChecklists {
    async fn find(&self, user: UserId) -> Result<Option<Checklist>, PortError> {
        self.db
            .read("find checklist", move |conn| {
                let row = onboarding_checklists::table
                    .find(user.to_string())
                    .select((onboarding_checklists::thread_id, onboarding_checklists::tasks))
                    .first::<ChecklistRow>(conn)
                    .optional()?;
                Ok(row.map(Checklist::try_from).transpose()?)
            })
            .await
    }

    async fn change(
        &self,
        user: UserId,
        at: Timestamp,
        change: TaskChange,
    ) -> Result<Checklist, ChangeTaskError> {
        self.db
            .transact("change checklist", move |conn| {
                let (user, first) = (user.to_string(), stored(&Checklist::default())?);
                let row = diesel::sql_query(LOCK)
                    .bind::<Text, _>(&user)
                    .bind::<Text, _>(first)
                    .bind::<BigInt, _>(at.micros())
                    .get_result::<ChecklistRow>(conn)?;
                let mut checklist = Checklist::try_from(row)?;
                checklist.apply(&change).map_err(|refused| Abort::Refused(refused.into()))?;
                diesel::update(onboarding_checklists::table.find(&user))
                    .set((
                        onboarding_checklists::thread_id
                            .eq(checklist.thread.as_ref().map(ThreadName::as_str)),
                        onboarding_checklists::tasks.eq(stored(&checklist)?),
                    ))
                    .execute(conn)?;
                Ok(checklist)
            })
            .await
    }
}

impl TryFrom<ChecklistRow> for Checklist {
    type Error = BadRow;

    fn try_from(row: ChecklistRow) -> Result<Self, BadRow> {
        let tasks: BTreeMap<String, StoredTask> =
            serde_json::from_str(&row.tasks).map_err(BadRow::of("checklist"))?;
        let task = |(id, task): (String, StoredTask)| {
            let id = TaskId::parse(&id).map_err(BadRow::of("id of a task"))?;
            let label = TaskLabel::parse(&task.label).map_err(BadRow::of("label of a task"))?;
            Ok((id, Task { label, done: task.done }))
        };
        let thread = row.thread_id.map(|name| ThreadName::parse(&name)).transpose();
        Ok(Self {
            tasks: tasks.into_iter().map(task).collect::<Result<_, _>>()?,
            thread: thread.map_err(BadRow::of("thread of a checklist"))?,
        })
    }
}

/// The text of the column `tasks`.
pub(crate) fn stored(checklist: &Checklist) -> Result<String, BadRow> {
    let tasks: BTreeMap<&str, StoredTask> = checklist
        .tasks
        .iter()
        .map(|(id, task)| {
            (id.as_str(), StoredTask { label: task.label.as_str().to_owned(), done: task.done })
        })
        .collect();
    serde_json::to_string(&tasks).map_err(BadRow::of("checklist"))
}
