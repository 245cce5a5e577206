//! The only place that prints talk: checkpoints on a line each, or JSON, or nothing. Talk goes to
//! standard error; a command's answer goes to standard output.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use windlass::compiler::diagnostic::Diagnostic;
use windlass::compiler::duration::show_duration;
use windlass::{Blocker, Direction, Event, Observe, StepName};

use crate::commands::{Global, LogFormat};
use crate::failure::{self, Failure};
use crate::mask::masked;

/// Where talk goes.
pub(crate) struct Ui {
    mode: Mode,
}

enum Mode {
    Quiet,
    /// A timestamped line per checkpoint, for logs.
    Lines,
    /// A spinner below lines without timestamps, for people.
    Terminal(Mutex<Option<ProgressBar>>),
    Json,
}

impl Ui {
    /// What the flags and the terminal ask for.
    pub(crate) fn new(global: &Global) -> Self {
        let mode = if global.log == LogFormat::Json {
            Mode::Json
        } else if global.quiet {
            Mode::Quiet
        } else if std::io::stderr().is_terminal() {
            Mode::Terminal(Mutex::new(None))
        } else {
            Mode::Lines
        };
        Self { mode }
    }

    /// Says something in one line.
    pub(crate) fn say(&self, text: &str) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Lines => {
                // Standard error has no buffer: each piece of a format would be a write of its own.
                let line = format!("{} WINDLASS CHECKPOINT: {text}\n", now());
                line_to_log(&line);
            }
            Mode::Json => json(&serde_json::json!({ "event": "message", "message": text })),
            Mode::Terminal(bar) => match bar.lock().ok().and_then(|bar| bar.clone()) {
                Some(bar) => bar.suspend(|| talk(&format!("{text}\n"))),
                None => talk(&format!("{text}\n")),
            },
        }
    }

    /// Asks, and gives back what is answered, without blanks around it.
    pub(crate) fn ask(&self, question: &str) -> Result<String, Failure> {
        match self.mode {
            // Who is asked must see what.
            Mode::Quiet => talk(&format!("{question}\n")),
            _ => self.say(question),
        }
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Failure::other(format!("failed to read the answer: {error}")))?;
        Ok(answer.trim().to_owned())
    }

    /// Asks what only a yes agrees to.
    pub(crate) fn agreed(&self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
    }

    /// Warns, also when quiet.
    pub(crate) fn warning(&self, message: &str, hint: Option<&str>) {
        let (message, hint) = (masked(message), hint.map(masked));
        if let Mode::Json = self.mode {
            json(&serde_json::json!({ "event": "warning", "message": message, "hint": hint }));
            return;
        }
        let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        self.clear();
        let hint = hint.map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
        talk(&format!("{yellow}warning{yellow:#}: {message}\n{hint}"));
    }

    /// Shows a diagnostic with its excerpt.
    pub(crate) fn diagnostic(&self, problem: &Diagnostic) {
        if let Mode::Json = self.mode {
            json(
                &serde_json::json!({ "event": "diagnostic", "message": masked(&problem.to_string()), "help": problem.help }),
            );
            return;
        }
        let mut text = String::new();
        failure::diagnostic(&mut text, problem);
        self.clear();
        talk(&masked(&text));
    }

    /// Takes the spinner away.
    pub(crate) fn clear(&self) {
        if let Mode::Terminal(bar) = &self.mode
            && let Ok(mut bar) = bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    fn spin(&self, text: String) {
        let Mode::Terminal(bar) = &self.mode else { return };
        let Ok(mut bar) = bar.lock() else { return };
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.reset_elapsed();
        bar.set_message(text);
    }

    /// Draws what a terminal shows in place of a line. Whether it did.
    fn draw(&self, event: &Event) -> bool {
        let (Mode::Terminal(bar), Event::BackfillPace { seen, total, .. }) = (&self.mode, event) else {
            return false;
        };
        let (Ok(bar), Some(text)) = (bar.lock(), pace(event)) else {
            return false;
        };
        let Some(bar) = bar.as_ref().filter(|_| *total > 0) else {
            return false;
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {msg}") {
            bar.set_style(style);
        }
        bar.set_length(*total);
        bar.set_position(*seen.min(total));
        bar.set_message(text.replace('\n', ";"));
        true
    }
}

