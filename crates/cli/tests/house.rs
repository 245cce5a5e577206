//! The house: which crate may know which, and where unsafe code may be.

use std::fs;
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The workspace crates among a crate's dependencies that are not for its tests.
fn knows(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).expect("the manifest is there");
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("");
    let dependencies = dependencies.split("\n[").next().unwrap_or("");
    dependencies
        .lines()
        .filter_map(|line| line.strip_suffix(".workspace = true"))
        .filter(|dependency| dependency.starts_with("windlass"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn arrows_point_from_the_command_line_to_the_engine_to_the_compiler() {
    assert_eq!(knows("compiler"), Vec::<String>::new());
    assert_eq!(knows("macros"), Vec::<String>::new());
    assert_eq!(knows("testkit"), Vec::<String>::new());
    assert_eq!(knows("engine"), ["windlass-compiler"]);
    assert_eq!(knows("cli"), ["windlass", "windlass-compiler"]);
}

#[test]
fn unsafe_code_is_forbidden_but_in_one_file() {
    for name in ["engine", "macros", "testkit"] {
        let root = fs::read_to_string(crates().join(name).join("src/lib.rs")).expect("it is there");
        assert!(root.contains("#![forbid(unsafe_code)]"), "{name}");
    }
    // Put together, so that this file does not hold what it looks for.
    let permission = format!("allow({})", "unsafe_code");
    let mut found = Vec::new();
    let mut open = vec![crates()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)
            .expect("the folder is there")
            .map_while(Result::ok)
        {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path)
                    .expect("it is text")
                    .contains(&permission)
            {
                found.push(path.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
    }
    assert_eq!(found, [Some("ffi.rs".to_owned())]);
}
