//! The table of directives: parser, messages and documentation read it.

/// Where a directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Before the first statement; it speaks about the file.
    File,
    /// Before a statement; it speaks about exactly that one.
    Statement,
}

/// A directive that exists.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// How it is written.
    pub syntax: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// Every directive.
#[rustfmt::skip]
pub const DIRECTIVES: &[Known] = &[
    file("after", "after ID…", "the revisions that this one follows; several make a merge, `base` none"),
    file("label", "label NAME…", "names that can be used as a target"),
    file("protect", "protect TABLE [allow delete N|drop because …]", "the table may not lose rows, columns, constraints or itself beyond that"),
    file("irreversible", "irreversible because …", "there is no way back"),
    file("replaces", "replaces ID…", "revisions that this one stands for (squash, rename)"),
    file("requires", "requires backfill NAME", "the backfill must be complete first"),
    file("only", "only env NAME", "runs in this environment alone (--env); elsewhere it is recorded and not run"),
    file("no-transaction", "no-transaction", "each statement is a step of its own"),
    file("atomic", "atomic", "the whole revision is one transaction"),
    statement("backfill", "backfill NAME [on TABLE] [by COLUMN as WORD] [key=value…] [on-error skip N] [deferred]", "the statement is executed in batches"),
    statement("verify", "verify : TEXT", "the query must answer true after the statements before it"),
    statement("require", "require : TEXT", "the query must answer true before the revision's first step"),
    statement("allow", "allow RULE because …", "accepts what the rule warns of; `reorder-columns`, `published-columns` and `early-rows` let [safe forms](rules.md) run that an application or a subscriber may notice"),
    statement("best-effort", "best-effort", "a final failure is a warning"),
    statement("temporary", "temporary", "the index is dropped after the backfill"),
    statement("lane", "lane NAME", "executes the statement by another lane's policy"),
    statement("stall-budget", "stall-budget DURATION", "a tighter budget for the statement"),
    statement("lock-timeout", "lock-timeout DURATION", "how long one attempt waits for a lock"),
    statement("statement-timeout", "statement-timeout DURATION", "how long the statement may take"),
];

/// The directive of this name.
pub fn find(name: &str) -> Option<&'static Known> {
    DIRECTIVES.iter().find(|known| known.name == name)
}

const fn file(name: &'static str, syntax: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        scope: Scope::File,
        syntax,
        meaning,
    }
}

const fn statement(name: &'static str, syntax: &'static str, meaning: &'static str) -> Known {
    Known {
        name,
        scope: Scope::Statement,
        syntax,
        meaning,
    }
}
