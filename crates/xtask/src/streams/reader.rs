//! Reads one stream to its end, and checks that it is whole.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::rig::http::post;

/// What came of one stream that was whole.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// For each event of text, how long it took from the model to here, in milliseconds.
    pub(super) lateness_ms: Vec<f64>,
    /// From the first event of text to the last, in seconds.
    pub(super) seconds: f64,
}

/// The time, in microseconds since 1970: it goes from one thread to another as a text.
#[expect(clippy::disallowed_methods, reason = "a developer's crate, which has no Clock")]
pub(super) fn now_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Begins a thread and reads its answer, which must have `words` events of text and end well. `opened` is
/// called when the first of them has come.
pub(super) fn read(
    address: SocketAddr,
    token: &str,
    words: usize,
    patience: Duration,
    opened: impl FnOnce(),
) -> io::Result<Read> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    let input = json!({
        "content": [{"type": "input_text", "text": "Speak."}], "attachments": [], "inference_options": {},
    });
    let body = json!({"type": "threads.create", "params": {"input": input}}).to_string();
    (&stream).write_all(&post("/api/chatkit", Some(token), &body))?;
    whole(&mut BufReader::new(stream), words, opened)
}

fn whole(reader: &mut impl BufRead, words: usize, opened: impl FnOnce()) -> io::Result<Read> {
    let mut opened = Some(opened);
    let (mut read, mut first, mut last) = (Read::default(), 0, 0);
    let (mut text, mut done, mut line) = (String::new(), None, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(fault("the connection was cut"));
        }
        // A chunk is a frame, and the one of no length is the end.
        if line.trim_end() == "0" {
            break;
        }
        if let Some(status) = line.strip_prefix("HTTP/1.1 ")
            && !status.starts_with("200")
        {
            return Err(fault(&format!("it was answered {}", status.trim_end())));
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let event: Value = serde_json::from_str(data)?;
        if event["type"] == "error" {
            return Err(fault(&format!("it was told {event}")));
        }
        if event["type"] == "thread.item.done" && event["item"]["type"] == "assistant_message" {
            done = event["item"]["content"][0]["text"].as_str().map(str::to_owned);
        }
        let Some(delta) = event["update"]["delta"].as_str() else { continue };
        let now = now_micros();
        for word in delta.split_whitespace() {
            let said: u64 = word.parse().map_err(|_| fault("it is not what the model said"))?;
            read.lateness_ms.push(millis(now.saturating_sub(said)));
        }
        text.push_str(delta);
        last = now;
        if let Some(opened) = opened.take() {
            first = now;
            opened();
        }
    }
    if read.lateness_ms.len() != words || done.as_deref() != Some(&text) {
        return Err(fault(&format!("{} of {words} words came", read.lateness_ms.len())));
    }
    read.seconds = millis(last - first) / 1_000.0;
    Ok(read)
}

/// As many milliseconds.
fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1_000.0
}

fn fault(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(deltas: &[&str], done: &str) -> String {
        let delta = |delta: &&str| json!({"type": "thread.item.updated", "update": {"delta": delta}});
        let done = json!({"type": "thread.item.done",
            "item": {"type": "assistant_message", "content": [{"text": done}]}});
        let events = deltas.iter().map(delta).chain([done]);
        let chunks: Vec<String> = events.map(|event| format!("40\r\ndata: {event}\n\n\r\n")).collect();
        let chunks = chunks.concat();
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{chunks}0\r\n\r\n")
    }

    #[test]
    fn a_whole_stream_tells_how_late_each_word_was() {
        let mut opened = 0;
        let read = whole(&mut stream(&["1 ", "2 3 "], "1 2 3 ").as_bytes(), 3, || opened += 1).unwrap();
        assert_eq!((read.lateness_ms.len(), opened), (3, 1));
        assert!(read.seconds >= 0.0 && read.lateness_ms.iter().all(|late| *late > 0.0));
    }

    #[test]
    fn what_is_missing_cut_or_refused_is_told() {
        let cut = stream(&["1 "], "1 ").replace("0\r\n\r\n", "");
        for (text, words, told) in [
            (stream(&["1 "], "1 "), 2, "1 of 2 words came"),
            (stream(&["1 ", "2 "], "1 "), 2, "2 of 2 words came"),
            (cut, 1, "the connection was cut"),
            ("HTTP/1.1 429 Too Many Requests\r\n\r\n".to_owned(), 1, "it was answered 429 Too Many Requests"),
            ("data: {\"type\":\"error\"}\n".to_owned(), 1, "it was told {\"type\":\"error\"}"),
        ] {
            let error = whole(&mut text.as_bytes(), words, || {}).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
    }
}
