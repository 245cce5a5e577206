-- old
CREATE TABLE profiles (
    id bigint PRIMARY KEY,
    twitter text,
    github text,
    website text CHECK (website ~ '^https?://'),
    theme text NOT NULL DEFAULT 'light'
);
CREATE UNIQUE INDEX profiles_github ON profiles (lower(github)) WHERE github IS NOT NULL;
CREATE VIEW public_profiles AS SELECT id, twitter, github, website, theme FROM profiles;
GRANT SELECT ON public_profiles TO app_reader;
COMMENT ON COLUMN public_profiles.github IS 'Handle without @';
-- new
CREATE TABLE profiles (
    id bigint PRIMARY KEY,
    links jsonb NOT NULL DEFAULT '{}'::jsonb,
    prefs jsonb NOT NULL DEFAULT jsonb_build_object('theme', 'light'),
    theme text GENERATED ALWAYS AS (prefs ->> 'theme') STORED,
    CONSTRAINT website_ok CHECK ((links ->> 'website') IS NULL OR (links ->> 'website') ~ '^https?://')
);
CREATE UNIQUE INDEX profiles_github ON profiles (lower(links ->> 'github')) WHERE links ? 'github';
CREATE VIEW public_profiles AS SELECT id, links ->> 'twitter' AS twitter, links ->> 'github' AS github, links ->> 'website' AS website, theme FROM profiles;
GRANT SELECT ON public_profiles TO app_reader;
COMMENT ON COLUMN public_profiles.github IS 'Handle without @';
