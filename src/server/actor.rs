//! Who is acting, and from where: known from the request, or from the part of Tributary that acts on its own, and carried
//! along to wherever the audit trail is written.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use tracing::Instrument;

use crate::model::ActorKind;

tokio::task_local! {
    static ACTOR: Actor;
}

/// Who is acting.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub by: ActorKind,
    /// From where, for a request.
    pub from: Option<String>,
}

impl Actor {
    /// A part of Tributary.
    pub fn of(by: ActorKind) -> Self {
        Self { by, from: None }
    }

    /// Who is acting here. Where nobody said, it is Tributary.
    pub fn current() -> Self {
        ACTOR.try_with(Clone::clone).unwrap_or_else(|_| Self::of(ActorKind::Scheduler))
    }

    /// Runs work in this one's name.
    pub fn act<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        ACTOR.scope(self, work)
    }
}

/// The same work, in the name of whoever is acting here and under their request's id: for work that goes on in a task of its
/// own, or when the request has been answered.
pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    Actor::current().act(work).in_current_span()
}

/// Notes who sent a request. Whether they may do what they ask is not decided here.
pub async fn in_request(request: Request, next: Next) -> Response {
    // A proxy in front may want other schemes for itself.
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_bearer = authorization
        .is_some_and(|value| value.split_once(' ').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")));
    let by = if is_bearer { ActorKind::ApiKey } else { ActorKind::Browser };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let from = peer.map(|peer| from(peer, request.headers()));
    Actor { by, from }.act(next.run(request)).await
}

/// The address of who asks. A proxy adds the address that it was asked from; what stands before that anybody can have
/// written.
fn from(peer: IpAddr, headers: &HeaderMap) -> String {
    let told = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok()).next_back();
    let told = told.and_then(|line| line.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    told.map_or_else(|| peer.to_canonical().to_string(), |told| format!("{told} by way of {}", peer.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_peers_and_the_last_that_a_proxy_told() {
        let peer = "10.0.0.1".parse().unwrap();
        let of = |told: &str| {
            from(peer, &HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), told.parse().unwrap())]))
        };
        assert_eq!(from(peer, &HeaderMap::new()), "10.0.0.1");
        assert_eq!(of("1.1.1.1, 203.0.113.7"), "203.0.113.7 by way of 10.0.0.1");
        assert_eq!(of("<script>"), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1".parse().unwrap(), &HeaderMap::new()), "10.0.0.1");
    }
}
