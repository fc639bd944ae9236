//! `autorisen doctor` on deployments with one thing wrong, with everything wrong, and with nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use support::{Setup, TestDatabase};

/// What was found: the name of the check, how bad it is, what it says and what is to be done.
struct Report(Value, Option<i32>);

impl Report {
    fn of(setup: &Setup) -> Self {
        let output = setup.clone().args(&["doctor", "--json"]).output();
        let text = String::from_utf8(output.stdout).unwrap();
        let parsed = serde_json::from_str(&text);
        Self(parsed.unwrap_or_else(|error| panic!("{error}: {text}")), output.status.code())
    }

    fn findings(&self) -> &[Value] {
        self.0["findings"].as_array().unwrap()
    }

    /// What is wrong, or to be thought about, in the order in which it was found.
    fn troubles(&self) -> Vec<String> {
        let troubles =
            self.findings().iter().filter(|found| found["state"] != "ok" && found["state"] != "skipped");
        troubles
            .map(|found| {
                assert!(!found["remedy"].as_str().unwrap().is_empty(), "{found}");
                format!("{} {}: {}", text(&found["state"]), text(&found["check"]), text(&found["says"]))
            })
            .collect()
    }

    #[track_caller]
    fn has(&self, state: &str, check: &str, says: &str) {
        let begin = format!("{state} {check}: ");
        let found = self.troubles().iter().any(|line| line.starts_with(&begin) && line.contains(says));
        assert!(found, "no {begin}…{says} in {:#}", self.0);
        let has_fault = self.findings().iter().any(|found| found["state"] == "fault");
        assert_eq!((self.1, &self.0["ok"]), (Some(if has_fault { 4 } else { 0 }), &json!(!has_fault)));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A deployment with nothing wrong, as far as tests can have one.
fn sound(database: &TestDatabase) -> Setup {
    Setup::on(database)
        .set("APP_ENV", "development")
        .set("SECRET_KEY", "Qm7vT2xLr9Zp4KsW8yHd3NfB6gJc1EaU")
        .set("AUTORISEN__AUTH__BCRYPT_COST", "10")
        .set("RATE_LIMIT_PER_MIN", "60")
        .set("DISABLE_RECAPTCHA", "true")
        .set("FRONTEND_ORIGIN", "https://front.example.org")
        .set("AUTORISEN__CHAT__RESPONDER", "offline")
}

/// The same as it is where users come.
fn staging(database: &TestDatabase) -> Setup {
    sound(database)
        .set("APP_ENV", "staging")
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org")
        .set("TRUSTED_PROXY_HOPS", "1")
}

/// Runs a server once, so that there are tables and keys.
fn with_tables(setup: &Setup) {
    let server = setup.start();
    server.wait_for_output("server.start");
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while server.client().get("/readyz").send().status != 200 {
        assert!(std::time::Instant::now() < deadline, "{}", server.output());
    }
}

/// Answers every request with this.
fn answering(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{body}"
            );
        }
    });
    format!("http://{address}")
}

/// A port where nobody listens.
fn nobody() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

on_both_databases! { where_nothing_is_wrong_nothing_is_said, keys_that_do_not_open_are_found }

fn where_nothing_is_wrong_nothing_is_said(database: &TestDatabase) {
    let setup = sound(database);
    with_tables(&setup);
    let report = Report::of(&setup);
    assert_eq!(report.troubles(), Vec::<String>::new());
    assert_eq!((report.1, &report.0["ok"]), (Some(0), &json!(true)));
    let checks: Vec<&str> = report.findings().iter().map(|found| text(&found["check"])).collect();
    for check in
        ["settings", "public_url", "client_address", "cors", "database", "migrations", "keys", "model"]
    {
        assert!(checks.contains(&check), "{check} is not looked at: {checks:?}");
    }
}

fn keys_that_do_not_open_are_found(database: &TestDatabase) {
    let setup = sound(database);
    with_tables(&setup);
    let another = setup.clone().set("SECRET_KEY", "Jd8wR3yMs0Aq5LtX9zIe4OgC7hKd2FbV");
    Report::of(&another).has("fault", "keys", "does not open the stored keys");
    Report::of(&setup.clone().unset("SECRET_KEY")).has("fault", "keys", "no SECRET_KEY to open them");

    database.execute("UPDATE signing_keys SET changed_at = 1 WHERE state = 'current'");
    Report::of(&setup).has("warning", "keys", "signs for longer");
    database.execute(
        "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('9999', '2026-01-01 00:00:00')",
    );
    Report::of(&setup).has("fault", "migrations", "newer version");
}

