-- Run by introspection first in its transaction; locks nothing.
-- Everything that PostgreSQL's deparsing depends on, so that the same schema gives the same text everywhere.
SET LOCAL search_path = '';
SET LOCAL quote_all_identifiers = off;
SET LOCAL extra_float_digits = 1;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL bytea_output = 'hex';
SET LOCAL lc_monetary = 'C';
SET LOCAL standard_conforming_strings = on;
SET LOCAL xmloption = 'content';
