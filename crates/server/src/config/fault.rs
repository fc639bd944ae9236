//! What can be wrong with settings, told so that a person can mend it.

use std::fmt;

/// One thing that is wrong. It never repeats a value, which might be a secret in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The variable, or the key and the file, that is at fault.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) remedy: String,
    key: Option<&'static str>,
}

/// Everything that is wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault of something that is no known setting.
    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (name, problem, remedy) = (name.into(), problem.into(), remedy.into());
        self.0.push(Fault { name, problem, remedy, key: None });
    }

    /// Adds a fault of the setting `key`, which was given under `name`.
    pub(super) fn add_for(
        &mut self,
        key: &'static str,
        name: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (name, problem, remedy) = (name.into(), problem.into(), remedy.into());
        self.0.push(Fault { name, problem, remedy, key: Some(key) });
    }

    /// Whether the setting `key` is known to be at fault.
    pub(crate) fn concern(&self, key: &str) -> bool {
        self.0.iter().any(|fault| fault.key == Some(key))
    }

    /// Whether nothing is wrong.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults, in the order in which they were found.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.name, self.problem, self.remedy)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the settings have 1 fault:")?,
            count => write!(f, "the settings have {count} faults:")?,
        }
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}
