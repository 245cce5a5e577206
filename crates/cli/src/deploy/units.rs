//! systemd units: the one that migrates is a oneshot that is not started again, and others require it
//! and come after it.

use super::finding::{Edit, Finding, Place, Sources};
use super::rules;
use super::words::{self, Migrates};

/// `Name=value` of a unit.
#[derive(Debug)]
struct Setting {
    file: usize,
    name: String,
    value: String,
    start: usize,
    end: usize,
}

impl Setting {
    fn value_place(&self) -> Place {
        Place::new(self.file, self.end - self.value.len(), self.end)
    }

    fn place(&self) -> Place {
        Place::new(self.file, self.start, self.end)
    }
}

/// Whether a file is a unit or a part of one.
pub(super) fn is_unit(name: &str, text: &str) -> bool {
    name.ends_with(".service") || (name.ends_with(".conf") && text.contains("[Unit]"))
}

pub(super) fn check(sources: &Sources, files: &[usize]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let units: Vec<(String, Vec<Setting>)> = files
        .iter()
        .map(|&file| {
            let name = sources.files[file].path.file_name();
            let name = name.map(|name| name.to_string_lossy().into_owned());
            (name.unwrap_or_default(), settings(file, &sources.text(file)))
        })
        .collect();
    let mut migrates = Vec::new();
    for (name, unit) in &units {
        let start = unit.iter().find(|setting| {
            setting.name == "ExecStart" && words::migrates(&words::words(&setting.value)) == Migrates::Only
        });
        if let Some(start) = start {
            migrates.push(name.as_str());
            check_migrate(name, unit, start, &mut findings);
        }
    }
    for (name, unit) in units
        .iter()
        .filter(|(name, _)| !migrates.contains(&name.as_str()))
    {
        for migrate in &migrates {
            check_order(name, unit, migrate, &mut findings);
        }
    }
    findings
}

fn check_migrate(name: &str, unit: &[Setting], start: &Setting, findings: &mut Vec<Finding>) {
    let last = |wanted: &str| unit.iter().rev().find(|setting| setting.name == wanted);
    if start.value.starts_with('-') {
        findings.push(Finding::new(
            &rules::IGNORED,
            start.place(),
            format!("{name} succeeds also when its migration failed"),
            "ExecStart without the hyphen",
        ));
    }
    match last("Type") {
        Some(kind) if kind.value == "oneshot" => {}
        kind => {
            let fix = kind.map(|kind| Edit {
                place: kind.value_place(),
                text: "oneshot".to_owned(),
            });
            findings.push(
                Finding::new(
                    &rules::TOO_EARLY,
                    kind.unwrap_or(start).place(),
                    format!("units after {name} start when it has started, not when it has ended"),
                    "Type=oneshot",
                )
                .fix(fix.into_iter().collect()),
            );
        }
    }
    if let Some(restart) = last("Restart").filter(|restart| restart.value != "no") {
        findings.push(
            Finding::new(
                &rules::RESTARTS,
                restart.place(),
                format!("{name} migrates and restarts: {}", restart.value),
                "Restart=no",
            )
            .fix(vec![Edit {
                place: restart.value_place(),
                text: "no".to_owned(),
            }]),
        );
    }
}

/// A unit that names the migration has to require it, and come after it.
fn check_order(name: &str, unit: &[Setting], migrate: &str, findings: &mut Vec<Finding>) {
    let naming = |wanted: &[&str]| {
        unit.iter().find(|setting| {
            wanted.contains(&setting.name.as_str())
                && setting.value.split_whitespace().any(|word| word == migrate)
        })
    };
    let (pulls, comes_after) = (naming(&["Requires", "BindsTo", "Wants"]), naming(&["After"]));
    let Some(known) = pulls.or(comes_after) else {
        return;
    };
    let insists = pulls.is_some_and(|setting| setting.name != "Wants");
    if !insists || comes_after.is_none() {
        let shown = name.trim_end_matches(".conf");
        findings.push(Finding::new(
            &rules::TOO_EARLY,
            known.place(),
            format!("{shown} names {migrate} and starts without its success"),
            format!("Requires={migrate} and After={migrate}"),
        ));
    }
}

fn settings(file: usize, text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim_end();
        if code.starts_with(['#', ';', '[']) {
            continue;
        }
        if let Some((name, value)) = code.split_once('=') {
            found.push(Setting {
                file,
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
                start,
                end: start + code.len(),
            });
        }
    }
    found
}
