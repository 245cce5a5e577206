//! Prints the documentation of all directives, from the table that the parser reads.

use windlass_compiler::directive::{DIRECTIVES, Scope};

fn main() {
    println!("# Directives\n");
    println!(
        "Generated from the table that the parser reads. A directive is a line that begins with `-- windlass:`,"
    );
    println!("outside literals, comments and COPY data; a trailing `\\` continues it on the next `--` line.");
    for (scope, title) in [
        (Scope::File, "About the whole file, before its first statement"),
        (Scope::Statement, "About the statement behind it"),
    ] {
        println!("\n## {title}\n\n| directive | meaning |\n|---|---|");
        for known in DIRECTIVES.iter().filter(|known| known.scope == scope) {
            println!("| `{}` | {} |", known.syntax.replace('|', "\\|"), known.meaning);
        }
    }
}
