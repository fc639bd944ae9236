//! Lists the files of the front end, so that the binary holds them.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script in this way where to write")]
fn main() -> Result<(), Box<dyn Error>> {
    // A build script runs in the folder of its package.
    let web = Path::new("web");
    let mut files = vec![web.join("autorisen.js")];
    for folder in ["app", "docs"] {
        find(&web.join(folder), &mut files)?;
    }
    files.sort();

    let mut table = String::from("[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(web)?.to_str().ok_or("a file has a name that is no text")?;
        writeln!(
            table,
            "File {{ path: {:?}, media_type: {:?}, digest: {:?}, \
             bytes: include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})) }},",
            path(name),
            media_type(&file).ok_or_else(|| format!("{name}: of what type is it?"))?,
            digest(&fs::read(&file)?)?,
            format!("/web/{name}"),
        )?;
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("files.rs"), table)?;
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn digest(bytes: &[u8]) -> Result<String, std::fmt::Error> {
    Sha256::digest(bytes).iter().try_fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}")?;
        Ok(text)
    })
}

/// Where a file is served: as it lies in the folder, and the page without its name.
fn path(name: &str) -> String {
    format!("/{}", name.strip_suffix("/index.html").unwrap_or(name))
}

fn media_type(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()? {
        "css" => Some("text/css; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml; charset=utf-8"),
        _ => None,
    }
}
