//! The page: what citizens and clerks use. Asking at `/`, passages at `/search`, rule sheets and values, a widget.
//!
//! Every page is made here, on the server, and works without a script. The script in `static/` only spares reloading: it
//! fetches the same HTML (`/card` is one answer without the page around it) and puts it in place. So there is one
//! renderer, in Rust, for the page with and without a script, for print and for the widget in other people's pages, and
//! its tests need no browser; `tests/page` holds in a real one what only a browser can show.
//!
//! `asked` is the query string, `shell` what stands around a page, `card` the answer with `fields`, `sources`,
//! `passages` and `pictures`. Nothing is kept on the server: a link is the whole conversation.

mod articles;
mod asked;
mod assets;
mod card;
mod conflicts;
mod fields;
mod home;
mod html;
mod parameters;
mod passages;
mod pictures;
mod regions;
mod rules;
mod shell;
mod sources;
mod why;
mod widget;

pub use html::encoded;

use axum::http::Uri;
use axum::routing::get;

use super::{QueryParameter, Route, Takes, feedback, optional, suggest};

const HTML: (&str, &str) = ("text/html", "Text");
const SCRIPT: (&str, &str) = ("text/javascript", "Text");

const ASK: &[QueryParameter] = &[
    optional("q", Takes::Text, "问题;接着问的写作 q.2、q.3"),
    optional("region", Takes::Text, "参保地"),
    optional("at", Takes::Text, "按哪一天的规定"),
];

const fn page(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        id,
        summary,
        query: &[],
        body: None,
        answer: HTML,
        status: 200,
        handler: || get(home::page),
    }
}

/// Pages: a browser that is not let in is asked for a password.
pub const ROUTES: &[Route] = &[
    Route { query: ASK, ..page("/", "page", "网页") },
    Route {
        query: ASK, handler: || get(home::card), ..page("/card", "card", "网页上的一张答复卡片:参数与网页相同")
    },
    // As `/v1/suggest`, for browsers that have logged in to the page: the password opens the page alone.
    Route { path: "/suggest", id: "pageSuggest", summary: "网页上的补全:同 /v1/suggest", ..suggest::ROUTES[0] },
    // As `/v1/feedback`, for the same reason.
    Route {
        path: "/feedback", id: "pageFeedback", summary: "网页上的评价:同 /v1/feedback", ..feedback::ROUTES[0]
    },
    Route {
        query: &[
            optional("q", Takes::Text, "问题"),
            optional("region", Takes::Text, "参保地"),
            optional("at", Takes::Text, "按哪一天的规定"),
            optional("article", Takes::Text, "文章的编号;不写就说明问题是怎么理解的"),
        ],
        handler: || get(why::why),
        ..page("/why", "why", "网页:为什么这样理解,为什么找到这一篇")
    },
    Route {
        query: &[
            optional("q", Takes::Text, "要搜的话"),
            optional("region", Takes::Text, "地区"),
            optional("topic", Takes::Topic, "主题"),
            optional("year", Takes::Count(1, 9999), "发布的年份"),
            optional("page", Takes::Count(1, 1000), "第几页"),
        ],
        handler: || get(passages::search),
        ..page("/search", "searchPage", "网页:查资料")
    },
    Route { handler: || get(articles::article), ..page("/articles/{*id}", "articlePage", "网页:一篇文章") },
    Route {
        query: &[optional("q", Takes::Text, "规则名称里的字")],
        handler: || get(rules::list),
        ..page("/rules", "rulesPage", "网页:全部规则")
    },
    Route { handler: || get(rules::one), ..page("/rules/{rule}", "rulePage", "网页:一条规则的说明") },
    Route {
        query: &[
            optional("q", Takes::Text, "名称、出处或地区里的字"),
            optional("rule", Takes::Rule, "规则"),
            optional("region", Takes::Text, "地区"),
            optional("at", Takes::Day, "在哪一天有效"),
            optional("id", Takes::Text, "一个数值的编号:列出历年"),
            optional("page", Takes::Count(1, 1000), "第几页"),
        ],
        handler: || get(parameters::list),
        ..page("/parameters", "parametersPage", "网页:政策数值")
    },
    Route {
        handler: || get(widget::demo), ..page("/widget", "widgetPage", "网页:怎样把提问框放进别的网站,和样例")
    },
];

/// Files that hold nothing to protect.
pub const STATIC: &[Route] = &[
    Route {
        answer: ("text/css", "Text"),
        handler: || get(assets::style),
        ..page("/styles/{version}/{file}", "style", "网页的样式")
    },
    Route {
        answer: SCRIPT,
        handler: || get(assets::script),
        ..page("/scripts/{version}/{file}", "script", "网页的脚本")
    },
    Route {
        answer: SCRIPT, handler: || get(assets::widget), ..page("/widget.js", "widget", "放进别的网站的提问框")
    },
];

/// What pages of other origins may fetch: the widget's parts. No cookie opens any of it.
pub fn for_other_origins(uri: &Uri) -> bool {
    let path = uri.path();
    let whole = ["/card", "/suggest", "/feedback", "/widget.js"].contains(&path);
    whole || path.starts_with("/styles/") || path.starts_with("/scripts/")
}
