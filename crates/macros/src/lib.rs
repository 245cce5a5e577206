//! `embed!` will put a directory of revisions inside a binary without forcing libpg_query on its user.

#![forbid(unsafe_code)]
