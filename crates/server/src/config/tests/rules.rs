//! Tests of what production demands, and of settings that must fit each other.

use std::net::IpAddr;
use std::time::Duration;

use super::{SECRET, Variables, faults, folder_with, inputs, loaded, names, settings};
use crate::config::{AppEnv, LogFormat, load};

/// What a safe production sets, and `more`.
fn production(more: Variables<'_>) -> Vec<(&str, &str)> {
    let needed = [("APP_ENV", "production"), ("SECRET_KEY", SECRET), ("DISABLE_RECAPTCHA", "true")];
    [&needed, more].concat()
}

#[test]
fn all_faults_are_named_at_once() {
    let folder = folder_with("[server]\nprot = 1\n[auth]\naccess_ttl_sec = 60\n");
    let variables = [
        ("APP_ENV", "prod"),
        ("DYNO", "web.1"),
        ("PORT", "http"),
        ("DATABASE_URL", "mysql://user:marked@localhost/app"),
        ("FRONTEND_ORIGIN", "*"),
        ("CHATKIT_SIGNING_KEY", "marked"),
        ("SECRET_KEY_PREVIOUS_FILE", "missing"),
        ("RATE_LIMIT_PER_MIN", "0"),
        ("AUTORISEN__AUTH__BCRYPT_COST", "9"),
        ("AUTORISEN__SERVER__PUBLIC_URL", "http://app.example.org"),
        ("AUTORISEN__AUTH__SESSION_IDLE_SEC", "600"),
        ("AUTORISEN__AUTH__SESSION_MAX_SEC", "300"),
        ("AUTORISEN__CHAT__PLACEMENTS", "A"),
        ("AUTORISEN__LOG__COLOUR", "red"),
    ];
    let loaded = load(&inputs(folder.path(), &variables));
    let text = loaded.faults.to_string();
    for name in [
        "server.prot in",
        "auth.access_ttl_sec in",
        "PORT is",
        "DATABASE_URL is",
        "FRONTEND_ORIGIN is",
        "SECRET_KEY is not set",
        "RECAPTCHA_SECRET is not set",
        "CHATKIT_SIGNING_KEY is shorter than 32 characters",
        "SECRET_KEY_PREVIOUS_FILE names",
        "RATE_LIMIT_PER_MIN turns",
        "AUTORISEN__AUTH__BCRYPT_COST is too low",
        "AUTORISEN__SERVER__PUBLIC_URL is not https",
        "AUTORISEN__AUTH__SESSION_IDLE_SEC is longer than AUTORISEN__AUTH__SESSION_MAX_SEC",
        "AUTORISEN__CHAT__PLACEMENTS is",
        "AUTORISEN__LOG__COLOUR is no setting",
    ] {
        assert!(text.contains(&format!("\n  {name}")), "{name}: {text}");
    }
    assert!(text.starts_with("the settings have 15 faults:\n"), "{text}");
    assert!(!text.contains("marked"), "{text}");
    assert!(loaded.settings().is_err());
}

#[test]
fn production_needs_a_secret_and_a_word_on_persons_and_is_strict_by_default() {
    let settings = settings(&production(&[]));
    assert_eq!(settings.app.env, AppEnv::Production);
    assert_eq!(settings.server.host, IpAddr::from([0, 0, 0, 0]));
    assert!(settings.server.cors_origins.is_empty());
}

#[test]
fn production_takes_no_weak_secret() {
    for secret in [
        "short",
        "changeme",
        "dev-secret-change-me",
        "dev-secret-change-me-but-longer-than-before",
        "Change-Me-0123456789-abcdefghijklmnop",
        "abababababababababababababababababab",
    ] {
        for name in ["SECRET_KEY", "SECRET_KEY_PREVIOUS", "CHATKIT_SIGNING_KEY"] {
            let mut variables = production(&[]);
            variables.retain(|(known, _)| *known != name);
            variables.push((name, secret));
            assert_eq!(names(&loaded(&variables)), [name], "{secret}");
        }
        assert!(loaded(&[("SECRET_KEY", secret)]).faults.is_empty(), "{secret} in development");
    }
}

