-- Run by the proof of a difference on copies in shadow databases, which are pg_dump's to read and nobody else's.
UPDATE pg_catalog.pg_attribute SET attislocal = true WHERE attinhcount > 0 AND NOT attislocal;
UPDATE pg_catalog.pg_constraint SET conislocal = true WHERE coninhcount > 0 AND NOT conislocal;
