-- windlass: after 0110_call_outcome

CREATE INDEX CONCURRENTLY faqs_tenant ON faqs (tenant_id, question);
