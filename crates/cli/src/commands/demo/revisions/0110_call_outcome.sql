-- windlass: after 0109_call_times

ALTER TABLE call_log ADD COLUMN outcome text DEFAULT 'unknown';
ALTER TABLE call_log ADD CONSTRAINT call_log_duration CHECK (duration_sec >= 0) NOT VALID;
ALTER TABLE call_log VALIDATE CONSTRAINT call_log_duration;
