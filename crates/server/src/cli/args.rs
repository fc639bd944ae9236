//! The arguments, as types. What they hold has been checked; what they mean is done elsewhere.

use std::path::PathBuf;

use autorisen_domain::analytics::Days;
use autorisen_domain::auth::{AddressPrefix, CompanyName, EmailAddress, PersonName, Role};
use autorisen_domain::keys::KeyId;
use autorisen_storage::DatabaseUrl;
use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};

const ABOUT: &str = "Accounts and sessions, and the ChatKit server behind them.";

const AFTER_HELP: &str = "\
Examples:
  autorisen
      Serve, on a SQLite file in data/ unless told otherwise
  autorisen config print --names
      List every setting and the variables that set it
  autorisen config check
      Name everything that is wrong with the settings, and change nothing
  autorisen doctor
      Look at settings, database, keys, disks and models: what is wrong?
  autorisen migrate up && autorisen serve
      Bring the database up to date, then serve: a release on PostgreSQL
  autorisen user create --email ada@example.org --first-name Ada \\
      --last-name Example --role Developer --password-stdin < password.txt
      Make an account
  autorisen backup /var/backups/autorisen-$(date +%F)
      Write all of the database into one new file, also while serving
  autorisen db move --to postgres://user:password@host/name
      Move from SQLite to PostgreSQL; the server must be stopped
  autorisen import legacy --from postgres://old.example.org/app --dry-run
      Say what would become of the data of the Python backend

Settings:
  They come from defaults, then a TOML file (--config, else the variable
  AUTORISEN_CONFIG, else autorisen.toml in the current folder if it is
  there), then the environment. What most people set:
  PORT             The port to listen on, by default 8000
  DATABASE_URL     postgres://user:password@host/name, or sqlite://path
  SECRET_KEY       32 or more random characters; required in production
  APP_ENV          development (the default), test, staging or production
  FRONTEND_ORIGIN  Other origins whose pages may call, separated by commas
  A secret may also be kept in a file: SECRET_KEY_FILE, DATABASE_URL_FILE.

Exit status:
  0  done
  1  something failed
  2  the arguments are wrong
  3  the settings are faulty
  4  what was named does not exist or exists already, or cannot be done yet;
     the audit, the data or a backup is not what it must be; the doctor found a
     fault";

/// What the program is asked for.
#[derive(Debug, Parser)]
#[command(name = "autorisen", version, about = ABOUT, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    /// A TOML file with settings
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// What to do; without a word it is to serve.
    pub(crate) fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(Serve { migrate: false }))
    }
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Serve requests until told to stop (the default)
    Serve(Serve),
    /// Migrate, serve on a spare port, check the answers, and stop
    Release,
    /// Change or show the tables of the database
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Check or show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Name everything that is wrong here, and what to do; changes nothing
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Look after accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Look after the keys that sign access tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Check or read the audit of accounts and sessions
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Say how chats and front ends are used
    #[command(subcommand)]
    Analytics(AnalyticsCommand),
    /// Move or check the whole database
    #[command(subcommand)]
    Db(DbCommand),
    /// Write all of the database into one new file, also while serving
    Backup(Backup),
    /// Fill an empty database from a backup; nobody stays signed in
    Restore(Restore),
    /// Print the OpenAPI document of everything that is served
    Openapi,
    /// Bring over what another system kept
    #[command(subcommand)]
    Import(ImportCommand),
    /// Serve stand-ins for trying things out
    #[command(subcommand)]
    Dev(DevCommand),
}

/// What to do with the whole database.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum DbCommand {
    /// Copy everything into an empty database, of the same kind or the other; everybody stays signed in
    ///
    /// Stop the server first. Accounts, sessions and keys are the same in the other database: keep
    /// `SECRET_KEY`, set `DATABASE_URL` to the other one, and start. Each table is read back on both sides
    /// before anything is kept. The bytes of files that lie in a folder stay there.
    #[command(mut_group("target", |group| group.required(true)))]
    Move(To),
    /// Look for what must always hold, and name the rows where it does not; ends with status 4 if there are any
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End every session and void every signing key, after the database was restored by other means than `restore`
    ///
    /// Stop the server first. Backups of a provider and copies of files bring sessions and keys back that were
    /// revoked since then.
    EndSessions,
}

/// Another database.
#[derive(Debug, PartialEq, Eq, Args)]
#[group(id = "target", multiple = false)]
pub(crate) struct To {
    /// The other database: `postgres://user:password@host/name`, or `sqlite://path`
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    pub(crate) to: Option<DatabaseUrl>,
    /// A file with the URL of the other database, so that no list of processes shows its password
    #[arg(long, value_name = "FILE")]
    pub(crate) to_file: Option<PathBuf>,
}