/// A setting, what it is set to, and what is found: how bad, which check, what it says.
type Seed<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

#[test]
fn what_is_wrong_with_settings_is_found() {
    let database = TestDatabase::sqlite();
    let folder = database.folder().to_str().unwrap().to_owned();
    fs::write(database.folder().join("file"), "this is no database, and no folder").unwrap();
    fs::write(database.folder().join("open.db"), "").unwrap();
    let (file, below) = (format!("sqlite://{folder}/file"), format!("sqlite://{folder}/file/a.db"));
    let open = format!("sqlite://{folder}/open.db");
    let attachments = format!("{folder}/file/attachments");
    std::os::unix::fs::PermissionsExt::set_mode(&mut fs::metadata(&folder).unwrap().permissions(), 0o700);
    let readable: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(database.folder().join("open.db"), readable).unwrap();

    let listening = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = listening.local_addr().unwrap().port().to_string();
    let refusing = answering("401 Unauthorized", "{}");
    let listing = answering("200 OK", r#"{"data":[{"id":"some-model"}]}"#);
    let odd = answering("500 Internal Server Error", "{}");
    let no_secret = answering("200 OK", r#"{"success":false,"error-codes":["invalid-input-secret"]}"#);
    let dead = format!("http://127.0.0.1:{}", nobody());
    let gone = format!("postgres://127.0.0.1:{}/none", nobody());
    let key = ("OPENAI_API_KEY", "a-key");
    let auto = ("AUTORISEN__CHAT__RESPONDER", "auto");

    let development: &[Seed<'_>] = &[
        (&[("AUTORISEN__SERVER__PROT", "1")], "fault", "settings", "is no setting"),
        (&[("PORT", "eighty")], "fault", "settings", "PORT is not valid"),
        (&[("PORT", &taken)], "warning", "port", "is taken"),
        (&[("AUTORISEN__SERVER__HOST", "192.0.2.1")], "fault", "port", "cannot listen"),
        (&[("DATABASE_URL", "mysql://h/d")], "fault", "settings", "DATABASE_URL is not valid"),
        (&[("DATABASE_URL", &gone)], "fault", "database", "cannot examine"),
        (&[("DATABASE_URL", &file)], "fault", "database", "cannot examine"),
        (&[("DATABASE_URL", &below)], "fault", "disk.database", "is no folder"),
        (&[("DATABASE_URL", &open)], "warning", "disk.database", "may be read by others"),
        (
            &[("AUTORISEN__CHAT__ATTACHMENT_FOLDER", &attachments)],
            "fault",
            "disk.attachments",
            "is no folder",
        ),
        (&[("SECRET_KEY", "short")], "warning", "production", "is shorter than 32 characters"),
        (&[("AUTORISEN__AUTH__BCRYPT_COST", "4")], "warning", "production", "too low"),
        (&[("DISABLE_RECAPTCHA", "false")], "warning", "production", "programs could register"),
        (&[("RATE_LIMIT_PER_MIN", "0")], "warning", "production", "turns the limit off"),
        (&[auto], "warning", "model", "no key is set"),
        (&[auto, key, ("OPENAI_BASE_URL", &refusing)], "fault", "model", "refuses the key"),
        (&[auto, key, ("OPENAI_BASE_URL", &listing)], "fault", "model", "has no gpt"),
        (&[auto, key, ("OPENAI_BASE_URL", &dead)], "fault", "model", "cannot be reached"),
        (&[auto, key, ("OPENAI_BASE_URL", &odd)], "warning", "model", "answers 500"),
        (
            &[("AUTORISEN__CHAT__INSTRUCTIONS_FOLDER", "nowhere")],
            "fault",
            "model.instructions",
            "cannot read the instructions",
        ),
        (
            &[
                ("DISABLE_RECAPTCHA", "false"),
                ("RECAPTCHA_SECRET", "a"),
                ("RECAPTCHA_VERIFY_URL", &no_secret),
            ],
            "fault",
            "recaptcha",
            "is the secret right?",
        ),
        (
            &[("DISABLE_RECAPTCHA", "false"), ("RECAPTCHA_SECRET", "a"), ("RECAPTCHA_VERIFY_URL", &dead)],
            "fault",
            "recaptcha",
            "cannot be reached",
        ),
        (
            &[("CHATKIT_MODE", "hosted"), ("CHATKIT_WORKFLOW_ID", "wf_1"), key, ("CHATKIT_API_BASE", &dead)],
            "fault",
            "hosted",
            "cannot be reached",
        ),
    ];
    for (seeds, state, check, says) in development {
        let setup = seeds.iter().fold(sound(&database), |setup, (name, value)| setup.set(name, value));
        Report::of(&setup).has(state, check, says);
    }

    let public: &[Seed<'_>] = &[
        (&[("TRUSTED_PROXY_HOPS", "0")], "fault", "client_address", "share one limit"),
        (
            &[("AUTORISEN__SERVER__PUBLIC_URL", "http://api.example.org")],
            "warning",
            "client_address",
            "choose their address themselves",
        ),
        (&[("AUTORISEN__SERVER__PUBLIC_URL", "")], "warning", "public_url", "is not set"),
        (&[("FRONTEND_ORIGIN", "https://api.example.org")], "warning", "cors", "is the server itself"),
        (&[("FRONTEND_ORIGIN", "http://localhost:3000")], "warning", "cors", "may call with cookies"),
        (&[("FRONTEND_ORIGIN", "https://elsewhere.example.com")], "warning", "cors", "on another site"),
    ];
    for (seeds, state, check, says) in public {
        let setup = seeds.iter().fold(staging(&database), |setup, (name, value)| setup.set(name, value));
        Report::of(&setup).has(state, check, says);
    }
    assert!(development.len() + public.len() >= 25);
}

#[test]
fn what_is_wrong_with_a_postgresql_is_found() {
    let database = TestDatabase::postgres();
    let setup = sound(&database);
    let not_migrating = setup.clone().set("AUTORISEN__DATABASE__MIGRATE", "false");
    Report::of(&not_migrating).has("fault", "migrations", "missing are 0001_users");
    with_tables(&setup);

    for (options, check, says) in [
        ("-c%20default_transaction_read_only%3Don", "database.writes", "takes no writes"),
        ("-c%20search_path%3Dnowhere", "database.role", "may not make tables"),
    ] {
        let url = without_options(database.url());
        let more = if url.contains('?') { '&' } else { '?' };
        let told = setup.clone().set("DATABASE_URL", &format!("{url}{more}options={options}"));
        Report::of(&told).has("fault", check, says);
    }
    let all = setup.set("AUTORISEN__DATABASE__POOL_SIZE", "256");
    Report::of(&all).has("fault", "database.connections", "want 256");
}

/// The URL of a test names its schema in its options.
fn without_options(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.starts_with("options=") && !pair.is_empty()).collect();
    if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) }
}

