//! A database with everything in it is moved, backed up, destroyed, restored and moved back, by the commands that
//! an operator runs.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use support::{Client, PASSWORD, Running, Setup, Talker, TestDatabase};

const ADA: &str = "ada@example.org";

fn setup(database: &TestDatabase) -> Setup {
    // Keys and sessions are to outlive the database, so nothing may be left in its folder.
    Setup::on(database).set("AUTORISEN__CHAT__RESPONDER", "scripted")
}

fn run(database: &TestDatabase, args: &[&str]) -> Output {
    setup(database).args(args).output()
}

#[track_caller]
fn done(database: &TestDatabase, args: &[&str]) -> String {
    let output = run(database, args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a person holds who signed in once.
struct Held {
    refresh: Value,
    access: Value,
    cookie: String,
    chat: Value,
}

impl Held {
    fn of(client: &Client) -> Self {
        let login = client.login(ADA, PASSWORD);
        let cookie = login.cookie("autorisen_session");
        let (refresh, access) = (login.json()["refresh_token"].clone(), login.json()["access_token"].clone());
        let chat =
            client.post("/api/chatkit/token").bearer(&access).json(&json!({})).send().json()["token"].clone();
        Self { refresh, access, cookie, chat }
    }

    fn by_cookie(&self, client: &Client) -> u16 {
        client.get("/api/auth/me").cookie(&self.cookie).send().status
    }

    fn by_chat(&self, client: &Client) -> u16 {
        let body = json!({"type": "threads.list", "params": {"limit": 10}});
        client.post("/api/chatkit").bearer(&self.chat).json(&body).send().status
    }

    fn renewed(&self, client: &Client) -> u16 {
        client.post("/api/auth/refresh").json(&json!({"refresh_token": self.refresh})).send().status
    }

    /// Each of them, in the order: access token, cookie, chat token, refresh token.
    fn all(&self, client: &Client) -> [u16; 4] {
        [client.me(&self.access).status, self.by_cookie(client), self.by_chat(client), self.renewed(client)]
    }
}

/// Fills a database through the server, and gives what Ada holds then and the thread that she has.
fn filled(database: &TestDatabase) -> (Held, String) {
    let server = setup(database).start();
    let client = server.client();
    let ada = Talker::register(&client, ADA);
    let (thread, _) = ada.begin("echo what will still be there");
    let file = json!({"name": "a.png", "size": 300_000, "mime_type": "image/png"});
    let announced = ada.ask("attachments.create", &file);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let url = announced["upload_descriptor"]["url"].as_str().unwrap();
    assert_eq!(client.request("PUT", url).body(bytes).send().status, 200);
    client.register("bob@example.org");
    client.login(ADA, "another password").problem(401);
    database.execute("UPDATE signing_keys SET changed_at = changed_at - 120000000");
    done(database, &["keys", "rotate"]);
    let held = Held::of(&client);
    stop(server);
    (held, thread)
}

fn stop(server: Running) {
    server.terminate();
    server.wait();
}

fn is_sound(database: &TestDatabase) {
    let checked: Value = serde_json::from_str(&done(database, &["db", "check", "--json"])).unwrap();
    assert_eq!((&checked["whole"], &checked["violations"]), (&json!(true), &json!([])));
    assert!(done(database, &["audit", "verify"]).starts_with("whole"));
}

#[test]
fn what_is_moved_backed_up_destroyed_and_restored_is_all_there_and_only_a_restore_signs_out() {
    let [first, second, third, fourth] =
        [TestDatabase::sqlite(), TestDatabase::postgres(), TestDatabase::postgres(), TestDatabase::sqlite()];
    let (held, thread) = filled(&first);

    let moved = done(&first, &["db", "move", "--to", second.url()]);
    assert!(moved.contains("chat_attachment_parts") && !moved.contains("options="), "{moved}");
    is_sound(&second);
    let server = setup(&second).start();
    let client = server.client();
    assert_eq!(held.all(&client), [200; 4], "with the same SECRET_KEY everybody is still signed in");
    let ada = Talker { client: client.clone(), access: held.access.clone(), token: held.chat.clone() };
    let items = ada.items(&thread, 50);
    assert!(items.len() >= 2, "{items:?}");

    // While it serves.
    let held = Held::of(&client);
    let path = second.folder().join("a.backup");
    let path = path.to_str().unwrap();
    let made = done(&second, &["backup", path]);
    assert!(made.contains("is written, and was read back"), "{made}");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(done(&second, &["backup", "verify", path]).contains("is whole"));
    let lost = Held::of(&client);
    stop(server);
    done(&second, &["migrate", "down", "--all"]);

    done(&third, &["restore", path]);
    is_sound(&third);
    let server = setup(&third).start();
    let client = server.client();
    for (held, when) in [(&held, "of the backup"), (&lost, "of after it")] {
        assert_eq!(held.all(&client), [401; 4], "{when}");
    }
    let again = Held::of(&client);
    let ada = Talker { client: client.clone(), access: again.access.clone(), token: again.chat.clone() };
    assert_eq!(ada.items(&thread, 50).len(), items.len(), "what was said is there");
    stop(server);
    let audit = done(&third, &["audit", "export"]);
    assert_eq!(audit.lines().filter(|line| line.contains("database.restored")).count(), 1);
    is_sound(&third);

    done(&third, &["db", "move", "--to", fourth.url()]);
    is_sound(&fourth);
    let server = setup(&fourth).start();
    assert_eq!(again.all(&server.client()), [200; 4]);
    stop(server);
}

#[test]
fn sessions_of_a_database_that_was_restored_by_other_means_are_ended() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let (held, _) = filled(&database);
        done(&database, &["db", "end-sessions"]);
        is_sound(&database);
        let server = setup(&database).start();
        assert_eq!(held.all(&server.client()), [401; 4]);
        assert_eq!(Held::of(&server.client()).all(&server.client()), [200; 4]);
    }
}

