//! Whether stand-ins replace the providers without a client id.
//!
//! The stand-ins listen on this machine alone, and anybody can sign in to one. So they are for a page that is used on the
//! same machine, and mix with real apps only when somebody asks for that.

use std::net::SocketAddr;

use anyhow::bail;
use url::{Host, Url};

use super::{ADDRESS, Reader};
use crate::server::providers;

/// The address of the sandbox, unless it is off.
pub(super) fn read(reader: &Reader, public_url: &Url) -> anyhow::Result<Option<SocketAddr>> {
    let has_sandbox = cfg!(feature = "sandbox");
    match reader.text("TRIBUTARY_SANDBOX").as_str() {
        "auto" if !has_sandbox || !is_local(public_url) || has_real_app(reader) => return Ok(None),
        "off" => return Ok(None),
        "on" if !has_sandbox => bail!(
            "TRIBUTARY_SANDBOX is on, but this program was built without the sandbox. Build it with the feature sandbox, or set TRIBUTARY_SANDBOX to off."
        ),
        "on" if !is_local(public_url) => bail!(
            "TRIBUTARY_SANDBOX is on, but TRIBUTARY_PUBLIC_URL is {}, and browsers on other machines can't reach the stand-ins. Set TRIBUTARY_SANDBOX to off, or TRIBUTARY_PUBLIC_URL to an address such as http://localhost:8000.",
            public_url.origin().ascii_serialization()
        ),
        "auto" | "on" => {}
        other => bail!(
            "TRIBUTARY_SANDBOX is {other:?}. Set it to auto (stand-ins replace all providers, if none has a client id and TRIBUTARY_PUBLIC_URL is local), on (they replace those without a client id) or off."
        ),
    }
    let listen = reader.parsed::<SocketAddr>("TRIBUTARY_SANDBOX_LISTEN", ADDRESS)?;
    if !listen.ip().is_loopback() || listen.port() == 0 {
        bail!(
            "TRIBUTARY_SANDBOX_LISTEN is {listen}. Set it to a loopback address with a port, such as 127.0.0.1:8001: anybody can sign in to a stand-in."
        );
    }
    Ok(Some(listen))
}

/// Whether browsers reach this address on their own machine.
pub(super) fn is_local(public_url: &Url) -> bool {
    match public_url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn has_real_app(reader: &Reader) -> bool {
    providers::ALL.iter().any(|provider| reader.optional(&provider.variable("CLIENT_ID")).is_some())
}
