//! The classes that nobody may be able to tell apart, and how an account of each is made.

use std::io::Write;
use std::process::Stdio;

use super::request::{self, Endpoint};
use crate::failure::Failure;
use crate::rig::Keeper;
use crate::rig::http::Connection;
use crate::rig::visitor::unexpected;

/// How many accounts there are of each class.
pub(super) const ADDRESSES: usize = 10;
/// The password of the accounts that have one.
pub(super) const PASSWORD: &str = "correct horse battery staple";
/// As long as that.
const WRONG_PASSWORD: &str = "correct horse battery stable";
/// Salt and digest of bcrypt, in its own base64.
const BCRYPT: &str = "..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW";
/// Salt and digest of PBKDF2, in base64.
const PBKDF2: &str = "AAECAwQFBgcICQoLDA0OD8jRIuzblHfNSKaxdQxZhcC4sFFY0EDSBRfM20mGXeQ2";

/// What an address may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nobody's.
    Unknown,
    /// An account's; the password is not its.
    Known,
    /// A disabled account's; the password is not its.
    Disabled,
    /// A disabled account's, with its password.
    DisabledRight,
    /// An account's, with a hash of today's cost in the form `$2a$` or `$2y$`.
    BcryptForms,
    /// An account's, with a hash of a lower cost.
    BcryptLower,
    /// An account's, with a hash of the older kind.
    Pbkdf2,
}

impl Class {
    /// In words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown address",
            Self::Known => "known address",
            Self::Disabled => "disabled account",
            Self::DisabledRight => "disabled account, its password",
            Self::BcryptForms => "bcrypt `$2a$`, `$2y$`",
            Self::BcryptLower => "bcrypt of a lower cost",
            Self::Pbkdf2 => "PBKDF2",
        }
    }

    /// One of the addresses of the class, all of the same length.
    pub(super) fn address(self, cost: u32, number: usize) -> String {
        let letter = match self {
            Self::Unknown => 'u',
            Self::Known => 'k',
            Self::Disabled | Self::DisabledRight => 'd',
            Self::BcryptForms => 'f',
            Self::BcryptLower => 'l',
            Self::Pbkdf2 => 'p',
        };
        format!("{letter}{cost:02}{number:03}@example.org")
    }

    /// The class whose accounts these are.
    pub(super) const fn accounts(self) -> Self {
        match self {
            Self::DisabledRight => Self::Disabled,
            class => class,
        }
    }

    /// The password that is shown.
    pub(super) const fn password(self) -> &'static str {
        match self {
            Self::DisabledRight => PASSWORD,
            _ => WRONG_PASSWORD,
        }
    }

    /// The hash that an import would bring.
    fn imported(self, cost: u32, number: usize) -> Option<String> {
        match self {
            Self::Unknown | Self::Known | Self::Disabled | Self::DisabledRight => None,
            Self::BcryptForms if number.is_multiple_of(2) => Some(format!("$2a${cost:02}${BCRYPT}")),
            Self::BcryptForms => Some(format!("$2y${cost:02}${BCRYPT}")),
            Self::BcryptLower => Some(format!("$2b${:02}${BCRYPT}", cost.saturating_sub(2).max(4))),
            Self::Pbkdf2 => Some(PBKDF2.to_owned()),
        }
    }
}

/// The address of an account that is in no class.
pub(super) fn bystander(cost: u32) -> String {
    format!("b{cost:02}000@example.org")
}

/// Makes accounts of a class, whose passwords the running server hashes at its cost.
pub(super) fn make(class: Class, cost: u32, keeper: &Keeper) -> Result<(), Failure> {
    if class == Class::Unknown {
        return Ok(());
    }
    let mut connection =
        Connection::open(keeper.address()).map_err(|error| Failure::new(error.to_string()))?;
    if class == Class::Known {
        register(&mut connection, &bystander(cost))?;
    }
    for number in 0..ADDRESSES {
        let address = class.address(cost, number);
        match class.imported(cost, number) {
            Some(hash) => adopt(keeper, &address, &hash)?,
            None => register(&mut connection, &address)?,
        }
        if class == Class::Disabled {
            run(keeper, &["user", "disable", &address], "")?;
        }
    }
    Ok(())
}

fn register(connection: &mut Connection, address: &str) -> Result<(), Failure> {
    let body = request::body(Endpoint::Register, address, PASSWORD);
    let sent = connection.send(&request::post(Endpoint::Register, "r", &body));
    let answer = sent.and_then(|()| connection.receive());
    let answer = answer.map_err(|error| Failure::new(format!("a registration: {error}")))?;
    match answer.status {
        201 => Ok(()),
        status => Err(unexpected("a registration", status, answer.body)),
    }
}

fn adopt(keeper: &Keeper, address: &str, hash: &str) -> Result<(), Failure> {
    let name = ["--first-name", "Ada", "--last-name", "Example", "--role", "Developer"];
    let arguments = [&["user", "create", "--hash-stdin", "--email", address][..], &name].concat();
    run(keeper, &arguments, hash)
}

/// Runs the product's own command line.
fn run(keeper: &Keeper, arguments: &[&str], input: &str) -> Result<(), Failure> {
    let fail = |what: String| Failure::new(format!("autorisen {}: {what}", arguments.join(" ")));
    let mut command = keeper.command(&[("LOG_LEVEL", "warn")]);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| fail(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading says why.
        let _ = writeln!(stdin, "{input}");
    }
    let output = child.wait_with_output().map_err(|error| fail(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(fail(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The body of a login or registration of an address; see [`request::body`].
pub(super) fn body(class: Class, endpoint: Endpoint, cost: u32, number: usize) -> String {
    request::body(endpoint, &class.address(cost, number), class.password())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Class; 7] = [
        Class::Unknown,
        Class::Known,
        Class::Disabled,
        Class::DisabledRight,
        Class::BcryptForms,
        Class::BcryptLower,
        Class::Pbkdf2,
    ];

    #[test]
    fn requests_of_all_classes_are_of_one_length() {
        let lengths = ALL.map(|class| body(class, Endpoint::Login, 4, 7).len());
        assert_eq!(lengths, [lengths[0]; 7]);
    }

    #[test]
    fn classes_that_share_addresses_share_accounts_and_no_others_do() {
        for one in ALL {
            for other in ALL {
                let shares = one.address(4, 1) == other.address(4, 1);
                assert_eq!(shares, one.accounts() == other.accounts(), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn imported_hashes_have_the_form_of_their_class() {
        let of_number = |number| ALL.map(|class| class.imported(12, number).unwrap_or_default());
        let (even, odd) = (of_number(2), of_number(3));
        assert_eq!(even.each_ref().map(String::len), [0, 0, 0, 0, 60, 60, 64]);
        assert!(even[4].starts_with("$2a$12$") && odd[4].starts_with("$2y$12$"));
        assert!(even[5].starts_with("$2b$10$"));
    }

    #[test]
    fn nothing_in_a_body_but_the_password_tells_that_it_is_right() {
        let [right, wrong] =
            [Class::DisabledRight, Class::Disabled].map(|class| body(class, Endpoint::Login, 4, 1));
        assert_eq!(right.replace("staple", "stable"), wrong);
        assert_ne!(right, wrong);
    }
}
