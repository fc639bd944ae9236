//! Settings: what there is to set, where values come from, and the typed values the server runs on.
//!
//! `registry` names every setting once. `environment` and `file` collect what was given, `layers`
//! puts it over the defaults, `settings` reads it into types and `rules` looks at the whole. Nothing
//! stops at the first fault: all of them are named together.

mod chat;
mod environment;
mod fault;
mod file;
mod inputs;
mod layers;
mod placements;
mod reader;
mod registry;
mod rules;
mod secret_file;
mod setting;
mod settings;
mod telemetry;
#[cfg(test)]
mod tests;

pub(crate) use chat::ResponderKind;
pub(crate) use fault::{Fault, Faults};
pub(crate) use inputs::Inputs;
use layers::Facts;
pub(crate) use layers::{Source, Values};
pub(crate) use registry::SETTINGS;
pub(crate) use setting::{Kind, Setting};
pub(crate) use settings::{
    AppEnv, AuthSettings, DatabaseSettings, LogFormat, LogSettings, ServerSettings, Settings,
};
pub(crate) use telemetry::{AdminSettings, ListenerKind, SamplerKind, TraceSettings};

/// What was read: the values as text with where they come from, and what is wrong with them.
pub(crate) struct Loaded {
    /// The value of every setting.
    pub(crate) values: Values,
    /// Everything that is wrong.
    pub(crate) faults: Faults,
    settings: Option<Settings>,
    facts: Facts,
}

impl Loaded {
    /// Where this is.
    pub(crate) const fn environment(&self) -> AppEnv {
        self.facts.environment
    }

    /// Whether this is a Heroku dyno.
    pub(crate) const fn is_dyno(&self) -> bool {
        self.facts.dyno
    }

    /// The typed settings, if they can be read, also when rules are broken: to look at, not to run on.
    pub(crate) const fn readable_settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// The typed settings, if nothing at all is wrong with them.
    pub(crate) fn settings(self) -> Result<Settings, Faults> {
        match self.settings {
            Some(settings) if self.faults.is_empty() => Ok(settings),
            _ => Err(self.faults),
        }
    }
}

/// Reads every setting from defaults, file and environment, and checks them all.
pub(crate) fn load(inputs: &Inputs) -> Loaded {
    let mut faults = Faults::default();
    let (values, facts) = layers::gather(inputs, &mut faults);
    let settings = settings::read(&values, &facts, &mut faults);
    Loaded { values, faults, settings, facts }
}
