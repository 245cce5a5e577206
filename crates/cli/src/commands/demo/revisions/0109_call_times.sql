-- windlass: after 0036_last_call_direction

ALTER TABLE call_log ADD COLUMN IF NOT EXISTS started_at timestamp DEFAULT NULL;
ALTER TABLE call_log ADD COLUMN IF NOT EXISTS ended_at timestamp DEFAULT NULL;
ALTER TABLE call_log ADD COLUMN IF NOT EXISTS duration_sec integer DEFAULT NULL;

-- windlass: verify : call_log has the three columns
SELECT count(*) = 3 FROM information_schema.columns
 WHERE table_name = 'call_log' AND column_name IN ('started_at', 'ended_at', 'duration_sec');
