//! The one place with unsafe code: libpg_query's splitter and parser, called directly because the crate's own
//! wrappers drop the position of an error and decode where the stack may be too small.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};

use super::SyntaxError;
use crate::diagnostic::Span;

#[repr(C)]
struct PgQueryError {
    message: *mut c_char,
    funcname: *mut c_char,
    filename: *mut c_char,
    lineno: c_int,
    cursorpos: c_int,
    context: *mut c_char,
}

#[repr(C)]
struct PgQuerySplitStmt {
    stmt_location: c_int,
    stmt_len: c_int,
}

#[repr(C)]
struct PgQuerySplitResult {
    stmts: *mut *mut PgQuerySplitStmt,
    n_stmts: c_int,
    stderr_buffer: *mut c_char,
    error: *mut PgQueryError,
}

#[repr(C)]
struct PgQueryProtobuf {
    len: usize,
    data: *mut c_char,
}

#[repr(C)]
struct PgQueryProtobufParseResult {
    parse_tree: PgQueryProtobuf,
    stderr_buffer: *mut c_char,
    error: *mut PgQueryError,
}

unsafe extern "C" {
    fn pg_query_parse_protobuf(input: *const c_char) -> PgQueryProtobufParseResult;
    fn pg_query_free_protobuf_parse_result(result: PgQueryProtobufParseResult);
    fn pg_query_split_with_parser(input: *const c_char) -> PgQuerySplitResult;
    fn pg_query_free_split_result(result: PgQuerySplitResult);
}

/// Frees the C side's memory on every way out.
struct Owned(Option<PgQuerySplitResult>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(result) = self.0.take() {
            // SAFETY: the result came from `pg_query_split_with_parser` and is freed once.
            unsafe { pg_query_free_split_result(result) }
        }
    }
}

/// Byte ranges of the statements in `text`, as PostgreSQL's grammar sees them: with the blanks and
/// comments before them, without their semicolons.
pub(super) fn split(text: &str) -> Result<Vec<Span>, SyntaxError> {
    let input = terminated(text)?;
    // SAFETY: `input` is NUL-terminated and outlives the call; libpg_query keeps no pointer to it.
    let owned = Owned(Some(unsafe { pg_query_split_with_parser(input.as_ptr()) }));
    let Some(result) = &owned.0 else {
        return Ok(Vec::new());
    };
    // SAFETY: libpg_query gives either null or a valid error.
    if let Some(error) = unsafe { result.error.as_ref() } {
        return Err(syntax_error(text, error));
    }
    let count = usize::try_from(result.n_stmts).unwrap_or(0);
    let mut spans = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: `stmts` points to `n_stmts` valid pointers when there is no error.
        let statement = unsafe { &**result.stmts.add(index) };
        let start = usize::try_from(statement.stmt_location).unwrap_or(0);
        let length = usize::try_from(statement.stmt_len).unwrap_or(0);
        spans.push(Span::new(start, start + length));
    }
    Ok(spans)
}

/// The parse tree of `text` as libpg_query writes it: an encoded `ParseResult`.
pub(super) fn parse(text: &str) -> Result<Vec<u8>, SyntaxError> {
    let input = terminated(text)?;
    // SAFETY: `input` is NUL-terminated and outlives the call; libpg_query keeps no pointer to it.
    let result = unsafe { pg_query_parse_protobuf(input.as_ptr()) };
    // SAFETY: libpg_query gives either null or a valid error.
    let read = match unsafe { result.error.as_ref() } {
        Some(error) => Err(syntax_error(text, error)),
        // SAFETY: without an error `data` points to `len` bytes.
        None => Ok(unsafe {
            std::slice::from_raw_parts(result.parse_tree.data.cast::<u8>(), result.parse_tree.len)
        }
        .to_vec()),
    };
    // SAFETY: the result came from `pg_query_parse_protobuf`, is freed once and not used again.
    unsafe { pg_query_free_protobuf_parse_result(result) }
    read
}

fn terminated(text: &str) -> Result<CString, SyntaxError> {
    CString::new(text).map_err(|error| SyntaxError {
        message: "a NUL byte; PostgreSQL's text has none".to_owned(),
        offset: error.nul_position(),
    })
}

fn syntax_error(text: &str, error: &PgQueryError) -> SyntaxError {
    // SAFETY: libpg_query's errors have a NUL-terminated message.
    let message = unsafe { CStr::from_ptr(error.message) };
    SyntaxError {
        message: message.to_string_lossy().into_owned(),
        offset: byte_offset(text, error.cursorpos),
    }
}

/// libpg_query counts characters from 1; 0 means that it does not know.
fn byte_offset(text: &str, cursorpos: c_int) -> usize {
    let characters = usize::try_from(cursorpos).unwrap_or(0).saturating_sub(1);
    text.char_indices()
        .nth(characters)
        .map_or(text.len(), |(at, _)| at)
}
