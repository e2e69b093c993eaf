//! What each platform itself sends when someone connects it, and what it needs to get back. To add one: a row here.

use serde_json::{Value, json};

use super::client::Reply;
use crate::config::WeChat;
use crate::http::doors::wechat;

/// What a platform makes of an answer: fine, with a remark perhaps, or what it would fail on and how to mend it.
pub type Verdict = Result<&'static str, String>;

/// One request of a platform.
pub struct Probe {
    pub platform: &'static str,
    /// In Chinese: when the platform sends it.
    pub when: &'static str,
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, &'static str)>,
    /// `None`: no body at all.
    pub body: Option<Value>,
    /// Sent with the key.
    pub key: bool,
    pub judge: fn(&Reply) -> Verdict,
}

impl Probe {
    fn new(platform: &'static str, when: &'static str, method: &'static str, path: &str) -> Probe {
        let path = path.to_owned();
        Probe { platform, when, method, path, headers: vec![], body: None, key: true, judge: answered }
    }

    fn body(self, body: Value) -> Probe {
        Probe { body: Some(body), ..self }
    }

    fn headers(self, headers: &[(&'static str, &'static str)]) -> Probe {
        Probe { headers: headers.to_vec(), ..self }
    }

    fn judge(self, judge: fn(&Reply) -> Verdict) -> Probe {
        Probe { judge, ..self }
    }
}

const MCP: &[(&str, &str)] = &[("accept", "application/json, text/event-stream")];
const QUESTION: &str = "深圳断缴4个月,工资8000,按10%怎么补";

/// Every probe, in the order in which they are sent.
pub fn all(settings: Option<&WeChat>) -> Vec<Probe> {
    let chat = json!({"model": "yiwen", "stream": true, "messages": [{"role": "user", "content": QUESTION}]});
    let dify = json!({
        "knowledge_id": "doctor", "query": QUESTION, "retrieval_setting": {"top_k": 4, "score_threshold": 0.0},
    });
    let begin = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "doctor", "version": "1"},
    }});
    let tools = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let mut probes = vec![
        Probe::new("服务", "就绪探测", "GET", "/readyz").judge(|r| known(r, "/status", "ready")),
        Probe::new("扣子等插件平台", "导入 OpenAPI", "GET", "/openapi.json").judge(|r| known(r, "/openapi", "3.1.0")),
        Probe::new("直接调用", "POST /v1/answer", "POST", "/v1/answer")
            .body(json!({"question": QUESTION}))
            .judge(|r| known(r, "/status", "answered")),
        Probe::new("Open WebUI", "验证连接,取模型列表", "GET", "/v1/models")
            .judge(|r| known(r, "/data/0/id", crate::http::doors::openai::MODEL)),
        Probe::new("OpenAI 兼容", "流式对话", "POST", "/v1/chat/completions").body(chat).judge(streamed),
        Probe::new("NextChat 等网页客户端", "浏览器的跨域预检", "OPTIONS", "/v1/chat/completions")
            .headers(&[
                ("origin", "https://chat.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,content-type"),
            ])
            .judge(preflight),
        Probe::new("Dify", "保存外部知识库时不带请求体的探测", "POST", "/dify/retrieval").judge(no_records),
        Probe::new("Dify", "网址末尾多一个斜杠时的检索", "POST", "/dify//retrieval").body(dify).judge(records),
        Probe::new("Dify", "密钥填错时", "POST", "/dify/retrieval")
            .headers(&[("authorization", "Bearer doctor-wrong-key")])
            .judge(wrong_key),
        Probe::new("FastGPT", "列出文件库", "POST", "/fastgpt/v1/file/list")
            .body(json!({"parentId": null, "searchKey": ""}))
            .judge(|r| known(r, "/data/0/type", "folder")),
        Probe::new("MCP 客户端", "握手", "POST", "/mcp")
            .body(begin)
            .headers(MCP)
            .judge(|r| known(r, "/result/serverInfo/name", "yiwen")),
        Probe::new("MCP 客户端", "取工具列表", "POST", "/mcp")
            .body(tools.clone())
            .headers(MCP)
            .judge(|r| known(r, "/result/tools/0/name", "ask")),
        Probe::new("MCP 客户端", "别处网页的请求应被拒绝", "POST", "/mcp")
            .body(tools)
            .headers(&[MCP[0], ("origin", "https://evil.example")])
            .judge(refused),
    ];
    // The key must not be what opens or shuts this one.
    for probe in &mut probes {
        probe.key = !probe.headers.iter().any(|(name, _)| *name == "authorization");
    }
    probes.push(match settings {
        Some(settings) => Probe::new("公众号", "保存服务器配置时的验证", "GET", &wechat::verification(settings))
            .judge(|r| if r.text == wechat::ECHO { Ok("") } else { Err(told(r)) }),
        None => Probe::new("公众号", "没有设置令牌时", "GET", "/wechat").judge(unset),
    });
    probes
}

