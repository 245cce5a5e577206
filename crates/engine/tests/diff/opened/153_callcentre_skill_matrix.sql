-- old
CREATE TABLE skills (id smallint PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE agents (id int PRIMARY KEY, name text NOT NULL,
    skills integer[] NOT NULL DEFAULT '{}'
);
CREATE EXTENSION intarray;
CREATE INDEX agents_skills ON agents USING gin (skills gin__int_ops);
CREATE VIEW german_agents AS SELECT id, name FROM agents WHERE skills @> ARRAY[1];
CREATE FUNCTION agents_with(s integer) RETURNS SETOF agents LANGUAGE sql STABLE AS $$ SELECT * FROM agents WHERE s = ANY (skills) $$;
COMMENT ON VIEW german_agents IS 'Speak German';
-- new
CREATE TABLE skills (id smallint PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE agents (id int PRIMARY KEY, name text NOT NULL,
    hired date NOT NULL DEFAULT CURRENT_DATE
);
CREATE TABLE agent_skills (agent_id int NOT NULL REFERENCES agents ON DELETE CASCADE, skill_id smallint NOT NULL REFERENCES skills, grade smallint NOT NULL DEFAULT 1 CHECK (grade IN (1, 2, 3)), PRIMARY KEY (agent_id, skill_id));
CREATE INDEX agent_skills_skill ON agent_skills (skill_id, grade DESC);
CREATE VIEW german_agents AS SELECT a.id, a.name FROM agents a JOIN agent_skills s ON s.agent_id = a.id WHERE s.skill_id = 1;
CREATE FUNCTION agents_with(s smallint, min_grade smallint DEFAULT 1) RETURNS SETOF agents LANGUAGE sql STABLE AS $$ SELECT a.* FROM agents a JOIN agent_skills k ON k.agent_id = a.id WHERE k.skill_id = s AND k.grade >= min_grade $$;
COMMENT ON VIEW german_agents IS 'Speak German';
