//! Text in cells of markdown tables, whatever it holds.

/// Text that ends neither its cell nor its line, and that nothing of is markup.
pub(crate) fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '|' | '`' | '*' | '_' | '<' | '[' => cell.extend(['\\', letter]),
            '\n' | '\r' => cell.push(' '),
            letter => cell.push(letter),
        }
    }
    cell
}

/// SQL in a cell; a backtick in it would end the code.
pub(crate) fn code(sql: &str) -> String {
    if sql.contains('`') {
        cell(sql)
    } else {
        format!("`{}`", sql.replace('|', "\\|").replace('\n', " "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_ends_it() {
        assert_eq!(cell("a|b\n*c*"), r"a\|b \*c\*");
        assert_eq!(code("SELECT 'a|b'"), r"`SELECT 'a\|b'`");
        assert_eq!(code("SELECT '`'"), r"SELECT '\`'");
    }
}
