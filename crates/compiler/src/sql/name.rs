//! Names of relations and texts, quoted as PostgreSQL's `quote_ident` and `quote_literal` do.

use std::fmt;

use pg_query::NodeEnum as Node;
use pg_query::protobuf;

/// A relation's name as it was written, with or without its schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationName {
    /// Its schema, if it was written.
    pub schema: Option<String>,
    /// Its own name, not quoted.
    pub name: String,
}

impl RelationName {
    /// A name of its parts, not quoted.
    pub fn new(schema: Option<&str>, name: &str) -> Self {
        Self {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote_identifier(schema))?;
        }
        f.write_str(&quote_identifier(&self.name))
    }
}

/// An identifier as SQL needs it: bare when it is plain, else in double quotes.
pub fn quote_identifier(name: &str) -> String {
    let plain = name.chars().enumerate().all(|(at, letter)| {
        letter == '_' || letter.is_ascii_lowercase() || (at > 0 && letter.is_ascii_digit())
    });
    if plain && !name.is_empty() && !is_keyword(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A text as a literal, whatever `standard_conforming_strings` says.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Whether the grammar reads the word as anything but a plain name.
fn is_keyword(word: &str) -> bool {
    pg_query::scan(word).is_ok_and(|tokens| {
        tokens.tokens.first().is_some_and(|token| {
            token.keyword_kind != pg_query::protobuf::KeywordKind::NoKeyword as i32
                && token.keyword_kind != pg_query::protobuf::KeywordKind::UnreservedKeyword as i32
        })
    })
}

/// The words of a list of names.
pub(super) fn words<'a>(nodes: impl IntoIterator<Item = &'a protobuf::Node>) -> Vec<String> {
    let word = |node: &protobuf::Node| match &node.node {
        Some(Node::String(word)) => Some(word.sval.clone()),
        _ => None,
    };
    nodes.into_iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_text() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a'\"), r"E'a''\\'");
    }

    #[test]
    fn names_are_quoted_only_where_sql_needs_it() {
        for (name, quoted) in [
            ("orders", "orders"),
            ("Orders", "\"Orders\""),
            ("order", "\"order\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
            ("é", "\"é\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote_identifier(name), quoted);
        }
    }
}
