//! Asks reCAPTCHA, or a service that speaks as it does, whether a person sends a request.
//!
//! It is a crate of its own because it is what calls out over TLS in the name of accounts: neither
//! the hashing and signing of `security` nor the domain shall come with a client for the network.

mod recaptcha;

pub use recaptcha::{RecaptchaCheck, RecaptchaSettings, StartError};
