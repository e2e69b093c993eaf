//! What each kind of file gives: articles in the project's form, and titles that people ask.

use jiff::civil::Date;

use super::asked::Asked;
use super::boilerplate::is_boilerplate;
use super::crawled::{Page, Teaser, pages};
use super::parts::{parts, questions};
use super::place::{Judgement, Places};
use super::render::slug;
use super::stamp::undated;
use super::table::{self, Column, Header, Record};
use super::topic::topics;
use super::word::{self, Block};
use super::{html, spreadsheet};
use crate::corpus::article::{Article, Source};
use crate::corpus::sections::lines;
use crate::region::{RegionCode, Regions};
use crate::rules::parameters::Level;

/// What one file gave. Line numbers are counted from 1 in the file.
#[derive(Debug, Default)]
pub struct Found {
    pub articles: Vec<(usize, Article)>,
    pub asked: Vec<Asked>,
    /// Lines and sentences left out as boilerplate.
    pub dropped: usize,
    /// Decisions worth knowing.
    pub notes: Vec<(usize, String)>,
    pub problems: Vec<(usize, String)>,
}

impl Found {
    fn append(&mut self, other: Found) {
        let Found { articles, asked, dropped, notes, problems } = other;
        self.articles.extend(articles);
        self.asked.extend(asked);
        self.dropped += dropped;
        self.notes.extend(notes);
        self.problems.extend(problems);
    }
}

/// What a file is read with.
pub struct Context<'a> {
    pub regions: &'a Regions,
    pub places: &'a Places,
    /// Stands for the day of review where a source bears no date.
    pub today: Date,
    /// The file's name, shown as the source of what names none.
    pub file: &'a str,
}

/// An article's words and dates, before its place, topics and id are known.
struct Draft {
    title: String,
    questions: Vec<String>,
    text: String,
    published: Option<Date>,
    reviewed_on: Date,
    truncated: bool,
    site: String,
    source: Source,
}

impl Draft {
    fn article(self, region: RegionCode, topics: Vec<String>) -> Article {
        let id = format!("{region}/{}", slug(&self.title, self.published, &self.site));
        Article {
            path: format!("{id}.md"),
            id,
            title: self.title,
            questions: self.questions,
            region,
            topics,
            published: self.published,
            effective_from: None,
            effective_to: None,
            supersedes: vec![],
            reviewed_on: self.reviewed_on,
            review_by: None,
            level: Level::Seed,
            conflicts: vec![],
            truncated: self.truncated,
            source: self.source,
            text: self.text,
        }
    }

    fn judged(self, line: usize, (region, note): Judgement, found: &mut Found) {
        if let Some(note) = note {
            found.notes.push((line, format!("“{}”:{note}", self.title)));
        }
        let topics = topics(&self.title, &self.text);
        found.articles.push((line, self.article(region, topics)));
    }
}

/// A raw crawled text; `Err` where nothing marks it as a page.
pub fn crawled(text: &str, context: &Context<'_>) -> Result<Found, String> {
    let pages = pages(text).ok_or("不像抓取的网页:没有日期来源行,没有“相关推荐”,也没有文章列表")?;
    let mut found = Found::default();
    for page in &pages {
        main_text(page, context, &mut found);
        for teaser in &page.teasers {
            if teaser.text.trim().is_empty() {
                found.asked.push(asked(teaser.title, teaser.date, teaser.site));
            } else {
                excerpt(teaser, context, &mut found);
            }
        }
        let site = page.site.unwrap_or_default();
        found.asked.extend(page.listed.iter().map(|l| asked(l.title, l.date, site)));
        found.dropped += page.dropped;
        found.problems.extend(page.strays.iter().map(|line| (*line, "这一行没有配上标题、正文和日期,未收".to_owned())));
    }
    Ok(found)
}

fn asked(title: &str, date: Date, site: &str) -> Asked {
    Asked { date, question: undated(title).to_owned(), site: site.to_owned() }
}

fn main_text(page: &Page<'_>, context: &Context<'_>, found: &mut Found) {
    if page.text.trim().is_empty() {
        found.problems.push((page.line, format!("“{}”下面没有正文,未收", page.title)));
        return;
    }
    // A page without a date of its own existed on the day of the teasers it shows; that is all that is known.
    let shown_with = page.teasers.iter().max_by_key(|t| t.date);
    let (site, document) = match (page.site, page.date, shown_with) {
        (Some(site), Some(date), _) => (site, format!("{site} {date}")),
        (_, _, Some(teaser)) => (teaser.site, format!("{}(同页相关推荐 {})", teaser.site, teaser.date)),
        _ => ("", context.file.to_owned()),
    };
    let reviewed_on = page.date.or(shown_with.map(|t| t.date)).unwrap_or(context.today);
    for part in parts(page.title, &page.text, context.places) {
        let judgement = context.places.judge(&part.title, &without_headings(&part.text), false);
        let source =
            Source { title: page.title.to_owned(), document: Some(document.clone()), url: None, published: page.date };
        let draft = Draft {
            title: part.title,
            questions: part.questions,
            text: part.text,
            published: page.date,
            reviewed_on,
            truncated: false,
            site: site.to_owned(),
            source,
        };
        draft.judged(page.line, judgement, found);
    }
}

