//! Takes out of what front ends track what may be a secret, or names a person. It errs on the side of taking
//! out too much: a count needs none of it.
//!
//! Gone is the value of every member whose name speaks of a secret or a contact; and in any text e-mail
//! addresses, what stands behind such a name (`token=…`), what follows `Bearer`, signed tokens, and every
//! word of 24 characters or more that mixes letters and digits, as keys, digests and ids do.

use serde_json::Value;

/// What stands in the place of what was taken out.
const REMOVED: &str = "[removed]";

/// The length from which on a word that mixes letters and digits is taken for a key or an id.
const OPAQUE: usize = 24;

/// Parts of names of what is never kept. Names are compared without case, and with letters and digits alone.
const SENSITIVE: [&str; 22] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "authorization",
    "bearer",
    "cookie",
    "csrf",
    "xsrf",
    "session",
    "apikey",
    "privatekey",
    "signature",
    "otp",
    "email",
    "mail",
    "phone",
    "iban",
    "cardnumber",
];

/// Takes out of a value what may be a secret, in all its depth.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::String(content) => *content = text(content),
        Value::Array(values) => values.iter_mut().for_each(self::value),
        Value::Object(members) => {
            let taken = std::mem::take(members);
            members.extend(taken.into_iter().map(|(name, mut inner)| {
                if is_sensitive(&name) && !is_harmless(&inner) {
                    inner = Value::String(REMOVED.to_owned());
                } else {
                    self::value(&mut inner);
                }
                (text(&name), inner)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether something was given at all may be known.
const fn is_harmless(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_))
}

/// The text without what may be a secret.
pub(super) fn text(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut rest, mut before, mut between) = (text, "", "");
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if !word.is_empty() {
            kept.push_str(if is_secret(word, before, between) { REMOVED } else { word });
            before = word;
        }
        let next = behind.find(is_of_word).unwrap_or(behind.len());
        (between, rest) = behind.split_at(next);
        kept.push_str(between);
    }
    kept
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | '~' | '!' | '#' | '$' | '*' | '^')
}

/// Whether a word is a secret; `before` is the word before it, and `between` what stands between them.
fn is_secret(word: &str, before: &str, between: &str) -> bool {
    let is_named = between.contains(['=', ':']) && is_sensitive(before);
    let is_shown = before.eq_ignore_ascii_case("bearer") || before.eq_ignore_ascii_case("basic");
    is_named || is_shown || is_address(word) || is_opaque(word)
}

/// Whether the name of a member, or of a value in a text, speaks of a secret or a contact.
fn is_sensitive(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| plain.contains(part))
}

fn is_address(word: &str) -> bool {
    // `%40` is an `@` in an address of a page.
    let word = word.replace("%40", "@");
    let parts: Vec<&str> = word.split('@').collect();
    parts.windows(2).any(|pair| pair.iter().all(|part| !part.is_empty()))
}

fn is_opaque(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    word.len() >= OPAQUE && has(|c| c.is_alphabetic()) && has(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_front_ends_say_as_a_rule_stays_as_it_is() {
        for content in [
            "step_view",
            "Passwords do not match",
            "registration_step_two_was_submitted_and_refused",
            "HTTP 409: Conflict, after 1.5 s",
            "/app/onboarding?step=2&placement=support",
            "10:30 — «grüße» 日本語\u{0}\n",
            "",
        ] {
            assert_eq!(text(content), content);
        }
        let mut details = json!({"has_password": true, "ms": 17, "fields": ["company", 2], "token": null});
        let before = details.clone();
        value(&mut details);
        assert_eq!(details, before);
    }

    #[test]
    fn secrets_and_contacts_are_taken_out_of_texts() {
        let key = format!("key_{}", "a1".repeat(12));
        for (content, expected) in [
            ("ada@example.org has an account".to_owned(), "[removed] has an account"),
            ("<Ada.L+x@mail.example.org>".to_owned(), "<[removed]>"),
            ("/login?email=ada%40example.org".to_owned(), "/login?email=[removed]"),
            ("@ada@example.org@".to_owned(), "[removed]"),
            ("mail to=ada%40example.org".to_owned(), "mail to=[removed]"),
            ("/reset?token=ab12&next=home".to_owned(), "/reset?token=[removed]&next=home"),
            ("password: hunter2!".to_owned(), "password: [removed]"),
            ("Authorization: Bearer short".to_owned(), "Authorization: [removed] [removed]"),
            (format!("got {key}, sorry"), "got [removed], sorry"),
            ("0190a0b0-0000-7000-8000-00000000000a".to_owned(), "[removed]"),
            (format!("eyJhbGciOiJFUzI1NiJ9.{}.c2ln", "eyJzdWIiOiIxIn0"), "[removed]"),
        ] {
            assert_eq!(text(&content), expected, "{content}");
        }
    }

    #[test]
    fn secrets_are_taken_out_of_members_by_their_names() {
        let mut details = json!({
            "userPassword": "x", "new-password": ["a", "b"], "API_KEY": {"of": "y"}, "E-Mail": 7,
            "ada@example.org": 1, "deep": [{"refresh_token": "z", "kept": "yes"}],
        });
        value(&mut details);
        let expected = json!({
            "userPassword": "[removed]", "new-password": "[removed]", "API_KEY": "[removed]",
            "E-Mail": "[removed]", "[removed]": 1, "deep": [{"refresh_token": "[removed]", "kept": "yes"}],
        });
        assert_eq!(details, expected);
    }
}
