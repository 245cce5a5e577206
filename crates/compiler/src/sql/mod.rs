//! SQL as PostgreSQL's own grammar reads it. The only place that names libpg_query.
//!
//! A file is split by the parser, never on `;` and never by the scanner (it cuts BEGIN ATOMIC
//! bodies), and then parsed statement by statement: the tree of a whole 10 MB file takes 1.5 GB.

mod alter;
mod change;
mod columns;
mod custom_setting;
mod definition;
mod details;
mod expression;
mod ffi;
mod firing;
mod function;
mod loss;
mod lower;
mod name;
mod offender;
mod partition;
mod pieces;
mod range;
mod reindex;
mod secret;
mod session_object;
mod split;
mod statement;
mod touch;
mod type_name;

pub use alter::{AddedColumn, AlterCommand, AlterKind, Constrained, ConstraintKind, NewType};
pub use change::{Change, ChangeKind, ChangeTarget, change};
pub use custom_setting::custom_settings;
pub use definition::{
    Bound, ColumnDefinition, CommandDefinition, ConstraintDefinition, Definition, Demand, IndexDefinition,
    KeyDefinition, PropertyChange, Reference, SequenceOption, TableDefinition, definition,
};
pub use details::{
    ColumnDetails, CommandDetails, Constrains, ConstraintDetails, Declared, Details, Exactly, IndexDetails,
    Renamed,
};
pub use expression::{calls_strangers, columns_of, proves_not_null};
pub use firing::is_set_off_by_update;
pub use loss::{Loss, keeping, losses};
pub use name::{RelationName, quote_identifier, quote_literal};
pub use offender::offenders;
pub use partition::{creates_partitioned, works_by_partition};
pub use pieces::{
    Pieces, behind_name, bound_as_condition, comments, has_words, inserted_behind, only_bound, pieces,
    with_column, with_word, written_between,
};
pub use range::{Mirror, Range, mirrors, narrowed};
pub use reindex::{ReindexScope, reindex_scope};
pub use secret::without_passwords;
pub use session_object::{SessionObject, SessionObjects, may_make_session_object, session_objects};
pub use split::split;
pub(crate) use split::split_and_parse;
pub use statement::{IndexStatement, ObjectKind, Statement};
pub use touch::{Touch, Touched};
pub use type_name::TypeName;

use std::cell::Cell;
use std::thread;

use prost::Message;

/// Text that PostgreSQL's grammar does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// PostgreSQL's words.
    pub message: String,
    /// Byte offset of the place.
    pub offset: usize,
}

/// Parses one statement.
///
/// # Errors
/// Text that is not exactly one statement of PostgreSQL's grammar.
pub fn parse(sql: &str) -> Result<Statement, SyntaxError> {
    with_tree(sql, lower::lower)?
}

/// Parses one statement, with what rules ask of it besides.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_details(sql: &str) -> Result<(Statement, Details), SyntaxError> {
    with_tree(sql, detailed)?
}

fn detailed(tree: pg_query::NodeEnum) -> Parsed {
    let details = Details::of(&tree);
    Ok((lower::lower(tree)?, details))
}

/// What a statement is, and what rules ask of it besides.
pub(crate) type Parsed = Result<(Statement, Details), SyntaxError>;

/// CREATE INDEX as it would read on the table `clone`: not concurrent, without IF NOT EXISTS, and
/// under a name that PostgreSQL chooses. None when `sql` is no CREATE INDEX.
pub fn index_on(sql: &str, clone: &str) -> Option<String> {
    with_tree(sql, |tree| lower::index_on(tree, clone)).ok()?
}

/// CREATE INDEX for another table of the same columns, under this name: concurrently, or on ONLY a partitioned one.
pub fn index_for(sql: &str, name: &str, table: &RelationName, only: bool) -> Option<String> {
    with_tree(sql, |tree| lower::index_for(tree, name, table, only)).ok()?
}

