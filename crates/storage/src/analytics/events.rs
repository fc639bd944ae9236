//! Table `analytics_events`. What the server counts has one row for each day and kind of event, whose id is
//! made of both, so that adding to it is one statement.

use async_trait::async_trait;
use autorisen_domain::analytics::{
    AnalyticsRepository, ChatStage, Day, Days, Details, Label, ServerCount, ServerEvent, TrackedCount,
    TrackedEvent,
};
use autorisen_domain::chat::PlacementName;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::events::Action;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use sha2::{Digest as _, Sha256};

use crate::db::{Db, DbConnection};
use crate::dialect;
use crate::row::BadRow;
use crate::schema::analytics_events;
use crate::tables::hex;

/// Events in a table.
pub struct SqlAnalytics {
    db: Db,
}

impl SqlAnalytics {
    /// The events of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

/// The source of what the server counts; what front ends track is from any other.
const SERVER: &str = "server";
const FRONT_END: &str = "front_end";
/// The type of the event that a limit turned a request away; the step is what was wanted.
const LIMIT_HIT: &str = "limit_hit";

const COLUMNS: &str = "\
    INSERT INTO analytics_events \
    (id, event_type, step, role, placement, details, day, created_at, source, count) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) ";
/// What is there is counted on.
const ADD: &str = "DO UPDATE SET count = analytics_events.count + excluded.count";
/// What is there stays.
const KEEP: &str = "DO NOTHING";

/// Summed up first in the order of the index, which sorts nothing however many events there are; what is left
/// is few. Steps come in one order on both databases, also where there is none.
const TRACKED: &str = "\
    SELECT event_type, step, CAST(SUM(part) AS BIGINT) AS total FROM ( \
        SELECT event_type, step, SUM(count) AS part FROM analytics_events \
        WHERE source = $1 AND day BETWEEN $2 AND $3 GROUP BY day, event_type, placement, step \
    ) AS parts GROUP BY event_type, step ORDER BY 3 DESC, 1, COALESCE(step, '') LIMIT $4";

#[derive(Default)]
struct EventRow {
    id: String,
    event_type: String,
    step: Option<String>,
    role: Option<String>,
    placement: Option<String>,
    details: Option<String>,
    day: String,
    created_at: i64,
    source: &'static str,
    count: i64,
}

impl From<&ServerCount> for EventRow {
    fn from(ServerCount { day, event, count }: &ServerCount) -> Self {
        let (event_type, step, placement) = match event {
            ServerEvent::Chat { stage, placement } => (stage.as_str(), None, Some(placement.as_str())),
            ServerEvent::LimitHit { action } => (LIMIT_HIT, Some(action.as_str()), None),
        };
        let kind =
            format!("{day}/{event_type}/{}/{}", step.unwrap_or_default(), placement.unwrap_or_default());
        let digest = Sha256::digest(kind);
        Self {
            id: hex(&digest[..16]),
            event_type: event_type.to_owned(),
            step: step.map(str::to_owned),
            placement: placement.map(str::to_owned),
            day: day.to_string(),
            created_at: day.begins().micros(),
            source: SERVER,
            count: i64::try_from(*count).unwrap_or(i64::MAX),
            ..Self::default()
        }
    }
}

impl From<&TrackedEvent> for EventRow {
    fn from(event: &TrackedEvent) -> Self {
        let input = &event.input;
        let label = |label: &Option<Label>| label.as_ref().map(|label| label.as_str().to_owned());
        Self {
            id: event.id.to_string(),
            event_type: input.event_type.as_str().to_owned(),
            step: label(&input.step),
            role: label(&input.role),
            details: input.details.as_ref().map(Details::as_json).map(ToString::to_string),
            day: Day::of(event.at).to_string(),
            created_at: event.at.micros(),
            source: FRONT_END,
            count: 1,
            ..Self::default()
        }
    }
}

impl EventRow {
    /// Puts the row into the table; `otherwise` says what is done where there is one of this id.
    fn insert(&self, conn: &mut DbConnection, otherwise: &str) -> QueryResult<usize> {
        diesel::sql_query(format!("{COLUMNS}{otherwise}"))
            .bind::<Text, _>(&self.id)
            .bind::<Text, _>(&self.event_type)
            .bind::<Nullable<Text>, _>(&self.step)
            .bind::<Nullable<Text>, _>(&self.role)
            .bind::<Nullable<Text>, _>(&self.placement)
            .bind::<Nullable<Text>, _>(&self.details)
            .bind::<Text, _>(&self.day)
            .bind::<BigInt, _>(self.created_at)
            .bind::<Text, _>(self.source)
            .bind::<BigInt, _>(self.count)
            .execute(conn)
    }
}

#[derive(QueryableByName)]
struct TrackedCountRow {
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    step: Option<String>,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Day, type, placement, step, count.
type Counted = (String, String, Option<String>, Option<String>, i64);

/// `None` for a kind that another version of the server counts.
fn counted((day, event_type, placement, step, count): Counted) -> Result<Option<ServerCount>, BadRow> {
    let day = Day::parse(&day).ok_or(BadRow("day of an event"))?;
    let count = u64::try_from(count).map_err(BadRow::of("count of events"))?;
    let event = if event_type == LIMIT_HIT {
        step.as_deref().and_then(Action::parse).map(|action| ServerEvent::LimitHit { action })
    } else if let Some(stage) = ChatStage::parse(&event_type) {
        let placement = PlacementName::parse(placement.as_deref().unwrap_or_default());
        Some(ServerEvent::Chat { stage, placement: placement.map_err(BadRow::of("placement of an event"))? })
    } else {
        None
    };
    Ok(event.map(|event| ServerCount { day, event, count }))
}

#[async_trait]
impl AnalyticsRepository for SqlAnalytics {
    async fn add(&self, counts: &[ServerCount]) -> Result<(), PortError> {
        let mut rows: Vec<EventRow> = counts.iter().map(EventRow::from).collect();
        // In one order, so that no two calls wait for each other.
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        self.db
            .transact("count events", move |conn| {
                rows.iter().try_for_each(|row| row.insert(conn, ADD).map(drop))?;
                Ok(())
            })
            .await
    }

