//! Prints the documentation of all rules, from the rules themselves.

fn main() {
    print!("{}", windlass_compiler::rules::page());
}
