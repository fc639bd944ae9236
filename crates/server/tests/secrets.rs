//! Nothing secret is ever logged or returned: marked secrets go through every route, and all
//! output is searched for them.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::json;

use support::{Client, Setup, TestDatabase};

on_both_databases! { no_secret_or_address_is_written }

const PASSWORD: &str = "Marked-Phrase-of-a-walk-77";
const NEW_PASSWORD: &str = "Marked-Phrase-of-a-change-77";
const WRONG: &str = "Marked-Wrong-Password-77";
const EMAIL: &str = "marked.address@example.org";
const SECRET_KEY: &str = "Marked-Secret-Key-that-is-long-enough-77";
const SIGNING_KEY: &str = "Marked-Signing-Key-that-is-long-enough-77";

fn no_secret_or_address_is_written(database: &TestDatabase) {
    for format in ["json", "text"] {
        let setup = Setup::on(database)
            .set("SECRET_KEY", SECRET_KEY)
            .set("CHATKIT_SIGNING_KEY", SIGNING_KEY)
            .set("LOG_LEVEL", "trace");
        let server = setup.clone().set("LOG_FORMAT", format).start();
        let mut secrets = drive(&server.client(), format);
        server.terminate();
        let (status, output) = server.wait();
        assert_eq!(status.code(), Some(0));
        let printed = setup.set("LOG_FORMAT", format).args(&["config", "print"]).output();
        let output =
            output + &String::from_utf8_lossy(&printed.stdout) + &String::from_utf8_lossy(&printed.stderr);

        assert!(output.contains("auth.login.success") && output.contains("chatkit.token.issued"), "{output}");
        secrets.extend(
            [
                SECRET_KEY,
                SIGNING_KEY,
                PASSWORD,
                NEW_PASSWORD,
                WRONG,
                "Marked-Half",
                "$2b$",
                "Marked-Cookie",
                "Marked-Csrf",
                "Marked-Query",
            ]
            .map(str::to_owned),
        );
        for secret in secrets {
            let found = output.lines().find(|line| line.contains(&secret));
            assert_eq!(found, None, "{secret} is written");
        }
        let address = output.lines().find(|line| line.to_lowercase().contains("marked.address"));
        assert_eq!(address, None, "an address is written");
    }
}

/// Drives every route with marked input, and gives every token that came back.
fn drive(client: &Client, name: &str) -> Vec<String> {
    let email = format!("{name}.{EMAIL}");
    let registration = json!({
        "email": email, "password": PASSWORD, "confirm_password": PASSWORD, "first_name": "Marked-First",
        "last_name": "Marked-Last", "role": "Customer", "profile": {"note": "Marked-Profile"},
    });
    let mut bodies = vec![client.post("/api/auth/register").json(&registration).send().json()];
    let mut second = registration.clone();
    second["email"] = json!(format!("second.{email}"));
    let step1 = client.post("/api/auth/register/step1").json(&second).send().json();
    let step2 =
        client.post("/api/auth/register/step2").bearer(&step1["temp_token"]).json(&json!({})).send().json();
    let login = |password: &str| {
        client.post("/api/auth/login").json(&json!({"email": email, "password": password})).send()
    };
    let signed_in = login(PASSWORD);
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let cookies = [signed_in.cookie("autorisen_session"), signed_in.cookie("refresh_token")];
    let tokens = signed_in.json();
    let refused = login(WRONG);
    assert_eq!(refused.status, 401);
    let chat = client.post("/api/chatkit/token").bearer(&tokens["access_token"]).send().json();
    let renewed = client
        .post("/api/auth/refresh")
        .json(&json!({"refresh_token": tokens["refresh_token"]}))
        .send()
        .json();
    let csrf = client.get("/api/auth/csrf").send().json();
    let change = |current: &str| {
        let body = json!({"current_password": current, "new_password": NEW_PASSWORD});
        client.post("/api/auth/password/change").bearer(&tokens["access_token"]).json(&body).send()
    };
    bodies.extend([step1, step2, tokens.clone(), chat, renewed, csrf]);

    let answers = [
        refused,
        client.me(&tokens["access_token"]),
        client
            .get("/api/auth/me")
            .header("authorization", "Bearer Marked-Half.Marked-Half.Marked-Half")
            .send(),
        client.get("/api/auth/me").cookie("autorisen_session=Marked-Cookie").send(),
        client.get("/api/auth/me?token=Marked-Query").send(),
        client
            .post("/api/auth/login")
            .header("x-csrf-token", "Marked-Csrf")
            .cookie("autorisen_csrf=Marked-Csrf")
            .send(),
        client
            .post("/api/auth/login")
            .json(&json!({"email": "Marked-Half", "password": ["Marked-Half"]}))
            .send(),
        client.post("/api/auth/refresh").json(&json!({"refresh_token": "Marked-Half"})).send(),
        client.post("/api/auth/register").json(&registration).send(),
        change(WRONG),
        change(NEW_PASSWORD),
        client.post("/api/auth/logout").bearer(&tokens["access_token"]).send(),
    ];
    let again = login(PASSWORD).json();
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    let changed = client.post("/api/auth/password/change").bearer(&again["access_token"]).json(&body).send();
    assert_eq!(changed.status, 200, "{changed:?}");
    bodies.extend([again, changed.json()]);
    for answer in &answers {
        for marked in
            [PASSWORD, NEW_PASSWORD, WRONG, SECRET_KEY, "Marked-Half", "Marked-Query", "Marked-Csrf", "$2b$"]
        {
            assert!(!answer.body.contains(marked), "{marked} comes back: {answer:?}");
        }
    }
    for body in &bodies {
        assert!(!body.to_string().contains("$2b$") && !body.to_string().contains(PASSWORD), "{body}");
    }

    let names = ["access_token", "refresh_token", "temp_token", "token", "csrf_token"];
    let values = bodies.iter().flat_map(|body| names.iter().filter_map(|name| body[*name].as_str()));
    let mut secrets: Vec<String> = values.map(str::to_owned).collect();
    secrets.extend(cookies.iter().map(|pair| pair.split_once('=').unwrap().1.to_owned()));
    assert!(secrets.len() >= 10 && !secrets.contains(&String::new()));
    secrets
}
