//! What a request passes before its handler sees it.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpMessage as _, HttpRequest, ResponseError as _, Route};
use autorisen_domain::context::Context;
use autorisen_domain::events::Action;
use autorisen_domain::supervision::Administrator;

use crate::Services;
use crate::api::access::Access;
use crate::extract::{check_csrf_pair, context_of, current_user, services_of};
use crate::problem::Problem;
use crate::{conversation, extract};

/// What is asked of a request, in this order: its limit, its CSRF pair, who it is from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) access: Access,
    pub(super) limit: Option<Action>,
    pub(super) csrf: bool,
    pub(super) on_refusal: Option<fn(&Services, &Context)>,
}

impl Rules {
    /// The route, which only those reach who may.
    pub(super) fn enforce(self, route: Route) -> Route {
        route.wrap(from_fn(move |request, next| self.pass(request, next)))
    }

    async fn pass(
        self,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        match self.check(request.request()).await {
            Ok(()) => next.call(request).await,
            Err(problem) => Ok(request.error_response(problem)),
        }
    }

    async fn check(self, request: &HttpRequest) -> Result<(), Problem> {
        if let Some(action) = self.limit {
            charge(request, action).await?;
        }
        if self.csrf {
            check_csrf_pair(request)?;
        }
        let admitted = self.admit(request).await;
        if let (Err(problem), Some(tell)) = (&admitted, self.on_refusal)
            // A limit or a fault of the database says nothing of who asks.
            && problem.status_code() == StatusCode::UNAUTHORIZED
        {
            tell(&*services_of(request)?, &context_of(request)?);
        }
        admitted
    }

    /// Lets in whom the rule lets in, and leaves for the handler who it is.
    async fn admit(self, request: &HttpRequest) -> Result<(), Problem> {
        match self.access {
            Access::Public | Access::Listener | Access::Proof(_) => {}
            Access::Session => {
                let user = current_user(request).await?;
                request.extensions_mut().insert(extract::Admitted(user));
            }
            Access::Administrator => {
                let administrator = Administrator::of(&current_user(request).await?)?;
                request.extensions_mut().insert(extract::Admitted(administrator));
            }
            Access::SessionIfAny => match current_user(request).await {
                Ok(user) => {
                    request.extensions_mut().insert(extract::Admitted(user));
                }
                Err(problem) if problem.status_code() == StatusCode::UNAUTHORIZED => {}
                Err(problem) => return Err(problem),
            },
            Access::Chat => {
                let caller = conversation::caller(request).await?;
                request.extensions_mut().insert(extract::Admitted(caller));
            }
        }
        Ok(())
    }
}

/// Charges the request to its address.
pub(super) async fn charge(request: &HttpRequest, action: Action) -> Result<(), Problem> {
    let (services, ctx) = (services_of(request)?, context_of(request)?);
    Ok(services.limits.charge_address(&ctx, action).await?)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;
    use crate::api::{Endpoint, mount};
    use crate::extract::{ByAdministrator, CurrentUser, Speaker};

    async fn for_a_user(_: CurrentUser) -> &'static str {
        "in"
    }

    async fn for_a_speaker(_: Speaker) -> &'static str {
        "in"
    }

    async fn for_an_administrator(_: ByAdministrator) -> &'static str {
        "in"
    }

    #[actix_web::test]
    async fn a_handler_gets_nobody_whom_its_route_did_not_let_in() {
        let endpoints = || {
            vec![
                Endpoint::get("/user", Access::Public, for_a_user),
                Endpoint::get("/speaker", Access::Public, for_a_speaker),
                Endpoint::get("/administrator", Access::Public, for_an_administrator),
            ]
        };
        let service = init_service(App::new().configure(|config| mount(config, endpoints()))).await;
        for path in ["/user", "/speaker", "/administrator"] {
            let answer = call_service(&service, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        }
    }
}
