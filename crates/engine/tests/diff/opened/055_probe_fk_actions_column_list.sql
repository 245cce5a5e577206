-- old
CREATE TABLE tenant_users (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE posts (
    tenant int NOT NULL,
    id int,
    author int,
    reviewer int,
    PRIMARY KEY (tenant, id),
    CONSTRAINT posts_author FOREIGN KEY (tenant, author) REFERENCES tenant_users ON DELETE CASCADE,
    CONSTRAINT posts_reviewer FOREIGN KEY (tenant, reviewer) REFERENCES tenant_users ON UPDATE CASCADE
);
-- new
CREATE TABLE tenant_users (tenant int, id int, PRIMARY KEY (tenant, id));
CREATE TABLE posts (
    tenant int NOT NULL,
    id int,
    author int,
    reviewer int,
    PRIMARY KEY (tenant, id),
    CONSTRAINT posts_author FOREIGN KEY (tenant, author) REFERENCES tenant_users ON DELETE SET NULL (author),
    CONSTRAINT posts_reviewer FOREIGN KEY (tenant, reviewer) REFERENCES tenant_users ON UPDATE RESTRICT ON DELETE SET DEFAULT (reviewer)
);