#[test]
fn production_refuses_what_is_unsafe() {
    for (name, unsafe_value, safe_value) in [
        ("AUTORISEN__AUTH__BCRYPT_COST", "9", "10"),
        ("RATE_LIMIT_PER_MIN", "0", "1"),
        ("AUTORISEN__AUTH__ACCOUNT_MAX_ATTEMPTS", "0", "1"),
        ("AUTORISEN__SERVER__PUBLIC_URL", "http://app.example.org", "https://app.example.org"),
        ("FRONTEND_ORIGIN", "https://a.example.org,http://b.example.org", "https://a.example.org"),
    ] {
        assert_eq!(names(&loaded(&production(&[(name, unsafe_value)]))), [name]);
        assert!(loaded(&production(&[(name, safe_value)])).faults.is_empty(), "{name}");
        assert!(loaded(&[(name, unsafe_value)]).faults.is_empty(), "{name} in development");
    }
}

#[test]
fn hosted_chats_need_a_key_and_a_workflow() {
    let needed = [("CHATKIT_MODE", "hosted"), ("OPENAI_API_KEY", "a key"), ("CHATKIT_WORKFLOW_ID", "wf_1")];
    let hosted = settings(&needed).chat.hosted.unwrap();
    assert_eq!((hosted.base_url.as_str(), hosted.workflow.as_str()), ("https://api.openai.com", "wf_1"));
    assert_eq!((hosted.version, hosted.timeout), (None, Duration::from_secs(10)));
    for name in ["OPENAI_API_KEY", "CHATKIT_WORKFLOW_ID"] {
        for value in [None, Some(""), Some(" ")] {
            let mut variables: Vec<_> = needed.into_iter().filter(|(known, _)| *known != name).collect();
            variables.extend(value.map(|value| (name, value)));
            assert_eq!(names(&loaded(&variables)), [name], "{value:?}");
        }
    }
    let blank = settings(&[&needed[..], &[("CHATKIT_WORKFLOW_VERSION", "")]].concat());
    assert_eq!(blank.chat.hosted.unwrap().version, None);
    let plain = [("APP_ENV", "production"), ("SECRET_KEY", SECRET), ("DISABLE_RECAPTCHA", "true")];
    let plain = [&plain[..], &needed, &[("CHATKIT_API_BASE", "http://proxy.example.org")]].concat();
    assert_eq!(names(&loaded(&plain)), ["CHATKIT_API_BASE"], "a key is not sent in the clear");
}

#[test]
fn self_hosted_chats_need_none_of_it() {
    assert_eq!(names(&loaded(&[("CHATKIT_MODE", "both")])), ["CHATKIT_MODE"]);
    for variables in [&[][..], &[("CHATKIT_MODE", "self-hosted"), ("CHATKIT_WORKFLOW_ID", "")]] {
        assert!(settings(variables).chat.hosted.is_none());
    }
    let left = [("OPENAI_API_KEY", "a key"), ("CHATKIT_WORKFLOW_ID", "wf_1")];
    assert!(settings(&left).chat.hosted.is_none(), "what the Python backend was set to turns nothing on");
}

#[test]
fn production_does_not_start_without_a_word_on_persons() {
    let without = [("APP_ENV", "production"), ("SECRET_KEY", SECRET)];
    let with = |more: Variables<'_>| loaded(&[&without, more].concat());
    for more in [
        vec![],
        vec![("DISABLE_RECAPTCHA", "false")],
        vec![("AUTORISEN__AUTH__REGISTRATION", "open")],
        vec![("RECAPTCHA_SECRET", " ")],
    ] {
        let refused = with(&more);
        assert_eq!(names(&refused), ["RECAPTCHA_SECRET"], "{more:?}");
        let told = &faults(&refused)[0];
        assert!(told.contains("set it to") && told.contains("DISABLE_RECAPTCHA=true"), "{told}");
    }
    for way_out in [
        ("RECAPTCHA_SECRET", "a-secret-of-a-site"),
        ("DISABLE_RECAPTCHA", "true"),
        ("DISABLE_RECAPTCHA", "TRUE"),
        ("AUTORISEN__AUTH__REGISTRATION", "closed"),
    ] {
        assert!(with(&[way_out]).faults.is_empty(), "{way_out:?}");
    }
    let plain = ("RECAPTCHA_VERIFY_URL", "http://verify.example.org/");
    let secret = ("RECAPTCHA_SECRET", "a-secret-of-a-site");
    assert_eq!(names(&with(&[secret, plain])), ["RECAPTCHA_VERIFY_URL"], "the secret goes there");
}

