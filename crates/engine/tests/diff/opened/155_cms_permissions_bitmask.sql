-- old
CREATE TABLE roles (id int PRIMARY KEY, name text NOT NULL UNIQUE, mask
    bit(8) NOT NULL DEFAULT B'00000000'
);
CREATE FUNCTION may(mask bit, n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT get_bit(mask, n) = 1 $$;
CREATE VIEW publishers AS SELECT id, name FROM roles WHERE may(mask, 3);
CREATE INDEX roles_publish ON roles (may(mask, 3));
ALTER TABLE roles ADD CONSTRAINT mask_known CHECK (length(mask)
    = 8);
COMMENT ON INDEX roles_publish IS 'Who may publish';
-- new
CREATE TABLE roles (id int PRIMARY KEY, name text NOT NULL UNIQUE, mask
    bit varying(32) NOT NULL DEFAULT B'0'
);
CREATE FUNCTION may(mask varbit, n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT n < length(mask) AND get_bit(mask, n) = 1 $$;
CREATE VIEW publishers AS SELECT id, name FROM roles WHERE may(mask, 3);
CREATE INDEX roles_publish ON roles (may(mask, 3));
ALTER TABLE roles ADD CONSTRAINT mask_known CHECK (length(mask)
    BETWEEN 1 AND 32);
COMMENT ON INDEX roles_publish IS 'Who may publish';
