//! Secrets that are kept in a file of their own.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// No secret is longer than this; what is longer is the wrong file.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the secret in the file, without the line break at its end; the error says what is wrong.
pub(super) fn read(path: &Path) -> Result<String, &'static str> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|_| "names a file that cannot be read")?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("names a file that is too long for a secret");
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "names a file that is not text")?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() { Err("names a file that is empty") } else { Ok(text) }
}
