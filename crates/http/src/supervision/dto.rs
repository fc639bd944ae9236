//! What the routes of administrators take and answer.

use autorisen_domain::audit::AuditRow;
use autorisen_domain::auth::{AccountPage, AddressPrefix, EmailAddress, User, UserId};
use autorisen_domain::supervision::AuditPage;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::{object, text};
use crate::form::Form;
use crate::problem::{FieldFault, Problem};
use crate::supervision::query::Members;
use crate::time::rfc3339;

/// What is looked for.
pub(super) fn search_body() -> Value {
    let max = EmailAddress::MAX_LENGTH;
    object(
        vec![
            ("prefix", false, text("How the addresses begin; all of them without it.", 0, max)),
            ("after", false, text("Only those after this address: `next` of the page before.", 1, max)),
        ],
        &json!({"prefix": "ada"}),
    )
}

/// Which accounts are wanted.
pub(super) struct Search {
    pub(super) prefix: AddressPrefix,
    pub(super) after: Option<EmailAddress>,
}

/// Reads it; an empty body wants all.
pub(super) fn read_search(body: &[u8]) -> Result<Search, Problem> {
    let mut form = Form::read_optional(body)?;
    let prefix = form.optional("prefix", |text| AddressPrefix::parse(&text)).unwrap_or_default();
    let after = form.optional("after", |text| EmailAddress::parse(&text));
    form.finish()?;
    Ok(Search { prefix, after })
}

/// Which rows of the audit are wanted.
pub(super) struct AuditQuery {
    pub(super) account: Option<UserId>,
    pub(super) before: Option<i64>,
}

/// Reads it.
pub(super) fn read_audit_query(members: &Members) -> Result<AuditQuery, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field, message: String| faults.push(FieldFault { field, code: "invalid", message });
    let account = members
        .value("account")
        .and_then(|text| UserId::parse(text).map_err(|error| fault("account", error.to_string())).ok());
    let before = members.value("before").and_then(|text| {
        let number = text.parse::<i64>().ok().filter(|number| *number > 0);
        if number.is_none() {
            fault("before", "must be the number of a row".to_owned());
        }
        number
    });
    if faults.is_empty() { Ok(AuditQuery { account, before }) } else { Err(Problem::invalid_fields(faults)) }
}

/// A page of accounts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accounts", example = json!({"users": [account_example()], "next": "ada@example.org"}))]
pub(crate) struct AccountsDto<'a> {
    users: Vec<AccountDto<'a>>,
    /// Where the next page begins: `after` of it. Null on the last page.
    next: Option<&'a str>,
}

impl<'a> From<&'a AccountPage> for AccountsDto<'a> {
    fn from(page: &'a AccountPage) -> Self {
        Self {
            users: page.users.iter().map(AccountDto::from).collect(),
            next: page.next.as_ref().map(EmailAddress::as_str),
        }
    }
}

/// An account as administrators see it. Nothing of it gives access.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account", example = account_example())]
pub(crate) struct AccountDto<'a> {
    id: String,
    email: &'a str,
    email_verified: bool,
    first_name: &'a str,
    last_name: &'a str,
    company_name: &'a str,
    role: &'static str,
    is_active: bool,
    is_administrator: bool,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    #[schemars(extend("format" = "date-time"))]
    last_login_at: Option<String>,
}

impl<'a> From<&'a User> for AccountDto<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str(),
            email_verified: user.email_verified,
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            company_name: user.company_name.as_str(),
            role: user.role.as_str(),
            is_active: user.is_active,
            is_administrator: user.is_administrator,
            created_at: rfc3339(user.created_at),
            last_login_at: user.last_login_at.map(rfc3339),
        }
    }
}

fn account_example() -> Value {
    json!({
        "id": "0198c5a1-6c34-7000-8000-000000000001", "email": "ada@example.org", "email_verified": true,
        "first_name": "Ada", "last_name": "Example", "company_name": "Example Ltd", "role": "Developer",
        "is_active": true, "is_administrator": false, "created_at": "2026-01-31T12:00:00.000000Z",
        "last_login_at": "2026-01-31T12:10:00.000000Z",
    })
}

/// A page of the audit, the newest rows first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Audit", example = json!({"rows": [{
    "seq": 7, "at": "2026-01-31T12:00:00.000000Z", "action": "account.disabled",
    "account_id": "0198c5a1-6c34-7000-8000-000000000001", "session_id": null,
    "actor_id": "0198c5a1-6c34-7000-8000-000000000009", "client_ip": "198.51.100.7",
    "request_id": "0198c5a1-6c34-7000-8000-00000000000f",
}], "next": 7}))]
pub(crate) struct AuditDto<'a> {
    rows: Vec<AuditRowDto<'a>>,
    /// Where the next page begins: `before` of it. Null on the last page.
    next: Option<i64>,
}

impl<'a> From<&'a AuditPage> for AuditDto<'a> {
    fn from(page: &'a AuditPage) -> Self {
        Self { rows: page.rows.iter().map(AuditRowDto::from).collect(), next: page.next }
    }
}

/// A row of the audit.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditRow")]
struct AuditRowDto<'a> {
    /// Its number: one more than that of the row before it.
    seq: i64,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// What happened. A word keeps its meaning for good.
    action: &'a str,
    /// To which account, if it is known.
    account_id: Option<&'a str>,
    /// To which session, if to one.
    session_id: Option<&'a str>,
    /// The account of the administrator who did it or looked, if one did.
    actor_id: Option<&'a str>,
    /// Where the call came from; a loopback address for the command line.
    client_ip: &'a str,
    /// The id of the call, as in the log.
    request_id: &'a str,
}

impl<'a> From<&'a AuditRow> for AuditRowDto<'a> {
    fn from(row: &'a AuditRow) -> Self {
        Self {
            seq: row.seq,
            at: rfc3339(row.at),
            action: &row.action,
            account_id: row.account.as_deref(),
            session_id: row.session.as_deref(),
            actor_id: row.actor.as_deref(),
            client_ip: &row.client_ip,
            request_id: &row.request_id,
        }
    }
}
