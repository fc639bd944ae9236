-- no transaction: an index is made beside the work of others
DROP INDEX CONCURRENTLY IF EXISTS analytics_events_day;
CREATE INDEX CONCURRENTLY analytics_events_day ON analytics_events (day, event_type, placement);
DROP INDEX CONCURRENTLY IF EXISTS analytics_events_report;
