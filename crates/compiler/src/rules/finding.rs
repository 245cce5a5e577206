//! What a rule says about a statement.

use super::Rule;
use crate::diagnostic::{Diagnostic, Place, Severity, Span};
use crate::format::Source;

/// What a rule says about a statement.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The rule's severity, or less where the worst is only assumed.
    pub severity: Severity,
    /// What happens, and to what: a sentence without a full stop.
    pub message: String,
    /// What was assumed because nobody could be asked.
    pub assumed: Vec<String>,
    /// What to do, one suggestion each.
    pub help: Vec<String>,
    /// The same by safe statements.
    pub fix: Option<Vec<Safe>>,
    /// Each `allow` that they need besides, where they change what an application or a subscriber may notice.
    pub needs: Vec<&'static str>,
    /// It runs so although nothing refuses what was written; without a catalog, perhaps.
    pub runs_by_itself: bool,
    /// They stand for the whole statement, not for one of its subcommands.
    pub fixes_whole: bool,
    /// The subcommand that it is about, from 0.
    pub command: usize,
    /// Where it is, in the file.
    pub span: Span,
}

/// A statement of a safe form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safe {
    /// The SQL, without the semicolon.
    pub sql: String,
    /// It is executed in batches under this name.
    pub backfill: Option<String>,
    /// Its batches change rows past the table's own triggers.
    pub skips_triggers: bool,
    /// It shares the transaction of the one before it, whatever stands in them.
    pub is_joined: bool,
    /// It is a query that must answer true before what follows: this is what it means.
    pub verify: Option<String>,
}

impl Safe {
    /// One statement.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            backfill: None,
            skips_triggers: false,
            is_joined: false,
            verify: None,
        }
    }

    /// A query that must answer true, and what that means. Its second column is shown where it does not.
    pub fn verified(text: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            verify: Some(text.into()),
            ..Self::new(sql)
        }
    }

    /// In the transaction of the statement before it: between the two nobody is to see the schema.
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.is_joined = true;
        self
    }

    /// A data change in batches.
    pub fn backfill(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            backfill: Some(name.into()),
            ..Self::new(sql)
        }
    }

    /// The same past the table's own triggers, where there are such that would fire.
    #[must_use]
    pub fn past_triggers(mut self, are_there: bool) -> Self {
        self.skips_triggers = are_there;
        self
    }
}

impl Finding {
    /// Says what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Gives the safe form, where there is one.
    #[must_use]
    pub(super) fn fixed(mut self, fix: Option<Vec<Safe>>) -> Self {
        self.fix = fix;
        self
    }

    /// Gives a safe form that runs only where its author allows what comes with it.
    #[must_use]
    pub(super) fn fixed_under(mut self, permission: &'static str, fix: Vec<Safe>) -> Self {
        self.fix = Some(fix);
        self.needing(permission)
    }

    /// Gives a safe form of the whole statement that runs although what was written is no error. `is_blind`: only a catalog
    /// tells whether there is one.
    #[must_use]
    pub(super) fn better(mut self, fix: Option<Vec<Safe>>, is_blind: bool) -> Self {
        self.runs_by_itself = fix.is_some() || is_blind;
        self.fixes_whole = true;
        self.fix = fix;
        self
    }

    /// Whether a safe form is to run in the place of what it is about.
    pub fn asks_for_form(&self) -> bool {
        self.severity == Severity::Error || self.runs_by_itself
    }

    /// Without its safe form, which is named instead: nobody has allowed what comes with it.
    #[must_use]
    pub(super) fn unless_allowed(mut self, mut allows: impl FnMut(&str) -> bool) -> Self {
        let needed: Vec<String> = self
            .needs
            .iter()
            .filter(|permission| !allows(permission))
            .map(|permission| format!("-- windlass: allow {permission} because …"))
            .collect();
        if !needed.is_empty() {
            self.fix = None;
            let needed = needed.join(" and ");
            self.help
                .insert(0, format!("Windlass does that by itself under {needed}"));
        }
        self
    }

    /// Gives a safe form of one subcommand that runs although what was written is no error.
    #[must_use]
    pub(super) fn running(mut self, fix: Vec<Safe>) -> Self {
        self.runs_by_itself = true;
        self.fix = Some(fix);
        self
    }

    /// The safe form that it has runs only where its author allows what comes with it.
    #[must_use]
    pub(super) fn needing(mut self, permission: &'static str) -> Self {
        self.needs.extend(self.fix.is_some().then_some(permission));
        self
    }

    /// Gives the safe form of the whole statement, where there is one.
    #[must_use]
    pub(super) fn fixed_whole(mut self, fix: Option<Vec<Safe>>) -> Self {
        self.fix = fix;
        self.fixes_whole = true;
        self
    }

    /// Gives a safe form of one statement.
    #[must_use]
    pub(super) fn fixed_by(self, sql: Option<String>) -> Self {
        let fix = sql.map(|sql| vec![Safe::new(sql)]);
        self.fixed(fix)
    }

    /// Says what is only assumed.
    #[must_use]
    pub(super) fn assuming(mut self, what: impl Into<String>) -> Self {
        self.assumed.push(what.into());
        self
    }

    /// As another severity than the rule's.
    #[must_use]
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The finding as a diagnostic with its place in the file.
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        self.diagnostic_at(Place::locate(&source.path, &source.text, self.span))
    }

    /// The same, with a place that is known.
    pub fn diagnostic_at(&self, place: Place) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.message.clone());
        diagnostic.severity = self.severity;
        diagnostic.code = Some(self.rule.id);
        let mut diagnostic = diagnostic.at(place);
        for assumed in &self.assumed {
            diagnostic = diagnostic.help(format!("assumed: {assumed}"));
        }
        if let Some(fix) = &self.fix {
            diagnostic = diagnostic.help(format!("safe form:\n{}", written(fix)));
        }
        for help in &self.help {
            diagnostic = diagnostic.help(help.clone());
        }
        diagnostic
    }
}

/// Safe statements as they stand in a file.
pub fn written(fix: &[Safe]) -> String {
    let mut text = String::new();
    for safe in fix {
        if let Some(name) = &safe.backfill {
            let triggers = if safe.skips_triggers { " triggers=skip" } else { "" };
            text.push_str(&format!("-- windlass: backfill {name}{triggers}\n"));
        }
        if let Some(meaning) = &safe.verify {
            text.push_str(&format!("-- windlass: verify : {meaning}\n"));
        }
        text.push_str(&safe.sql);
        text.push_str(";\n");
    }
    text.truncate(text.trim_end().len());
    text
}
