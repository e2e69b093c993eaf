//! Errors as RFC 9457 `application/problem+json`, the one shape of every native route.
//!
//! A handler returns `Err(Problem)`; the middleware of `observe` writes the body, because only it knows the request's
//! id. [`Kind`] is the one table of what can go wrong: a stable `type`, a status and a title in Chinese.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::retrieve::Unavailable;

macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $title:literal;)*) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $($name),* }

        impl Kind {
            /// Every kind: the `type` without its prefix, the status and the title.
            pub const ALL: &'static [(&'static str, StatusCode, &'static str)] =
                &[$(($slug, StatusCode::$status, $title)),*];

            /// The stable name.
            pub fn slug(self) -> &'static str {
                self.row().0
            }

            fn row(self) -> (&'static str, StatusCode, &'static str) {
                Kind::ALL[self as usize]
            }
        }
    };
}

kinds! {
    InvalidRequest "invalid-request" UNPROCESSABLE_ENTITY "请求里有不合要求的内容";
    BrokenJson "broken-json" BAD_REQUEST "请求体不是完整的 JSON";
    BodyUnreadable "body-unreadable" BAD_REQUEST "请求体没有收全";
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "请求体太大";
    WrongContentType "wrong-content-type" UNSUPPORTED_MEDIA_TYPE "请求体的类型不对";
    EmptyQuestion "empty-question" UNPROCESSABLE_ENTITY "问题是空的";
    QuestionTooLong "question-too-long" UNPROCESSABLE_ENTITY "问题太长";
    UnknownMember "unknown-member" UNPROCESSABLE_ENTITY "有不认识的成员";
    MissingMember "missing-member" UNPROCESSABLE_ENTITY "缺少必须的成员";
    WrongType "wrong-type" UNPROCESSABLE_ENTITY "成员的类型不对";
    OutOfBounds "out-of-bounds" UNPROCESSABLE_ENTITY "数值超出范围";
    UnknownRegion "unknown-region" UNPROCESSABLE_ENTITY "没有这个地区";
    AmbiguousRegion "ambiguous-region" UNPROCESSABLE_ENTITY "地区名称不止一处";
    UnknownTopic "unknown-topic" UNPROCESSABLE_ENTITY "没有这个主题";
    InvalidDate "invalid-date" UNPROCESSABLE_ENTITY "日期不存在或不在范围内";
    InvalidFact "invalid-fact" UNPROCESSABLE_ENTITY "事实的名称或值不对";
    TooManyCases "too-many-cases" UNPROCESSABLE_ENTITY "一次要算的情形太多";
    UnknownRoute "unknown-route" NOT_FOUND "没有这个地址";
    UnknownArticle "unknown-article" NOT_FOUND "没有这篇文章";
    UnknownRule "unknown-rule" NOT_FOUND "没有这条规则";
    UnknownParameter "unknown-parameter" NOT_FOUND "没有这个参数";
    WrongMethod "wrong-method" METHOD_NOT_ALLOWED "这个地址不接受这种方法";
    KeyRequired "key-required" UNAUTHORIZED "需要密钥";
    KeyUnknown "key-unknown" UNAUTHORIZED "密钥不对";
    PasswordRequired "password-required" UNAUTHORIZED "需要登录";
    AdminKeyRequired "admin-key-required" UNAUTHORIZED "需要管理密钥";
    AdminKeyNotConfigured "admin-key-not-configured" FORBIDDEN "没有设置管理密钥";
    WeChatNotConfigured "wechat-not-configured" FORBIDDEN "没有设置公众号令牌";
    WrongSignature "wrong-signature" FORBIDDEN "签名不对";
    BrokenXml "broken-xml" BAD_REQUEST "请求体不是完整的 XML";
    RebuildRunning "rebuild-running" CONFLICT "正在重建索引";
    TooManyRequests "too-many-requests" TOO_MANY_REQUESTS "请求太频繁";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "服务忙";
    RecordsOff "records-off" FORBIDDEN "没有开启记录";
    RecordsUnavailable "records-unavailable" SERVICE_UNAVAILABLE "记录暂时用不了";
    NotReady "not-ready" SERVICE_UNAVAILABLE "服务还没有准备好";
    SearchUnavailable "search-unavailable" SERVICE_UNAVAILABLE "检索暂时用不了";
    Timeout "timeout" REQUEST_TIMEOUT "请求超时";
    Internal "internal" INTERNAL_SERVER_ERROR "服务出错";
}

