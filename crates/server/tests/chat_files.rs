//! The bytes of files in a folder, on the real server and each database; and uploads that are far too large.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use support::{Running, Setup, Talker, TestDatabase, message};

on_both_databases! {
    files_lie_in_the_folder_and_go_when_they_are_deleted,
    replicas_share_a_folder,
    what_lies_in_the_database_is_read_after_a_folder_was_set,
    a_folder_that_cannot_be_written_is_a_503_and_leaves_nothing,
    a_hundred_megabytes_are_refused_without_being_kept,
}

/// More than two parts.
fn content() -> Vec<u8> {
    (0..=255).cycle().take(600_001).collect()
}

fn with_folder(database: &TestDatabase, folder: &Path) -> Setup {
    Setup::on(database)
        .set("AUTORISEN__CHAT__RESPONDER", "scripted")
        .set("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1")
        .set("AUTORISEN__CHAT__ATTACHMENT_FOLDER", &folder.display().to_string())
}

fn announce(talker: &Talker, size: usize) -> (String, String) {
    let announced =
        talker.ask("attachments.create", &json!({"name": "a.png", "size": size, "mime_type": "image/png"}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&announced["id"]), text(&announced["upload_descriptor"]["url"]))
}

/// Sends a file of the talker's, and gives its id.
fn upload(server: &Running, talker: &Talker) -> String {
    let (id, url) = announce(talker, content().len());
    assert_eq!(server.client().request("PUT", &url).body(content()).send().status, 200);
    id
}

/// Whether the file comes back as it was sent.
fn is_whole(server: &Running, talker: &Talker, id: &str) -> bool {
    let read = read(server, talker, id);
    read.ends_with(&content()) && read.starts_with(b"HTTP/1.1 200")
}

fn read(server: &Running, talker: &Talker, id: &str) -> Vec<u8> {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    let token = talker.token.as_str().unwrap();
    write!(
        connection,
        "GET /api/chatkit/attachments/{id} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut read = Vec::new();
    connection.read_to_end(&mut read).unwrap();
    read
}

/// The names of the files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn files_lie_in_the_folder_and_go_when_they_are_deleted(database: &TestDatabase) {
    let folder = database.folder().join("files");
    let server = with_folder(database, &folder).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let id = upload(&server, &ada);
    assert!(is_whole(&server, &ada, &id));
    let lying = files(&folder);
    assert_eq!(lying.len(), 3, "{lying:?}");
    assert!(lying.iter().all(|path| path.parent().unwrap().ends_with(&id)), "{lying:?}");
    ada.ask("attachments.delete", &json!({"attachment_id": id}));
    assert_eq!(files(&folder), [""; 0].map(PathBuf::from));

    // Of an upload that turns out too large nothing stays, and it can still come.
    let (id, url) = announce(&ada, 300_000);
    let large = server.client().request("PUT", &url).body(content()).send();
    assert_eq!(large.problem(422), "invalid_fields");
    assert_eq!(files(&folder), [""; 0].map(PathBuf::from));
    let fits = vec![1; 300_000];
    assert_eq!(server.client().request("PUT", &url).body(fits.clone()).send().status, 200);
    assert!(read(&server, &ada, &id).ends_with(&fits));
    assert_eq!(read(&server, &ada, "atc_../../../etc/passwd").get(9..12), Some(&b"404"[..]));
}

fn replicas_share_a_folder(database: &TestDatabase) {
    let folder = database.folder().join("files");
    let server = with_folder(database, &folder).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let id = upload(&server, &ada);
    // On SQLite it is the next process that serves the file.
    let other = if database.url().starts_with("postgres") {
        with_folder(database, &folder).start()
    } else {
        server.terminate();
        server.wait();
        with_folder(database, &folder).start()
    };
    let there = Talker { client: other.client(), ..ada };
    assert!(is_whole(&other, &there, &id));
    there.ask("attachments.delete", &json!({"attachment_id": id}));
    assert_eq!(files(&folder), [""; 0].map(PathBuf::from));
}

fn what_lies_in_the_database_is_read_after_a_folder_was_set(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "1").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let id = upload(&server, &ada);
    server.terminate();
    server.wait();
    let folder = database.folder().join("files");
    let server = with_folder(database, &folder).start();
    let ada = Talker { client: server.client(), ..ada };
    assert!(is_whole(&server, &ada, &id));
    let mut input = message("look");
    input["attachments"] = json!([id, upload(&server, &ada)]);
    ada.stream("threads.create", &json!({"input": input}));
    assert_eq!(files(&folder).len(), 3, "the new one alone");
}

