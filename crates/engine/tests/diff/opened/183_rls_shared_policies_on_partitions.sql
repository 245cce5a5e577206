-- old
CREATE TABLE ledger (
    org int NOT NULL,
    at date NOT NULL,
    amount numeric NOT NULL,
    clerk
        name
         NOT NULL DEFAULT CURRENT_USER
) PARTITION BY LIST (org);
CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES IN (1);
CREATE TABLE ledger_2 PARTITION OF ledger FOR VALUES IN (2);
ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger USING (clerk = CURRENT_USER
);
CREATE POLICY own ON ledger_1 USING (clerk = CURRENT_USER AND org = 1);
GRANT SELECT, INSERT ON ledger TO app_writer;
GRANT SELECT ON ledger_1 TO app_reader;
CREATE INDEX ledger_clerk ON ledger (clerk);
-- new
CREATE TABLE ledger (
    org int NOT NULL,
    at date NOT NULL,
    amount numeric NOT NULL,
    clerk
        text
         NOT NULL DEFAULT CURRENT_USER
) PARTITION BY LIST (org);
CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES IN (1);
CREATE TABLE ledger_2 PARTITION OF ledger FOR VALUES IN (2);
ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger USING (clerk = CURRENT_USER
    ::text
);
CREATE POLICY own ON ledger_1 FOR SELECT USING (clerk = CURRENT_USER::text AND org = 1);
CREATE POLICY own ON ledger_2 FOR SELECT USING (clerk = CURRENT_USER::text AND org = 2);
GRANT SELECT, INSERT ON ledger TO app_writer;
GRANT SELECT (org, amount) ON ledger_2 TO app_reader;
CREATE INDEX ledger_clerk ON ledger (clerk);
