//! What stands around every page: head, navigation, foot, and the headers that keep foreign content out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::html::Safe;
use crate::http::problem::Problem;

/// Nothing from elsewhere, nothing inline; forms go nowhere else and nobody frames the page.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The pages that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Ask,
    Rules,
    Parameters,
}

const NAVIGATION: &[(Section, &str, &str)] =
    &[(Section::Ask, "/", "提问"), (Section::Rules, "/rules", "规则"), (Section::Parameters, "/parameters", "数值")];

/// A whole page. `title` is text; `body` is HTML.
pub fn page(status: StatusCode, section: Section, title: &str, body: &str) -> Response {
    let links: String = NAVIGATION
        .iter()
        .map(|(of, href, label)| {
            let here = if *of == section { " aria-current=\"page\"" } else { "" };
            format!("<a href=\"{href}\"{here}>{label}</a>")
        })
        .collect();
    let version = assets::version();
    let preload: String = assets::MODULES
        .iter()
        .map(|name| format!("<link rel=\"modulepreload\" href=\"/scripts/{version}/{name}\">"))
        .collect();
    let page = format!(
        r##"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · 医问</title>
<link rel="icon" href="data:,">
<script src="/scripts/{version}/early.js"></script>
<link rel="stylesheet" href="/styles/{version}/colours.css">
<link rel="stylesheet" href="/styles/{version}/controls.css">
<link rel="stylesheet" href="/styles/{version}/style.css">
<link rel="stylesheet" href="/styles/{version}/card.css">
{preload}
<script type="module" src="/scripts/{version}/page.js"></script>
</head>
<body>
<a class="skip" href="#main">跳到正文</a>
<header class="top">
<a class="brand" href="/"><span class="mark" aria-hidden="true">医</span>医问</a>
<nav aria-label="主导航">{links}</nav>
<div class="preferences" hidden>
<button type="button" class="quiet" data-preference="size" aria-pressed="false">大字</button>
<button type="button" class="quiet" data-preference="theme"><span class="hidden">配色:</span><span data-now>自动</span></button>
</div>
</header>
<main id="main" tabindex="-1">
{body}
</main>
<footer class="bottom">
<p>结果依据所列出处计算,供参考;办理以当地医保部门为准。医保服务热线 <a href="tel:12393">12393</a></p>
<p>不联网、不用大模型,同一问题同一天总是同一个答案。<a href="/openapi.json">接口</a></p>
</footer>
</body>
</html>
"##,
        title = Safe(title),
    );
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (status, headers, page).into_response()
}

/// A problem as a page of its own.
pub fn problem(section: Section, problem: &Problem) -> Response {
    let title = problem.title();
    let body = format!(
        "<article class=\"card\"><h1>{}</h1>{}<p><a href=\"/\">回到提问</a></p></article>",
        Safe(title),
        notice(problem)
    );
    page(problem.status(), section, title, &body)
}

/// A problem inside a page.
pub fn notice(problem: &Problem) -> String {
    format!("<p class=\"problem\" role=\"alert\">{}</p>", Safe(&problem.detail))
}