/// What came instead, shortened.
fn told(reply: &Reply) -> String {
    let text: String = reply.text.chars().take(200).collect();
    let mend = match reply.status.as_u16() {
        401 | 403 => ";服务要密钥:用 --key 或环境变量 YIWEN_KEY 给出",
        404 => ";地址不对,或代理没有转发这个路径",
        502..=504 => ";代理后面的服务没有起来,或还没有读完索引",
        _ => "",
    };
    format!("得到 {} {text}{mend}", reply.status.as_u16())
}

fn answered(reply: &Reply) -> Verdict {
    if reply.status.is_success() { Ok("") } else { Err(told(reply)) }
}

fn known(reply: &Reply, pointer: &str, want: &str) -> Verdict {
    let fits = reply.status.is_success() && reply.json().pointer(pointer).is_some_and(|got| got == want);
    if fits { Ok("") } else { Err(told(reply)) }
}

fn streamed(reply: &Reply) -> Verdict {
    if !reply.header("content-type").starts_with("text/event-stream") {
        return Err(told(reply));
    }
    if !reply.text.starts_with("data: {") || !reply.text.ends_with("data: [DONE]\n\n") {
        return Err("流不完整;代理可能改了或截断了响应".to_owned());
    }
    Ok("")
}

fn preflight(reply: &Reply) -> Verdict {
    let allowed = reply.header("access-control-allow-origin");
    if reply.status.is_success() && !allowed.is_empty() {
        return Ok("");
    }
    Err("没有 Access-Control-Allow-Origin;代理可能自己答了 OPTIONS,请让它转发".to_owned())
}

fn no_records(reply: &Reply) -> Verdict {
    let empty = reply.json().pointer("/records").and_then(Value::as_array).is_some_and(Vec::is_empty);
    if reply.status.is_success() && empty { Ok("") } else { Err(told(reply)) }
}

fn records(reply: &Reply) -> Verdict {
    let json = reply.json();
    let first = json.pointer("/records/0").cloned().unwrap_or_default();
    let fits = first["score"] == 1.0 && first["metadata"]["rule"].is_string();
    if reply.status.is_success() && fits { Ok("") } else { Err(told(reply)) }
}

fn wrong_key(reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        403 => Ok(""),
        200 => Ok("没有设密钥,谁都可以问"),
        _ => Err(format!("{};Dify 只把 403、404、502 当作失败", told(reply))),
    }
}

fn refused(reply: &Reply) -> Verdict {
    if reply.status.as_u16() == 403 { Ok("") } else { Err("没有拒绝;代理可能去掉了 Origin".to_owned()) }
}

fn unset(reply: &Reply) -> Verdict {
    match reply.status.as_u16() {
        403 => Ok("没有验证:没有设置 wechat_token,或这里的设置和服务的不同"),
        _ => Err(told(reply)),
    }
}
