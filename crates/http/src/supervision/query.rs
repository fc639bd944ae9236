//! The members of a query.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::web::Query;

/// What stands behind the question mark of an address. An empty value is an absent one, and what nobody asks
/// for is ignored.
pub(super) struct Members(HashMap<String, String>);

impl Members {
    /// Those of this request.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let members = Query::<HashMap<String, String>>::from_query(request.query_string());
        Self(members.map(Query::into_inner).unwrap_or_default())
    }

    /// The value of one, if it has any.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
