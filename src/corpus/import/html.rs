//! Web pages: the main text without menus and footers, written down as Markdown.
//!
//! Which part of a page is its text is `dom_smoothie`'s business, a port of the reader view of browsers. Title, day and
//! site are taken from where the pages of Chinese authorities state them (`<meta name="ArticleTitle">`, `PubDate`,
//! `SiteName`), else from where others do.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability};
use jiff::civil::Date;

use super::table::day;

/// A page, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    /// Headings as `##`, items of lists as `-`, tables with `|`; the words as they stand.
    pub text: String,
    pub published: Option<Date>,
    pub site: String,
    pub url: Option<String>,
}

/// Elements of a page; more is no page that people read.
const ELEMENTS: usize = 50_000;
/// Elements inside one another; more is a fault or an attack, and would exhaust the stack.
const DEPTH: usize = 512;

/// Reads a page; `Err` says in Chinese why there is none.
pub fn read(html: &str) -> Result<Page, String> {
    if too_deep(html) {
        return Err(format!("网页的层次超过 {DEPTH} 层,不像正常的网页,不收"));
    }
    let config = Config { max_elements_to_parse: ELEMENTS, ..Config::default() };
    let reader = Readability::new(html, None, Some(config));
    let mut reader = reader.map_err(|_| format!("网页超过 {ELEMENTS} 个元素,不收;请只保存正文部分"))?;
    let metas: Vec<(String, String)> = reader.doc.select("meta").iter().filter_map(|m| named(&m)).collect();
    let meta = |names: &[&str]| {
        let of = |name: &&str| metas.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
        names.iter().find_map(of)
    };
    let headings: Vec<String> = reader.doc.select("h1").iter().map(|h| solid(&h.text())).collect();
    let only_heading = match headings.as_slice() {
        [one] if !one.is_empty() => Some(one.clone()),
        _ => None,
    };
    let whole = reader.doc.text();
    let canonical = reader.doc.select("link[rel=canonical]").attr("href").map(|href| href.to_string());
    let article = reader.parse().map_err(|_| "网页里找不到正文;请把正文另存为 .txt 或 .md".to_owned())?;
    let content = Document::from(article.content.to_string());
    let mut writer = Writer::default();
    writer.children(&content.root());
    writer.end_paragraph();
    let title = meta(&["ArticleTitle"]).or(only_heading).or_else(|| meta(&["og:title"])).unwrap_or(article.title);
    let dated = meta(&["PubDate", "publishdate", "article:published_time"]).or(article.published_time);
    let url = meta(&["Url", "og:url"]).or(canonical).filter(|u| u.starts_with("http://") || u.starts_with("https://"));
    let title = solid(&title);
    if title.is_empty() {
        return Err("网页没有标题(title、h1 都没有)".to_owned());
    }
    Ok(Page {
        text: writer.without_title(&title),
        title,
        published: dated.and_then(|text| leading_day(&text)).or_else(|| stated_day(&whole)),
        site: meta(&["SiteName", "og:site_name", "ContentSource"]).unwrap_or_default(),
        url,
    })
}

/// Counted in the raw text, because the parser goes as deep as the page says: opening tags less closing ones.
fn too_deep(html: &str) -> bool {
    let (mut depth, mut rest) = (0usize, html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        match name.as_str() {
            "" => {}
            // What stands in them are no elements.
            "script" | "style" => rest = rest.find("</").map_or("", |end| &rest[end + 2..]),
            name if LEFT_OPEN.contains(&name) => {}
            _ => depth += 1,
        }
        if depth > DEPTH {
            return true;
        }
    }
    false
}

/// Elements that are never closed, or often not and do not nest then.
const LEFT_OPEN: &[&str] = &["br", "img", "meta", "link", "input", "hr", "p", "li", "td", "th", "tr", "option", "col"];

/// Name and content of a `<meta>`.
fn named(meta: &dom_query::Selection<'_>) -> Option<(String, String)> {
    let name = meta.attr("name").or_else(|| meta.attr("property"))?;
    let content = solid(&meta.attr("content")?);
    (!content.is_empty()).then(|| (name.to_string(), content))
}

