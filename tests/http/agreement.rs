//! The same question through every door: equal status, region, results and sources.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yiwen::answer::plain;

use crate::service::{Reply, ask};

/// One question for each way an answer can end.
const QUESTIONS: &[(&str, &str)] = &[
    ("深圳断缴4个月,工资8000,按10%怎么补", "answered"),
    ("滞纳金怎么算", "needs_facts"),
    ("武汉退休医保要交满多少年,我是女的", "needs_facts"),
    ("临时去外地看病怎么备案", "passages_only"),
    ("明天天气怎么样", "no_match"),
];

/// What every door must tell alike.
#[derive(Debug, PartialEq)]
struct Told {
    status: String,
    region: Option<String>,
    /// Rule → its status and results.
    results: BTreeMap<String, (String, Value)>,
    /// Articles, best first.
    sources: Vec<String>,
}

/// Through the doors that carry the whole answer.
fn whole(answer: &Value) -> Told {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    Told {
        status: text(&answer["status"]),
        region: answer["understanding"]["region"]["code"].as_str().map(str::to_owned),
        results: list("computed")
            .iter()
            .map(|c| (text(&c["rule"]), (text(&c["status"]), c["results"].clone())))
            .collect(),
        sources: list("passages").iter().map(|p| text(&p["article"])).collect(),
    }
}

fn post(path: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    ask("no_key", "POST", path, &headers, body.to_string())
}

fn tool(name: &str, arguments: &Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    post("/mcp", &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})).json["result"].clone()
}

/// Dify: records with a rule are results, the others sources. Without a record nothing was found.
fn dify(question: &str, native: &Told) -> Told {
    let body =
        json!({"knowledge_id": "x", "query": question, "retrieval_setting": {"top_k": 20, "score_threshold": 0.0}});
    let records = post("/dify/retrieval", &body).json["records"].as_array().cloned().unwrap_or_default();
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let (computed, passages): (Vec<&Value>, Vec<&Value>) =
        records.iter().partition(|r| r["metadata"]["rule"].is_string());
    let code = computed.first().map(|r| text(&r["metadata"]["region_code"])).filter(|code| code != "000000");
    Told {
        status: records.first().map_or("no_match".to_owned(), |r| text(&r["metadata"]["answer_status"])),
        // A passage tells its own region; the asked one travels with results.
        region: if computed.is_empty() { native.region.clone() } else { code },
        results: computed
            .iter()
            .map(|r| &r["metadata"])
            .map(|m| (text(&m["rule"]), (text(&m["status"]), m["results"].clone())))
            .collect(),
        sources: passages.iter().map(|r| text(&r["metadata"]["document_id"])).collect(),
    }
}

/// WeChat shows text alone: that of the whole answer, cut to what fits.
fn wechat(question: &str, place: usize) -> Result<String, String> {
    let path = format!("/wechat?signature={SIGNATURE}&timestamp=1795392000&nonce=358234");
    let message = format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>text</MsgType><Content><![CDATA[{question}]]></Content><MsgId>9{place}</MsgId></xml>"
    );
    let reply = ask("locked", "POST", &path, &[], message).text;
    let start = reply.find("<Content><![CDATA[").ok_or(format!("no content: {reply}"))? + "<Content><![CDATA[".len();
    let end = reply.rfind("]]></Content>").ok_or("no end")?;
    Ok(reply[start..end].to_owned())
}

/// SHA-1 of the sorted token, timestamp and nonce of [`wechat`].
const SIGNATURE: &str = "7a65e425b65deeec06f4bec0962110844c6c12ed";

pub fn same_everywhere() -> Result<(), String> {
    for (place, (question, status)) in QUESTIONS.iter().enumerate() {
        let native = whole(&post("/v1/answer", &json!({"question": question})).json);
        if native.status != *status {
            return Err(format!("{question}: want {status}, got {native:?}"));
        }
        let messages = json!({"messages": [{"role": "user", "content": question}]});
        let streamed = post("/v1/chat/completions", &json!({"messages": messages["messages"], "stream": true})).text;
        let last = streamed.lines().filter_map(|l| l.strip_prefix("data: ")).find(|l| l.contains("\"yiwen\":{"));
        let last: Value = last.and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
        let asked = tool("ask", &json!({"question": question}));
        let doors = [
            ("/v1/chat", whole(&post("/v1/chat", &messages).json["answer"])),
            ("OpenAI", whole(&post("/v1/chat/completions", &messages).json["yiwen"]["answer"])),
            ("OpenAI, streamed", whole(&last["yiwen"]["answer"])),
            ("Dify", dify(question, &native)),
            ("MCP", whole(&asked["structuredContent"])),
        ];
        for (door, told) in doors {
            if told != native {
                return Err(format!("{question} through {door}:\n{told:?}\nbut /v1/answer:\n{native:?}"));
            }
        }
        let text = asked["content"][0]["text"].as_str().unwrap_or_default();
        let (shown, wanted) = (wechat(question, place)?, plain::fit(text, 1_500, ""));
        if !shown.starts_with(&wanted) || shown.len() > 2_048 {
            return Err(format!("{question} through WeChat:\n{shown}\nbut the answer:\n{wanted}"));
        }
        if let Some(source) = native.sources.first() {
            let file = ask("no_key", "GET", &format!("/fastgpt/v1/file/content?id={source}"), &[], String::new());
            let article = ask("no_key", "GET", &format!("/v1/articles/{source}"), &[], String::new());
            if file.json["data"]["content"] != article.json["text"] || !article.json["text"].is_string() {
                return Err(format!("{source} through FastGPT differs"));
            }
        }
    }
    Ok(())
}
