//! Texts that PostgreSQL does not read back as it wrote them: `IN` of strings on a `varchar`.
//!
//! `s IN ('a', 'b')` is written as `(s)::text = ANY ((ARRAY['a'::character varying, …])::text[])`, and that, read back,
//! as `ARRAY[('a'::character varying)::text, …]`. Both are the same to a comparison; only `IN` makes the first again.

use std::borrow::Cow;

use super::{Catalog, RelationKind, Type};

/// Where the cast of a whole array begins and ends in a text, with its elements and their type.
struct Cast<'a> {
    begin: usize,
    end: usize,
    elements: Vec<&'a str>,
    target: &'a str,
}

const OPEN: &str = "(ARRAY[";

/// Finds the first cast of a whole array at or after a place.
fn find(text: &str, from: usize) -> Option<Cast<'_>> {
    let mut at = from;
    loop {
        let begin = at + text[at..].find(OPEN)?;
        let inside = begin + OPEN.len();
        let mut elements = Vec::new();
        let (mut depth, mut is_quoted, mut start) = (0_u32, false, inside);
        let mut close = None;
        for (offset, letter) in text[inside..].char_indices() {
            let here = inside + offset;
            match letter {
                '\'' => is_quoted = !is_quoted,
                _ if is_quoted => {}
                '(' | '[' => depth += 1,
                ']' if depth == 0 => {
                    elements.push(text[start..here].trim());
                    close = Some(here);
                    break;
                }
                ')' | ']' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    elements.push(text[start..here].trim());
                    start = here + 1;
                }
                _ => {}
            }
        }
        let rest = text[close?..].strip_prefix("])::");
        if let Some((target, _)) = rest.and_then(|rest| rest.split_once("[]"))
            && target
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '_' | '.' | '"'))
        {
            let end = close? + "])::".len() + target.len() + "[]".len();
            return Some(Cast {
                begin,
                end,
                elements,
                target,
            });
        }
        at = inside;
    }
}

/// The text as PostgreSQL writes it when it has read it back: `IN` of strings on a `varchar` is written in another way then,
/// which is the same to a comparison (measured on 14 to 18).
pub fn read_back(text: &str) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(cast) = find(text, at) {
        changed.push_str(&text[at..cast.begin]);
        let elements: Vec<String> = cast
            .elements
            .iter()
            .map(|element| format!("({element})::{}", cast.target))
            .collect();
        changed.push_str(&format!("ARRAY[{}]", elements.join(", ")));
        at = cast.end;
    }
    changed.push_str(&text[at..]);
    changed
}

/// The statement with `IN` where only that makes the text again.
pub(crate) fn with_in(sql: String) -> String {
    if !sql.contains(OPEN) {
        return sql;
    }
    let mut changed = String::with_capacity(sql.len());
    let mut at = 0;
    while let Some(cast) = find(&sql, at) {
        let before = &sql[at..cast.begin];
        let are_varchar = cast.elements.len() > 1
            && cast
                .elements
                .iter()
                .all(|element| element.ends_with("'::character varying"));
        let words = [(" = ANY (", "IN"), (" <> ALL (", "NOT IN")];
        let found = words
            .iter()
            .find_map(|(tail, word)| Some((before.strip_suffix(tail)?, *word)));
        let operand = found.and_then(|(head, word)| Some((column(head)?, word)));
        let closes = sql[cast.end..].starts_with(')');
        match operand {
            Some(((head, column), word)) if are_varchar && cast.target == "text" && closes => {
                changed.push_str(&format!("{head}{column} {word} ({})", cast.elements.join(", ")));
                at = cast.end + 1;
            }
            _ => {
                changed.push_str(&sql[at..cast.end]);
                at = cast.end;
            }
        }
    }
    changed.push_str(&sql[at..]);
    changed
}

/// The column in a text that ends with `(column)::text`, and what stands before.
fn column(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(")::text")?;
    let begin = inner.rfind('(')?;
    let column = &inner[begin + 1..];
    let is_column = !column.is_empty()
        && column
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '"'));
    is_column.then_some((&inner[..begin], column))
}

impl Catalog {
    /// The catalog with all texts as [`read_back`] has them.
    pub fn as_read_back(&self) -> Cow<'_, Catalog> {
        catalog_read_back(self).map_or(Cow::Borrowed(self), Cow::Owned)
    }
}

/// The schema with all such texts as they are read back; none where there are none.
fn catalog_read_back(catalog: &Catalog) -> Option<Catalog> {
    let has = |text: &String| text.contains(OPEN) && find(text, 0).is_some();
    let in_relations = catalog.relations.values().any(|relation| {
        relation.constraints.iter().any(|found| has(&found.definition))
            || relation.indexes.iter().any(|found| has(&found.definition))
            || relation
                .policies
                .iter()
                .any(|found| found.using.iter().chain(&found.check).any(has))
            || relation.triggers.iter().any(|found| has(&found.definition))
            || relation.rules.iter().any(|found| has(&found.definition))
            || matches!(&relation.kind, RelationKind::View(query) if has(query))
            || matches!(&relation.kind, RelationKind::MaterializedView(view) if has(&view.query))
    });
    let in_types = catalog.types.values().any(|kind| match kind {
        Type::Domain(domain) => domain.constraints.iter().any(|found| has(&found.definition)),
        _ => false,
    });
    if !in_relations && !in_types {
        return None;
    }
    let mut changed = catalog.clone();
    let change = |text: &mut String| {
        if has(text) {
            *text = read_back(text);
        }
    };
    for relation in changed.relations.values_mut() {
        relation
            .constraints
            .iter_mut()
            .for_each(|found| change(&mut found.definition));
        for index in &mut relation.indexes {
            change(&mut index.definition);
            index.predicate.iter_mut().for_each(change);
        }
        for policy in &mut relation.policies {
            policy.using.iter_mut().chain(&mut policy.check).for_each(change);
        }
        relation
            .triggers
            .iter_mut()
            .for_each(|found| change(&mut found.definition));
        relation
            .rules
            .iter_mut()
            .for_each(|found| change(&mut found.definition));
        match &mut relation.kind {
            RelationKind::View(query) => change(query),
            RelationKind::MaterializedView(view) => change(&mut view.query),
            _ => {}
        }
    }
    for kind in changed.types.values_mut() {
        if let Type::Domain(domain) = kind {
            domain
                .constraints
                .iter_mut()
                .for_each(|found| change(&mut found.definition));
        }
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str =
        "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b, ]'::character varying])::text[])))";

    #[test]
    fn the_two_ways_to_write_in_are_one() {
        assert_eq!(
            read_back(WRITTEN),
            "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b, ]'::character varying)::text])))"
        );
        assert_eq!(read_back(&read_back(WRITTEN)), read_back(WRITTEN));
        assert_eq!(
            read_back("CHECK ((a = ANY (ARRAY[1, 2])))"),
            "CHECK ((a = ANY (ARRAY[1, 2])))"
        );
    }

    #[test]
    fn in_makes_the_first_again() {
        assert_eq!(
            with_in(WRITTEN.to_owned()),
            "CHECK ((s IN ('a'::character varying, 'b, ]'::character varying)))"
        );
        let other = "WHERE ((t.s)::text <> ALL ((ARRAY['a'::character varying, 'b'::character varying])::text[])) OR x";
        assert_eq!(
            with_in(other.to_owned()),
            "WHERE (t.s NOT IN ('a'::character varying, 'b'::character varying)) OR x"
        );
    }
}
