-- windlass: after 0001_call_centre

ALTER TABLE leads ADD COLUMN IF NOT EXISTS last_call_direction text;

-- windlass: best-effort
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_call_log_lead_created ON call_log (lead_id, created_at) WHERE lead_id IS NOT NULL;
-- windlass: best-effort
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_tenant ON leads (tenant_id, id);

-- The first call of each lead gives its direction.
-- windlass: backfill last_call_direction on leads by tenant_id as business batch=1000 pause=10ms
UPDATE leads
   SET last_call_direction = (SELECT c.direction FROM call_log c WHERE c.lead_id = leads.id ORDER BY c.created_at LIMIT 1)
 WHERE last_call_direction IS NULL
   AND EXISTS (SELECT FROM call_log c WHERE c.lead_id = leads.id AND c.direction IS NOT NULL);

-- windlass: best-effort
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_last_call_direction ON leads (last_call_direction);

-- windlass: verify : no lead with a known call lacks a direction
SELECT NOT EXISTS (
    SELECT FROM leads l JOIN call_log c ON c.lead_id = l.id
     WHERE c.direction IS NOT NULL AND l.last_call_direction IS NULL);
