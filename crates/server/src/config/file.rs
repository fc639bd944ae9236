//! The layer of settings that a TOML file gives.

use std::fs;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Source as _, Value, ValueKind};

use super::fault::Faults;
use super::inputs::Inputs;
use super::layers::{Given, Layer, Source};
use super::registry;
use super::secret_file;
use super::setting::{Kind, Setting};

/// The file that is read when none is named.
const USUAL_NAME: &str = "autorisen.toml";
/// The variable that names another.
const VARIABLE: &str = "AUTORISEN_CONFIG";

type Table = config::Map<String, Value>;

/// Collects what the file gives, and puts down what in it is unknown or unreadable.
pub(super) fn read(inputs: &Inputs, faults: &mut Faults) -> Layer {
    let mut layer = Layer::default();
    let Some((name, path)) = choose(inputs) else { return layer };
    let Some(table) = parse(&name, &path, faults) else { return layer };

    for (section, value) in sorted(table) {
        let ValueKind::Table(fields) = value.kind else {
            unknown(&section, &path, faults);
            continue;
        };
        for (field, value) in sorted(fields) {
            take(&format!("{section}.{field}"), value, inputs, &path, &mut layer, faults);
        }
    }
    layer
}

/// The file to read, after what named it.
fn choose(inputs: &Inputs) -> Option<(String, PathBuf)> {
    if let Some(path) = &inputs.file {
        return Some(("--config".to_owned(), inputs.folder.join(path)));
    }
    if let Some(path) = inputs.variable(VARIABLE) {
        return Some((VARIABLE.to_owned(), inputs.folder.join(path)));
    }
    let usual = inputs.folder.join(USUAL_NAME);
    usual.exists().then(|| (USUAL_NAME.to_owned(), usual))
}

fn parse(name: &str, path: &Path, faults: &mut Faults) -> Option<Table> {
    let Ok(text) = fs::read_to_string(path) else {
        faults.add(name, "names a file that cannot be read", "name a TOML file that this user can read");
        return None;
    };
    let parsed = Config::builder().add_source(File::from_str(&text, FileFormat::Toml)).build();
    match parsed.and_then(|config| config.collect()) {
        Ok(table) => Some(table),
        Err(error) => {
            let place = place_of(&error);
            faults.add(path.display().to_string(), format!("is not valid TOML{place}"), "correct it there");
            None
        }
    }
}

/// Where the error is. The rest of its text quotes the file, which may hold secrets.
fn place_of(error: &ConfigError) -> String {
    let ConfigError::FileParse { cause, .. } = error else { return String::new() };
    let text = cause.to_string();
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("TOML parse error").map(str::to_owned).unwrap_or_default()
}

/// Keeps the order of the faults from depending on chance.
fn sorted(table: Table) -> Vec<(String, Value)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

fn take(key: &str, value: Value, inputs: &Inputs, path: &Path, layer: &mut Layer, faults: &mut Faults) {
    let file = path.display().to_string();
    let pointed = key.strip_suffix("_file").and_then(registry::find).filter(|setting| setting.secret);
    let Some(setting) = registry::find(key).or(pointed) else {
        unknown(key, path, faults);
        return;
    };
    let name = format!("{key} in {file}");

    let Some(mut text) = text_of(value, setting) else {
        faults.add_for(setting.key, name, format!("must be {}", setting.kind), "correct or remove it");
        return;
    };
    if pointed.is_some() {
        match secret_file::read(&inputs.folder.join(&text)) {
            Ok(secret) => text = secret,
            Err(problem) => {
                faults.add_for(setting.key, name, problem, "name a file that this user can read");
                return;
            }
        }
    }
    if layer.get(setting.key).is_some_and(|given| given.text != text) {
        faults.add_for(
            setting.key,
            format!("{0} and {0}_file in {file}", setting.key),
            "set the same thing to different values",
            "keep one of them",
        );
        return;
    }
    layer.insert(setting.key, Given { text, source: Source::File { path: file, key: key.to_owned() } });
}

fn unknown(key: &str, path: &Path, faults: &mut Faults) {
    faults.add(
        format!("{} in {}", key.escape_debug(), path.display()),
        "is no setting",
        "remove it or correct its name; `autorisen config print --names` lists all there are",
    );
}

/// The value as text; `None` when it is of a type that the setting cannot have.
fn text_of(value: Value, setting: &Setting) -> Option<String> {
    match (value.kind, setting.kind.separator()) {
        (ValueKind::String(text), _) if !text.is_empty() => Some(text),
        (ValueKind::I64(number), _) if matches!(setting.kind, Kind::Integer { .. }) => {
            Some(number.to_string())
        }
        (ValueKind::Boolean(flag), _) if matches!(setting.kind, Kind::Choice(_)) => Some(flag.to_string()),
        (ValueKind::Array(entries), Some(separator)) => {
            let texts = entries.into_iter().map(|entry| match entry.kind {
                ValueKind::String(text) if !text.contains(separator) => Some(text),
                _ => None,
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(separator))
        }
        _ => None,
    }
}
