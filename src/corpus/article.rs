//! Articles: front matter in TOML between `+++` lines, then Markdown text that is kept byte for byte.
//!
//! ```text
//! +++
//! id = "440300/arrears-back-payment"      # <region>/<slug>, equal to the end of the path
//! title = "深圳职工医保断缴后怎么补"
//! questions = ["…", "…", "…"]             # as people ask
//! region = "440300"
//! topics = ["arrears"]                    # the main one first
//! published = 2023-09-07                  # optional, as are the two below
//! effective_from = 2023-10-01
//! effective_to = 2025-12-31
//! supersedes = ["440300/old"]             # optional
//! reviewed_on = 2026-11-23
//! review_by = 2027-06-30                  # optional: to be reviewed again by then
//! level = "secondary"
//! conflicts = ["X03"]                     # optional: contradictions of conflicts.toml it speaks of
//! truncated = false                       # optional: the source showed only the beginning
//!
//! [source]
//! title = "深圳市医疗保障办法"
//! document = "深圳市人民政府令第358号"     # document or url: at least one
//! url = "https://…"
//! published = 2023-09-07
//! +++
//! 正文……
//! ```

use jiff::civil::Date;

use super::{Problem, TomlFile};
use crate::region::{RegionCode, Regions};
use crate::rules::parameters::Level;

/// Where an article's content comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub title: String,
    /// Document number and article.
    pub document: Option<String>,
    pub url: Option<String>,
    pub published: Option<Date>,
}

/// One article of the corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    /// `<region>/<slug>`.
    pub id: String,
    pub title: String,
    /// Curated questions: what people ask that this article answers.
    pub questions: Vec<String>,
    pub region: RegionCode,
    /// Topic ids, the main one first.
    pub topics: Vec<String>,
    pub published: Option<Date>,
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
    pub supersedes: Vec<String>,
    pub reviewed_on: Date,
    /// The day by which it is to be reviewed again, where it is not the usual one.
    pub review_by: Option<Date>,
    pub level: Level,
    pub conflicts: Vec<String>,
    /// The source showed only the beginning of the text.
    pub truncated: bool,
    pub source: Source,
    /// Everything after the front matter, byte for byte.
    pub text: String,
    /// Path relative to the corpus.
    pub path: String,
}

const KEYS: &[&str] = &[
    "id",
    "title",
    "questions",
    "region",
    "topics",
    "published",
    "effective_from",
    "effective_to",
    "supersedes",
    "reviewed_on",
    "review_by",
    "level",
    "conflicts",
    "truncated",
    "source",
];
const SOURCE_KEYS: &[&str] = &["title", "document", "url", "published"];
const FENCE: &str = "+++";

/// Reads one article. `path` is relative to the corpus (`articles/440300/x.md`); `topics` are the known topic ids.
/// An article with a problem is not returned.
pub fn read(path: &str, text: &str, regions: &Regions, topics: &[&str]) -> (Option<Article>, Vec<Problem>) {
    let whole = |message: &str| vec![Problem { path: path.to_owned(), line: 1, message: message.to_owned() }];
    if opening(text).is_none() {
        return (None, whole("第一行应是 +++ ,其后是文章信息,再以一行 +++ 结束"));
    }
    let Some((front, body)) = split(text) else {
        return (None, whole("文章信息没有以一行 +++ 结束"));
    };
    let (front, body) = (&text[front], &text[body..]);
    let mut file = TomlFile::new(path, front, 2);
    let article = fields(&mut file, body, regions, topics);
    if body.trim().is_empty() {
        file.problem(front.len(), "正文是空的");
    }
    let clean = file.problems.is_empty();
    (article.filter(|_| clean), file.problems)
}

/// The length of the opening fence line.
fn opening(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(FENCE)?;
    let rest = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n"))?;
    Some(text.len() - rest.len())
}

/// Where the front matter of an article's file stands, and where the text below it starts.
pub(super) fn split(text: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let start = opening(text)?;
    let end = fence_end(&text[start..])?;
    Some((start..start + end.start, start + end.end))
}

