//! `autorisen user`: looking after accounts.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write};

use autorisen_domain::auth::{
    AccountAdministration, AccountChange, Adoption, CreateAccountError, EmailAddress, Password, PasswordHash,
    Registration, SetPasswordError, User,
};
use autorisen_domain::context::Context;
use serde_json::json;

use super::Failure;
use crate::cli::{ExitCode, NewUser, PasswordSource, UserCommand};

/// More than any password, so that a wrong file is not read to its end.
const MAX_LINE: u64 = 4 * 1024;

/// Does what was asked; answers go to `out`.
pub(super) async fn run(
    command: UserCommand,
    accounts: &AccountAdministration,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match command {
        UserCommand::Create(new) => create(new, accounts, out).await,
        UserCommand::List { json, prefix, after, limit } => {
            let page = accounts.list(&prefix, after.as_ref(), limit).await?;
            if json {
                let users: Vec<_> = page.users.iter().map(user_json).collect();
                let next = page.next.as_ref().map(EmailAddress::as_str);
                writeln!(out, "{:#}", json!({ "users": users, "next": next }))?;
            } else {
                page.users.iter().try_for_each(|user| writeln!(out, "{}", line(user)))?;
                if let Some(next) = page.next {
                    writeln!(out, "There are more: --after {}", next.as_str())?;
                }
            }
            Ok(ExitCode::Success)
        }
        UserCommand::Disable(of) => change(accounts, &of.email, AccountChange::SetActive(false), out).await,
        UserCommand::Enable(of) => change(accounts, &of.email, AccountChange::SetActive(true), out).await,
        UserCommand::RevokeSessions(of) => change(accounts, &of.email, AccountChange::EndSessions, out).await,
        UserCommand::SetPassword { email, password } => {
            set_password(accounts, &email.email, &password, out).await
        }
        UserCommand::SetRole { email, role } => {
            change(accounts, &email.email, AccountChange::SetRole(role), out).await
        }
        UserCommand::SetAdministrator { email, remove } => {
            change(accounts, &email.email, AccountChange::SetAdministrator(!remove), out).await
        }
    }
}

async fn create(
    new: NewUser,
    accounts: &AccountAdministration,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let ctx = Context::local("cli");
    let secret = read_password(&new.password)?;
    let NewUser { email, first_name, last_name, role, company, hash_stdin, .. } = new;
    let company = company.unwrap_or_default();
    let made = if hash_stdin {
        let hash = PasswordHash::new(secret);
        accounts.adopt(&ctx, Adoption { email, hash, first_name, last_name, role }, company).await
    } else {
        let password = match Password::parse(secret) {
            Ok(password) => password,
            Err(error) => return Ok(unfit(error)),
        };
        let registration = Registration { email, password, first_name, last_name, role, proof: None };
        accounts.create(&ctx, registration, company).await
    };
    match made {
        Ok(user) => {
            writeln!(out, "{}", line(&user))?;
            Ok(ExitCode::Success)
        }
        Err(error @ CreateAccountError::EmailTaken) => {
            eprintln!("autorisen: {error}");
            Ok(ExitCode::Refused)
        }
        Err(error @ (CreateAccountError::UnknownHash | CreateAccountError::PersonalPassword(_))) => {
            Ok(unfit(error))
        }
        Err(CreateAccountError::Port(cause)) => Err(cause.into()),
    }
}

async fn change(
    accounts: &AccountAdministration,
    email: &EmailAddress,
    change: AccountChange,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    tell(accounts.change(&Context::local("cli"), email, change).await?, out)
}

async fn set_password(
    accounts: &AccountAdministration,
    email: &EmailAddress,
    source: &PasswordSource,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let password = match Password::parse(read_password(source)?) {
        Ok(password) => password,
        Err(error) => return Ok(unfit(error)),
    };
    match accounts.set_password(&Context::local("cli"), email, &password).await {
        Ok(changed) => tell(changed, out),
        Err(SetPasswordError::PersonalPassword(error)) => Ok(unfit(error)),
        Err(SetPasswordError::Port(cause)) => Err(cause.into()),
    }
}

/// Says what an account has become, or that there is none.
fn tell(changed: Option<User>, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let Some(user) = changed else {
        eprintln!("autorisen: there is no account with this address");
        return Ok(ExitCode::Refused);
    };
    writeln!(out, "{}", line(&user))?;
    Ok(ExitCode::Success)
}

/// Says why a password cannot be one.
fn unfit(error: impl Display) -> ExitCode {
    eprintln!("autorisen: {error}");
    ExitCode::Usage
}

/// The first line of what was named, which is standard input unless it is a file.
fn read_password(source: &PasswordSource) -> io::Result<String> {
    let mut line = String::new();
    match &source.password_file {
        Some(path) => {
            let file = File::open(path).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
            })?;
            BufReader::new(file.take(MAX_LINE)).read_line(&mut line)?
        }
        None => BufReader::new(io::stdin().take(MAX_LINE)).read_line(&mut line)?,
    };
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn line(user: &User) -> String {
    let state = if user.is_active { "active" } else { "disabled" };
    let mark = if user.is_administrator { "  administrator" } else { "" };
    format!("{}  {}  {}  {state}{mark}", user.id, user.email.as_str(), user.role.as_str())
}

fn user_json(user: &User) -> serde_json::Value {
    json!({
        "id": user.id.to_string(),
        "email": user.email.as_str(),
        "first_name": user.first_name.as_str(),
        "last_name": user.last_name.as_str(),
        "company_name": user.company_name.as_str(),
        "role": user.role.as_str(),
        "is_active": user.is_active,
        "email_verified": user.email_verified,
        "is_administrator": user.is_administrator,
    })
}
