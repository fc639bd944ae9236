//! One route.

use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route};
use autorisen_domain::context::Context;
use autorisen_domain::events::Action;

use crate::Services;
use crate::api::access::Access;
use crate::api::guard::Rules;
use crate::api::operation::{Answer, Body, Operation, Parameter};
use crate::problem::Failures;

/// One route: who may call it and how often, what it takes and answers, and what answers.
pub(crate) struct Endpoint {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) rules: Rules,
    pub(super) operation: Operation,
    pub(super) route: Route,
}

impl Endpoint {
    /// Answers GET, and HEAD like GET without the body.
    pub(crate) fn get<A: FromRequest + 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        Self::new(Method::GET, path, access, handler)
    }

    /// Answers POST.
    pub(crate) fn post<A: FromRequest + 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        Self::new(Method::POST, path, access, handler)
    }

    /// Answers PUT.
    pub(crate) fn put<A: FromRequest + 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        Self::new(Method::PUT, path, access, handler)
    }

    /// Answers DELETE.
    pub(crate) fn delete<A: FromRequest + 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        Self::new(Method::DELETE, path, access, handler)
    }

    fn new<A: FromRequest + 'static>(
        method: Method,
        path: &'static str,
        access: Access,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        Self {
            method,
            path,
            rules: Rules { access, limit: None, csrf: false, on_refusal: None },
            operation: Operation::default(),
            route: Route::new().to(handler),
        }
    }

    /// Counts every request against the limit of its address for this action, before anything else.
    pub(crate) fn limited_as(mut self, action: Action) -> Self {
        self.rules.limit = Some(action);
        self
    }

    /// Checks the CSRF pair of the existing client, where a half of it is sent, before it is asked who calls.
    pub(crate) fn with_csrf_pair(mut self) -> Self {
        self.rules.csrf = true;
        self
    }

    /// Is told when somebody is refused for being nobody: a 401.
    pub(crate) fn on_refusal(mut self, tell: fn(&Services, &Context)) -> Self {
        self.rules.on_refusal = Some(tell);
        self
    }

    /// Answers anybody in another way, where a setting takes away what is documented.
    pub(crate) fn instead<A: FromRequest + 'static>(
        mut self,
        handler: impl Handler<A, Output: Responder + 'static>,
    ) -> Self {
        self.rules = Rules { access: Access::Public, limit: None, csrf: false, on_refusal: None };
        self.route = Route::new().to(handler);
        self
    }

    /// Says what it is for: a name for programs, a line, and what else one has to know.
    pub(crate) fn about(mut self, id: &'static str, summary: &'static str, text: &'static str) -> Self {
        (self.operation.id, self.operation.summary, self.operation.description) = (id, summary, text);
        self
    }

    /// Leaves it out of the document: it is a part of a page of ours, and nobody else's.
    pub(crate) fn part_of_a_page(mut self) -> Self {
        self.operation.is_hidden = true;
        self
    }

    /// Says what may be in the path or the query.
    pub(crate) fn asks(mut self, parameter: Parameter) -> Self {
        self.operation.parameters.push(parameter);
        self
    }

    /// Says what the body is.
    pub(crate) fn takes(mut self, body: Body) -> Self {
        self.operation.body = Some(body);
        self
    }

    /// Says what is answered when all is well.
    pub(crate) fn answers(mut self, answer: Answer) -> Self {
        self.operation.answers.push(answer);
        self
    }

    /// Says how it may fail: with every problem that this error becomes.
    pub(crate) fn fails<E: Failures>(mut self) -> Self {
        self.operation.failures.push(E::ANSWERS);
        self
    }

    /// The route as the framework takes it.
    pub(super) fn into_route(self) -> Route {
        let route = match self.method {
            Method::GET => self.route.guard(reads()),
            method => self.route.method(method),
        };
        self.rules.enforce(route)
    }
}

fn reads() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}
