-- The unique keys of a table ($1) that cover every row in order: valid, whole, of plain NOT NULL columns,
-- ascending. The primary key first, then the one of fewest columns. One row for each column.
-- The type is named with modifier -1: with NULL bpchar becomes character, which is character(1).
SELECT index.indexrelid, index.indisprimary, column_of.attname::text,
       pg_catalog.format_type(column_of.atttypid, -1), kind.typname::text, column_of.attcollation <> 0
  FROM pg_catalog.pg_index AS index
 CROSS JOIN pg_catalog.generate_series(0, index.indnkeyatts - 1) AS at
  JOIN pg_catalog.pg_attribute AS column_of
    ON column_of.attrelid = index.indrelid AND column_of.attnum = index.indkey[at]
  JOIN pg_catalog.pg_type AS kind ON kind.oid = column_of.atttypid
  JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
  JOIN pg_catalog.pg_am AS method ON method.oid = class.relam
 WHERE index.indrelid = $1::oid AND index.indisunique AND index.indisvalid AND index.indpred IS NULL
   AND index.indexprs IS NULL AND method.amname = 'btree'
   AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, index.indnkeyatts - 1) AS each
                     LEFT JOIN pg_catalog.pg_attribute AS part
                       ON part.attrelid = index.indrelid AND part.attnum = index.indkey[each]
                    WHERE part.attnotnull IS NOT TRUE OR index.indoption[each] <> 0
                       OR index.indcollation[each] <> part.attcollation)
 ORDER BY index.indisprimary DESC, index.indnkeyatts, index.indexrelid, at