#[test]
fn a_restore_needs_no_old_secret_key() {
    let [from, to] = [TestDatabase::sqlite(), TestDatabase::sqlite()];
    filled(&from);
    let path = from.folder().join("a.backup");
    done(&from, &["backup", path.to_str().unwrap()]);
    done(&to, &["restore", path.to_str().unwrap()]);
    let server = setup(&to).set("SECRET_KEY", "another key, since the first one burned too").start();
    assert_eq!(Held::of(&server.client()).all(&server.client()), [200; 4]);
}

#[test]
fn what_may_not_be_done_now_ends_with_4_and_says_why() {
    let [from, to] = [TestDatabase::sqlite(), TestDatabase::postgres()];
    let server = setup(&from).start();
    server.client().register(ADA);
    let refused = |args: &[&str], part: &str| {
        let output = run(&from, args);
        let text = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(output.status.code() == Some(4) && text.contains(part), "{args:?}: {output:?}");
    };
    refused(&["db", "move", "--to", to.url()], "is in use; stop the server");
    let path = from.folder().join("a");
    let path = path.to_str().unwrap();
    done(&from, &["backup", path]);
    refused(&["backup", path], "exists already");
    refused(&["restore", path], "is not empty: there are rows in users");
    refused(&["restore", "nowhere"], "there is no file");
    stop(server);
    let url = from.folder().join("url");
    std::fs::write(&url, format!("{}\n", to.url())).unwrap();
    done(&from, &["db", "move", "--to-file", url.to_str().unwrap()]);
    refused(&["db", "move", "--to", to.url()], "is not empty");
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
    refused(&["backup", "verify", path], "is no whole backup");
    from.execute("UPDATE users SET email = 'Ada@example.org'");
    let checked = run(&from, &["db", "check"]);
    assert_eq!(checked.status.code(), Some(4));
    assert!(String::from_utf8(checked.stdout).unwrap().contains("(account.address)"));
}

