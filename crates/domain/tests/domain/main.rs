//! The rules of the domain, over the fakes. One program has all the tests: each further one would link
//! everything anew after every changed line.

mod analytics;
mod audit;
mod auth_administration;
mod auth_bot_check;
mod auth_cookie;
mod auth_devices;
mod auth_limits;
mod auth_login;
mod auth_logout;
mod auth_passwords;
mod auth_refresh;
mod auth_registration;
mod auth_session_list;
mod auth_sessions;
mod chat_advance;
mod chat_hosted;
mod chat_token;
mod events;
mod health;
mod keys;
mod onboarding;
mod supervision;
mod sweep;

#[test]
fn every_file_of_tests_is_in_the_program() {
    let program = include_str!("main.rs");
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/domain"));
    let names = folder
        .expect("it is the folder of this file")
        .map(|entry| entry.expect("it is one of its files").file_name());
    for name in names.filter(|name| name != "main.rs") {
        let name = name.to_string_lossy();
        let module = name.strip_suffix(".rs").expect("it holds nothing but Rust");
        assert!(program.contains(&format!("\nmod {module};\n")), "{module}");
    }
}
