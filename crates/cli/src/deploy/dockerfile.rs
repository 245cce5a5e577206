//! Dockerfiles, and the scripts that they start with: instructions with their places, and what is
//! wrong with them.

use std::path::Path;

use super::finding::{Finding, Place, Sources};
use super::rules;
use super::words::{self, Migrates, Password};

/// What a container starts with.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
}

/// An instruction, its continued lines joined.
#[derive(Debug)]
struct Instruction {
    name: String,
    arguments: String,
    start: usize,
    end: usize,
}

/// What a container of the last stage starts with.
pub(super) fn start(text: &str) -> Start {
    let mut start = Start::default();
    for instruction in instructions(text) {
        match instruction.name.as_str() {
            "FROM" => start = Start::default(),
            "ENTRYPOINT" => start.entrypoint = words::words(&instruction.arguments),
            "CMD" => start.command = words::words(&instruction.arguments),
            _ => {}
        }
    }
    start
}

/// The text of a script that an image starts with, looked for where it was probably copied from.
pub(super) fn script(context: &Path, name: &str) -> Option<String> {
    let base = name.rsplit('/').next()?;
    let relative = name.trim_start_matches('/').trim_start_matches("./");
    [relative, base]
        .iter()
        .chain(&[])
        .map(|name| context.join(name))
        .chain(
            ["docker", "scripts", "bin"]
                .iter()
                .map(|folder| context.join(folder).join(base)),
        )
        .find_map(|path| std::fs::read_to_string(path).ok())
}

/// The words of a script, comments left out.
pub(super) fn script_words(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    words::words(&lines.join(" ; "))
}

pub(super) fn check(sources: &mut Sources, file: usize) -> Vec<Finding> {
    let text = sources.text(file);
    let folder = sources.files[file]
        .path
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    let mut findings = Vec::new();
    let mut last_stage: Vec<Finding> = Vec::new();
    for instruction in instructions(&text) {
        let place = Place::new(file, instruction.start, instruction.end);
        let arguments = instruction.arguments.as_str();
        match instruction.name.as_str() {
            "FROM" => last_stage.clear(),
            "RUN" if words::migrates(&words::words(arguments)) != Migrates::No => findings.push(Finding::new(
                &rules::AT_BUILD,
                place,
                "the image migrates while it is built",
                "the migration when the image is deployed: `windlass upgrade` in a service or Job of its own",
            )),
            "ENV" | "ARG" => secrets(arguments, place, &mut findings),
            "ENTRYPOINT" | "CMD" => {
                starts(sources, &folder, &instruction, place, &mut last_stage);
            }
            _ => {}
        }
    }
    findings.extend(last_stage);
    findings
}

fn secrets(arguments: &str, place: Place, findings: &mut Vec<Finding>) {
    let pairs: Vec<(&str, &str)> = match arguments.split_once('=') {
        Some(_) => arguments
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .collect(),
        // The old form: ENV NAME value.
        None => arguments.split_once(' ').into_iter().collect(),
    };
    for (name, value) in pairs {
        if let Some(Password::Plain(_)) = words::password(name, value.trim_matches(['"', '\''])) {
            findings.push(Finding::new(
                &rules::PASSWORD,
                place,
                format!("{name} is in the image"),
                "the variable set where the container is started",
            ));
        }
    }
}

fn starts(
    sources: &mut Sources,
    folder: &Path,
    instruction: &Instruction,
    place: Place,
    findings: &mut Vec<Finding>,
) {
    let words = words::words(&instruction.arguments);
    let is_shell_form = !instruction.arguments.starts_with('[');
    let migrates = words::migrates(&words);
    let name = &instruction.name;
    if is_shell_form && migrates == Migrates::UnderLock && words.first().map(String::as_str) != Some("exec") {
        findings.push(Finding::new(
            &rules::SHELL_FORM,
            place,
            format!("{name} runs windlass in a shell"),
            format!("{name} [\"windlass\", \"exec\", \"--\", …]"),
        ));
    }
    if migrates == Migrates::ThenRuns {
        findings.push(unlocked(place, name));
    }
    let Some(word) = words.iter().find(|word| word.ends_with(".sh")) else {
        return;
    };
    let path = folder.join(word.rsplit('/').next().unwrap_or(word));
    let Ok(file) = sources.load(&path) else { return };
    let text = sources.text(file);
    findings.extend(check_script(file, &text));
}

/// An entrypoint script that migrates and then becomes the application.
fn check_script(file: usize, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut at = 0;
    let mut last: Option<(Place, String)> = None;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        let place = Place::new(file, start, start + code.len());
        at += line.len();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let words = words::words(code);
        match words::migrates(&words) {
            Migrates::Only if !words.iter().any(|word| word == "windlass") => {
                findings.push(unlocked(place, "the entrypoint"));
                if words::ignores_failure(&words) {
                    findings.push(Finding::new(
                        &rules::IGNORED,
                        place,
                        "the entrypoint goes on when the migration failed",
                        "`windlass exec --`, which starts the application only when it succeeded",
                    ));
                }
            }
            Migrates::ThenRuns => findings.push(unlocked(place, "the entrypoint")),
            _ => {}
        }
        last = Some((place, code.to_owned()));
    }
    let migrates = words::migrates(&script_words(text)) != Migrates::No;
    if let Some((place, code)) = last.filter(|_| migrates)
        && !code.starts_with("exec ")
        && !matches!(code.as_str(), "fi" | "done" | "esac" | "}")
        && words::migrates(&words::words(&code)) == Migrates::No
    {
        findings.push(Finding::new(
            &rules::NO_EXEC,
            place,
            "the entrypoint runs the application as a child of the shell",
            format!("exec {code}"),
        ));
    }
    findings
}

fn unlocked(place: Place, what: &str) -> Finding {
    Finding::new(
        &rules::UNLOCKED,
        place,
        format!("{what} migrates as each container starts"),
        "ENTRYPOINT [\"windlass\", \"exec\", \"--\"], which lets one migrate and the others wait; or a service of its own",
    )
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut found: Vec<Instruction> = Vec::new();
    let mut continues = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim();
        // A comment inside a continued instruction is left out of it.
        if code.starts_with('#') || (code.is_empty() && !continues) {
            continue;
        }
        let ends_open = code.ends_with('\\');
        let code = code.trim_end_matches('\\').trim();
        let lead = line.len() - line.trim_start().len();
        match found.last_mut().filter(|_| continues) {
            Some(open) => {
                open.arguments.push(' ');
                open.arguments.push_str(code);
                open.end = start + line.trim_end().len();
            }
            None => {
                let (name, arguments) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
                found.push(Instruction {
                    name: name.to_ascii_uppercase(),
                    arguments: arguments.trim().to_owned(),
                    start: start + lead,
                    end: start + line.trim_end().len(),
                });
            }
        }
        continues = ends_open;
    }
    found
}
