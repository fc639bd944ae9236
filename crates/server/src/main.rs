//! The `autorisen` binary: reads arguments and settings, and does what was asked.

mod build;
mod cli;
mod clock;
mod commands;
mod config;
mod doctor;
mod events;
mod health;
mod logging;
mod master_key;
mod metrics;
mod nudge;
mod observers;
mod progress;
mod reported;
mod request_log;
mod schema;
mod serve;
mod traces;
mod wiring;

use std::io;
use std::process;
use std::sync::Arc;

use cli::{Command, ExitCode};
use clock::SystemClock;
use config::Settings;
use logging::Target;
use request_log::Chain;

/// What a request needs is small, and given back by another thread as often as not. Huge pages would make the
/// program twice as large.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> process::ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code.into(),
    };
    let inputs = config::Inputs::of_process(cli.config.clone());
    let loaded = config::load(&inputs);
    let command = cli.into_command();
    if let Command::Openapi = &command {
        return commands::openapi().into();
    }
    if let Command::Dev(command) = &command {
        return commands::dev(command).into();
    }
    if let Command::Config(command) = command {
        let ended = cli::config::run(&command, &loaded, &mut io::stdout(), &mut io::stderr());
        return ended.unwrap_or(ExitCode::Failed).into();
    }
    if let Command::Doctor { json } = command {
        let ended = doctor::run(&inputs, json, &mut io::stdout());
        return ended.unwrap_or(ExitCode::Failed).into();
    }
    match loaded.settings() {
        Ok(settings) => run(command, &settings).into(),
        Err(faults) => {
            eprintln!("{faults}");
            ExitCode::Settings.into()
        }
    }
}

fn run(command: Command, settings: &Settings) -> ExitCode {
    let target = if matches!(command, Command::Serve(_)) { Target::Stdout } else { Target::Stderr };
    // The guard is dropped when this returns, and everything that was logged is then written.
    let (log, _guard) = logging::start(&settings.log, Arc::new(SystemClock), target);
    match command {
        Command::Serve(options) => match serve::run(settings, &options, &log) {
            Ok(()) => ExitCode::Success,
            Err(error) => {
                eprintln!("autorisen: {}", Chain(&error));
                ExitCode::Failed
            }
        },
        Command::Release => commands::release(settings, &log),
        Command::Migrate(command) => commands::migrate(&command, settings),
        Command::User(command) => commands::users(command, settings, &log),
        Command::Keys(command) => commands::keys(&command, settings, &log),
        Command::Audit(command) => commands::audit(&command, settings, &log),
        Command::Analytics(command) => commands::analytics(&command, settings, &log),
        Command::Db(command) => commands::db(&command, settings),
        Command::Backup(command) => commands::backup(&command, settings),
        Command::Restore(command) => commands::restore(&command, settings),
        Command::Import(command) => commands::import(&command, settings, &log),
        // They need no valid settings, so they were done before those were looked at.
        Command::Config(_) | Command::Openapi | Command::Dev(_) | Command::Doctor { .. } => ExitCode::Success,
    }
}
