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
    write_to(PATH, BEGINNING, name, section)
}

/// The same in another document of the workspace, which begins so where it is not there yet.
pub(crate) fn write_to(document: &str, beginning: &str, name: &str, section: &str) -> Result<(), Failure> {
    let before = read(document)?.unwrap_or_else(|| beginning.to_owned());
    fs::write(cargo::workspace().join(document), with_section(&before, name, section))
        .map_err(|error| Failure::new(format!("{document}: {error}")))
}

/// The section of this name in a document of the workspace, as it was written last.
pub(crate) fn section(document: &str, name: &str) -> Result<Option<String>, Failure> {
    Ok(read(document)?.and_then(|text| {
        let (begin, end) = marks(name);
        let (_, rest) = text.split_once(&begin)?;
        Some(rest.split_once(&end)?.0.trim().to_owned())
    }))
}

/// The whole of a document; `None` where it is not there yet.
fn read(document: &str) -> Result<Option<String>, Failure> {
    match fs::read_to_string(cargo::workspace().join(document)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(format!("{document}: {error}"))),
    }
}

fn marks(name: &str) -> (String, String) {
    (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"))
}

/// The text with the section between its marks; at the end, with a heading, where it has none yet.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let (begin, end) = marks(name);
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
