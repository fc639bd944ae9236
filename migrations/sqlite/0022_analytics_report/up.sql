-- A report is read from the index alone.
CREATE INDEX analytics_events_report ON analytics_events (source, day, event_type, placement, step, count);
DROP INDEX analytics_events_day;
