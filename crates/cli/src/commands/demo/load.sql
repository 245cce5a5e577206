-- The demo's data: businesses of very different size, their leads, three calls a lead, some FAQs.
INSERT INTO businesses SELECT g, 'Business ' || g FROM generate_series(1, 50) AS g;
INSERT INTO leads (id, tenant_id, name, status)
SELECT g, 1 + floor(50 * power(random(), 3))::int, 'Lead ' || g, 'new' FROM generate_series(1, 200000) AS g;
INSERT INTO call_log (lead_id, tenant_id, direction, created_at)
SELECT leads.id, leads.tenant_id, CASE WHEN random() < 0.4 THEN 'inbound' ELSE 'outbound' END,
       now() - random() * interval '300 days'
  FROM leads, generate_series(1, 3);
INSERT INTO faqs (tenant_id, question, answer)
SELECT 1 + g % 50, 'Question ' || g, 'Answer ' || g FROM generate_series(1, 5000) AS g;
ANALYZE;
