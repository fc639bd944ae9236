//! `autorisen config`: saying what is set and what is wrong with it.

use std::io::{self, Write};

use autorisen_storage::DatabaseUrl;
use serde_json::{Value, json};

use super::{ConfigCommand, ExitCode};
use crate::config::{Kind, Loaded, SETTINGS, Setting, Source};

const MASK: &str = "********";

/// Does what was asked; answers go to `out`, faults of the settings to `err`.
pub(crate) fn run(
    command: &ConfigCommand,
    loaded: &Loaded,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<ExitCode> {
    match command {
        ConfigCommand::Check { json } => check(loaded, *json, out, err),
        ConfigCommand::Print { names: true, json } => names(*json, out),
        ConfigCommand::Print { names: false, json } => print(loaded, *json, out, err),
    }
}

fn check(loaded: &Loaded, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    let faults = &loaded.faults;
    if json {
        let faults: Vec<Value> = faults
            .iter()
            .map(|fault| json!({ "name": fault.name, "problem": fault.problem, "remedy": fault.remedy }))
            .collect();
        write_json(out, &json!({ "ok": faults.is_empty(), "faults": faults }))?;
    } else if faults.is_empty() {
        writeln!(out, "The settings are in order.")?;
    } else {
        writeln!(err, "{faults}")?;
    }
    Ok(if faults.is_empty() { ExitCode::Success } else { ExitCode::Settings })
}

fn print(loaded: &Loaded, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<ExitCode> {
    if json {
        let settings: Vec<Value> = SETTINGS.iter().map(|setting| value_json(loaded, setting)).collect();
        write_json(out, &json!({ "settings": settings }))?;
    } else {
        let width = SETTINGS.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
        for setting in SETTINGS {
            let value = shown(loaded, setting).unwrap_or_else(|| "(none)".to_owned());
            writeln!(out, "{:width$} = {value}  ({})", setting.key, source(loaded, setting).1)?;
        }
    }
    if loaded.faults.is_empty() {
        return Ok(ExitCode::Success);
    }
    writeln!(err, "{}", loaded.faults)?;
    Ok(ExitCode::Settings)
}

fn names(json: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    if json {
        let settings: Vec<Value> = SETTINGS.iter().map(name_json).collect();
        write_json(out, &json!({ "settings": settings }))?;
        return Ok(ExitCode::Success);
    }
    for setting in SETTINGS {
        writeln!(out, "{}", setting.key)?;
        writeln!(out, "    {}", setting.help)?;
        writeln!(out, "    takes    {}", setting.kind)?;
        writeln!(out, "    default  {}", setting.default)?;
        let variables = [setting.variables(), setting.file_variables()].concat();
        writeln!(out, "    set by   {}", variables.join(", "))?;
    }
    Ok(ExitCode::Success)
}

/// The value as it may be seen; `None` when there is none.
fn shown(loaded: &Loaded, setting: &Setting) -> Option<String> {
    let text = loaded.values.text(setting.key).filter(|text| !text.is_empty())?;
    Some(match setting.kind {
        _ if loaded.faults.concern(setting.key) => "(faulty)".to_owned(),
        Kind::DatabaseUrl => DatabaseUrl::parse(text).map_or_else(|_| MASK.to_owned(), |url| url.to_string()),
        _ if setting.secret => MASK.to_owned(),
        _ => text.to_owned(),
    })
}

/// What kind of place a value comes from, and its name.
fn source<'a>(loaded: &'a Loaded, setting: &Setting) -> (&'static str, &'a str) {
    match loaded.values.source(setting.key) {
        Source::Default => ("default", "default"),
        Source::File { path, .. } => ("file", path),
        Source::Environment(name) => ("environment", name),
    }
}

fn value_json(loaded: &Loaded, setting: &Setting) -> Value {
    let (source, name) = source(loaded, setting);
    json!({ "key": setting.key, "value": shown(loaded, setting), "source": source, "name": name })
}

fn name_json(setting: &Setting) -> Value {
    json!({
        "key": setting.key,
        "variables": setting.variables(),
        "file_variables": setting.file_variables(),
        "default": setting.default.to_string(),
        "takes": setting.kind.to_string(),
        "secret": setting.secret,
        "help": setting.help,
    })
}

fn write_json(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{value:#}")
}