#[test]
fn persons_are_asked_for_with_a_secret_alone() {
    let secret = ("RECAPTCHA_SECRET", "a-secret-of-a-site");
    let asked = settings(&[secret]).auth.recaptcha.unwrap();
    assert_eq!(asked.url, "https://www.google.com/recaptcha/api/siteverify");
    assert_eq!(asked.timeout, Duration::from_secs(3));
    assert!(settings(&[]).auth.recaptcha.is_none(), "outside production nobody is asked");
    assert!(settings(&[secret, ("DISABLE_RECAPTCHA", "true")]).auth.recaptcha.is_none());
    for url in ["verify.example.org", "ftp://a.example.org/", "https://user@a.example.org/", "https://", "/x"]
    {
        assert_eq!(names(&loaded(&[("RECAPTCHA_VERIFY_URL", url)])), ["RECAPTCHA_VERIFY_URL"], "{url}");
    }
}

#[test]
fn a_dyno_is_production_behind_a_proxy_unless_told_otherwise() {
    let dyno = [("DYNO", "web.1"), ("PORT", "5000"), ("SECRET_KEY", SECRET), ("DISABLE_RECAPTCHA", "true")];
    let on_sqlite = loaded(&dyno);
    assert_eq!(names(&on_sqlite), ["DATABASE_URL"]);
    assert!(faults(&on_sqlite)[0].contains("is SQLite"));

    let on_postgres = settings(&[&dyno[..], &[("DATABASE_URL", "postgres://u:w@localhost/app")]].concat());
    assert_eq!((on_postgres.app.env, on_postgres.server.trusted_proxy_hops), (AppEnv::Production, 1));
    assert_eq!(on_postgres.server.host, IpAddr::from([0, 0, 0, 0]));

    let folder =
        [("DATABASE_URL", "postgres://u:w@localhost/app"), ("AUTORISEN__CHAT__ATTACHMENT_FOLDER", "x")];
    let with_folder = loaded(&[&dyno[..], &folder].concat());
    assert_eq!(names(&with_folder), ["AUTORISEN__CHAT__ATTACHMENT_FOLDER"]);

    let staging = settings(&[&dyno[..], &[("APP_ENV", "staging")]].concat());
    assert_eq!((staging.app.env, staging.server.trusted_proxy_hops), (AppEnv::Staging, 1));
}