#[test]
fn a_deployment_where_everything_is_wrong_is_looked_at_to_the_end() {
    let database = TestDatabase::sqlite();
    let dead = format!("http://127.0.0.1:{}", nobody());
    let setup = Setup::on(&database)
        .set("APP_ENV", "production")
        .set("DATABASE_URL", &format!("postgres://127.0.0.1:{}/none", nobody()))
        .set("SECRET_KEY", "Marked-Secret")
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org")
        .set("FRONTEND_ORIGIN", "http://localhost:3000")
        .set("AUTORISEN__CHAT__ATTACHMENT_FOLDER", "/dev/null/attachments")
        .set("AUTORISEN__CHAT__INSTRUCTIONS_FOLDER", "nowhere")
        .set("RECAPTCHA_SECRET", "Marked-Recaptcha")
        .set("RECAPTCHA_VERIFY_URL", &dead)
        .set("OPENAI_API_KEY", "Marked-Key")
        .set("OPENAI_BASE_URL", &dead);
    let report = Report::of(&setup);
    let faults = report.troubles().iter().filter(|line| line.starts_with("fault")).count();
    assert!(faults >= 9, "{faults}: {:#?}", report.troubles());
    assert!(!report.0.to_string().contains("Marked-"), "a secret is shown");

    let output = setup.args(&["doctor"]).output();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(printed.contains(" at fault, ") && printed.contains("-> "), "{printed}");
    assert!(!printed.contains("Marked-"), "a secret is shown");
}

#[test]
fn looking_makes_and_changes_nothing() {
    let database = TestDatabase::sqlite();
    let report = Report::of(&sound(&database).unset("SECRET_KEY"));
    assert!(report.findings().iter().any(|found| text(&found["says"]).contains("will be made")));
    assert_eq!(fs::read_dir(database.folder()).unwrap().count(), 0, "the folder is as it was");
}
