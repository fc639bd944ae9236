//! Lists the migrations, so that the binary holds their texts. One that lacks a text in either dialect
//! does not compile: the compiler names the file that it looked for.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const FOLDER: &str = "../../migrations";

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script in this way where to write")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut names = BTreeSet::new();
    for dialect in ["sqlite", "postgres"] {
        for entry in fs::read_dir(Path::new(FOLDER).join(dialect))? {
            let name = entry?.file_name().into_string();
            names.insert(name.map_err(|name| format!("{}: no name for a migration", name.display()))?);
        }
    }

    let mut table = String::from("&[\n");
    for name in names {
        writeln!(
            table,
            "Migration {{ name: {name:?}, sqlite: {}, postgres: {} }},",
            texts("sqlite", &name),
            texts("postgres", &name)
        )?;
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), table)?;
    Ok(())
}

fn texts(dialect: &str, name: &str) -> String {
    let text = |file: &str| {
        let path = format!("/{FOLDER}/{dialect}/{name}/{file}.sql");
        format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))")
    };
    format!("Texts {{ up: {}, down: {} }}", text("up"), text("down"))
}