/// What to back up into, or to look at.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Backup {
    /// The file to make; one that is there is never written over
    #[arg(value_name = "FILE", required = true)]
    pub(crate) file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<BackupCommand>,
}

/// What else to do with backups.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum BackupCommand {
    /// Say whether a backup is whole and unchanged, and what is in it
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What to restore.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where to, if not into the database of the settings.
    #[command(flatten)]
    pub(crate) to: To,
}

/// How to serve.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Serve {
    /// Migrate the database first, also on PostgreSQL
    #[arg(long)]
    pub(crate) migrate: bool,
}

/// What to say of how chats and front ends are used.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum AnalyticsCommand {
    /// Report how far chats came, what front ends tracked and what limits turned away, by days of UTC
    Report {
        /// How many days, of which today is the last
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(Days::MOST)))]
        days: u32,
        /// How to print it
        #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
        format: ReportFormat,
    },
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// One line for each count
    Csv,
}

/// What to do with the audit.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum AuditCommand {
    /// Follow the chain of rows, and say where it is broken, if it is
    Verify {
        /// The hash of the last row at an earlier check; it must still be in the chain
        #[arg(long, value_name = "HASH")]
        expect: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the rows as lines of JSON, the oldest first
    Export {
        /// Only rows after this number
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
    },
}

/// What to bring over.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum ImportCommand {
    /// Bring over the users, chats and records of the Python backend. It may be run again and again: it goes on
    /// where it was stopped, brings what is new, and undoes nothing that was done here
    Legacy {
        #[command(flatten)]
        from: LegacySource,
        /// Do all of it but write nothing
        #[arg(long)]
        dry_run: bool,
        /// Write what could not be kept as it was to this file, as lines of JSON
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
}

/// Where the old database is: exactly one of the two.
#[derive(Debug, PartialEq, Eq, Args)]
#[group(id = "source", required = true, multiple = false)]
pub(crate) struct LegacySource {
    /// The old database, which is only read: a URL of the form that it is set with there
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<UnreadUrl>,
    /// A file with the URL of the old database, so that no list of processes shows its password
    #[arg(long, value_name = "FILE")]
    pub(crate) from_file: Option<PathBuf>,
}

/// A URL that is read later, since what is wrong with an argument is told with the argument itself, and this one
/// may hold a password.
#[derive(Debug, Clone)]
pub(crate) struct UnreadUrl(SecretString);

impl UnreadUrl {
    /// The text.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for UnreadUrl {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq for UnreadUrl {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for UnreadUrl {}

/// Which stand-in to serve.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum DevCommand {
    /// Serve a stand-in for OpenAI's hosted ChatKit sessions until told to stop
    HostedStub {
        /// The port on this machine; 0 picks a free one
        #[arg(long, value_name = "PORT", default_value_t = 8001)]
        port: u16,
    },
}

/// What to do with the tables.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Run every migration that is missing
    Up,
    /// Revert the last migration
    Down {
        /// Revert all of them; this deletes all data
        #[arg(long)]
        all: bool,
    },
    /// Say which migrations were run and which are missing
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What to do with the settings.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Name everything that is wrong with the settings; nothing is opened or changed
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every setting and where its value comes from; secrets are masked
    Print {
        /// List the settings themselves: names, defaults, what they take and what they are for
        #[arg(long)]
        names: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What to do with accounts.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account, whose address counts as verified
    Create(NewUser),
    /// List accounts in the order of their addresses
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Only addresses that begin with this
        #[arg(long, value_name = "TEXT", value_parser = AddressPrefix::parse, default_value = "")]
        prefix: AddressPrefix,
        /// Begin after this address
        #[arg(long, value_name = "EMAIL", value_parser = EmailAddress::parse)]
        after: Option<EmailAddress>,
        /// List at most this many
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Shut an account out and end its sessions
    Disable(Email),
    /// Let a disabled account in again
    Enable(Email),
    /// End all sessions of an account
    RevokeSessions(Email),
    /// Set the password of an account and end its sessions
    SetPassword {
        #[command(flatten)]
        email: Email,
        /// Where the password is read from.
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Change the role of an account and end its sessions
    SetRole {
        #[command(flatten)]
        email: Email,
        /// Customer or Developer
        #[arg(value_parser = Role::parse)]
        role: Role,
    },
    /// Let the owner of an account see and change the accounts of others, and end its sessions
    SetAdministrator {
        #[command(flatten)]
        email: Email,
        /// Let them no longer
        #[arg(long)]
        remove: bool,
    },
}

/// Whose account it is.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Email {
    /// The address of the account
    #[arg(value_name = "EMAIL", value_parser = EmailAddress::parse)]
    pub(crate) email: EmailAddress,
}

