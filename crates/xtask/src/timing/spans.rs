//! What the server says of how long it took, in its log.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;

/// The id of the request with this number.
pub(super) fn request_id(number: usize) -> String {
    format!("t-{number:07}")
}

/// The time of each of the first `count` requests, in microseconds; `None` for those that the log does
/// not have.
pub(super) fn read(log: &Path, count: usize) -> Result<Vec<Option<f64>>, Failure> {
    let fail = |error: std::io::Error| Failure::new(format!("{}: {error}", log.display()));
    let mut spans = vec![None; count];
    for line in BufReader::new(File::open(log).map_err(fail)?).lines() {
        if let Some((number, span)) = span(&line.map_err(fail)?)
            && let Some(place) = spans.get_mut(number)
        {
            *place = Some(span);
        }
    }
    Ok(spans)
}

/// The number of a request and how long it took, from a line that tells of its end.
fn span(line: &str) -> Option<(usize, f64)> {
    // Most lines tell of something else: they are not worth more than a look.
    if !line.contains("\"http.request.done\"") || !line.contains("\"t-") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    let number = line["request_id"].as_str()?.strip_prefix("t-")?.parse().ok()?;
    Some((number, line["duration_ms"].as_f64()? * 1_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_found_in_the_line_of_its_request() {
        let line = r#"{"event":"http.request.done","request_id":"t-0000012","duration_ms":1.234}"#;
        let (number, span) = super::span(line).unwrap();
        assert_eq!(number, 12);
        assert!((span - 1_234.0).abs() < 1e-6);
        assert!(line.contains(&format!("\"{}\"", request_id(12))));
    }

    #[test]
    fn other_lines_and_other_requests_have_none() {
        for line in [
            r#"{"event":"auth.login.failure","request_id":"t-0000012","duration_ms":1.234}"#,
            r#"{"event":"http.request.done","request_id":"w-0000012","duration_ms":1.234}"#,
            r#"{"event":"http.request.done","request_id":"t-0000012"}"#,
            r#"{"event":"http.request.done","request_id":"t-"#,
        ] {
            assert_eq!(span(line), None, "{line}");
        }
    }
}