    async fn track(&self, events: &[TrackedEvent]) -> Result<(), PortError> {
        let rows: Vec<EventRow> = events.iter().map(EventRow::from).collect();
        self.db
            .transact("track events", move |conn| {
                rows.iter().try_for_each(|row| row.insert(conn, KEEP).map(drop))?;
                Ok(())
            })
            .await
    }

    async fn counted(&self, days: Days) -> Result<Vec<ServerCount>, PortError> {
        let (first, last) = (days.first.to_string(), days.last.to_string());
        self.db
            .read("report counted events", move |conn| {
                let rows = analytics_events::table
                    .filter(analytics_events::source.eq(SERVER))
                    .filter(analytics_events::day.between(&first, &last))
                    .order((
                        analytics_events::day,
                        analytics_events::event_type,
                        analytics_events::placement,
                        analytics_events::step,
                    ))
                    .select((
                        analytics_events::day,
                        analytics_events::event_type,
                        analytics_events::placement,
                        analytics_events::step,
                        analytics_events::count,
                    ))
                    .load::<Counted>(conn)?;
                let mut counts = Vec::with_capacity(rows.len());
                for row in rows {
                    counts.extend(counted(row)?);
                }
                Ok(counts)
            })
            .await
    }

    async fn tracked(&self, days: Days, limit: u32) -> Result<Vec<TrackedCount>, PortError> {
        let (first, last) = (days.first.to_string(), days.last.to_string());
        self.db
            .read("report tracked events", move |conn| {
                let rows = diesel::sql_query(TRACKED)
                    .bind::<Text, _>(FRONT_END)
                    .bind::<Text, _>(&first)
                    .bind::<Text, _>(&last)
                    .bind::<BigInt, _>(i64::from(limit))
                    .load::<TrackedCountRow>(conn)?;
                let count = |row: TrackedCountRow| {
                    let count = u64::try_from(row.total).map_err(BadRow::of("count of events"))?;
                    Ok(TrackedCount { event_type: row.event_type, step: row.step, count })
                };
                rows.into_iter().map(count).collect()
            })
            .await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.db
            .sweep("sweep events", limit, move |conn| {
                let old = "created_at < $1 ORDER BY created_at LIMIT $2";
                let swept = diesel::sql_query(dialect::delete_found(conn, "analytics_events", "id", old))
                    .bind::<BigInt, _>(before.micros())
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(conn)?;
                Ok(swept as u64)
            })
            .await
    }
}
