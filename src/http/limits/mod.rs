//! What the service takes at a time, so that no caller and no flood takes it from the others.
//!
//! A request passes, in this order: its connection (`connections`, `stall`), its caller's allowance (`allowance`, by key or
//! by `address`), the receipt of its body (`intake`) and the queue in front of the processor cores (`gate`). Whatever does
//! not fit is refused at once, by 429 or 503 with `Retry-After`; nothing is refused late.

pub mod address;
pub mod allowance;
pub mod connections;
pub mod gate;
pub mod intake;
pub mod stall;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;

use super::guard::{Access, access_of};
use super::problem::{Kind, Problem};
use super::state::Shared;
use address::Network;
use allowance::Allowance;
use connections::Connections;
use gate::{Gate, Left, Manner};
use intake::Intake;

/// What the settings say of the limits.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Requests a minute from one address; 0 is without limit.
    pub rate_per_address: u32,
    /// Requests a minute with one key; 0 is without limit.
    pub rate_per_key: u32,
    /// Whose `X-Forwarded-For` counts.
    pub proxies: Vec<Network>,
    /// Nobody is refused for overload, however long the queue: where all callers are ours and are measured.
    pub patient: bool,
    /// Passages are looked for over the network: who waits for that leaves the processor to others.
    pub elsewhere: bool,
}

/// Where passages are elsewhere, so many questions for each core may be on their way.
const ON_THEIR_WAY: usize = 16;

/// The limits of one service.
pub struct Limits {
    pub per_address: Allowance,
    pub per_key: Allowance,
    pub proxies: Vec<Network>,
    pub connections: Connections,
    pub intake: Intake,
    pub gate: Arc<Gate>,
}

impl Limits {
    pub fn new(settings: Settings) -> Limits {
        Limits {
            per_address: Allowance::new(settings.rate_per_address),
            per_key: Allowance::new(settings.rate_per_key),
            connections: Connections::new(settings.proxies.clone()),
            proxies: settings.proxies,
            intake: Intake::default(),
            gate: Arc::new(Gate::new(
                gate::cores() * if settings.elsewhere { ON_THEIR_WAY } else { 1 },
                Manner { patient: settings.patient, apart: settings.elsewhere },
            )),
        }
    }
}

/// The middleware: receives the body, waits for a place and answers there. Some thread always stays free to accept
/// connections, so a refusal is as quick under load as without.
pub async fn place(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if access_of(&request) == Access::Open {
        return next.run(request).await;
    }
    let (request, received) = match app.limits.intake.whole(request).await {
        Ok(whole) => whole,
        Err(problem) => return problem.into_response(),
    };
    if let Some(place) = app.limits.gate.alone() {
        let response = next.run(request).await;
        drop((place, received));
        return response;
    }
    let runtime = Handle::current();
    let answered = app.limits.gate.compute(move || {
        let response = runtime.block_on(next.run(request));
        drop(received);
        response
    });
    match answered.await {
        Ok(response) => response,
        Err(Left::Refused) => {
            app.metrics.refused(Kind::Overloaded);
            Problem::new(Kind::Overloaded, "现在问的人太多,请过一会儿再试").after(1).into_response()
        }
        // Told by the layer that tells every panic.
        Err(Left::Panicked(panic)) => std::panic::resume_unwind(panic),
        Err(Left::Stopped) => Problem::new(Kind::NotReady, "服务正在停止").into_response(),
    }
}
