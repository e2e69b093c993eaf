//! WeChat official accounts and WeCom, `GET|POST /wechat`: the check of the address and passive replies, plain or
//! encrypted. Answers come well within the five seconds that WeChat waits, so nothing is ever sent later.

mod crypto;
mod replies;
mod xml;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crypto::{Sealer, signature, signed};
pub use replies::Replies;
use xml::{Members, cdata, members};

use crate::answer::{markdown, plain};
use crate::config::WeChat;
use crate::conversation::SMALL_TALK;
use crate::engine::QUESTION_CHARS;
use crate::facts::Facts;
use crate::http::answer::Asked;
use crate::http::input::{FromQuery, FromText, Input};
use crate::http::observe::Note;
use crate::http::problem::{Kind, Problem, Shape};
use crate::http::state::{App, Shared, today};
use crate::http::{QueryParameter, Route, Takes, optional};

const QUERY: &[QueryParameter] = &[
    optional("signature", Takes::Text, "公众号的签名"),
    optional("msg_signature", Takes::Text, "加密消息和企业微信的签名"),
    optional("timestamp", Takes::Text, "时间戳"),
    optional("nonce", Takes::Text, "随机数"),
    optional("echostr", Takes::Text, "验证网址时要原样返回的内容"),
];

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/wechat",
        id: "wechatVerify",
        summary: "公众号、企业微信:验证网址",
        query: QUERY,
        body: None,
        answer: ("text/plain", "Text"),
        status: 200,
        handler: || get(verify),
    },
    Route {
        method: "POST",
        path: "/wechat",
        id: "wechatMessage",
        summary: "公众号、企业微信:被动回复,明文或加密",
        query: QUERY,
        body: None,
        answer: ("application/xml", "Text"),
        status: 200,
        handler: || post(message),
    },
];

/// The longest text that WeChat shows, in bytes.
const REPLY_BYTES: usize = 2_048;
/// The longest link to the full answer, in bytes.
const LINK_BYTES: usize = 600;
/// Errors as a line of text: WeChat shows them to nobody.
pub const ERRORS: Shape = Shape { media: "text/plain; charset=utf-8", schema: "Text", write: error };

fn error(problem: &Problem, _: &str) -> (StatusCode, Vec<u8>) {
    (problem.status(), problem.detail.clone().into_bytes())
}

/// What the query string says of a request.
struct Signed<'a> {
    settings: &'a WeChat,
    sealer: Option<Sealer>,
    signature: String,
    msg_signature: String,
    timestamp: String,
    nonce: String,
}

impl<'a> Signed<'a> {
    fn read(app: &'a App, input: &mut Input) -> Result<Signed<'a>, Problem> {
        let settings = app.wechat.as_ref().ok_or_else(|| {
            Problem::new(Kind::WeChatNotConfigured, "没有设置令牌(wechat_token),不能接公众号或企业微信")
        })?;
        let mut text = |name: &'static str| input.text(name).unwrap_or_default();
        Ok(Signed {
            sealer: settings.aes_key.as_deref().and_then(|key| Sealer::new(key, settings.app_id.as_deref())),
            settings,
            signature: text("signature"),
            msg_signature: text("msg_signature"),
            timestamp: text("timestamp"),
            nonce: text("nonce"),
        })
    }

    fn check_plain(&self) -> Result<(), Problem> {
        let parts = [self.settings.token.as_str(), &self.timestamp, &self.nonce];
        signed(&parts, &self.signature).then_some(()).ok_or_else(wrong_signature)
    }

    /// The message in the seal and whom it is for.
    fn open(&self, sealed: &str) -> Result<(String, String), Problem> {
        let parts = [self.settings.token.as_str(), &self.timestamp, &self.nonce, sealed];
        if !signed(&parts, &self.msg_signature) {
            return Err(wrong_signature());
        }
        let opened = self.sealer.as_ref().and_then(|sealer| sealer.open(sealed));
        opened.ok_or_else(|| {
            Problem::new(Kind::WrongSignature, "密文解不开;请核对 wechat_aes_key(EncodingAESKey)和 wechat_app_id")
        })
    }

    fn sealed_reply(&self, reply: &str, id: &str) -> Result<String, Problem> {
        let mut salt = [0; 16];
        let sealer = self.sealer.as_ref().filter(|_| getrandom::fill(&mut salt).is_ok());
        let sealer = sealer.ok_or_else(|| Problem::new(Kind::Internal, "取不到随机数,不能加密回复"))?;
        let sealed = sealer.seal(reply, id, salt);
        let (token, timestamp, nonce) = (&self.settings.token, &self.timestamp, &self.nonce);
        let signature = signature(&[token, timestamp, nonce, &sealed]);
        Ok(format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{}</TimeStamp><Nonce>{}</Nonce></xml>",
            cdata(&sealed),
            cdata(&signature),
            self.timestamp.parse::<u64>().unwrap_or_default(),
            cdata(nonce)
        ))
    }
}

