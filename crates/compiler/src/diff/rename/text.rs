//! Names in texts that PostgreSQL deparsed: which tokens stand for what got another name.

use super::names::Renaming;
use crate::catalog::{Address, QualifiedName};
use crate::sql::{quote_identifier, quote_literal};

/// Where a text stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// In a part of a relation, whose columns stand there without its name.
    Of(&'a QualifiedName),
    /// In a query, where columns follow the name or alias of their relation.
    Query,
    /// Where there are no columns.
    Elsewhere,
}

/// A word, or what is between words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Literal(&'a str),
    Other(&'a str),
}

impl<'a> Token<'a> {
    fn text(&self) -> &'a str {
        match self {
            Self::Word(text) | Self::Literal(text) | Self::Other(text) => text,
        }
    }
}

fn tokens<'a>(text: &'a str) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let until = |end: char, rest: &str| {
            // Doubled quotes are two literals to us, which does no harm.
            rest[1..].find(end).map_or(rest.len(), |at| at + 2)
        };
        let (length, token): (usize, fn(&'a str) -> Token<'a>) = match first {
            '"' => {
                let mut end = until('"', rest);
                while rest[end..].starts_with('"') {
                    end += until('"', &rest[end..]);
                }
                (end, Token::Word)
            }
            '\'' => (until('\'', rest), Token::Literal),
            '$' => {
                let tag = rest[1..].find('$').map(|at| &rest[..at + 2]);
                let is_tag = |tag: &str| {
                    tag[1..tag.len() - 1]
                        .chars()
                        .all(|letter| letter.is_alphanumeric() || letter == '_')
                };
                match tag.filter(|tag| is_tag(tag)) {
                    Some(tag) => {
                        let end = rest[tag.len()..]
                            .find(tag)
                            .map_or(rest.len(), |at| at + 2 * tag.len());
                        (end, Token::Literal)
                    }
                    None => (1, Token::Other),
                }
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let end =
                    rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'));
                (end.unwrap_or(rest.len()), Token::Word)
            }
            letter if letter.is_ascii_digit() => {
                let end = rest.find(|letter: char| !letter.is_alphanumeric());
                (end.unwrap_or(rest.len()), Token::Other)
            }
            letter => (letter.len_utf8(), Token::Other),
        };
        tokens.push(token(&rest[..length]));
        rest = &rest[length..];
    }
    tokens
}

impl Renaming {
    /// Rewrites a text as it is after the rename.
    pub(super) fn text(&self, text: &mut String, place: Place<'_>) {
        let changed = match (&self.from, &self.to) {
            (Address::Relation(from), Address::Relation(to)) => qualified(text, from, to, true),
            (Address::Type(from), Address::Type(to)) => qualified(text, from, to, false),
            (Address::Routine(from), Address::Routine(to)) => qualified(text, &from.name, &to.name, false),
            (Address::Schema(from), Address::Schema(to)) => in_schema(text, from, to),
            (Address::Column(of, from), Address::Column(_, to)) => match place {
                Place::Of(table) if table == of => own_column(text, from, to),
                Place::Of(_) => referenced_column(text, of, from, to),
                Place::Query => column_in_query(text, of, from, to),
                Place::Elsewhere => return,
            },
            _ => return,
        };
        *text = changed;
    }
}

/// `schema.name`, also as a literal that is a regclass; for relations `name.` in queries too.
fn qualified(text: &str, from: &QualifiedName, to: &QualifiedName, is_relation: bool) -> String {
    let (schema, name) = (quote_identifier(&from.schema), quote_identifier(&from.name));
    let (new_schema, new_name) = (quote_identifier(&to.schema), quote_identifier(&to.name));
    let literal = quote_literal(&from.to_string());
    let tokens = tokens(text);
    let is_there = tokens
        .windows(3)
        .any(|found| found[0].text() == schema && found[1].text() == "." && found[2].text() == name);
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let is_after_dot = at > 0 && tokens[at - 1].text() == ".";
        let follows = |ahead: usize| tokens.get(at + ahead).map_or("", Token::text);
        if *token == Token::Word(&schema) && !is_after_dot && follows(1) == "." && follows(2) == name {
            changed.push_str(&format!("{new_schema}.{new_name}"));
            at += 3;
            continue;
        }
        if is_relation && is_there && *token == Token::Word(&name) && !is_after_dot && follows(1) == "." {
            changed.push_str(&new_name);
        } else if is_relation && token.text() == literal && follows(1) == ":" {
            changed.push_str(&quote_literal(&to.to_string()));
        } else {
            changed.push_str(token.text());
        }
        at += 1;
    }
    changed
}

/// `schema.` before another name.
fn in_schema(text: &str, from: &str, to: &str) -> String {
    let (from, to) = (quote_identifier(from), quote_identifier(to));
    let tokens = tokens(text);
    let mut changed = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        let is_after_dot = at > 0 && tokens[at - 1].text() == ".";
        let is_before_dot = tokens.get(at + 1).is_some_and(|next| next.text() == ".");
        let inside = token.text().strip_prefix('\'');
        match inside.and_then(|inside| inside.strip_prefix(from.as_str())) {
            Some(rest)
                if rest.starts_with('.') && tokens.get(at + 1).is_some_and(|next| next.text() == ":") =>
            {
                changed.push_str(&format!("'{to}{rest}"));
            }
            _ if *token == Token::Word(&from) && is_before_dot && !is_after_dot => changed.push_str(&to),
            _ => changed.push_str(token.text()),
        }
    }
    changed
}

