//! Which cells a spreadsheet would run as a formula: reports shield them, and the shield comes off when a report is
//! given as input. One rule for both ways.

/// What a cell must not begin with: operators that start a formula, their full-width twins (which some spreadsheets
/// fold), and characters that a spreadsheet drops before it looks for one.
const fn is_dangerous(first: char) -> bool {
    is_operator(first) || matches!(first, '\t' | '\r' | '\n' | '\0')
}

const fn is_operator(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
}

/// Blanks that an import may trim (`LibreOffice` has an option for it), so that the character behind them comes first.
fn may_be_trimmed(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a spreadsheet might run the cell as a formula (DESIGN.md, Report). Leading blanks do not hide an operator.
pub fn may_run_as_formula(cell: &str) -> bool {
    cell.starts_with(is_dangerous) || cell.trim_start_matches(may_be_trimmed).starts_with(is_operator)
}