fn a_folder_that_cannot_be_written_is_a_503_and_leaves_nothing(database: &TestDatabase) {
    let folder = database.folder().join("files");
    let server = with_folder(database, &folder).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    // As after an unmounted disk: nothing can be begun in it.
    std::fs::remove_dir_all(folder.join("tmp")).unwrap();
    std::fs::write(folder.join("tmp"), "").unwrap();
    let (id, url) = announce(&ada, content().len());
    let refused = server.client().request("PUT", &url).body(content()).send();
    assert_eq!(refused.problem(503), "unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(files(&folder), [folder.join("tmp")]);
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nhello\r\n--b--\r\n";
    let direct = server
        .client()
        .post("/api/chatkit/attachments")
        .bearer(&ada.token)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
        .send();
    assert_eq!(direct.problem(503), "unavailable");

    // And it is well again without a restart.
    std::fs::remove_file(folder.join("tmp")).unwrap();
    std::fs::create_dir(folder.join("tmp")).unwrap();
    assert_eq!(server.client().request("PUT", &url).body(content()).send().status, 200);
    assert!(is_whole(&server, &ada, &id));
}

/// As much as somebody may send who means no good.
const HUGE: usize = 100 * 1024 * 1024;
/// How much more memory the server may have had for it: what lies in buffers, and what a page cache takes.
const GROWTH: u64 = 32 * 1024 * 1024;

fn a_hundred_megabytes_are_refused_without_being_kept(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let announced =
        ada.send("attachments.create", &json!({"name": "a.png", "size": HUGE, "mime_type": "image/png"}));
    assert_eq!(announced.problem(422), "invalid_fields", "it is refused when it is announced");

    // What is usual has its memory before it is measured.
    upload(&server, &ada);
    let before = server.peak_memory();
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                Content-Type: image/png\r\n\r\n";
    let multipart = "multipart/form-data; boundary=b";
    for chunked in [false, true] {
        let (_, url) = announce(&ada, 1_000_000);
        let path = &url[url.find("/api/").unwrap()..];
        for (method, path, kind, start) in [
            ("PUT", path, "image/png", ""),
            ("POST", path, multipart, form),
            ("POST", "/api/chatkit/attachments", multipart, form),
            ("POST", "/api/chatkit", "application/json", "{\"type\":\"threads.list\",\"params\":{\"x\":\""),
        ] {
            let answer = send_huge(&server, &ada, (method, path, kind), start, chunked);
            // Whoever sends this much may be cut off before they read the answer.
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                "{method} {path} chunked {chunked}: {answer}"
            );
        }
        let grown = server.peak_memory() - before;
        assert!(grown < GROWTH, "{grown} bytes more, chunked {chunked}");
        // It can still come as it was announced.
        assert_eq!(server.client().request("PUT", &url).body(vec![1; 1_000_000]).send().status, 200);
    }
    // The failed ones of a direct upload are not counted against the user.
    assert!(ada.send("threads.list", &json!({})).status == 200);
}

/// Sends a hundred megabytes as long as somebody takes them, and gives the answer, if there is one.
fn send_huge(
    server: &Running,
    talker: &Talker,
    (method, path, kind): (&str, &str, &str),
    start: &str,
    chunked: bool,
) -> String {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    connection.set_write_timeout(Some(Duration::from_mins(1))).unwrap();
    let length = if chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", start.len() + HUGE)
    };
    let token = talker.token.as_str().unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
         {length}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    let block = vec![b'x'; 64 * 1024];
    let pieces = std::iter::once(start.as_bytes()).filter(|start| !start.is_empty());
    for piece in pieces.chain(std::iter::repeat_n(block.as_slice(), HUGE / block.len())) {
        let sent = if chunked {
            write!(connection, "{:x}\r\n", piece.len())
                .and_then(|()| connection.write_all(piece))
                .and_then(|()| connection.write_all(b"\r\n"))
        } else {
            connection.write_all(piece)
        };
        if sent.is_err() {
            break;
        }
    }
    if chunked {
        let _ = connection.write_all(b"0\r\n\r\n");
    }
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