#[test]
fn a_setting_that_cannot_be_read_is_named_once() {
    let unreadable = [
        ("APP_ENV", "production"),
        ("RECAPTCHA_SECRET_FILE", "missing"),
        ("SECRET_KEY_FILE", "missing"),
        ("AUTORISEN__AUTH__BCRYPT_COST", "x"),
        ("RATE_LIMIT_PER_MIN", "x"),
        ("AUTORISEN__AUTH__SESSION_IDLE_SEC", "x"),
        ("AUTORISEN__AUTH__SESSION_MAX_SEC", "x"),
    ];
    let loaded = loaded(&unreadable);
    let (mut found, mut expected) = (names(&loaded), unreadable.map(|(name, _)| name)[1..].to_vec());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn spans_must_fit_into_each_other() {
    let name = "AUTORISEN__AUTH__SESSION_IDLE_SEC";
    assert!(loaded(&[(name, "900")]).faults.is_empty());
    assert_eq!(names(&loaded(&[(name, "899")])), ["AUTORISEN__AUTH__ACCESS_TTL_SEC"]);
    assert_eq!(names(&loaded(&[(name, "2592001")])), [name]);
}

#[test]
fn the_bounds_of_a_number_belong_to_it() {
    for (name, first, last) in [
        ("AUTORISEN__AUTH__ACCESS_TTL_SEC", 120, 86_400_i64),
        ("CHATKIT_TOKEN_TTL_SECONDS", 30, 3_600),
        ("AUTORISEN__AUTH__BCRYPT_COST", 4, 16),
        ("AUTH_REFRESH_GRACE_SEC", 0, 60),
        ("PORT", 0, 65_535),
        ("AUTORISEN__AUTH__RECAPTCHA_TIMEOUT_MS", 100, 30_000),
    ] {
        for (value, fits) in [
            (first.to_string(), true),
            (last.to_string(), true),
            ((last + 1).to_string(), false),
            ((first - 1).to_string(), false),
            (format!("+{last}"), false),
            (format!("{first}.5"), false),
            (format!("{first}s"), false),
            ("99999999999999999999999".to_owned(), false),
        ] {
            assert_eq!(loaded(&[(name, &value)]).faults.is_empty(), fits, "{name}={value}");
        }
    }
}

#[test]
fn the_chat_key_is_not_the_secret_key() {
    let same = loaded(&[("SECRET_KEY", SECRET), ("CHATKIT_SIGNING_KEY", SECRET)]);
    assert_eq!(names(&same), ["CHATKIT_SIGNING_KEY"]);
}

#[test]
fn only_whole_origins_are_taken() {
    for origins in [
        "*",
        "https://a.example.org,*",
        "https://a.example.org/path",
        "https://a.example.org,,",
        "https://a.example.org:",
        "https://a.example.org:0",
        "https://a.example.org:port",
        "https://a.example.org:65536",
        "https://[::1",
    ] {
        assert_eq!(names(&loaded(&[("FRONTEND_ORIGIN", origins)])), ["FRONTEND_ORIGIN"], "{origins}");
    }
}

#[test]
fn defaults_follow_from_other_settings() {
    let url = ("AUTORISEN__SERVER__PUBLIC_URL", "https://App.example.org:443");
    assert_eq!(settings(&[url]).auth.issuer, "https://app.example.org");
    assert_eq!(settings(&[("PORT", "5000")]).server.host, IpAddr::from([127, 0, 0, 1]));
    assert_eq!(settings(&production(&[])).server.host, IpAddr::from([0, 0, 0, 0]));
    assert!(settings(&[("APP_ENV", "staging")]).server.cors_origins.is_empty());
    assert!(!settings(&[("DATABASE_URL", "postgres://localhost/app")]).database.migrate);
    let limits = |name, value| settings(&[(name, value)]).auth.limits;
    assert_eq!(limits("RATE_LIMIT_PER_MIN", "0").per_minute, None);
    assert_eq!(limits("AUTORISEN__AUTH__ACCOUNT_MAX_ATTEMPTS", "0").account, None);
    assert_eq!(limits("AUTORISEN__CHAT__TOKENS_PER_MIN", "0").chat_tokens, None);
    let account = |name, value| limits(name, value).account.map(|policy| policy.attempts);
    assert_eq!(account("AUTORISEN__AUTH__ACCOUNT_MAX_ATTEMPTS", "30"), Some(30));
    assert_eq!(account("AUTH_LOGIN_MAX_ATTEMPTS", "50"), Some(50), "no less than one address has");

    let folder = folder_with("");
    for (variables, format) in [
        (vec![], LogFormat::Text),
        (production(&[]), LogFormat::Json),
        (vec![("LOG_FORMAT", "json")], LogFormat::Json),
    ] {
        let mut inputs = inputs(folder.path(), &variables);
        inputs.terminal = true;
        assert_eq!(load(&inputs).settings().unwrap().log.format, format);
    }
}
