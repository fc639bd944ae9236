ALTER TABLE analytics_events DROP COLUMN count;
ALTER TABLE analytics_events DROP COLUMN source;