/// Runs `work`, which parses, on a stack that holds any tree that libpg_query accepts.
///
/// libpg_query refuses in C what is nested deeper than 2 MB of its stack. Decoding, reading and dropping
/// the same tree in Rust takes several times as much for each level. Address space that is not touched
/// costs nothing; the thread costs some 20 µs, so callers with many statements call this once.
pub fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if IS_DEEP.get() {
        return work();
    }
    thread::scope(|scope| match spawn_deep(scope, work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Begins `work` on a thread with such a stack.
pub(crate) fn spawn_deep<'s, T: Send + 's>(
    scope: &'s thread::Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> thread::ScopedJoinHandle<'s, T> {
    let marked = || {
        IS_DEEP.set(true);
        work()
    };
    thread::Builder::new()
        .stack_size(STACK)
        .spawn_scoped(scope, marked)
        .expect("a thread can be started")
}

const STACK: usize = 1 << 30;
thread_local!(static IS_DEEP: Cell<bool> = const { Cell::new(false) });

/// The encoding that a SET asks for, or a COPY of data that stand behind it, where it is another than that of every revision.
pub fn sets_other_encoding(sql: &str) -> Option<String> {
    use pg_query::NodeEnum;

    let asked = |tree| match tree {
        NodeEnum::VariableSetStmt(set) if set.name == "client_encoding" => {
            set.args.into_iter().find_map(|arg| text_of(arg.node?))
        }
        NodeEnum::CopyStmt(copy) if copy.is_from && copy.filename.is_empty() && !copy.is_program => {
            let mut options = copy.options.into_iter().filter_map(|option| option.node);
            options.find_map(|option| match option {
                NodeEnum::DefElem(option) if option.defname == "encoding" => text_of(option.arg?.node?),
                _ => None,
            })
        }
        _ => None,
    };
    let letters = |name: &str| -> String { name.chars().filter(char::is_ascii_alphanumeric).collect() };
    let is_ours = |name: &String| {
        matches!(
            letters(name).to_ascii_lowercase().as_str(),
            "utf8" | "unicode" | "default"
        )
    };
    with_tree(sql, asked).ok().flatten().filter(|name| !is_ours(name))
}

fn text_of(node: pg_query::NodeEnum) -> Option<String> {
    use pg_query::NodeEnum;

    match node {
        NodeEnum::String(text) => Some(text.sval),
        NodeEnum::AConst(constant) => match constant.val {
            Some(pg_query::protobuf::a_const::Val::Sval(text)) => Some(text.sval),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the statement is a COPY, by its first word.
pub(crate) fn is_copy(sql: &str) -> bool {
    sql.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("copy"))
}

/// Whether this is a COPY that writes to whoever sent it.
pub fn copies_to_client(sql: &str) -> bool {
    let is_to_client = |tree| matches!(tree, pg_query::NodeEnum::CopyStmt(copy) if !copy.is_from && copy.filename.is_empty());
    is_copy(sql) && with_tree(sql, is_to_client).unwrap_or(false)
}

/// What `look` says of the one statement's tree.
fn with_tree<T: Send>(
    sql: &str,
    look: impl FnOnce(pg_query::NodeEnum) -> T + Send,
) -> Result<T, SyntaxError> {
    deep(|| Ok(look(only_statement(&ffi::parse(sql)?)?.0)))
}

/// The tree of a text's one statement, and where the statement ends: at its semicolon, if it has one.
fn only_statement(encoded: &[u8]) -> Result<(pg_query::NodeEnum, Option<usize>), SyntaxError> {
    let failed = |message: String| SyntaxError { message, offset: 0 };
    let parsed =
        pg_query::protobuf::ParseResult::decode(encoded).map_err(|error| failed(error.to_string()))?;
    let mut statements = parsed.stmts.into_iter();
    let (first, second) = (statements.next(), statements.next());
    if second.is_some() {
        return Err(failed("more than one statement".to_owned()));
    }
    let first = first.ok_or_else(|| failed("no statement".to_owned()))?;
    let end = usize::try_from(first.stmt_location + first.stmt_len).ok();
    let node = first.stmt.and_then(|node| node.node);
    node.map(|node| (node, end.filter(|_| first.stmt_len > 0)))
        .ok_or_else(|| failed("no statement".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql)
            .expect("it is SQL")
            .into_iter()
            .map(|span| &sql[span.range()])
            .collect()
    }

    #[test]
    fn statements_lose_their_comments_blanks_and_semicolons() {
        assert_eq!(
            texts("-- a\n SELECT 1 ; /* b /* c */ ; */ SELECT ';' ;; -- d"),
            ["SELECT 1", "SELECT ';'"]
        );
        assert_eq!(texts(""), Vec::<&str>::new());
        assert_eq!(texts("-- only words"), Vec::<&str>::new());
    }

    #[test]
    fn bodies_with_semicolons_stay_whole() {
        let function = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END";
        assert_eq!(texts(&format!("{function}; SELECT 3")), [function, "SELECT 3"]);
        let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)";
        assert_eq!(
            texts(&format!("{rule}; SELECT $a$;$a$")),
            [rule, "SELECT $a$;$a$"]
        );
    }

    #[test]
    fn an_error_is_placed_by_byte_behind_letters_of_several_bytes() {
        let sql = "SELECT 'äöü'; SELEC 1";
        let error = split(sql).expect_err("SELEC is no word of SQL");
        assert_eq!(&sql[error.offset..], "SELEC 1");
        assert_eq!(error.message, "syntax error at or near \"SELEC\"");
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
        let sql = format!("SELECT {}1{}", "(".repeat(200_000), ")".repeat(200_000));
        assert!(split(&sql).is_err());
    }

    #[test]
    fn long_chains_are_parsed_whole() {
        for terms in [100, 3_000] {
            let sum = vec!["a"; terms].join(" + ");
            assert!(parse(&format!("SELECT {sum} FROM t")).is_ok(), "{terms}");
        }
        // PostgreSQL's own limits end what is deeper still.
        let sum = vec!["a"; 200_000].join(" + ");
        let _ = parse(&format!("SELECT {sum} FROM t"));
        let cases = (0..3_000).fold("0".to_owned(), |inner, _| {
            format!("CASE WHEN a THEN 1 ELSE {inner} END")
        });
        let error = parse(&format!("SELECT {cases} FROM t")).expect_err("it is too deep");
        assert!(error.message.contains("memory exhausted"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(sql in "\\PC{0,80}") {
            if let Ok(spans) = split(&sql) {
                for span in spans {
                    let _ = parse(&sql[span.range()]);
                }
            }
        }
    }
}
