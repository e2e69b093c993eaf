//! Receives bodies before anything is done with them: whoever sends slowly holds no place, and all bodies that are being
//! received or answered fit in a fixed amount of memory.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::input::{CHAT_BYTES, body_broken, body_too_large};
use crate::http::problem::{Kind, Problem};

/// Bytes of bodies at a time, of all requests together.
const BUDGET: usize = 64 * 1024 * 1024;

/// The budget.
#[derive(Debug)]
pub struct Intake(Arc<Semaphore>);

/// What a body takes of the budget; given back when dropped.
pub type Received = Option<OwnedSemaphorePermit>;

impl Default for Intake {
    fn default() -> Intake {
        Intake(Arc::new(Semaphore::new(BUDGET)))
    }
}

impl Intake {
    /// The request with its body whole. The door checks its own, smaller limit.
    ///
    /// # Errors
    /// A body above the largest limit, one that breaks off, or no memory left for it.
    pub async fn whole(&self, request: Request) -> Result<(Request, Received), Problem> {
        let (parts, mut body) = request.into_parts();
        let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > CHAT_BYTES as u64) {
            return Err(body_too_large());
        }
        let (mut bytes, mut received): (Vec<u8>, Received) = (vec![], None);
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else { break };
            let Ok(data) = frame.map_err(|_| body_broken())?.into_data() else { continue };
            if bytes.len() + data.len() > CHAT_BYTES {
                return Err(body_too_large());
            }
            // Taken as it comes: what was only announced holds nothing.
            let taken = u32::try_from(data.len()).ok().and_then(|n| self.0.clone().try_acquire_many_owned(n).ok());
            let Some(taken) = taken else {
                return Err(Problem::new(Kind::Overloaded, "现在收到的内容太多,请过一会儿再试").after(1));
            };
            match &mut received {
                Some(all) => all.merge(taken),
                None => received = Some(taken),
            }
            bytes.extend_from_slice(&data);
        }
        Ok((Request::from_parts(parts, Body::from(bytes)), received))
    }
}
