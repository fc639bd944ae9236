//! The two ways in which a client holds its session: with tokens, or in cookies alone.

use crate::form::Form;

/// How a client wants to hold its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionMode {
    /// With the tokens of the answer; cookies come beside them.
    Tokens,
    /// In cookies that no script can read, and no token in any body.
    Cookie,
}

impl SessionMode {
    /// Reads the member `session`; without it the answer has tokens, as it always had.
    pub(crate) fn read(form: &mut Form) -> Self {
        let parse = |text: String| match text.as_str() {
            "cookie" => Ok(Self::Cookie),
            _ => Err("must be \"cookie\" or left out"),
        };
        form.optional("session", parse).unwrap_or(Self::Tokens)
    }

    /// The other way.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Tokens => Self::Cookie,
            Self::Cookie => Self::Tokens,
        }
    }
}
