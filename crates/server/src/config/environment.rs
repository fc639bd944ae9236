//! The layer of settings that the environment gives.

use std::collections::BTreeSet;

use super::fault::Faults;
use super::inputs::Inputs;
use super::layers::{Given, Layer, Source};
use super::registry::SETTINGS;
use super::secret_file;
use super::setting::Setting;

const PREFIX: &str = "AUTORISEN__";

/// Collects what the environment gives, and puts down which variables are unknown, unreadable, or
/// at odds with each other.
pub(super) fn read(inputs: &Inputs, faults: &mut Faults) -> Layer {
    report_unknown(inputs, faults);
    let mut layer = Layer::default();
    for setting in SETTINGS {
        if let Some(given) = given(setting, inputs, faults) {
            layer.insert(setting.key, given);
        }
    }
    layer
}

fn report_unknown(inputs: &Inputs, faults: &mut Faults) {
    let known: BTreeSet<String> = SETTINGS
        .iter()
        .flat_map(|setting| [setting.variables(), setting.file_variables()].concat())
        .collect();
    for name in inputs.environment.keys() {
        let name = name.to_string_lossy();
        let ours = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        if ours && !known.contains(name.as_ref()) {
            faults.add(
                name.escape_debug().to_string(),
                "is no setting",
                "remove it or correct its name; `autorisen config print --names` lists all there are",
            );
        }
    }
}

fn given(setting: &'static Setting, inputs: &Inputs, faults: &mut Faults) -> Option<Given> {
    let plain = setting.variables().into_iter().map(|name| (name, false));
    let files = setting.file_variables().into_iter().map(|name| (name, true));
    let mut found: Option<Given> = None;
    for (name, is_file) in plain.chain(files) {
        let Some(value) = inputs.variable(&name) else { continue };
        let text = if is_file {
            secret_file::read(&inputs.folder.join(value)).map_err(|problem| {
                (problem, "name a file that this user can read and that holds the secret and nothing else")
            })
        } else {
            value.to_str().map(str::to_owned).ok_or(("is not valid UTF-8", "set it to plain text"))
        };
        match (text, &found) {
            (Err((problem, remedy)), _) => faults.add_for(setting.key, name, problem, remedy),
            (Ok(text), None) => found = Some(Given { text, source: Source::Environment(name) }),
            (Ok(text), Some(first)) if text != first.text => faults.add_for(
                setting.key,
                format!("{} and {name}", first.source.name(setting)),
                "set the same thing to different values",
                "keep one of them",
            ),
            (Ok(_), Some(_)) => {}
        }
    }
    found
}