/// A heading is a title too: the site fills in the city's name.
fn without_headings(text: &str) -> String {
    crate::corpus::sections::sections(text).into_iter().map(|s| &text[s.body]).collect()
}

fn excerpt(teaser: &Teaser<'_>, context: &Context<'_>, found: &mut Found) {
    let title = undated(teaser.title).to_owned();
    let judgement = context.places.judge(&title, teaser.text, true);
    let source = Source {
        title: teaser.title.to_owned(),
        document: Some(format!("{} {}", teaser.site, teaser.date)),
        url: None,
        published: Some(teaser.date),
    };
    let draft = Draft {
        questions: vec![title.clone()],
        title,
        text: ended(teaser.text),
        published: Some(teaser.date),
        reviewed_on: teaser.date,
        truncated: true,
        site: teaser.site.to_owned(),
        source,
    };
    draft.judged(teaser.line, judgement, found);
}

fn ended(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// A Markdown text: its first heading is the title.
pub fn markdown(text: &str, context: &Context<'_>) -> Result<Found, String> {
    if text.starts_with("+++") || text.starts_with("---\n") || text.starts_with("---\r\n") {
        return Err("已经带有文章信息(+++ 或 ---);这样的文件请直接放进 articles/".to_owned());
    }
    let heading = |t: &str| t.starts_with('#') && !t.trim_start_matches('#').trim().is_empty();
    let mut number = 0;
    let line = lines(text).inspect(|_| number += 1).find(|l| heading(l.text)).ok_or("没有标题行(# 标题)")?;
    let title = line.text.trim_matches('#').trim().to_owned();
    let body = [&text[..line.span.start], &text[line.span.end..]].concat();
    let body = body.trim_start_matches(['\r', '\n']);
    if body.trim().is_empty() {
        return Err("标题下面没有正文".to_owned());
    }
    let mut found = Found::default();
    let judgement = context.places.judge(&title, body, true);
    let source = Source { title: title.clone(), document: Some(context.file.to_owned()), url: None, published: None };
    let draft = Draft {
        questions: questions(&title, body),
        title,
        text: ended(body),
        published: None,
        reviewed_on: context.today,
        truncated: false,
        site: String::new(),
        source,
    };
    draft.judged(number, judgement, &mut found);
    Ok(found)
}

/// A web page.
pub fn html(text: &str, context: &Context<'_>) -> Result<Found, String> {
    let page = html::read(text)?;
    let mut found = Found::default();
    let kept: Vec<&str> = page.text.lines().filter(|line| !is_boilerplate(line.trim())).collect();
    found.dropped = page.text.lines().count() - kept.len();
    let text = kept.join("\n").trim().to_owned();
    if text.is_empty() {
        return Err("网页里除了套话没有正文".to_owned());
    }
    let title = undated(&page.title).to_owned();
    let judgement = context.places.judge(&title, &without_headings(&text), true);
    let document = match (page.site.as_str(), page.published) {
        ("", _) => context.file.to_owned(),
        (site, Some(date)) => format!("{site} {date}"),
        (site, None) => site.to_owned(),
    };
    let draft = Draft {
        questions: questions(&title, &text),
        source: Source { title: page.title, document: Some(document), url: page.url, published: page.published },
        title,
        text: ended(&text),
        published: page.published,
        reviewed_on: page.published.unwrap_or(context.today),
        truncated: false,
        site: page.site,
    };
    draft.judged(1, judgement, &mut found);
    Ok(found)
}

/// A workbook: every sheet that is a table of questions and answers.
pub fn workbook(bytes: &[u8], context: &Context<'_>) -> Result<Found, String> {
    let sheets = spreadsheet::read(bytes)?;
    let several = sheets.len() > 1;
    let mut found = Found::default();
    let mut tables = 0;
    for sheet in sheets {
        let Some(rows) = sheet.rows else {
            found.notes.push((0, format!("工作表“{}”没有写着“问题”“答案”的表头,没有读", sheet.name)));
            continue;
        };
        tables += 1;
        let mut given = table(rows, context);
        if several {
            for (_, message) in given.problems.iter_mut().chain(&mut given.notes) {
                *message = format!("工作表“{}”:{message}", sheet.name);
            }
        }
        found.append(given);
    }
    if tables == 0 {
        Err("没有一个工作表的前几行里有“问题”和“答案”两列".to_owned())
    } else {
        Ok(found)
    }
}

/// A Word file: its tables of questions and answers where it has any, else one article.
pub fn word(bytes: &[u8], context: &Context<'_>) -> Result<Found, String> {
    let blocks = word::read(bytes)?;
    let mut found = Found::default();
    let (mut tables, mut rest) = (0, vec![]);
    for block in blocks {
        match block {
            Block::Table(rows) => match question_table(&rows) {
                Some(read) => {
                    tables += 1;
                    let mut given = table(read, context);
                    for (_, message) in given.problems.iter_mut().chain(&mut given.notes) {
                        *message = format!("第 {tables} 张表里的行:{message}");
                    }
                    found.append(given);
                }
                None => rest.push(Block::Table(rows)),
            },
            other => rest.push(other),
        }
    }
    if tables == 0 {
        return document(&rest, context);
    }
    let chars: usize = written(&rest).chars().filter(|c| !c.is_whitespace()).count();
    if chars > 0 {
        found.notes.push((0, format!("表以外的 {chars} 个字没有收;要收的请另存成单独的文件")));
    }
    Ok(found)
}

/// The rows of a table whose first row names a question and an answer; lines are counted within the table.
fn question_table(rows: &[Vec<String>]) -> Option<table::Read> {
    let header = Header::read(rows.first()?.iter().map(String::as_str)).ok()?;
    let record = |(i, row): (usize, &Vec<String>)| Record::new(i + 1, &header, row.iter().cloned().enumerate());
    Some((rows.iter().enumerate().skip(1).map(record).filter(|r| !r.is_blank()).collect(), vec![]))
}

/// One article: the first heading, or a short first paragraph, is its title.
fn document(blocks: &[Block], context: &Context<'_>) -> Result<Found, String> {
    const LONGEST_TITLE: usize = 60;
    let is_title = |block: &Block| match block {
        Block::Heading(..) => true,
        Block::Paragraph(text) => text.chars().count() <= LONGEST_TITLE && !text.ends_with('。'),
        Block::Table(_) => false,
    };
    let Some((Block::Heading(_, title) | Block::Paragraph(title), body)) =
        blocks.split_first().filter(|(first, _)| is_title(first))
    else {
        return Err("第一段应是标题(不超过 60 个字,不以句号结尾)".to_owned());
    };
    markdown(&format!("# {title}\n\n{}", written(body)), context)
}

fn written(blocks: &[Block]) -> String {
    let lines = blocks.iter().filter_map(|block| match block {
        Block::Heading(level, text) => Some(format!("{} {text}", "#".repeat((level + 1).min(6)))),
        Block::Paragraph(text) => Some(text.clone()),
        Block::Table(rows) => html::table_lines(rows),
    });
    lines.collect::<Vec<_>>().join("\n\n")
}

/// A table of questions and answers.
pub fn table((records, problems): table::Read, context: &Context<'_>) -> Found {
    let mut found = Found { problems, ..Found::default() };
    for record in &records {
        if let Err(reason) = row(record, context, &mut found) {
            found.problems.push((record.line, reason));
        }
    }
    found
}

fn row(record: &Record, context: &Context<'_>, found: &mut Found) -> Result<(), String> {
    let title = record.get(Column::Question).ok_or("没有问题(question)")?.trim().to_owned();
    let text = record.get(Column::Answer).ok_or("没有答案(answer)")?;
    let published = record.date().map_err(|cell| format!("日期“{cell}”不存在;应形如 2025-06-04"))?;
    let judgement = match record.get(Column::Region) {
        Some(name) => (region(name, context.regions)?, None),
        None => context.places.judge(&title, text, true),
    };
    let chosen: Option<Vec<String>> = record
        .get(Column::Topic)
        .map(|cell| cell.split([',', '，', '、', ' ', '|']).filter(|t| !t.is_empty()).map(str::to_owned).collect());
    if let Some(unknown) = chosen.iter().flatten().find(|t| !super::topic::known().any(|k| k == *t)) {
        let known: Vec<&str> = super::topic::known().collect();
        return Err(format!("主题“{unknown}”不存在;可用:{}", known.join("、")));
    }
    let url = record.get(Column::Url).map(|u| u.trim().to_owned());
    if let Some(url) = url.as_ref().filter(|u| !u.starts_with("http://") && !u.starts_with("https://")) {
        return Err(format!("网页地址“{url}”应以 http:// 或 https:// 开头"));
    }
    let document = record.get(Column::Source).unwrap_or(context.file).trim().to_owned();
    let mut questions = vec![title.clone()];
    let also = record.get(Column::Also).unwrap_or_default().split(['|', '\n']).map(str::trim);
    for question in also.filter(|q| !q.is_empty()) {
        if !questions.iter().any(|q| q == question) {
            questions.push(question.to_owned());
        }
    }
    let draft = Draft {
        questions,
        source: Source { title: title.clone(), document: Some(document), url, published },
        title,
        text: ended(text),
        published,
        reviewed_on: published.unwrap_or(context.today),
        truncated: false,
        site: String::new(),
    };
    match chosen {
        Some(topics) => found.articles.push((record.line, draft.article(judgement.0, topics))),
        None => draft.judged(record.line, judgement, found),
    }
    Ok(())
}

fn region(name: &str, regions: &Regions) -> Result<RegionCode, String> {
    regions.resolve(name).map_err(|candidates| {
        let codes: Vec<String> = candidates.iter().map(|c| format!("{c} {}", regions.name(*c))).collect();
        match codes.as_slice() {
            [] => format!("没有叫“{}”的地区;应为六位行政区划代码或地名,全国写 000000", name.trim()),
            _ => format!("“{}”可能是 {};请写代码", name.trim(), codes.join("、")),
        }
    })
}
