//! Who may register: persons where that is asked for, and nobody where registration is closed.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use autorisen_testkit::fakes::StubSiteverify;
use serde_json::{Value, json};
use support::{Answer, Client, PASSWORD, Setup, TestDatabase, registration};

on_both_databases! {
    persons_register_and_programs_do_not,
    the_clients_two_steps_ask_for_a_person_once,
    a_login_that_sends_a_proof_is_checked,
    closed_registration_answers_all_addresses_alike,
}

fn asking(database: &TestDatabase, stub: &StubSiteverify, way: &str) -> Setup {
    Setup::on(database)
        .set("RECAPTCHA_SECRET", StubSiteverify::SECRET)
        .set("RECAPTCHA_VERIFY_URL", &stub.url_of(way))
}

fn with_proof(mut body: Value, proof: &str) -> Value {
    body["recaptcha_token"] = proof.into();
    body
}

fn register(client: &Client, email: &str, proof: &str) -> Answer {
    client.post("/api/auth/register").json(&with_proof(registration(email), proof)).send()
}

fn persons_register_and_programs_do_not(database: &TestDatabase) {
    let stub = StubSiteverify::start();
    let server = asking(database, &stub, "siteverify").start();
    let client = server.client();
    let without = client.post("/api/auth/register").json(&registration("ada@example.org")).send();
    assert_eq!(without.problem(400), "bot_check_missing");
    assert_eq!(without.json()["detail"], "Missing reCAPTCHA token");
    let forged = register(&client, "ada@example.org", "dev-bypass-token");
    assert_eq!(forged.problem(400), "bot_check_refused");
    assert!(forged.json()["detail"].as_str().unwrap().contains("try again"), "it is fit to be shown");
    assert_eq!(register(&client, "ada@example.org", "a person 1").status, 201);
    let again = register(&client, "grace@example.org", "a person 1");
    assert_eq!(again.problem(400), "bot_check_refused", "a proof is good once");
    assert_eq!(stub.seen().len(), 3);
    assert!(stub.seen()[0].ends_with("&remoteip=127.0.0.1"), "{:?}", stub.seen());

    let out_of_reach = asking(database, &stub, "error").start();
    let unchecked = register(&out_of_reach.client(), "grace@example.org", "a person 2");
    assert_eq!(unchecked.problem(503), "unavailable");
    assert!(unchecked.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    out_of_reach.wait_for_output("http.request.fault");
    for output in [server.output(), out_of_reach.output()] {
        for secret in [StubSiteverify::SECRET, "dev-bypass-token", "a person 1", "a person 2"] {
            assert!(!output.contains(secret), "{secret}: {output}");
        }
    }

    let silent =
        asking(database, &stub, "silent").set("AUTORISEN__AUTH__RECAPTCHA_TIMEOUT_MS", "200").start();
    assert_eq!(register(&silent.client(), "grace@example.org", "a person 3").problem(503), "unavailable");
    let disabled = asking(database, &stub, "error").set("DISABLE_RECAPTCHA", "true").start();
    assert_eq!(register(&disabled.client(), "grace@example.org", "dev-bypass-token").status, 201);
}

fn the_clients_two_steps_ask_for_a_person_once(database: &TestDatabase) {
    let stub = StubSiteverify::start();
    let server = asking(database, &stub, "siteverify").start();
    let client = server.client();
    let mut stated = registration("ada@example.org");
    stated["confirm_password"] = PASSWORD.into();
    let step1 = |body: &Value| client.post("/api/auth/register/step1").json(body).send();
    assert_eq!(step1(&stated).problem(400), "bot_check_missing");
    let begun = step1(&with_proof(stated, "a person 1"));
    assert_eq!(begun.status, 201, "{begun:?}");
    let finish = client.post("/api/auth/register/step2").bearer(&begun.json()["temp_token"]);
    assert_eq!(finish.json(&json!({"company_name": "C", "profile": {}})).send().status, 200);
    assert_eq!(stub.seen().len(), 1);
}

fn a_login_that_sends_a_proof_is_checked(database: &TestDatabase) {
    let stub = StubSiteverify::start();
    let server = asking(database, &stub, "siteverify").start();
    let client = server.client();
    assert_eq!(register(&client, "ada@example.org", "a person 1").status, 201);
    assert_eq!(client.login("ada@example.org", PASSWORD).status, 200);
    let login = |proof: &str| {
        let stated = json!({"email": "ada@example.org", "password": PASSWORD});
        client.post("/api/auth/login").json(&with_proof(stated, proof)).send()
    };
    assert_eq!(login("a program").problem(400), "bot_check_refused");
    assert_eq!(login("a person 2").status, 200);
}

fn closed_registration_answers_all_addresses_alike(database: &TestDatabase) {
    let open = Setup::on(database).start();
    open.client().register("ada@example.org");
    let told = open.client().post("/api/auth/register").json(&registration("ada@example.org")).send();
    assert_eq!(told.problem(409), "email_taken", "the contract of the existing client");
    assert_eq!(told.json()["detail"], "Email already registered.");

    let server = Setup::on(database).set("AUTORISEN__AUTH__REGISTRATION", "closed").start();
    let client = server.client();
    let mut answers = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        for path in ["/api/auth/register", "/api/auth/register/step1"] {
            let mut stated = registration(email);
            stated["confirm_password"] = PASSWORD.into();
            let request = client.post(path).header("x-request-id", "the-same-for-all");
            let mut answer = request.json(&stated).send();
            assert_eq!(answer.problem(403), "registration_closed");
            answer.headers.remove("date");
            // Their order is chance's.
            let mut headers: Vec<_> = answer.headers.iter().map(|pair| format!("{pair:?}")).collect();
            headers.sort_unstable();
            answers.push((headers, answer.body));
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    assert_eq!(client.login("ada@example.org", PASSWORD).status, 200, "who has an account signs in");
}
