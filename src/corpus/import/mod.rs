//! Import: raw pages and tables become article files.
//!
//! A crawled text gives one article for each question it treats, one for each teaser it shows (marked truncated) and a
//! list of mere titles; a web page, Markdown or a Word file gives one article; a table of questions and answers (CSV,
//! JSONL, XLSX, in a Word file) one a row. Text is kept byte for byte, whole lines of boilerplate aside. The article's place is the one its sentences speak of: a title is not believed alone.
//!
//! The folder that takes the articles plays the part of `articles/`: a file stands at `<region>/<slug>.md` below it, and
//! that is its id. The slug depends on title, date and site alone, so that the same page is the same article on every
//! import; a file that differs from what would be written has been edited, and stays.
//!
//! ```no_run
//! # fn show(regions: &yiwen::region::Regions, today: jiff::civil::Date) {
//! use yiwen::corpus::import::{Options, run};
//! let options = Options { regions, today, force: false, dry_run: false, progress: &|_, _| {} };
//! let report = run(&["pages".into()], "corpus/articles".as_ref(), &options);
//! print!("{report}");
//! std::process::exit(report.exit_status().into());
//! # }
//! ```

mod archive;
mod articles;
mod asked;
mod boilerplate;
mod crawled;
mod decode;
mod duplicates;
mod html;
mod near;
mod parts;
mod place;
mod render;
mod report;
mod spreadsheet;
mod stamp;
mod store;
mod table;
mod topic;
mod word;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

pub use asked::FILE as QUESTIONS_FILE;
pub(super) use decode::decode;
pub use near::NearDuplicate;
pub use place::Places;
pub use render::file as article_file;
pub use report::{FileReport, Report};
pub(super) use store::replace;
pub(super) use table::day;

use self::articles::{Context, Found};
use self::asked::Asked;
use self::store::{Outcome, Rules, store};
use crate::corpus::Problem;
use crate::corpus::article::Article;
use crate::region::Regions;

/// How to import.
pub struct Options<'a> {
    pub regions: &'a Regions,
    /// The day of review of what bears no date itself.
    pub today: Date,
    /// Overwrite article files that differ from what the import would write.
    pub force: bool,
    /// Write nothing, report what would be.
    pub dry_run: bool,
    /// Told how many files have been read, or articles written, and how many there are.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// Imports files, and folders with all that lies in them, into the folder `into`. Never stops at the first mistake.
pub fn run(paths: &[PathBuf], into: &Path, options: &Options<'_>) -> Report {
    let mut report = Report { dry_run: options.dry_run, ..Report::default() };
    let places = Places::new(options.regions);
    let mut files = vec![];
    for path in paths {
        collect(path, true, &mut files, &mut report.problems);
    }
    let mut intake = Intake::default();
    for (i, path) in files.iter().enumerate() {
        (options.progress)(i as u64, files.len() as u64);
        let name = path.display().to_string();
        match read(path, &places, options) {
            Ok(found) => intake.take(name, found, &mut report),
            Err(reason) => report.problems.push(problem(&name, 0, format!("未收:{reason}"))),
        }
    }
    intake.write(into, options, &mut report);
    report
}

/// The largest file taken.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

fn problem(path: &str, line: usize, message: String) -> Problem {
    Problem { path: path.to_owned(), line, message }
}

/// Files below a path, in name order; hidden ones only where they were named.
fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    if hidden && !named {
        return;
    }
    if !path.is_dir() {
        files.push(path.to_owned());
        return;
    }
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let mut below: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
            below.sort();
            below.iter().for_each(|p| collect(p, false, files, problems));
        }
        Err(error) => problems.push(problem(&path.display().to_string(), 0, format!("文件夹读不了:{error}"))),
    }
}

