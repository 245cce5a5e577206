//! Names of types, as SQL writes them and as `format_type` does.

use std::fmt;

use pg_query::NodeEnum as Node;
use pg_query::protobuf;

use super::{function, quote_identifier, with_tree};

/// A type's name with its modifiers; PostgreSQL's own types by their catalog names (`int8`, `varchar`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TypeName {
    /// Its name, perhaps with its schema before it.
    pub words: Vec<String>,
    /// What stands in parentheses: lengths, precision and scale.
    pub modifiers: Vec<i64>,
    /// It is an array of that type.
    pub is_array: bool,
}

impl TypeName {
    pub(super) fn of(name: Option<&protobuf::TypeName>) -> Self {
        let Some(name) = name else {
            return Self::default();
        };
        let mut words: Vec<String> = name
            .names
            .iter()
            .filter_map(|word| match &word.node {
                Some(Node::String(word)) => Some(word.sval.clone()),
                _ => None,
            })
            .collect();
        if words.len() == 2 && words[0] == "pg_catalog" {
            words.remove(0);
        }
        Self {
            words,
            modifiers: name.typmods.iter().filter_map(number).collect(),
            is_array: !name.array_bounds.is_empty(),
        }
    }

    /// Reads a type as it stands in a declaration or as `format_type` writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let cast = |tree| match tree {
            Node::SelectStmt(select) => match select.target_list.first()?.node.as_ref()? {
                Node::ResTarget(target) => match target.val.as_ref()?.node.as_ref()? {
                    Node::TypeCast(cast) => Some(Self::of(cast.type_name.as_ref())),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        with_tree(&format!("SELECT CAST(NULL AS {text})"), cast).ok()?
    }

    /// The name, where it is one of PostgreSQL's own types and no array.
    pub fn own(&self) -> Option<&str> {
        match self.words.as_slice() {
            [name] if !self.is_array && function::is_own_type(&[name]) => Some(name),
            _ => None,
        }
    }

    /// Whether it is one of PostgreSQL's own types, or an array of one.
    pub fn is_own(&self) -> bool {
        match self.words.as_slice() {
            [name] => function::is_own_type(&[name]) || name.ends_with("serial"),
            _ => false,
        }
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_own() {
            f.write_str(&self.words.join("."))?;
        } else {
            let words: Vec<String> = self.words.iter().map(|word| quote_identifier(word)).collect();
            f.write_str(&words.join("."))?;
        }
        if !self.modifiers.is_empty() {
            let numbers: Vec<String> = self.modifiers.iter().map(ToString::to_string).collect();
            write!(f, "({})", numbers.join(","))?;
        }
        f.write_str(if self.is_array { "[]" } else { "" })
    }
}

fn number(node: &protobuf::Node) -> Option<i64> {
    match &node.node {
        Some(Node::AConst(constant)) => match constant.val.as_ref()? {
            protobuf::a_const::Val::Ival(number) => Some(number.ival.into()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("character varying(10)", "varchar(10)"),
            ("timestamp(3) with time zone", "timestamptz(3)"),
            ("bigint", "pg_catalog.int8"),
            ("numeric(10,2)", "decimal(10, 2)"),
            ("integer[]", "int4[]"),
            ("public.posint", "public.posint"),
        ] {
            let read = TypeName::parse(one).expect("it is a type");
            assert_eq!(Some(&read), TypeName::parse(other).as_ref(), "{one}");
        }
        assert_eq!(
            TypeName::parse("varchar(10)").expect("it is a type").modifiers,
            [10]
        );
        assert_eq!(TypeName::parse("no type at all ("), None);
    }
}
