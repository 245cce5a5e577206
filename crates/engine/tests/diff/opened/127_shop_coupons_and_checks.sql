-- old
CREATE TABLE coupons (
    code varchar(20)
    PRIMARY KEY,
    percent smallint,
    cents integer,
    valid daterange NOT NULL DEFAULT daterange(CURRENT_DATE, NULL),
    CHECK (percent IS NULL OR percent BETWEEN 1 AND 100),
    CHECK (cents IS NULL OR cents > 0)
);
CREATE TABLE redemptions (
    order_id bigint PRIMARY KEY,
    code varchar(20) NOT NULL CONSTRAINT redeemed_code REFERENCES coupons
    ON UPDATE CASCADE
);
CREATE FUNCTION coupon_ok(c text, d date DEFAULT CURRENT_DATE) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM coupons WHERE code = c AND valid @> d) $$;
CREATE INDEX coupons_valid ON coupons USING
    gist (valid);
COMMENT ON CONSTRAINT coupons_percent_check ON coupons IS 'Sane';
-- new
CREATE TABLE coupons (
    code varchar(20)
    NOT NULL,
    percent smallint,
    cents integer,
    valid daterange NOT NULL DEFAULT daterange(CURRENT_DATE, NULL),
    CONSTRAINT coupons_id_pk PRIMARY KEY (code),
    CONSTRAINT coupons_percent_check CHECK (percent BETWEEN 1 AND 90),
    CONSTRAINT coupons_one_kind CHECK (num_nonnulls(percent, cents) = 1)
);
CREATE TABLE redemptions (
    order_id bigint PRIMARY KEY,
    code varchar(20) NOT NULL CONSTRAINT redeemed_code REFERENCES coupons
    ON UPDATE CASCADE DEFERRABLE
);
CREATE FUNCTION coupon_ok(c text, d date DEFAULT CURRENT_DATE) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM coupons WHERE code = c AND valid @> d) $$;
CREATE INDEX coupons_valid ON coupons USING
    gist (valid) WHERE upper_inf(valid);
COMMENT ON CONSTRAINT coupons_percent_check ON coupons IS 'Sane';