/// Writes to standard error, coloured where that is a terminal. Talk that cannot be written ends nothing.
pub(crate) fn talk(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes a line to standard error that is no terminal. Control characters are left to anstream; to look for
/// a terminal, and at the environment, with each line costs more than writing it.
fn line_to_log(line: &str) {
    let is_plain = |byte: u8| !byte.is_ascii_control() || matches!(byte, b'\n' | b'\t');
    if line.bytes().all(is_plain) {
        let _ = std::io::stderr().write_all(line.as_bytes());
    } else {
        talk(line);
    }
}

impl Observe for Ui {
    fn event(&self, event: Event) {
        match (&self.mode, &event) {
            (Mode::Json, _) => {
                if let Some(value) = as_json(&event) {
                    json(&value);
                }
            }
            (_, Event::Warning { message, hint }) => self.warning(message, hint.as_deref()),
            (Mode::Quiet, _) => {}
            _ => {
                if let Event::StepStarted { step } = &event {
                    self.spin(format!("{} {}", at(step), step.title));
                }
                if !self.draw(&event)
                    && let Some(text) = words(&event)
                {
                    self.say(&text);
                }
                if let Event::RevisionDone { .. } = &event {
                    self.clear();
                }
            }
        }
    }
}

/// An event in words; none for what is only drawn.
fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Connected {
            database,
            server_version,
        } => {
            format!(
                "database {database}, PostgreSQL {}.{}",
                server_version / 10_000,
                server_version % 10_000
            )
        }
        Event::WaitingForRunner { holder, waited } => format!(
            "another runner is at work{}; waiting since {}",
            holder
                .as_ref()
                .map_or(String::new(), |holder| format!(" ({holder})")),
            show(*waited)
        ),
        Event::JournalUpgraded { from: None, .. } => "created the journal (schema windlass)".to_owned(),
        Event::JournalUpgraded { from: Some(from), to } => {
            format!("brought the journal from version {from} to {to}")
        }
        Event::CreatingFromBaseline { baseline, revisions } => {
            let revisions = count(*revisions, "revision");
            format!("the database is empty: it is made from {baseline}, which contains {revisions}")
        }
        Event::WaitingForOrphan { orphan, waited } => {
            format!(
                "an earlier runner's statement is still at work ({orphan}); waiting since {}",
                show(*waited)
            )
        }
        Event::StillConnected { sessions } => {
            let each: Vec<String> = sessions.iter().map(|session| format!("\n  {session}")).collect();
            format!("still connected: {}{}", sessions.len(), each.concat())
        }
        Event::OrphanEnded { pid } => format!("ended the backend of an earlier runner (pid {pid})"),
        Event::RunStarted { direction, revisions } => {
            let verb = if *direction == Direction::Up {
                "apply"
            } else {
                "revert"
            };
            format!("{} to {verb}", count(revisions.len(), "revision"))
        }
        Event::RevisionStarted {
            revision,
            steps,
            done: 0,
        } => format!("{revision}: starting, {}", count(*steps as usize, "step")),
        Event::RevisionStarted {
            revision,
            steps,
            done,
        } => format!("{revision}: resuming, {done} of {steps} steps are done"),
        Event::Replanned { revision } => {
            format!("{revision}: its undone rest was edited and is planned again")
        }
        Event::StepStarted { step } => format!("{}: {} lane: {}", at(step), step.lane, step.title),
        Event::Notice {
            step,
            severity,
            message,
        } => format!("{}: {severity}: {message}", at(step)),
        Event::WaitingForHolders {
            step,
            blockers,
            waited,
        } => {
            let mut text = format!(
                "{}: not queueing behind who holds the lock for long (waited {} so far)",
                at(step),
                show(*waited)
            );
            for blocker in blockers {
                text.push_str(&format!("\n  held by {blocker}"));
                if let (meaning, Some(sql)) = blocker.remedy() {
                    text.push_str(&format!("\n    {meaning}: {sql}"));
                }
            }
            text
        }
        Event::BuildProgress {
            step,
            phase,
            done,
            total,
            unit,
            left,
            waiting_for,
        } => {
            let mut text = format!("{}: {phase}", at(step));
            if *total > 0 {
                text.push_str(&format!(", {done} of {total} {unit}"));
            }
            if let Some(left) = left {
                text.push_str(&format!(", about {} left", show(*left)));
            }
            if let Some(session) = waiting_for {
                text.push_str(&format!("\n  waiting for {session}"));
            }
            text
        }
        Event::BlockerEnded {
            step,
            blocker,
            terminated,
        } => format!(
            "{}: {} {blocker}",
            at(step),
            if *terminated {
                "terminated"
            } else {
                "cancelled the query of"
            }
        ),
        Event::MakesWait { step, waiter, waited } => format!(
            "{}: makes other sessions wait ({} by now), and goes on\n  waiting: {waiter}",
            at(step),
            show(*waited)
        ),
        Event::DeadlockBroken { step, others } => {
            let mut text = format!("{}: gave way to who waits for it and is waited for", at(step));
            for other in others {
                text.push_str(&format!("\n  deadlocked with {other}"));
            }
            text
        }
        Event::Yielded { step, waiters, .. } if waiters.is_empty() => format!(
            "{}: gave way, since the watchdog could not see whether application queries waited for it",
            at(step)
        ),
        Event::Yielded {
            step,
            waiters,
            stalled,
        } => {
            let mut text = format!(
                "{}: gave way after application queries had waited {} for it",
                at(step),
                show(*stalled)
            );
            for waiter in waiters {
                text.push_str(&format!("\n  waiting: {waiter}"));
            }
            text
        }
        Event::Retrying {
            step,
            attempt,
            reason,
            blockers,
            after,
        } => {
            let mut text = format!(
                "{}: attempt {attempt}: {reason}; again in {}",
                at(step),
                show(*after)
            );
            for blocker in blockers {
                text.push_str(&format!("\n  held by {blocker}"));
            }
            text
        }
        Event::Repaired { step, what } => format!("{}: {what}", at(step)),
        Event::Verified { text, took, .. } => format!("verified in {}: {text}", show(*took)),
        Event::Counted { table, before, after } => match after {
            None => format!("count of {table} before: {before}"),
            Some(after) => format!("count of {table} before: {before}, after: {after}"),
        },
        Event::BackfillStarted {
            step,
            tenants: Some((word, count)),
            rows,
        } => format!(
            "{}: backfill: found {count} {word}(s){}",
            at(step),
            if *rows > 0 {
                format!(", going on behind {rows} rows")
            } else {
                String::new()
            }
        ),
        Event::BackfillStarted {
            step,
            tenants: None,
            rows: 0,
        } => format!("{}: backfill: starting", at(step)),
        Event::BackfillStarted {
            step,
            tenants: None,
            rows,
        } => {
            format!("{}: backfill: going on behind {rows} rows", at(step))
        }
        Event::BackfillProgress {
            step,
            whose,
            rows,
            done: false,
        } => {
            format!("{}:   {}{rows} rows updated", at(step), named(whose))
        }
        Event::BackfillProgress {
            step,
            whose,
            rows,
            done: true,
        } if whose.is_empty() => {
            format!("{}: ✅ backfilled {rows} rows in all", at(step))
        }
        Event::BackfillProgress {
            step,
            whose,
            rows,
            done: true,
        } => {
            format!("{}:   ✅ {}completed {rows} rows", at(step), named(whose))
        }
        Event::BackfillPace { .. } => pace(event)?,
        Event::BackfillSwept { step, sweep, rows } => {
            format!(
                "{}: sweep {sweep} found {rows} rows that came or moved meanwhile",
                at(step)
            )
        }
        Event::BackfillRowFailed {
            step,
            table,
            key,
            sqlstate,
            message,
        } => format!(
            "{}: passed over the row {key} of {table}: {message} ({sqlstate})",
            at(step)
        ),
        Event::BackfillPaused {
            step,
            name,
            paused: true,
        } => format!(
            "{}: {name} is paused; windlass backfill resume {name} lets it go on",
            at(step)
        ),
        Event::BackfillPaused { step, name, .. } => format!("{}: {name} goes on", at(step)),
        Event::WaitingForBackfill {
            revision,
            name,
            waited,
        } => format!("{revision}: waiting for backfill {name} since {}", show(*waited)),
        Event::BackfillDeferred { step, name } => format!(
            "{}: {name} is left for the background: windlass worker, or windlass backfill run {name}",
            at(step)
        ),
        Event::BackfillJob {
            name, done: false, ..
        } => format!("backfill {name}: starting"),
        Event::BackfillJob { name, rows, .. } => {
            format!("✅ backfill {name}: {rows} rows, done and verified")
        }
        Event::StepDone {
            step,
            took,
            attempts: 1,
        } => format!("{}: done in {}", at(step), show(*took)),
        Event::StepDone { step, took, attempts } => {
            format!("{}: done in {} after {attempts} attempts", at(step), show(*took))
        }
        Event::StepSkipped { step, reason } => format!("{}: given up (best-effort): {reason}", at(step)),
        Event::RevisionDone {
            revision,
            direction: Direction::Up,
            took,
        } => {
            format!("✅ {revision}: applied in {}", show(*took))
        }
        Event::RevisionDone {
            revision,
            direction: Direction::Down,
            took,
        } => {
            format!("✅ {revision}: reverted in {}", show(*took))
        }
        Event::Stopping => "stopping: the running statement is cancelled".to_owned(),
        _ => return None,
    })
}

