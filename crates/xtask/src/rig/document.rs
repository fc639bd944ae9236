//! The document that measurements are written to, each between its own two marks: the rest of it is
//! anybody's.

use std::fs;
use std::io::ErrorKind;

use crate::cargo;
use crate::failure::Failure;

/// Where it is, in the workspace.
pub(crate) const PATH: &str = "docs/security-measured.md";

const BEGINNING: &str = "\
# Security, measured

What `docs/operations.md` promises of time and load, as it was found. The text between two marks is written by the
command that it names; the rest may be edited.
";

/// Writes a section of this name, in the place of the one before.
pub(crate) fn write(name: &str, section: &str) -> Result<(), Failure> {
    let path = cargo::workspace().join(PATH);
    let fail = |error: std::io::Error| Failure::new(format!("{PATH}: {error}"));
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => BEGINNING.to_owned(),
        Err(error) => return Err(fail(error)),
    };
    fs::write(&path, with_section(&before, name, section)).map_err(fail)
}

/// The text with the section between its marks; at the end, with a heading, where it has none yet.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let marked = format!("{begin}\n\n{}\n\n{end}", section.trim());
    let parts = || {
        let (before, rest) = text.split_once(&begin)?;
        Some((before, rest.split_once(&end)?.1))
    };
    if let Some((before, after)) = parts() {
        return format!("{before}{marked}{after}");
    }
    let mut heading = name.to_owned();
    if let Some(first) = heading.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{}\n\n## {heading}\n\n{marked}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_before_and_of_nothing_else() {
        let first = with_section("# Title\n", "storm", "one\n");
        assert_eq!(first, "# Title\n\n## Storm\n\n<!-- begin storm -->\n\none\n\n<!-- end storm -->\n");
        let both = with_section(&first, "timing", "two");
        let edited = both.replace("# Title", "# Another").replace("## Storm", "## Storms");
        let again = with_section(&edited, "storm", "three");
        assert_eq!(again, edited.replace("\none\n", "\nthree\n"));
    }
}
