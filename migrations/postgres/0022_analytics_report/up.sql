-- no transaction: an index is made beside the work of others
-- A report is read from the index alone.
DROP INDEX CONCURRENTLY IF EXISTS analytics_events_report;
CREATE INDEX CONCURRENTLY analytics_events_report ON analytics_events (source, day, event_type, placement, step, count);
DROP INDEX CONCURRENTLY IF EXISTS analytics_events_day;
