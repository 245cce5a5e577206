-- old
CREATE TABLE addr (
    id bigint PRIMARY KEY,
    zip char(5),
    city text,
    country text
);
CREATE STATISTICS addr_zip_city (dependencies) ON zip, city FROM addr;
ALTER TABLE addr ALTER city SET STATISTICS 200;
COMMENT ON STATISTICS addr_zip_city IS 'A code has one city';
-- new
CREATE TABLE addr (
    id bigint PRIMARY KEY,
    zip varchar(10),
    city text,
    country text
);
CREATE STATISTICS addr_zip_city (dependencies, ndistinct, mcv) ON zip, city, country FROM addr;
CREATE STATISTICS addr_lower ON lower(city), country FROM addr;
ALTER STATISTICS addr_lower SET STATISTICS 500;
ALTER TABLE addr ALTER city SET STATISTICS 200;
COMMENT ON STATISTICS addr_zip_city IS 'A code has one city';