/// What [`verification`] asks to be given back.
pub const ECHO: &str = "yiwen-doctor";

/// The path that WeChat asks for when someone saves the address: `doctor` asks the same.
pub fn verification(settings: &WeChat) -> String {
    let (timestamp, nonce) = (jiff::Timestamp::now().as_second().to_string(), "1");
    let signature = signature(&[&settings.token, &timestamp, nonce]);
    format!("/wechat?signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={ECHO}")
}

fn wrong_signature() -> Problem {
    Problem::new(Kind::WrongSignature, "签名不对;请核对后台的令牌(Token)和设置里的 wechat_token 是否一样")
}

async fn verify(State(app): State<Shared>, FromQuery(mut input): FromQuery) -> Result<Response, Problem> {
    let request = Signed::read(&app, &mut input)?;
    let echo = input.text("echostr").unwrap_or_default();
    // WeCom seals the text to give back, without quotes or a line's end.
    let echo = if request.msg_signature.is_empty() {
        request.check_plain()?;
        echo
    } else {
        request.open(&echo)?.0
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response())
}

async fn message(
    State(app): State<Shared>,
    FromQuery(mut input): FromQuery,
    FromText(body): FromText,
) -> Result<Response, Problem> {
    let request = Signed::read(&app, &mut input)?;
    let outer = members(&body)?;
    let (inner, sealed_for) = match outer.get("Encrypt") {
        Some(sealed) => {
            let (message, id) = request.open(&sealed)?;
            (members(&message)?, Some(id))
        }
        None => {
            request.check_plain()?;
            (outer, None)
        }
    };
    let id =
        inner.get("MsgId").unwrap_or_else(|| format!("{}/{}", inner.text("FromUserName"), inner.text("CreateTime")));
    let known = app.wechat_replies.get(&id);
    let (reply, note) = match known {
        Some(reply) => (reply, Note::default()),
        None => {
            let (reply, note) = reply(&app, &inner)?;
            app.wechat_replies.put(id, reply.clone());
            (reply, note)
        }
    };
    if reply.is_empty() {
        // Nothing to say: WeChat wants just this word and then tells the user nothing.
        return Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], "success").into_response());
    }
    let reply = match sealed_for {
        Some(id) => request.sealed_reply(&reply, &id)?,
        None => reply,
    };
    Ok((Extension(note), [(header::CONTENT_TYPE, "application/xml; charset=utf-8")], reply).into_response())
}

/// The reply as XML; empty where a message wants none.
fn reply(app: &App, message: &Members) -> Result<(String, Note), Problem> {
    let (text, note) = match message.text("MsgType").as_str() {
        "text" => answer(app, &message.text("Content"))?,
        // Speech, where the console turns it into text.
        "voice" if message.get("Recognition").is_some() => answer(app, &message.text("Recognition"))?,
        "event" if matches!(message.text("Event").as_str(), "subscribe" | "enter_agent") => {
            (SMALL_TALK.to_owned(), Note::default())
        }
        "event" => return Ok((String::new(), Note::default())),
        _ => ("请用文字说您的情况,例如:深圳断缴4个月,工资8000,怎么补。".to_owned(), Note::default()),
    };
    let (to, from) = (message.text("FromUserName"), message.text("ToUserName"));
    let xml = format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType><![CDATA[text]]></MsgType><Content>{}</Content></xml>",
        cdata(&to),
        cdata(&from),
        jiff::Timestamp::now().as_second(),
        cdata(&text)
    );
    Ok((xml, note))
}

/// The answer to a text, short enough for WeChat.
fn answer(app: &App, text: &str) -> Result<(String, Note), Problem> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > QUESTION_CHARS {
        return Ok((format!("请用 {QUESTION_CHARS} 字以内的一段话说您的情况。"), Note::of(text)));
    }
    let Ok(live) = app.live() else {
        // An error would be shown as a broken account.
        return Ok(("正在启动,请过一分钟再问。".to_owned(), Note::of(text)));
    };
    let asked = Asked { text: text.to_owned(), region: None, at: today(), facts: Facts::default(), explain: false };
    let (answer, note) = asked.answer(&live);
    let more = match &app.public_url {
        Some(url) => format!("……\n\n全文:{}", link(url, text)),
        None => "……(内容较长,没有写完)".to_owned(),
    };
    Ok((plain::fit(&markdown::render(&answer), REPLY_BYTES, &more), note))
}

/// The page with the full answer; without the question where that would be too long.
fn link(base: &str, question: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let encoded: String =
        question.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    let whole = format!("{base}/?q={encoded}");
    if whole.len() <= LINK_BYTES { whole } else { format!("{base}/") }
}
