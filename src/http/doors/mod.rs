//! Doors for the platforms that people already run: one file a protocol.
//!
//! **Invariant:** a door translates and nothing else. It reads the platform's request, asks the same engine in the same
//! way as `/v1/answer` or `/v1/chat`, and writes the answer in the platform's shape; a test asks the same question
//! through all of them. Copy `dify.rs` for the next one: its shape of errors, its line in [`DOORS`], its recorded
//! requests in `tests/contracts`.

pub mod dify;
pub mod fastgpt;
pub mod mcp;
pub mod openai;
pub mod wechat;
mod wechat_crypto;

use super::Door;
use super::guard::Access;

/// Every platform's door.
pub const DOORS: &[Door] = &[
    Door { routes: openai::ROUTES, access: Access::Key, errors: openai::ERRORS },
    Door { routes: dify::ROUTES, access: Access::Key, errors: dify::ERRORS },
    Door { routes: fastgpt::ROUTES, access: Access::Key, errors: fastgpt::ERRORS },
    Door { routes: mcp::ROUTES, access: Access::Key, errors: mcp::ERRORS },
    // WeChat signs its requests by a token of its own.
    Door { routes: wechat::ROUTES, access: Access::Open, errors: wechat::ERRORS },
];
