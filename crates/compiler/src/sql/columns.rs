//! The columns that a tree names, wherever they stand in it. The tree is walked as it would be written, and nothing is made
//! of it: this is asked of every statement.

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};

/// The names, in the order of the tree; of `t.a` the last, of `t.*` none.
pub(super) fn named_in(tree: &impl Serialize) -> Vec<String> {
    let mut walk = Walk::default();
    // It refuses nothing.
    let _ = tree.serialize(&mut walk);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<String>,
    /// Within a ColumnRef.
    is_in_name: bool,
    /// Within a word of it.
    is_in_word: bool,
    last: Option<String>,
}

impl Serializer for &mut Walk {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), Never>;
    type SerializeTupleVariant = Impossible<(), Never>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Never>;

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        if variant == "ColumnRef" {
            self.is_in_name = true;
            self.last = None;
            value.serialize(&mut *self)?;
            self.is_in_name = false;
            self.found.extend(self.last.take());
            return Ok(());
        }
        if self.is_in_name {
            self.is_in_word = variant == "String";
            self.last = None;
        }
        value.serialize(&mut *self)?;
        self.is_in_word = false;
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Never> {
        if self.is_in_name && self.is_in_word {
            self.last = Some(text.to_owned());
        }
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    fn serialize_bool(self, _: bool) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_i8(self, _: i8) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_i16(self, _: i16) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_i32(self, _: i32) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_i64(self, _: i64) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_u8(self, _: u8) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_u16(self, _: u16) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_u32(self, _: u32) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_u64(self, _: u64) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_f32(self, _: f32) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_f64(self, _: f64) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_char(self, _: char) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_none(self) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_unit(self) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Never> {
        Ok(())
    }

    // The trees have none of these.
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Never> {
        Err(Never)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Never> {
        Err(Never)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Never> {
        Err(Never)
    }
}

impl SerializeSeq for &mut Walk {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

impl SerializeTuple for &mut Walk {
    type Ok = ();
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

impl SerializeMap for &mut Walk {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Never> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

impl SerializeStruct for &mut Walk {
    type Ok = ();
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

/// What does not happen.
#[derive(Debug, thiserror::Error)]
#[error("the tree has a shape that no tree has")]
struct Never;

impl serde::ser::Error for Never {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::with_tree;

    use super::*;

    #[test]
    fn columns_are_named_by_their_last_word_and_stars_by_none() {
        for (sql, expected) in [
            ("SELECT a, t.b, s.t.c FROM t", "a b c"),
            ("SELECT t.*, * FROM t", ""),
            (
                "SELECT (t.d).e, x[y] FROM t WHERE f(z) = 'text' AND b IS NULL",
                "d x y z b",
            ),
            (
                "UPDATE t SET a = b + 1 WHERE EXISTS (SELECT FROM u WHERE u.c = t.d)",
                "b c d",
            ),
        ] {
            let found = with_tree(sql, |tree| named_in(&tree)).expect("it is SQL");
            assert_eq!(found.join(" "), expected, "{sql}");
        }
    }

    #[test]
    fn it_is_what_the_written_tree_says() {
        fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
                serde_json::Value::Object(fields) => {
                    let parts = value
                        .pointer("/ColumnRef/fields")
                        .and_then(|parts| parts.as_array());
                    let last = parts.and_then(|parts| parts.last()?.pointer("/node/String/sval")?.as_str());
                    found.extend(last.map(str::to_owned));
                    fields.values().for_each(|inner| collect(inner, found));
                }
                _ => {}
            }
        }
        for sql in [
            "CREATE VIEW v AS WITH w AS (SELECT a FROM t) SELECT b, w.* FROM w JOIN x USING (c) GROUP BY ROLLUP (d) HAVING count(e) > 1",
            "MERGE INTO t USING u ON t.a = u.b WHEN MATCHED THEN UPDATE SET c = u.d WHEN NOT MATCHED THEN INSERT VALUES (u.e)",
            "SELECT CASE WHEN a THEN b ELSE c END, ARRAY[d, e], ROW(f, g), sum(h) OVER (PARTITION BY i) FROM t, LATERAL j(k) ORDER BY l",
        ] {
            let (mut expected, mut found) = with_tree(sql, |tree| {
                let mut expected = Vec::new();
                collect(&serde_json::to_value(&tree).unwrap_or_default(), &mut expected);
                (expected, named_in(&tree))
            })
            .expect("it is SQL");
            // JSON has a struct's parts in the order of the alphabet.
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{sql}");
        }
    }
}