/// An account to make.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct NewUser {
    /// Its address
    #[arg(long, value_parser = EmailAddress::parse)]
    pub(crate) email: EmailAddress,
    /// First name of its owner
    #[arg(long, value_name = "NAME", value_parser = PersonName::parse)]
    pub(crate) first_name: PersonName,
    /// Last name of its owner
    #[arg(long, value_name = "NAME", value_parser = PersonName::parse)]
    pub(crate) last_name: PersonName,
    /// Customer or Developer
    #[arg(long, value_parser = Role::parse)]
    pub(crate) role: Role,
    /// Company of its owner
    #[arg(long, value_name = "NAME", value_parser = CompanyName::parse)]
    pub(crate) company: Option<CompanyName>,
    /// Where its password is read from.
    #[command(flatten)]
    pub(crate) password: PasswordSource,
    // After the group that it joins.
    /// Read a hash of the password, made by another system, from the first line of standard input:
    /// bcrypt, or base64 of a PBKDF2 salt and digest
    #[arg(long, group = "PasswordSource")]
    pub(crate) hash_stdin: bool,
}

/// Where a password is read from: exactly one of the two. It is never an argument, since other
/// users of the machine can see those.
#[derive(Debug, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// What to do with signing keys.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum KeysCommand {
    /// List the keys and what they are for
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Sign with the next key from now on
    Rotate,
    /// Forget a key that fell into wrong hands, and refuse every token it signed
    Revoke {
        /// Its name, as `keys list` shows it
        #[arg(value_name = "KID", value_parser = key_id)]
        key: KeyId,
    },
}

