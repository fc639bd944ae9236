//! What the commands that measure are asked for.

use std::path::{PathBuf, absolute};

use crate::failure::Failure;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// Fewer and shorter rounds.
    pub(crate) quick: bool,
    /// The binary to measure, instead of building one.
    pub(crate) binary: Option<PathBuf>,
}

impl Options {
    /// Reads `[--quick] [--binary PATH]`.
    pub(crate) fn parse(mut arguments: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--quick", rest @ ..] => {
                    options.quick = true;
                    rest
                }
                ["--binary", path, rest @ ..] => {
                    options.binary = Some(PathBuf::from(path));
                    rest
                }
                _ => return None,
            };
        }
    }

    /// The same for a process in another folder.
    pub(crate) fn arguments(&self) -> Result<Vec<String>, Failure> {
        let quick = self.quick.then(|| "--quick".to_owned());
        let mut arguments = Vec::from_iter(quick);
        if let Some(path) = &self.binary {
            let absolute = absolute(path).ok().and_then(|path| path.into_os_string().into_string().ok());
            let path = absolute.ok_or_else(|| Failure::new(format!("no such path: {}", path.display())))?;
            arguments.extend(["--binary".to_owned(), path]);
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order() {
        let quick = Options { quick: true, binary: None };
        let both = Options { quick: true, binary: Some(PathBuf::from("x")) };
        for (arguments, options) in [
            (&[][..], Options::default()),
            (&["--quick"], quick),
            (&["--quick", "--binary", "x"], both.clone()),
            (&["--binary", "x", "--quick"], both),
        ] {
            assert_eq!(Options::parse(arguments), Some(options), "{arguments:?}");
        }
    }

    #[test]
    fn options_are_passed_on_with_a_path_that_holds_anywhere() {
        let given = Options { quick: true, binary: Some(PathBuf::from("x")) };
        let arguments = given.arguments().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let read = Options::parse(&arguments).unwrap();
        assert_eq!(read, Options { quick: true, binary: Some(std::env::current_dir().unwrap().join("x")) });
        assert_eq!(Options::default().arguments().unwrap(), [""; 0]);
    }

    #[test]
    fn options_that_are_not_known_are_refused() {
        for arguments in [&["--slow"][..], &["--binary"], &["x"], &["--quick", "now"]] {
            assert_eq!(Options::parse(arguments), None, "{arguments:?}");
        }
    }
}
