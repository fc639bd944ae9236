//! A server on loopback that does next to nothing, from the same crates as the product: what the product's
//! speed is measured beside (`cargo xtask bench`). Nobody runs it for anything else.
//!
//! It is started as the product is: `migrate up`, then `serve`, with `DATABASE_URL` and `PORT`.

mod database;
mod routes;
mod thread;
mod token;

use std::process::ExitCode;

use actix_web::web::Data;
use actix_web::{App, HttpServer};

use crate::database::Database;
use crate::routes::State;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["migrate", "up"] => setting("DATABASE_URL").and_then(|url| database::prepare(&url)),
        ["serve"] => serve(),
        _ => Err("usage: autorisen-floor migrate up | serve, with DATABASE_URL and PORT".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("autorisen-floor: {why}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), String> {
    let port: u16 = setting("PORT")?.parse().map_err(|_| "PORT is no port".to_owned())?;
    let state = Data::new(State::new(Database::open(&setting("DATABASE_URL")?)?));
    let server = HttpServer::new(move || App::new().app_data(state.clone()).configure(routes::mount))
        .bind(("127.0.0.1", port))
        .map_err(|error| error.to_string())?
        .shutdown_timeout(1);
    actix_web::rt::System::new().block_on(server.run()).map_err(|error| error.to_string())
}

#[expect(clippy::disallowed_methods, reason = "it has no other settings")]
fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}
