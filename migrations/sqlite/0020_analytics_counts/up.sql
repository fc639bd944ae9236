-- What the server counts of its own accord lies beside what front ends track, one row for each day and kind.
ALTER TABLE analytics_events ADD COLUMN source TEXT NOT NULL DEFAULT 'front_end' CHECK (source IN ('front_end', 'server'));
-- How often it happened on that day.
ALTER TABLE analytics_events ADD COLUMN count BIGINT NOT NULL DEFAULT 1 CHECK (count > 0);
