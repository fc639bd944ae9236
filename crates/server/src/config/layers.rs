//! Putting the layers of settings on top of each other: defaults, file, environment.

use std::collections::BTreeMap;
use std::fmt;

use autorisen_http::Origin;
use config::{Config, ConfigError, Map, Value};

use super::fault::Faults;
use super::inputs::Inputs;
use super::registry::{self, SETTINGS};
use super::setting::Setting;
use super::settings::{self, AppEnv};
use super::{environment, file};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody said anything.
    Default,
    /// A line of the file.
    File {
        /// The file.
        path: String,
        /// The key in it.
        key: String,
    },
    /// This variable.
    Environment(String),
}

/// A value that somebody gave.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) source: Source,
}

/// What one place gives.
#[derive(Default)]
pub(super) struct Layer(BTreeMap<&'static str, Given>);

/// The value of every setting that has one, and where it comes from.
pub(crate) struct Values(BTreeMap<&'static str, (Option<String>, Source)>);

/// What defaults and rules depend on besides the values.
pub(crate) struct Facts {
    /// Whether this is a Heroku dyno.
    pub(super) dyno: bool,
    /// Where this is.
    pub(super) environment: AppEnv,
    /// How many threads can run at once.
    pub(super) cores: usize,
    /// Whether a person sees what is printed.
    pub(super) terminal: bool,
    /// How browsers reach this server, if that was said.
    pub(super) public_url: Option<Origin>,
}

/// Collects all layers and puts them together.
pub(super) fn gather(inputs: &Inputs, faults: &mut Faults) -> (Values, Facts) {
    let file = file::read(inputs, faults);
    let environment = environment::read(inputs, faults);
    let facts = Facts::of(inputs, |key| environment.get(key).or_else(|| file.get(key)));

    let sources: BTreeMap<_, _> =
        file.0.iter().chain(&environment.0).map(|(key, given)| (*key, given.source.clone())).collect();
    let merged = merge(&facts, file, environment);
    let values = SETTINGS.iter().map(|setting| {
        let text = merged.as_ref().ok().and_then(|merged| merged.get_string(setting.key).ok());
        (setting.key, (text, sources.get(setting.key).cloned().unwrap_or(Source::Default)))
    });
    (Values(values.collect()), facts)
}

fn merge(facts: &Facts, file: Layer, environment: Layer) -> Result<Config, ConfigError> {
    let mut builder = Config::builder();
    for setting in SETTINGS {
        if let Some(text) = setting.default.resolve(facts) {
            builder = builder.set_default(setting.key, text)?;
        }
    }
    builder.add_source(file).add_source(environment).build()
}

impl Facts {
    fn of<'a>(inputs: &Inputs, given: impl Fn(&str) -> Option<&'a Given>) -> Self {
        let dyno = inputs.variable("DYNO").is_some();
        let unless_told = if dyno { AppEnv::Production } else { AppEnv::Development };
        Self {
            dyno,
            environment: given("app.env").and_then(|given| AppEnv::parse(&given.text)).unwrap_or(unless_told),
            cores: inputs.cores,
            terminal: inputs.terminal,
            public_url: given("server.public_url").and_then(|given| settings::origin(&given.text)),
        }
    }
}

impl Layer {
    pub(super) fn insert(&mut self, key: &'static str, given: Given) {
        self.0.insert(key, given);
    }

    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.0.get(key)
    }
}

/// Shows no values: some are secret.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl config::Source for Layer {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        let copy = |given: &Given| Given { text: given.text.clone(), source: given.source.clone() };
        Box::new(Self(self.0.iter().map(|(key, given)| (*key, copy(given))).collect()))
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.iter().map(|(key, given)| ((*key).to_owned(), given.text.clone().into())).collect())
    }
}

impl Source {
    /// The name under which `setting` was given, or is to be given.
    pub(super) fn name(&self, setting: &Setting) -> String {
        match self {
            Self::Default => setting.preferred_name(),
            Self::File { path, key } => format!("{key} in {path}"),
            Self::Environment(name) => name.clone(),
        }
    }
}

impl Values {
    /// The text of a setting, if it has one.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|(text, _)| text.as_deref())
    }

    /// Where the text comes from.
    pub(crate) fn source(&self, key: &str) -> &Source {
        self.0.get(key).map_or(&Source::Default, |(_, source)| source)
    }

    /// What to call a setting when there is something to say about it.
    pub(super) fn name(&self, key: &str) -> String {
        registry::find(key).map_or_else(|| key.to_owned(), |setting| self.source(key).name(setting))
    }
}