/// The closing fence line: where it starts, and where the text after it does.
fn fence_end(rest: &str) -> Option<std::ops::Range<usize>> {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some(at..at + line.len());
        }
        at += line.len();
    }
    None
}

fn fields(file: &mut TomlFile<'_>, body: &str, regions: &Regions, known: &[&str]) -> Option<Article> {
    let table = file.parse();
    file.only(&table, KEYS);
    for key in ["id", "title", "questions", "region", "topics", "reviewed_on", "level", "source"] {
        file.require(&table, key, 0);
    }
    let id = file.string(&table, "id");
    // A folder of articles may stand in a folder of its own: articles/imported/440300/x.md is 440300/x.
    let stem = file.path().trim_end_matches(".md");
    let wanted = stem.rmatch_indices('/').nth(1).map_or(stem, |(i, _)| &stem[i + 1..]).to_owned();
    if let Some(id) = id.as_ref().filter(|id| **id != wanted) {
        file.problem(file.place(&table, "id"), format!("id 是“{id}”,应与路径一致:“{wanted}”"));
    }
    let region = file.string(&table, "region").and_then(|code| {
        let found = RegionCode::parse(&code).filter(|c| *c == RegionCode::NATION || regions.get(*c).is_some());
        if found.is_none() {
            file.problem(
                file.place(&table, "region"),
                format!("地区代码“{code}”不存在;应为六位行政区划代码,全国写 000000"),
            );
        }
        found
    });
    let topics = file.strings(&table, "topics").unwrap_or_default();
    for topic in topics.iter().filter(|t| !known.contains(&t.as_str())) {
        file.problem(file.place(&table, "topics"), format!("主题“{topic}”不存在;可用:{}", known.join("、")));
    }
    let level = file.string(&table, "level").and_then(|word| {
        let level = Level::parse(&word);
        if level.is_none() {
            file.problem(
                file.place(&table, "level"),
                format!("“level”是“{word}”;应为 official、secondary、seed 或 unverified"),
            );
        }
        level
    });
    let effective_from = file.date(&table, "effective_from");
    let effective_to = file.date(&table, "effective_to");
    if let (Some(from), Some(to)) = (effective_from, effective_to)
        && to < from
    {
        file.problem(file.place(&table, "effective_to"), format!("失效日 {to} 早于生效日 {from}"));
    }
    let source = source(file, &table);
    let title = file.string(&table, "title");
    let questions = file.strings(&table, "questions").unwrap_or_default();
    let published = file.date(&table, "published");
    let supersedes = file.strings(&table, "supersedes").unwrap_or_default();
    let reviewed_on = file.date(&table, "reviewed_on");
    let review_by = file.date(&table, "review_by");
    if let (Some(on), Some(by)) = (reviewed_on, review_by)
        && by < on
    {
        file.problem(file.place(&table, "review_by"), format!("再核对的期限 {by} 早于核对的日期 {on}"));
    }
    let conflicts = file.strings(&table, "conflicts").unwrap_or_default();
    let truncated = file.bool(&table, "truncated").unwrap_or(false);
    Some(Article {
        id: id?,
        title: title?,
        questions,
        region: region?,
        topics,
        published,
        effective_from,
        effective_to,
        supersedes,
        reviewed_on: reviewed_on?,
        review_by,
        level: level?,
        conflicts,
        truncated,
        source: source?,
        text: body.to_owned(),
        path: file.path().to_owned(),
    })
}

fn source<'t>(file: &mut TomlFile<'t>, table: &toml::de::DeTable<'t>) -> Option<Source> {
    let (at, table) = file.table(table, "source")?;
    file.only(table, SOURCE_KEYS);
    file.require(table, "title", at);
    let document = file.string(table, "document");
    let url = file.string(table, "url");
    if document.is_none() && url.is_none() {
        file.problem(at, "出处至少写“document”(文号)或“url”(网页地址)之一");
    }
    if let Some(url) = url.as_ref().filter(|u| !u.starts_with("http://") && !u.starts_with("https://")) {
        file.problem(file.place(table, "url"), format!("网页地址“{url}”应以 http:// 或 https:// 开头"));
    }
    let published = file.date(table, "published");
    Some(Source { title: file.string(table, "title")?, document, url, published })
}