/// How fast a data change in batches goes, and why not faster.
fn pace(event: &Event) -> Option<String> {
    let Event::BackfillPace {
        step,
        rows,
        seen,
        total,
        sweep,
        rows_per_second,
        left,
        batch,
        workers,
        held,
        reasons,
        ..
    } = event
    else {
        return None;
    };
    let mut text = format!("{}:   {rows} rows updated in all", at(step));
    if *sweep > 1 {
        text.push_str(&format!(", sweep {sweep}"));
    } else if *total > 0 {
        text.push_str(&format!(", {} %", (seen * 100 / total).min(99)));
    }
    text.push_str(&format!(", {rows_per_second:.0} rows/s"));
    if let Some(left) = left {
        text.push_str(&format!(", about {} left", show(*left)));
    }
    text.push_str(&format!(", batches of {batch}"));
    if *workers > 1 {
        text.push_str(&format!(", {workers} workers"));
    }
    let verb = if *held { "holds" } else { "slowed" };
    if !reasons.is_empty() {
        text.push_str(&format!("\n  {verb}: {}", reasons.join("; ")));
    }
    Some(text)
}

/// `business 7` as it begins a line.
fn named(whose: &str) -> String {
    let mut letters = whose.chars();
    match letters.next() {
        Some(first) => format!("{}{}: ", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

fn at(step: &StepName) -> String {
    format!("{} step {}/{}", step.revision, step.number, step.of)
}

/// `1 change`, `2 changes`.
pub(crate) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// Sessions as JSON.
pub(crate) fn sessions(sessions: &[Blocker]) -> serde_json::Value {
    sessions.iter().map(Blocker::to_json).collect()
}

/// A duration for people: milliseconds below ten seconds, else whole seconds.
fn show(took: Duration) -> String {
    match took < Duration::from_secs(10) {
        true => show_duration(took),
        false => show_duration(Duration::from_secs(took.as_secs())),
    }
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn json(value: &serde_json::Value) {
    let mut value = value.clone();
    if let Some(object) = value.as_object_mut() {
        object.insert("at".to_owned(), now().into());
    }
    line_to_log(&format!("{value}\n"));
}

/// An event on the wire: `event` names it, the rest are its facts.
fn as_json(event: &Event) -> Option<serde_json::Value> {
    use serde_json::json;
    let step = |step: &StepName| {
        json!({ "revision": step.revision.as_str(), "number": step.number, "of": step.of,
                "lane": step.lane.name(), "title": step.title })
    };
    let ids = |ids: &[windlass::compiler::format::RevisionId]| -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    };
    let millis = |took: &Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Some(match event {
        Event::Connected {
            database,
            server_version,
        } => {
            json!({ "event": "connected", "database": database, "server_version": server_version })
        }
        Event::WaitingForRunner { holder, waited } => json!({ "event": "waiting_for_runner",
            "holder": holder.as_ref().map(ToString::to_string), "waited_ms": millis(waited) }),
        Event::Leading { epoch } => json!({ "event": "leading", "epoch": epoch }),
        Event::JournalUpgraded { from, to } => json!({ "event": "journal_upgraded", "from": from, "to": to }),
        Event::CreatingFromBaseline { baseline, revisions } => {
            json!({ "event": "creating_from_baseline", "baseline": baseline, "revisions": revisions })
        }
        Event::WaitingForOrphan { orphan, waited } => json!({ "event": "waiting_for_orphan",
            "orphan": orphan.to_string(), "waited_ms": millis(waited) }),
        Event::StillConnected { sessions: found } => {
            json!({ "event": "still_connected", "sessions": sessions(found) })
        }
        Event::OrphanEnded { pid } => json!({ "event": "orphan_ended", "pid": pid }),
        Event::RunStarted { direction, revisions } => {
            json!({ "event": "run_started", "direction": direction.name(), "revisions": ids(revisions) })
        }
        Event::RevisionStarted {
            revision,
            steps,
            done,
        } => {
            json!({ "event": "revision_started", "revision": revision.as_str(), "steps": steps, "done": done })
        }
        Event::Replanned { revision } => json!({ "event": "replanned", "revision": revision.as_str() }),
        Event::StepStarted { step: name } => json!({ "event": "step_started", "step": step(name) }),
        Event::Notice {
            step: name,
            severity,
            message,
        } => {
            json!({ "event": "notice", "step": step(name), "severity": severity, "message": message })
        }
        Event::WaitingForHolders {
            step: name,
            blockers,
            waited,
        } => json!({ "event": "waiting_for_holders",
            "step": step(name), "waited_ms": millis(waited),
            "blockers": sessions(blockers) }),
        Event::BuildProgress {
            step: name,
            phase,
            done,
            total,
            unit,
            left,
            waiting_for,
        } => json!({ "event": "build_progress",
            "step": step(name), "phase": phase, "done": done, "total": total, "unit": unit,
            "left_ms": left.as_ref().map(millis),
            "waiting_for": waiting_for.as_ref().map(|session| sessions(std::slice::from_ref(session))) }),
        Event::BlockerEnded {
            step: name,
            blocker,
            terminated,
        } => json!({ "event": "blocker_ended",
            "step": step(name), "terminated": terminated, "blocker": sessions(std::slice::from_ref(blocker)) }),
        Event::MakesWait {
            step: name,
            waiter,
            waited,
        } => json!({ "event": "makes_wait",
            "step": step(name), "waited_ms": millis(waited), "waiters": sessions(std::slice::from_ref(waiter)) }),
        Event::DeadlockBroken { step: name, others } => json!({ "event": "deadlock_broken",
            "step": step(name), "others": sessions(others) }),
        Event::Yielded {
            step: name,
            waiters,
            stalled,
        } => json!({ "event": "yielded",
            "step": step(name), "stalled_ms": millis(stalled),
            "waiters": sessions(waiters) }),
        Event::Retrying {
            step: name,
            attempt,
            reason,
            blockers,
            after,
        } => json!({ "event": "retrying",
            "step": step(name), "attempt": attempt, "reason": reason, "after_ms": millis(after),
            "blockers": sessions(blockers) }),
        Event::Verified { name, text, took } => {
            json!({ "event": "verified", "name": name, "text": text, "took_ms": millis(took) })
        }
        Event::Counted { table, before, after } => {
            json!({ "event": "counted", "table": table, "before": before, "after": after })
        }
        Event::Repaired { step: name, what } => {
            json!({ "event": "repaired", "step": step(name), "what": what })
        }
        Event::BackfillStarted {
            step: name,
            tenants,
            rows,
        } => json!({ "event": "backfill_started",
            "step": step(name), "tenants": tenants.as_ref().map(|(_, count)| count), "rows": rows }),
        Event::BackfillProgress {
            step: name,
            whose,
            rows,
            done,
        } => json!({ "event": "backfill_progress",
            "step": step(name), "whose": whose, "rows": rows, "done": done }),
        Event::BackfillPace {
            step: at,
            name,
            rows,
            seen,
            total,
            sweep,
            rows_per_second,
            left,
            batch,
            workers,
            held,
            reasons,
        } => json!({ "event": "backfill_pace", "step": step(at), "name": name, "rows": rows, "seen": seen,
            "total": total, "sweep": sweep, "rows_per_second": rows_per_second, "left_ms": left.as_ref().map(millis),
            "batch": batch, "workers": workers, "held": held, "reasons": reasons }),
        Event::BackfillSwept {
            step: at,
            sweep,
            rows,
        } => {
            json!({ "event": "backfill_swept", "step": step(at), "sweep": sweep, "rows": rows })
        }
        Event::BackfillRowFailed {
            step: at,
            table,
            key,
            sqlstate,
            message,
        } => json!({ "event": "backfill_row_failed", "step": step(at), "table": table, "key": key,
            "sqlstate": sqlstate, "message": message }),
        Event::BackfillPaused {
            step: at,
            name,
            paused,
        } => {
            json!({ "event": "backfill_paused", "step": step(at), "name": name, "paused": paused })
        }
        Event::WaitingForBackfill {
            revision,
            name,
            waited,
        } => json!({ "event": "waiting_for_backfill", "revision": revision.as_str(), "name": name,
            "waited_ms": millis(waited) }),
        Event::BackfillDeferred { step: at, name } => {
            json!({ "event": "backfill_deferred", "step": step(at), "name": name })
        }
        Event::BackfillJob { name, done, rows } => {
            json!({ "event": "backfill_job", "name": name, "done": done, "rows": rows })
        }
        Event::StepDone {
            step: name,
            took,
            attempts,
        } => json!({ "event": "step_done",
            "step": step(name), "took_ms": millis(took), "attempts": attempts }),
        Event::StepSkipped { step: name, reason } => {
            json!({ "event": "step_skipped", "step": step(name), "reason": reason })
        }
        Event::RevisionDone {
            revision,
            direction,
            took,
        } => json!({ "event": "revision_done",
            "revision": revision.as_str(), "direction": direction.name(), "took_ms": millis(took) }),
        Event::Warning { message, hint } => json!({ "event": "warning", "message": message, "hint": hint }),
        Event::Stopping => json!({ "event": "stopping" }),
        _ => return None,
    })
}
