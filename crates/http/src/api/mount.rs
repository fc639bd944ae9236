//! From stated routes to those of the framework.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Route};
use autorisen_domain::events::Action;

use crate::api::access::Access;
use crate::api::endpoint::Endpoint;
use crate::api::guard::Rules;
use crate::problem::Problem;

/// Below this path a request is charged to its address also when it is to no route: it may be a try.
const GUARDED: &str = "/api/auth";

/// Serves these, and says of every other method of their paths that it is none of theirs.
pub(crate) fn mount(config: &mut ServiceConfig, endpoints: Vec<Endpoint>) {
    let mut paths: Vec<(&str, Vec<Endpoint>)> = Vec::new();
    for endpoint in endpoints {
        match paths.iter_mut().find(|(path, _)| *path == endpoint.path) {
            Some((_, found)) => found.push(endpoint),
            None => paths.push((endpoint.path, vec![endpoint])),
        }
    }
    for (path, endpoints) in paths {
        let other = method_not_allowed(path, allowed(&endpoints));
        let resource = endpoints
            .into_iter()
            .fold(web::resource(path), |resource, endpoint| resource.route(endpoint.into_route()));
        config.service(resource.default_service(other));
    }
}

/// Charges who tries paths below [`GUARDED`] that are none. It comes after everything that is there.
pub(crate) fn guard(config: &mut ServiceConfig) {
    config.service(web::scope(GUARDED).default_service(charged(Route::new().to(not_found))));
}

/// The answer to an unknown path.
pub(crate) async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}

/// The methods of a path, as RFC 9110, section 10.2.1, writes them.
fn allowed(endpoints: &[Endpoint]) -> String {
    let names = endpoints.iter().map(|endpoint| match endpoint.method.as_str() {
        "GET" => "GET, HEAD",
        other => other,
    });
    names.collect::<Vec<_>>().join(", ")
}

fn method_not_allowed(path: &str, allow: String) -> Route {
    let route = Route::new().to(move || {
        let problem = Problem::method_not_allowed(allow.clone());
        std::future::ready(Err::<HttpResponse, _>(problem))
    });
    if path.starts_with(GUARDED) { charged(route) } else { route }
}

fn charged(route: Route) -> Route {
    let rules = Rules { access: Access::Public, limit: Some(Action::Session), csrf: false, on_refusal: None };
    rules.enforce(route)
}
