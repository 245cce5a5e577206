-- old
CREATE TABLE pages (
    id bigserial PRIMARY KEY,
    slug text NOT NULL,
    title text NOT NULL,
    body text,
    published boolean NOT NULL DEFAULT false,
    locale char(2) NOT NULL DEFAULT 'en'
);
CREATE UNIQUE INDEX pages_slug_locale ON pages (lower(slug), locale);
CREATE VIEW published_pages AS
    SELECT id, slug, title, body, locale FROM pages WHERE published;
CREATE VIEW published_pages_en AS
    SELECT id, slug, title FROM published_pages WHERE locale = 'en';
CREATE VIEW sitemap AS
    SELECT '/' || slug AS url, title FROM published_pages_en ORDER BY slug;
COMMENT ON VIEW published_pages IS 'What a visitor sees';
COMMENT ON VIEW sitemap IS 'For /sitemap.xml';
COMMENT ON COLUMN sitemap.url IS 'Path only';
GRANT SELECT ON published_pages TO app_reader;
GRANT SELECT (url) ON sitemap TO app_reader;
ALTER VIEW published_pages_en OWNER TO app_owner;
-- new
CREATE TABLE pages (
    id bigserial PRIMARY KEY,
    slug text NOT NULL,
    title text NOT NULL,
    body text,
    published_at timestamptz,
    locale char(2) NOT NULL DEFAULT 'en'
);
CREATE UNIQUE INDEX pages_slug_locale ON pages (lower(slug), locale);
CREATE VIEW published_pages AS
    SELECT id, slug, title, body, locale, published_at FROM pages WHERE published_at <= now();
CREATE VIEW published_pages_en AS
    SELECT id, slug, title FROM published_pages WHERE locale = 'en';
CREATE VIEW sitemap AS
    SELECT '/' || slug AS url, title FROM published_pages_en ORDER BY slug;
COMMENT ON VIEW published_pages IS 'What a visitor sees';
COMMENT ON VIEW sitemap IS 'For /sitemap.xml';
COMMENT ON COLUMN sitemap.url IS 'Path only';
GRANT SELECT ON published_pages TO app_reader;
GRANT SELECT (url) ON sitemap TO app_reader;
ALTER VIEW published_pages_en OWNER TO app_owner;