/// What one file gives, or in Chinese why it gives nothing.
fn read(path: &Path, places: &Places, options: &Options<'_>) -> Result<Found, String> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let unsupported = |kind: &str, way: &str| Err(format!("不支持 {kind};{way}"));
    match ending.as_str() {
        "mhtml" | "mht" => return unsupported("MHTML", "请在浏览器里另存为“网页,仅 HTML”"),
        "xls" | "et" => return unsupported("旧式表格", "请用 WPS 或 Excel 打开后另存为 .xlsx 或 CSV"),
        "doc" | "wps" => return unsupported("旧式 Word 文件", "请用 WPS 或 Word 打开后另存为 .docx"),
        "pdf" => return unsupported("PDF", "请把文字另存为 .txt、.md 或 .docx"),
        _ => {}
    }
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "文件不存在".to_owned(),
        _ => format!("读不了:{error}"),
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_BYTES {
        return Err(format!("文件有 {} MiB,最多 {} MiB;请拆成几个文件", size >> 20, FILE_BYTES >> 20));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let context = Context { regions: options.regions, places, today: options.today, file: &file };
    match ending.as_str() {
        "xlsx" => return articles::workbook(&bytes, &context),
        "docx" => return articles::word(&bytes, &context),
        _ => {}
    }
    let text = decode(&bytes)?;
    if text.trim().is_empty() {
        return Err("文件是空的".to_owned());
    }
    let found = match ending.as_str() {
        "md" | "markdown" => articles::markdown(&text, &context)?,
        "jsonl" | "ndjson" => articles::table(table::jsonl(&text)?, &context),
        "csv" | "tsv" => articles::table(table::csv(&text)?, &context),
        "html" | "htm" => articles::html(&text, &context)?,
        "txt" | "" => articles::crawled(&text, &context)?,
        other => return Err(format!("不认识的文件类型 .{other};可用:.txt、.html、.md、.docx、.csv、.xlsx、.jsonl")),
    };
    Ok(found)
}

/// A place as people read it.
fn place(path: &str, line: usize) -> String {
    if line > 0 { format!("{path}:{line}") } else { path.to_owned() }
}

/// What all files gave, before anything is written.
#[derive(Default)]
struct Intake {
    /// Each article with the index of its file's report and its line there.
    articles: Vec<(usize, usize, Article)>,
    by_id: HashMap<String, usize>,
    asked: Vec<Asked>,
}

impl Intake {
    fn take(&mut self, name: String, mut found: Found, report: &mut Report) {
        found.problems.sort();
        report.problems.extend(found.problems.into_iter().map(|(line, m)| problem(&name, line, m)));
        report.notes.extend(found.notes.into_iter().map(|(line, m)| problem(&name, line, m)));
        let mut file =
            FileReport { path: name, questions: found.asked.len(), dropped: found.dropped, ..FileReport::default() };
        self.asked.extend(found.asked);
        for (line, article) in found.articles {
            match self.by_id.get(&article.id).map(|i| &self.articles[*i]) {
                Some((from, first_line, first)) if first.text == article.text => {
                    file.repeated += 1;
                    let first = place(report.files.get(*from).map_or(&file.path, |f| &f.path), *first_line);
                    let message = format!("“{}”与 {first} 同题同文,只收一次", article.title);
                    report.notes.push(problem(&file.path, line, message));
                }
                Some((from, first_line, _)) => {
                    let first = place(report.files.get(*from).map_or(&file.path, |f| &f.path), *first_line);
                    let message =
                        format!("“{}”与 {first} 同题而正文不同,只收了前一种;请合成一条,或改题目", article.title);
                    report.problems.push(problem(&file.path, line, message));
                }
                None => {
                    *(if article.truncated { &mut file.teasers } else { &mut file.articles }) += 1;
                    self.by_id.insert(article.id.clone(), self.articles.len());
                    self.articles.push((report.files.len(), line, article));
                }
            }
        }
        report.files.push(file);
    }

    fn write(self, into: &Path, options: &Options<'_>, report: &mut Report) {
        let rules = Rules { force: options.force, dry_run: options.dry_run };
        let standing = duplicates::standing(into, options.regions, &|id| self.by_id.contains_key(id));
        let all: Vec<&Article> = self.articles.iter().map(|(_, _, article)| article).chain(&standing).collect();
        report.near_duplicates = duplicates::alike(&all, self.articles.len());
        let read_at = |id: &str| match self.by_id.get(id).map(|i| &self.articles[*i]) {
            Some((file, line, _)) => place(&report.files[*file].path, *line),
            None => into.join(format!("{id}.md")).display().to_string(),
        };
        for pair in &mut report.near_duplicates {
            pair.places = (read_at(&pair.one), read_at(&pair.other));
        }
        for (i, question, owner) in duplicates::taken(&all, self.articles.len()) {
            let (file, line, article) = &self.articles[i];
            let message =
                format!("“{question}”{owner} 里已有;一个问题只能属于一篇文章,导入后请从 {} 里删去一处", article.id);
            report.notes.push(problem(&report.files[*file].path, *line, message));
        }
        let count = self.articles.len() as u64;
        for (i, (file, _, article)) in self.articles.into_iter().enumerate() {
            (options.progress)(i as u64, count);
            let path = into.join(&article.path);
            let place = path.display().to_string();
            match put(&path, article, rules) {
                Ok(Outcome::Written) => report.files[file].written += 1,
                Ok(Outcome::Unchanged) => report.files[file].unchanged += 1,
                Ok(Outcome::Conflict) => {
                    let message = "已有文件与来源不同(可能有人改过),保留原样;要覆盖请加 --force".to_owned();
                    report.problems.push(problem(&place, 0, message));
                }
                Err(error) => report.problems.push(problem(&place, 0, format!("写不了:{error}"))),
            }
        }
        match asked::add(into, &self.asked, rules) {
            Ok(new) => report.new_questions = new,
            Err((line, reason)) => {
                report.problems.push(problem(&into.join(QUESTIONS_FILE).display().to_string(), line, reason));
            }
        }
    }
}

/// Writes an article. One that stands there and differs in nothing but its day of review is unchanged: a source without a
/// date may be imported on another day, and a clerk may have reviewed it since.
fn put(path: &Path, article: Article, rules: Rules) -> std::io::Result<Outcome> {
    if let Some(reviewed_on) = store::reviewed_on(path) {
        let reviewed = Article { reviewed_on, ..article.clone() };
        let kept = store(path, &article_file(&reviewed), Rules { force: false, ..rules })?;
        if kept != Outcome::Conflict || !rules.force {
            return Ok(kept);
        }
    }
    store(path, &article_file(&article), rules)
}