/// White space runs as one blank, none at the ends.
fn solid(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `2025-06-04T09:12:00+08:00`, `2025/6/4 09:12`, `2025年6月4日`.
fn leading_day(text: &str) -> Option<Date> {
    day(text.trim().split(['T', ' ']).next()?)
}

/// The day that stands behind `发布时间:` or the like.
fn stated_day(text: &str) -> Option<Date> {
    const SAYS: [&str; 4] = ["发布时间", "发布日期", "发文日期", "成文日期"];
    let after = SAYS.iter().find_map(|says| text.split_once(says))?.1;
    let after = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '】' | ']'));
    let end = after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | '年' | '月' | '日')))?;
    day(&after[..end])
}

/// Writes paragraphs.
#[derive(Default)]
struct Writer {
    paragraphs: Vec<String>,
    open: String,
    /// Set before the words of the next paragraph: `## `, `- `.
    mark: &'static str,
}

impl Writer {
    fn end_paragraph(&mut self) {
        let lines: Vec<String> = self.open.split('\n').map(solid).filter(|l| !l.is_empty()).collect();
        self.open.clear();
        if !lines.is_empty() {
            self.paragraphs.push(format!("{}{}", self.mark, lines.join("\n")));
        }
        self.mark = "";
    }

    fn block(&mut self, mark: &'static str, node: &NodeRef<'_>) {
        self.end_paragraph();
        self.mark = mark;
        self.children(node);
        self.end_paragraph();
    }

    fn children(&mut self, node: &NodeRef<'_>) {
        for child in node.children_it(false) {
            self.node(&child);
        }
    }

    fn node(&mut self, node: &NodeRef<'_>) {
        if node.is_text() {
            // A line end in the source is no line end of the page.
            self.open.push_str(&node.text().replace(['\n', '\r', '\t'], " "));
            return;
        }
        let Some(name) = node.node_name() else { return self.children(node) };
        match &*name {
            "br" => self.open.push('\n'),
            "h1" | "h2" => self.block("## ", node),
            "h3" | "h4" | "h5" | "h6" => self.block("### ", node),
            "li" => self.block("- ", node),
            "table" => self.table(node),
            "script" | "style" | "noscript" | "img" | "svg" | "button" | "form" => {}
            "p" | "div" | "section" | "article" | "ul" | "ol" | "dl" | "dt" | "dd" | "blockquote" | "pre"
            | "figure" | "header" | "main" | "body" | "html" | "center" => {
                // Inside an item a paragraph goes on with it.
                if self.mark.is_empty() || !self.open.trim().is_empty() {
                    self.block("", node);
                } else {
                    self.children(node);
                }
            }
            _ => self.children(node),
        }
    }

    fn table(&mut self, table: &NodeRef<'_>) {
        self.end_paragraph();
        let rows: Vec<Vec<String>> = table
            .descendants_it()
            .filter(|n| n.node_name().is_some_and(|n| &*n == "tr"))
            .map(|row| {
                let cells = row.children_it(false).filter(|c| c.is_element());
                cells.map(|c| solid(&c.text()).replace('|', "\\|")).collect::<Vec<_>>()
            })
            .filter(|row: &Vec<String>| row.iter().any(|c| !c.is_empty()))
            .collect();
        self.paragraphs.extend(table_lines(&rows));
    }

    /// The text, its own heading left out where that is the title.
    fn without_title(mut self, title: &str) -> String {
        if self.paragraphs.first().is_some_and(|p| p.trim_start_matches('#').trim() == title) {
            self.paragraphs.remove(0);
        }
        self.paragraphs.join("\n\n")
    }
}

/// Rows as a table of Markdown; a single row, or a single column, is laid out for the eye and is text.
pub fn table_lines(rows: &[Vec<String>]) -> Option<String> {
    let width = rows.iter().map(Vec::len).max()?;
    if width < 2 || rows.len() < 2 {
        let cells: Vec<&str> = rows.iter().flatten().map(String::as_str).filter(|c| !c.is_empty()).collect();
        return (!cells.is_empty()).then(|| cells.join("\n\n"));
    }
    let line = |cells: &Vec<String>| {
        let shown: Vec<&str> = (0..width).map(|i| cells.get(i).map_or("", String::as_str)).collect();
        format!("| {} |", shown.join(" | ").replace('\n', " "))
    };
    let mut lines = vec![line(&rows[0]), format!("|{}", " --- |".repeat(width))];
    lines.extend(rows[1..].iter().map(line));
    Some(lines.join("\n"))
}