/// Prefix of every `type`.
pub const TYPE_PREFIX: &str = "urn:yiwen:problem:";

/// How errors are written on the wire. Every error is a [`Problem`] until then; a door that speaks another protocol has
/// its own shape.
#[derive(Clone, Copy)]
pub struct Shape {
    pub media: &'static str,
    /// Name of the body's schema in the contract.
    pub schema: &'static str,
    /// Takes the problem and the name of this one request; gives status and body.
    pub write: fn(&Problem, &str) -> (StatusCode, Vec<u8>),
}

/// The shape of our own routes: RFC 9457.
pub const RFC9457: Shape = Shape {
    media: "application/problem+json",
    schema: "Problem",
    write: |problem, instance| (problem.status(), problem.body(instance)),
};

/// One member that is wrong: where (a JSON pointer; `/name` for a query parameter) and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
    #[serde(skip)]
    pub kind: Option<Kind>,
}

/// An error to be told to the caller.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    /// In Chinese: what is wrong with this request and how to mend it.
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// When asking again makes sense, in seconds.
    pub retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of the request as a whole.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        let retry_after = matches!(kind, Kind::NotReady | Kind::RebuildRunning | Kind::RecordsUnavailable).then_some(2);
        Problem { kind, detail: detail.into(), errors: vec![], retry_after }
    }

    /// Passages cannot be looked for at present.
    pub fn unsearched() -> Problem {
        Problem::new(Kind::SearchUnavailable, "检索服务暂时没有回应,请过一会儿再试").after(5)
    }

    /// The same, with the seconds after which to ask again.
    pub fn after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// Every wrong member at once; the kind is theirs where they share one.
    pub fn of_fields(errors: Vec<FieldError>) -> Problem {
        let kinds: Vec<Kind> = errors.iter().filter_map(|e| e.kind).collect();
        let kind = match kinds.split_first() {
            Some((first, rest)) if rest.iter().all(|k| k == first) => *first,
            _ => Kind::InvalidRequest,
        };
        let detail = errors.iter().map(|e| e.detail.as_str()).collect::<Vec<_>>().join(";");
        Problem { errors, ..Problem::new(kind, detail) }
    }

    /// The status that the caller sees.
    pub fn status(&self) -> StatusCode {
        self.kind.row().1
    }

    /// The stable name of what went wrong.
    pub fn slug(&self) -> &'static str {
        self.kind.slug()
    }

    /// The title in Chinese.
    pub fn title(&self) -> &'static str {
        self.kind.row().2
    }

    /// The JSON body; `instance` names this one request.
    pub fn body(&self, instance: &str) -> Vec<u8> {
        let body = Body {
            r#type: format!("{TYPE_PREFIX}{}", self.slug()),
            title: self.title(),
            status: self.status().as_u16(),
            detail: &self.detail,
            instance,
            errors: &self.errors,
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<Unavailable> for Problem {
    fn from(_: Unavailable) -> Problem {
        Problem::unsearched()
    }
}

impl IntoResponse for Problem {
    /// Status and headers; the body is written by `observe`.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        match self.kind {
            Kind::KeyRequired | Kind::KeyUnknown | Kind::AdminKeyRequired => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Kind::PasswordRequired => {
                let basic = HeaderValue::from_static("Basic realm=\"yiwen\", charset=\"UTF-8\"");
                headers.insert(header::WWW_AUTHENTICATE, basic);
            }
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