/// A column in its own table's texts: alone, or behind `new.` and `old.`.
fn own_column(text: &str, from: &str, to: &str) -> String {
    let (from, to) = (quote_identifier(from), quote_identifier(to));
    let tokens = tokens(text);
    // A foreign key names columns of the other table behind REFERENCES.
    let end = tokens
        .iter()
        .position(|token| token.text() == "REFERENCES")
        .unwrap_or(tokens.len());
    let mut changed = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text());
        let is_qualified = before(1) == "." && !matches!(before(2), "new" | "old" | "NEW" | "OLD");
        let is_call = tokens.get(at + 1).is_some_and(|next| next.text() == "(");
        let is_qualifier = tokens.get(at + 1).is_some_and(|next| next.text() == ".");
        let is_type = before(1) == ":";
        if at < end && *token == Token::Word(&from) && !is_qualified && !is_call && !is_qualifier && !is_type
        {
            changed.push_str(&to);
        } else {
            changed.push_str(token.text());
        }
    }
    changed
}

/// A column in `REFERENCES table(…)` of another table's foreign key.
fn referenced_column(text: &str, of: &QualifiedName, from: &str, to: &str) -> String {
    let head = format!("REFERENCES {of}(");
    let Some((before, rest)) = text.split_once(&head) else {
        return text.to_owned();
    };
    let Some((columns, after)) = rest.split_once(')') else {
        return text.to_owned();
    };
    let (from, to) = (quote_identifier(from), quote_identifier(to));
    let columns: Vec<&str> = columns
        .split(", ")
        .map(|column| if column == from { to.as_str() } else { column })
        .collect();
    format!("{before}{head}{}){after}", columns.join(", "))
}

/// A column behind its table's name; in the list of what is selected it keeps its name by AS.
fn column_in_query(text: &str, of: &QualifiedName, from: &str, to: &str) -> String {
    let (table, from_word, to) = (
        quote_identifier(&of.name),
        quote_identifier(from),
        quote_identifier(to),
    );
    let whole = of.to_string();
    if !text.contains(&whole) {
        return text.to_owned();
    }
    // The alias that follows the table's name, where there is one.
    let alias = text.split_once(&whole).and_then(|(_, rest)| {
        let rest = rest.strip_prefix(' ')?;
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
        let word = &rest[..end];
        let is_word = !word.is_empty() && word.chars().any(char::is_lowercase);
        is_word.then(|| word.to_owned())
    });
    let alias = alias.unwrap_or(table);
    let tokens = tokens(text);
    let select_end = tokens
        .iter()
        .position(|token| token.text() == "FROM")
        .unwrap_or(tokens.len());
    let mut changed = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text());
        if *token == Token::Word(&from_word) && before(1) == "." && before(2) == alias {
            changed.push_str(&to);
            let next = tokens.get(at + 1).map_or("", Token::text);
            let is_alone =
                matches!(before(3), " " | "\n") && (next == "," || next == "\n" || next.is_empty());
            if at < select_end && is_alone {
                changed.push_str(&format!(" AS {from_word}"));
            }
        } else {
            changed.push_str(token.text());
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> QualifiedName {
        QualifiedName::new("public", name)
    }

    #[test]
    fn a_table_is_renamed_in_texts() {
        let changed = |text| qualified(text, &table("t"), &table("u"), true);
        assert_eq!(
            changed(" SELECT t.a,\n    x.t\n   FROM public.t\n     JOIN public.x ON x.t = t.a"),
            " SELECT u.a,\n    x.t\n   FROM public.u\n     JOIN public.x ON x.t = u.a"
        );
        assert_eq!(
            changed("CREATE INDEX t ON public.t USING btree (t)"),
            "CREATE INDEX t ON public.u USING btree (t)"
        );
        assert_eq!(
            changed("nextval('public.t'::regclass)"),
            "nextval('public.u'::regclass)"
        );
        assert_eq!(changed("$$ public.t $$"), "$$ public.t $$");
    }

    #[test]
    fn a_column_is_renamed_in_texts() {
        assert_eq!(
            own_column("CHECK ((a > 'a'::text))", "a", "b"),
            "CHECK ((b > 'a'::text))"
        );
        assert_eq!(
            own_column("FOREIGN KEY (a) REFERENCES public.t(a)", "a", "b"),
            "FOREIGN KEY (b) REFERENCES public.t(a)"
        );
        assert_eq!(
            referenced_column("FOREIGN KEY (a) REFERENCES public.t(a, c)", &table("t"), "a", "b"),
            "FOREIGN KEY (a) REFERENCES public.t(b, c)"
        );
        assert_eq!(
            column_in_query(
                " SELECT t.a,\n    t.a + 1 AS x\n   FROM public.t\n  WHERE t.a > 0",
                &table("t"),
                "a",
                "b"
            ),
            " SELECT t.b AS a,\n    t.b + 1 AS x\n   FROM public.t\n  WHERE t.b > 0"
        );
    }
}