#[test]
fn a_disk_that_is_full_leaves_no_file() {
    let database = TestDatabase::sqlite();
    filled(&database);
    let folder = database.folder().join("backups");
    std::fs::create_dir(&folder).unwrap();
    // Files may have 64 KiB: less than the backup has, and more than what SQLite writes to read.
    let script = format!(
        "ulimit -f 128; trap '' XFSZ; exec {} backup {}",
        env!("CARGO_BIN_EXE_autorisen"),
        folder.join("a").display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("DATABASE_URL", database.url())
        .current_dir(database.folder())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && text.contains("cannot write") && text.contains("a.partial"),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

/// Kills a command at parts of the time that it takes, and shows that it has done all or nothing.
#[test]
fn a_move_or_restore_that_is_killed_leaves_an_empty_database_and_can_be_repeated() {
    let from = TestDatabase::sqlite();
    filled(&from);
    // Long enough to be caught in the middle.
    let rows: Vec<String> = (0..30_000).map(|row| format!("('{row}', 'turns', '', 1)")).collect();
    for rows in rows.chunks(10_000) {
        from.execute(&format!("INSERT INTO chat_usage VALUES {}", rows.join(",")));
    }
    let path = from.folder().join("a");
    done(&from, &["backup", path.to_str().unwrap()]);
    // A restore ends sessions, so it changes users too; these two it leaves as they are.
    let mut whole = rows_of(&from);
    whole.retain(|line| line.contains(" chat_items ") || line.contains(" chat_usage "));
    assert_eq!(whole.len(), 2, "{whole:?}");
    for to in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let commands =
            [vec!["db", "move", "--to", to.url()], vec!["restore", path.to_str().unwrap(), "--to", to.url()]];
        let mut without_effect = 0;
        for command in &commands {
            let begin = Instant::now();
            done(&from, command);
            let took = begin.elapsed();
            done(&to, &["migrate", "down", "--all"]);
            for part in [0.4, 0.8] {
                killed_after(&from, command, took.mul_f64(part));
                match left_in(&to, &whole) {
                    Left::Nothing => without_effect += 1,
                    // On a machine that is quicker now it was done just before, or all but its last word.
                    Left::Everything => drop(done(&to, &["migrate", "down", "--all"])),
                }
            }
        }
        assert!(without_effect > 0, "nothing was killed in the middle");
        done(&from, &["db", "move", "--to", to.url()]);
        assert_eq!(rows_of(&to), rows_of(&from));
    }
}

/// What a command that was killed left.
enum Left {
    Nothing,
    Everything,
}

#[track_caller]
fn left_in(to: &TestDatabase, whole: &[String]) -> Left {
    let path = to.folder().join("left");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let output = run(to, &["backup", path.to_str().unwrap()]);
        let (text, refusal) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        drop(std::fs::remove_file(&path));
        let has = |table: &str, rows: &str| {
            text.lines().any(|line| line.contains(table) && line.ends_with(&format!(" {rows}")))
        };
        match output.status.code() {
            Some(0) if has("users", "0") && has("chat_usage", "0") => return Left::Nothing,
            Some(0) if whole.iter().all(|line| text.contains(line)) => return Left::Everything,
            // Before its tables are there.
            Some(4) if refusal.contains("migrate up") => return Left::Nothing,
            // PostgreSQL notices a while later that nobody speaks to it any more.
            _ => {
                assert!(Instant::now() < deadline, "{:?}: {text}{refusal}", output.status);
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn killed_after(database: &TestDatabase, args: &[&str], wait: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_autorisen"))
        .args(args)
        .env_clear()
        .env("DATABASE_URL", database.url())
        .current_dir(database.folder())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn rows_of(database: &TestDatabase) -> Vec<String> {
    let path = database.folder().join("rows");
    let text = done(database, &["backup", path.to_str().unwrap()]);
    remove(&path);
    text.lines().filter(|line| line.starts_with("  ")).map(str::to_owned).collect()
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}