fn key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).ok_or("is no name of a key: see `autorisen keys list`")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(args: &str) -> Result<Cli, ErrorKind> {
        let args = std::iter::once("autorisen").chain(args.split_whitespace());
        Cli::try_parse_from(args).map_err(|error| error.kind())
    }

    fn command(args: &str) -> Command {
        parse(args).unwrap().into_command()
    }

    fn email(text: &str) -> Email {
        Email { email: EmailAddress::parse(text).unwrap() }
    }

    #[test]
    fn the_declaration_has_no_faults() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        assert_eq!(command(""), Command::Serve(Serve { migrate: false }));
        assert_eq!(command("serve --migrate"), Command::Serve(Serve { migrate: true }));
    }

    #[test]
    fn the_file_may_be_named_anywhere() {
        for args in ["--config a.toml", "--config a.toml serve", "config check --config a.toml"] {
            assert_eq!(parse(args).unwrap().config, Some(PathBuf::from("a.toml")), "{args}");
        }
    }

    #[test]
    fn every_command_is_understood() {
        let other = DatabaseUrl::parse("data/other.db").unwrap();
        for (args, expected) in [
            ("release", Command::Release),
            ("migrate up", Command::Migrate(MigrateCommand::Up)),
            ("migrate down", Command::Migrate(MigrateCommand::Down { all: false })),
            ("migrate down --all", Command::Migrate(MigrateCommand::Down { all: true })),
            ("migrate status --json", Command::Migrate(MigrateCommand::Status { json: true })),
            ("config check", Command::Config(ConfigCommand::Check { json: false })),
            ("config print --names", Command::Config(ConfigCommand::Print { names: true, json: false })),
            (
                "user list",
                Command::User(UserCommand::List {
                    json: false,
                    prefix: AddressPrefix::default(),
                    after: None,
                    limit: 100,
                }),
            ),
            ("user disable Ada@example.org", Command::User(UserCommand::Disable(email("ada@example.org")))),
            ("user enable ada@example.org", Command::User(UserCommand::Enable(email("ada@example.org")))),
            (
                "user revoke-sessions ada@example.org",
                Command::User(UserCommand::RevokeSessions(email("ada@example.org"))),
            ),
            (
                "user set-role ada@example.org developer",
                Command::User(UserCommand::SetRole {
                    email: email("ada@example.org"),
                    role: Role::Developer,
                }),
            ),
            (
                "user set-administrator ada@example.org --remove",
                Command::User(UserCommand::SetAdministrator {
                    email: email("ada@example.org"),
                    remove: true,
                }),
            ),
            (
                "user set-password ada@example.org --password-stdin",
                Command::User(UserCommand::SetPassword {
                    email: email("ada@example.org"),
                    password: PasswordSource { password_stdin: true, password_file: None },
                }),
            ),
            ("keys list --json", Command::Keys(KeysCommand::List { json: true })),
            ("keys rotate", Command::Keys(KeysCommand::Rotate)),
            (
                "keys revoke Abc_-1",
                Command::Keys(KeysCommand::Revoke { key: KeyId::parse("Abc_-1").unwrap() }),
            ),
            ("audit verify", Command::Audit(AuditCommand::Verify { expect: None, json: false })),
            (
                "db move --to data/other.db",
                Command::Db(DbCommand::Move(To { to: Some(other), to_file: None })),
            ),
            ("db check --json", Command::Db(DbCommand::Check { json: true })),
            ("db end-sessions", Command::Db(DbCommand::EndSessions)),
            ("backup a", Command::Backup(Backup { file: Some("a".into()), command: None })),
            (
                "backup verify a",
                Command::Backup(Backup {
                    file: None,
                    command: Some(BackupCommand::Verify { file: "a".into() }),
                }),
            ),
            ("restore a", Command::Restore(Restore { file: "a".into(), to: To { to: None, to_file: None } })),
            ("dev hosted-stub", Command::Dev(DevCommand::HostedStub { port: 8001 })),
            ("dev hosted-stub --port 0", Command::Dev(DevCommand::HostedStub { port: 0 })),
            ("audit export --after 7", Command::Audit(AuditCommand::Export { after: 7 })),
        ] {
            assert_eq!(command(args), expected, "{args}");
        }
    }

    #[test]
    fn a_move_needs_exactly_one_other_database_and_a_backup_one_file() {
        for args in ["db move", "backup", "restore", "backup verify"] {
            assert_eq!(parse(args).unwrap_err(), ErrorKind::MissingRequiredArgument, "{args}");
        }
        for command in ["db move", "restore a"] {
            assert!(parse(&format!("{command} --to-file url.txt")).is_ok());
            let both = format!("{command} --to data/a.db --to-file url.txt");
            assert_eq!(parse(&both).unwrap_err(), ErrorKind::ArgumentConflict);
            assert_eq!(
                parse(&format!("{command} --to mysql://h/d")).unwrap_err(),
                ErrorKind::ValueValidation
            );
        }
    }

    #[test]
    fn an_import_needs_a_database_and_never_tells_its_password() {
        let Command::Import(ImportCommand::Legacy { from, dry_run, report }) =
            command("import legacy --from postgresql+psycopg://u:hush@h/d --dry-run --report r.jsonl")
        else {
            panic!("another command");
        };
        assert!(dry_run && report == Some(PathBuf::from("r.jsonl")));
        assert_eq!(from.from.as_ref().unwrap().expose(), "postgresql+psycopg://u:hush@h/d");
        assert!(!format!("{from:?}").contains("hush"));
        assert_eq!(parse("import legacy").unwrap_err(), ErrorKind::MissingRequiredArgument);
        assert!(parse("import legacy --from-file url.txt").is_ok());
        let both = "import legacy --from old.db --from-file url.txt";
        assert_eq!(parse(both).unwrap_err(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn a_new_account_needs_exactly_one_password() {
        let rest = "user create --email ada@example.org --first-name Ada --last-name Example --role customer";
        let Command::User(UserCommand::Create(user)) = command(&format!("{rest} --password-stdin")) else {
            panic!("another command");
        };
        assert!(user.password.password_stdin && !user.hash_stdin);
        assert_eq!((user.role, user.company), (Role::Customer, None));
        assert_eq!(parse(rest).unwrap_err(), ErrorKind::MissingRequiredArgument);
        assert!(parse(&format!("{rest} --hash-stdin")).is_ok());
        for both in ["--password-stdin --password-file word.txt", "--password-stdin --hash-stdin"] {
            assert_eq!(parse(&format!("{rest} {both}")).unwrap_err(), ErrorKind::ArgumentConflict, "{both}");
        }
        assert_eq!(parse(&format!("{rest} --password word")).unwrap_err(), ErrorKind::UnknownArgument);
    }

    #[test]
    fn what_is_no_address_role_or_number_is_wrong_usage() {
        for args in ["user disable ada", "user set-role ada@example.org Admin", "user list --limit 0"] {
            assert_eq!(parse(args).unwrap_err(), ErrorKind::ValueValidation, "{args}");
        }
    }
}
