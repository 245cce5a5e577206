//! Types with values and conditions of them, and names that want quoting.

use rand::RngExt;
use rand::rngs::StdRng;

/// What can be done with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    BigInteger,
    Text,
    Numeric,
    Boolean,
    Time,
    Date,
    Uuid,
    Json,
    Array,
    Range,
    Bytes,
    /// Of the schema's own: comparable with `=`.
    Named,
    /// Of the schema's own: nothing but NULL.
    Opaque,
}

impl Kind {
    /// Whether a B-tree can index it.
    pub(super) fn is_ordered(self) -> bool {
        !matches!(self, Self::Json | Self::Opaque)
    }

    /// Whether a hash can index it.
    pub(super) fn is_hashed(self) -> bool {
        !matches!(self, Self::Opaque | Self::Range)
    }
}

const BUILT_IN: &[(Kind, &[&str], &[&str])] = &[
    (
        Kind::Integer,
        &["integer", "smallint"],
        &["0", "-5", "((2 + 3) * 4)", "length('ab')"],
    ),
    (Kind::BigInteger, &["bigint"], &["9000000000", "-1"]),
    (
        Kind::Text,
        &[
            "text",
            "character varying(40)",
            "character(3)",
            "character varying",
        ],
        &[
            "'it''s'",
            "''",
            "E'a\\\\b\\n'",
            "('x' || 'y')",
            "upper('é')",
            "CURRENT_USER",
        ],
    ),
    (
        Kind::Numeric,
        &["numeric", "numeric(10,2)", "double precision"],
        &["1.50", "1e-5", "-0.0"],
    ),
    (Kind::Boolean, &["boolean"], &["true", "false", "(NOT true)"]),
    (
        Kind::Time,
        &["timestamp with time zone", "timestamp(3) without time zone"],
        &["now()", "'2026-01-02 03:04:05+02'", "CURRENT_TIMESTAMP"],
    ),
    (Kind::Date, &["date"], &["'2026-01-02'", "CURRENT_DATE"]),
    (Kind::Uuid, &["uuid"], &["gen_random_uuid()"]),
    (Kind::Json, &["json"], &["'{\"a\": [1, \"b\"]}'"]),
    (Kind::Array, &["integer[]", "text[]"], &["'{}'", "NULL"]),
    (Kind::Range, &["int4range"], &["'[1,5)'", "'empty'"]),
    (Kind::Bytes, &["bytea"], &["'\\x00ff'"]),
];

/// A built-in type and a value of it.
pub(super) fn built_in(random: &mut StdRng) -> (Kind, String, String) {
    let (kind, types, values) = pick(random, BUILT_IN);
    let (data_type, value) = (*pick(random, types), *pick(random, values));
    (*kind, data_type.to_owned(), value.to_owned())
}

/// A value of a kind, for a new default.
pub(super) fn value(random: &mut StdRng, kind: Kind) -> Option<String> {
    let (_, _, values) = BUILT_IN.iter().find(|(known, ..)| *known == kind)?;
    Some((*pick(random, values)).to_owned())
}

/// An immutable condition about a column.
pub(super) fn condition(random: &mut StdRng, kind: Kind, column: &str) -> String {
    let number = random.random_range(1..1000);
    let forms: &[&str] = match kind {
        Kind::Integer | Kind::BigInteger => &[
            "{c} > {n}",
            "{c} BETWEEN 1 AND {n}",
            "{c} IN (1, 2, {n})",
            "{c} % 2 = 0 OR NOT {c} < {n}",
            "CASE WHEN {c} > {n} THEN true ELSE {c} <> 3 END",
        ],
        Kind::Numeric => &["{c} > {n}", "{c} < {n}"],
        Kind::Text => &[
            "length({c}) < {n}",
            "{c} <> ''",
            "{c} ~ '^a.{n}'",
            "{c} LIKE 'it''s%'",
        ],
        Kind::Boolean => &["{c}", "{c} IS NOT FALSE"],
        Kind::Date => &["{c} > '2026-01-01'::date", "EXTRACT(year FROM {c}) > {n}"],
        Kind::Array => &["cardinality({c}) < {n}"],
        Kind::Range => &["NOT isempty({c})", "{c} && '[1,{n})'"],
        _ => &["{c} IS NOT NULL", "({c} IS NULL) = false"],
    };
    pick(random, forms)
        .replace("{c}", column)
        .replace("{n}", &number.to_string())
}

/// One of several.
pub(super) fn pick<'a, T>(random: &mut StdRng, of: &'a [T]) -> &'a T {
    &of[random.random_range(0..of.len())]
}

/// True in so many of a hundred cases.
pub(super) fn percent(random: &mut StdRng, percent: u32) -> bool {
    random.random_range(0..100) < percent
}

/// A quoted name that nothing else has.
pub(super) fn name(random: &mut StdRng, stem: &str, serial: u32) -> String {
    match random.random_range(0..12) {
        0 => format!("\"{stem} Mixed {serial}\""),
        1 => format!("\"{stem}\"\"{serial}\""),
        2 => format!("\"{stem}_ünï_{serial}\""),
        3 => format!("{stem}_{serial}_{}", "x".repeat(40)),
        4 => format!("\"{stem}.{serial}\""),
        _ => format!("{stem}_{serial}"),
    }
}

/// A comment.
pub(super) fn comment(random: &mut StdRng) -> &'static str {
    const TEXTS: &[&str] = &[
        "'plain'",
        "'it''s'",
        "E'two\\nlines'",
        "E'back\\\\slash'",
        "'é'",
        "'-- windlass: x'",
    ];
    TEXTS[random.random_range(0..TEXTS.len())]
}
