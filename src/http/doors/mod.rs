//! Doors for the platforms that people already run: one file a protocol.
//!
//! **Invariant:** a door translates and nothing else. It reads the platform's request, asks the same engine in the same
//! way as `/v1/answer` or `/v1/chat`, and writes the answer in the platform's shape; a test asks the same question
//! through all of them. Copy `fastgpt.rs` for the next one: its shape of errors, its line in [`DOORS`], its recorded
//! requests in `tests/contracts`.

pub mod dify;
pub mod fastgpt;
pub mod mcp;
pub mod openai;
pub mod wechat;

use super::Door;
use super::guard::Access;

/// Every platform's door.
pub const DOORS: &[Door] = &[
    Door { routes: openai::ROUTES, access: Access::Key, errors: openai::ERRORS },
    Door { routes: dify::ROUTES, access: Access::Key, errors: dify::ERRORS },
    Door { routes: fastgpt::ROUTES, access: Access::Key, errors: fastgpt::ERRORS },
    Door { routes: mcp::ROUTES, access: Access::Key, errors: mcp::ERRORS },
    // WeChat signs its requests by a token of its own.
    Door { routes: wechat::ROUTES, access: Access::Signed, errors: wechat::ERRORS },
];

/// What to paste where, one line a platform. `base` is the address as people reach it, without a slash at its end.
pub fn hints(base: &str, locked: bool, wechat: bool) -> String {
    let key = if locked { "API Key:[[keys]] 里的一个密钥" } else { "API Key:没有设密钥,任意填" };
    let model = openai::MODEL;
    let console =
        if wechat { "令牌与设置里的 wechat_token 相同" } else { "还没有设置 wechat_token,不能用" };
    [
        format!("  Dify 外部知识库    API Endpoint:{base}/dify   {key}"),
        format!("  OpenAI 兼容        Base URL:{base}/v1   模型:{model}   {key}"),
        format!("  MCP                {base}/mcp,或由客户端启动命令 yiwen mcp"),
        format!("  FastGPT 文件库     baseURL:{base}/fastgpt   {key}"),
        format!("  插件(OpenAPI)    {base}/openapi.json"),
        format!("  公众号、企业微信   URL:{base}/wechat   {console}"),
    ]
    .join("\n")
}
