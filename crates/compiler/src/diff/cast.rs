//! How values of one type become those of another: by assignment, by a cast that must be written, or as text.

use crate::catalog::{Address, CastContext, Catalog, Object, QualifiedName, Type};

/// Casts that every server has.
const CASTS: &str = include_str!("casts.txt");

/// How a value gets from one type to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    /// By itself, where it is assigned.
    Assignment,
    /// By a cast in the statement.
    Explicit,
    /// By its text.
    Text,
}

/// A type without its modifiers, and whether it is an array.
fn bare(data_type: &str) -> (String, bool) {
    let (element, is_array) = match data_type.strip_suffix("[]") {
        Some(element) => (element.trim_end_matches("[]"), true),
        None => (data_type, false),
    };
    let mut text = String::new();
    let mut depth = 0_u32;
    let mut is_quoted = false;
    for letter in element.chars() {
        match letter {
            '"' => {
                is_quoted = !is_quoted;
                text.push(letter);
            }
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            other => text.push(other),
        }
    }
    (text, is_array)
}

/// The modifiers of a type, as numbers.
fn modifiers(data_type: &str) -> Vec<i64> {
    let inner = data_type
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let numbers = inner.map(|(inner, _)| inner.split(',').filter_map(|number| number.trim().parse().ok()));
    numbers.map(Iterator::collect).unwrap_or_default()
}

fn is_text(bare: &str) -> bool {
    matches!(bare, "text" | "character varying" | "character" | "name")
}

/// The type below all domains.
fn base(catalog: &Catalog, data_type: &str, user_type: Option<&QualifiedName>) -> String {
    let mut text = data_type.to_owned();
    let mut at = user_type.cloned();
    while let Some(Type::Domain(domain)) = at.as_ref().and_then(|name| catalog.types.get(name)) {
        if text.ends_with("[]") {
            return text;
        }
        text.clone_from(&domain.base);
        at.clone_from(&domain.user_type);
    }
    text
}

/// A type as text with the user's type that it is.
pub(super) type Named<'a> = (&'a str, Option<&'a QualifiedName>);

/// How values of the one type become values of the other.
pub(super) fn cast(old: &Catalog, new: &Catalog, from: Named<'_>, to: Named<'_>) -> Cast {
    let (source, target) = (base(old, from.0, from.1), base(new, to.0, to.1));
    let ((source, is_array), (target, to_array)) = (bare(&source), bare(&target));
    if source == target && is_array == to_array {
        return Cast::Assignment;
    }
    if is_array != to_array {
        return if is_text(&target) && !to_array {
            Cast::Assignment
        } else {
            Cast::Text
        };
    }
    let own = Address::Cast(from.0.to_owned(), to.0.to_owned());
    let own = new.objects.get(&own).filter(|cast| {
        // One that is there all along, between types that are.
        let is_kept = |of: Option<&QualifiedName>| of.is_none_or(|of| old.types.get(of) == new.types.get(of));
        old.objects.get(&own) == Some(*cast) && is_kept(from.1) && is_kept(to.1)
    });
    if let Some(Object::Cast(own)) = own {
        return match own.context {
            CastContext::Explicit => Cast::Explicit,
            _ => Cast::Assignment,
        };
    }
    let listed = listed(&source, &target);
    match listed {
        Some(cast) => cast,
        None if is_text(&target) && !is_array => Cast::Assignment,
        None if is_text(&source) || is_text(&target) => Cast::Explicit,
        None => Cast::Text,
    }
}

fn listed(source: &str, target: &str) -> Option<Cast> {
    let line = CASTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find(|line| line.split('|').next() == Some(source))?;
    line.split('|')
        .skip(1)
        .find_map(|listed| match listed.strip_suffix('!') {
            Some(listed) if listed == target => Some(Cast::Explicit),
            None if listed == target => Some(Cast::Assignment),
            _ => None,
        })
}

/// Whether every value of the one type is a value of the other, unchanged.
pub(super) fn keeps_values(old: &Catalog, new: &Catalog, from: Named<'_>, to: Named<'_>) -> bool {
    let (source, target) = (base(old, from.0, from.1), base(new, to.0, to.1));
    let (before, after) = (modifiers(&source), modifiers(&target));
    let ((source, is_array), (target, to_array)) = (bare(&source), bare(&target));
    if is_array != to_array {
        return false;
    }
    let numbers = ["smallint", "integer", "bigint", "numeric"];
    let place = |name: &str| numbers.iter().position(|number| *number == name);
    if source == target {
        return match source.as_str() {
            "numeric" => match (before.as_slice(), after.as_slice()) {
                (_, []) => true,
                ([precision, scale], [more, finer]) => finer >= scale && more - finer >= precision - scale,
                _ => false,
            },
            _ => match (before.first(), after.first()) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(before), Some(after)) => after >= before,
            },
        };
    }
    match (source.as_str(), target.as_str()) {
        (_, "text") => true,
        ("text", "character varying") => after.is_empty(),
        ("character", "character varying") => match (before.first(), after.first()) {
            (_, None) => true,
            (Some(before), Some(after)) => after >= before,
            (None, Some(_)) => false,
        },
        ("real", "double precision")
        | ("smallint", "real")
        | ("smallint" | "integer", "double precision") => true,
        ("date", "timestamp without time zone") | ("cidr", "inet") | ("macaddr", "macaddr8") => true,
        ("json", "jsonb") | ("jsonb", "json") | ("bit", "bit varying") => true,
        ("timestamp without time zone", "timestamp with time zone") => after.is_empty(),
        (one, other) => match (place(one), place(other)) {
            (Some(one), Some(other)) => one < other && after.is_empty(),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_by_the_easiest_way_that_there_is() {
        let catalog = Catalog::empty(150_000);
        let way = |from, to| cast(&catalog, &catalog, (from, None), (to, None));
        assert_eq!(way("integer", "bigint"), Cast::Assignment);
        assert_eq!(
            way("character varying(10)", "character varying(20)"),
            Cast::Assignment
        );
        assert_eq!(way("uuid", "text"), Cast::Assignment);
        assert_eq!(way("text", "integer"), Cast::Explicit);
        assert_eq!(way("integer", "boolean"), Cast::Explicit);
        assert_eq!(way("date", "boolean"), Cast::Text);
        assert_eq!(way("integer", "integer[]"), Cast::Text);
        assert_eq!(way("integer[]", "bigint[]"), Cast::Assignment);
    }

    #[test]
    fn widening_keeps_values() {
        let catalog = Catalog::empty(150_000);
        let keeps = |from, to| keeps_values(&catalog, &catalog, (from, None), (to, None));
        assert!(keeps("integer", "bigint"));
        assert!(keeps("numeric(10,2)", "numeric(12,4)"));
        assert!(!keeps("numeric(10,2)", "numeric(10,4)"));
        assert!(keeps("character varying(10)", "text"));
        assert!(!keeps("character varying(10)", "character varying(5)"));
        assert!(!keeps("text", "integer"));
        assert!(!keeps("bigint", "integer"));
    }
}
