//! Who speaks the protocol.

use actix_web::HttpRequest;
use actix_web::web::Query;
use autorisen_domain::auth::AuthenticateError;
use autorisen_domain::chat::{Caller, PlacementName};
use autorisen_domain::events::Action;

use crate::extract::{Contradiction, Shown, context_of, services_of};
use crate::problem::{FieldFault, Problem};

/// Says who sends the request: by a chat token, or a live session, which may name a placement in the
/// query. Guessing is limited; those who are known are not.
pub(crate) async fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let services = services_of(request)?;
    let placement = placement(request)?;
    let shown = Shown::of(request);
    let found = match &shown {
        Ok(shown) => services.chat_access.authenticate(shown.as_credentials(), placement).await,
        Err(Contradiction) => Err(AuthenticateError::Invalid),
    };
    match found {
        Ok(caller) => Ok(caller),
        Err(error @ AuthenticateError::Port(_)) => Err(error.into()),
        Err(error) => {
            services.limits.charge_address(&context_of(request)?, Action::Session).await?;
            Err(error.into())
        }
    }
}

fn placement(request: &HttpRequest) -> Result<Option<PlacementName>, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| {
        Problem::new(actix_web::http::StatusCode::BAD_REQUEST, "malformed_query", "The query is malformed")
    })?;
    let named = pairs.iter().find(|(name, value)| name == "placement" && !value.is_empty());
    named
        .map(|(_, name)| {
            PlacementName::parse(name).map_err(|error| {
                let message = error.to_string();
                Problem::invalid_fields(vec![FieldFault { field: "placement", code: "invalid", message }])
            })
        })
        .transpose()
}
