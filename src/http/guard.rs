//! Who may come in, and how often: a caller's key is asked for where the door wants one and a key to read has been given
//! out; each key, and each address without one, has its allowance.
//!
//! A door names its [`Access`]; the check is here, before any handler. A refusal is a [`Problem`] like every other and is
//! told in the door's own shape.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::door_of;
use super::limits::address::{self, Peer};
use super::limits::allowance::Caller;
use super::problem::{Kind, Problem};
use super::state::{App, Shared};
use crate::keys::{Keys, Scope};

/// What a door asks of its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: probes and the contract, which must answer when all else is full. Nothing limits them.
    Open,
    /// A signature of its own, which the door checks. It is one platform's servers that call, so they have no allowance.
    Signed,
    /// A key that may read.
    Key,
    /// The same from a browser: the key as the password of basic authentication.
    Browser,
}

/// What the door of a request asks.
pub fn access_of(request: &Request) -> Access {
    let path = request.extensions().get::<MatchedPath>();
    path.and_then(|p| door_of(p.as_str())).map_or(Access::Open, |door| door.access)
}

/// The name of the key that a request came with; kept beside the response for the log.
#[derive(Clone, Debug)]
pub struct KeyName(pub String);

/// The middleware.
pub async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let access = access_of(&request);
    let admitted = admit(&app.keys, access, request.headers());
    if matches!(access, Access::Key | Access::Browser)
        && let Err(problem) = allow(&app, admitted.as_ref().ok().and_then(Option::as_deref), &request)
    {
        app.metrics.refused(problem.kind);
        return problem.into_response();
    }
    match admitted {
        Ok(name) => {
            let mut response = next.run(request).await;
            if let Some(name) = name {
                response.extensions_mut().insert(KeyName(name));
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Takes one request off the caller's allowance. A wrong key counts against the address, so that keys cannot be tried out.
fn allow(app: &App, key: Option<&str>, request: &Request) -> Result<(), Problem> {
    let limits = &app.limits;
    let address = address::caller(request.extensions().get::<Peer>(), request.headers(), &limits.proxies);
    let now = Instant::now();
    let taken = match (key, address) {
        // A caller on this machine is no flood: whoever could be one has an address.
        (_, None) => Ok(()),
        (Some(key), _) => limits.per_key.take(Caller::Key(key.to_owned()), now),
        (None, Some(address)) => limits.per_address.take(Caller::Address(address), now),
    };
    taken.map_err(|wait| {
        let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
        Problem::new(Kind::TooManyRequests, format!("问得太快了,请过 {seconds} 秒再试")).after(seconds)
    })
}

/// The name of the key, or why not.
fn admit(keys: &Keys, access: Access, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    if matches!(access, Access::Open | Access::Signed) || !keys.lock_reading() {
        return Ok(None);
    }
    let browser = access == Access::Browser;
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).filter(|text| !text.trim().is_empty());
    let Some(given) = given else {
        let (kind, how) = if browser {
            (Kind::PasswordRequired, "请在浏览器弹出的窗口里登录:用户名随意,密码填密钥")
        } else {
            (Kind::KeyRequired, "请在 Authorization 里写 Bearer 加密钥;密钥向服务的管理员要")
        };
        return Err(Problem::new(kind, how));
    };
    let password = given.trim().strip_prefix("Basic ").filter(|_| browser).and_then(password);
    match keys.find(password.as_deref().unwrap_or(given)) {
        Some(key) if key.may(Scope::Read) => Ok(Some(key.name.clone())),
        _ if browser => Err(Problem::new(Kind::PasswordRequired, "密钥不对,请重新登录:用户名随意,密码填密钥")),
        _ => Err(Problem::new(Kind::KeyUnknown, "密钥不对;请核对有没有漏字,或向服务的管理员要一个新的")),
    }
}

/// The password of basic authentication.
fn password(encoded: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}
