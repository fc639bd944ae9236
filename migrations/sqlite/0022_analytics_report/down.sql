CREATE INDEX analytics_events_day ON analytics_events (day, event_type, placement);
DROP INDEX analytics_events_report;
