//! `yiwen check --fix`: mends what is mechanical, and nothing else.
//!
//! What a typing method or a spreadsheet program does to a file is mended: another encoding, a byte order mark, Windows
//! line ends, blanks at a line's end, full-width marks where TOML wants ASCII, a quoted or slashed date, a bare number
//! where a text is wanted, blanks for the tab in `synonyms.tsv`. An article's text below its front matter is never
//! touched, nor is what stands inside quotes, besides the figures of the keys named in [`FIGURES`] and [`DAYS`]. A file
//! that would not read better afterwards stays as it is.

use std::path::Path;

use rust_decimal::Decimal;
use toml::de::DeTable;

use super::import::{day, decode, replace};
use super::{Problem, article, load};

/// Keys whose value is a bare date.
pub const DAYS: &[&str] =
    &["from", "to", "since", "published", "effective_from", "effective_to", "reviewed_on", "review_by", "checked_on"];
/// Keys whose value is a figure in quotes.
pub const FIGURES: &[&str] = &["value", "min", "max", "region"];
/// Keys whose value is `true` or `false`.
const FLAGS: &[&str] = &["truncated", "cited_only", "preferred"];

/// What a mending did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Where, and in Chinese what.
    pub done: Vec<Problem>,
    /// Files that could not be written.
    pub failed: Vec<Problem>,
}

/// Mends every file of the corpus, each whole or not at all; with `write` false it only finds out what it would do.
pub fn mend(dir: &Path, write: bool) -> Mended {
    let mut mended = Mended::default();
    for path in load::files(dir) {
        let Ok(bytes) = std::fs::read(dir.join(&path)) else { continue };
        let Some((text, done)) = mended_text(&path, &bytes) else { continue };
        if let Err(error) = if write { put(&dir.join(&path), &text) } else { Ok(()) } {
            mended.failed.push(Problem { path, line: 0, message: format!("写不了:{error}") });
            continue;
        }
        let note = |(line, message): (usize, &str)| Problem { path: path.clone(), line, message: message.to_owned() };
        mended.done.extend(done.into_iter().map(note));
    }
    mended
}

/// Whole or not at all, and as readable for others as it was.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    replace(path, text)?;
    std::fs::set_permissions(path, permissions)
}

type Done = Vec<(usize, &'static str)>;

/// The mended text of a file with what was done, by line; `None` where there is nothing to mend.
pub fn mended_text(path: &str, bytes: &[u8]) -> Option<(String, Done)> {
    let mut done: Done = vec![];
    let text = decode(bytes).ok()?;
    if std::str::from_utf8(bytes).is_err() {
        done.push((0, "改存为 UTF-8"));
    } else if bytes.starts_with("\u{feff}".as_bytes()) {
        done.push((1, "去掉开头的字节顺序标记(BOM)"));
    }
    let (text, more) = match path.rsplit('.').next() {
        Some("toml") => toml_lines(&text, 1),
        Some("md") => front_matter(&text),
        Some("tsv") => lines(&text, 1, tab),
        Some("txt" | "csv") => lines(&text, 1, |_| None),
        _ => (text, vec![]),
    };
    done.extend(more);
    (!done.is_empty()).then_some((text, done))
}

/// An article's front matter; its text stays byte for byte.
fn front_matter(text: &str) -> (String, Done) {
    let Some((front, body)) = article::split(text) else { return (text.to_owned(), vec![]) };
    let (mended, mut done) = toml_lines(&text[front.clone()], 2);
    let windows = text[..front.start].contains('\r');
    if windows && done.is_empty() {
        done.push((1, "换行改为 LF"));
    }
    if done.is_empty() {
        return (text.to_owned(), vec![]);
    }
    (format!("+++\n{mended}+++\n{}", &text[body..]), done)
}

/// Mends line by line, unless the text would read worse; `first` is the number of its first line.
fn toml_lines(text: &str, first: usize) -> (String, Done) {
    // A text of several lines may hold anything, blanks at the end of one included.
    if text.contains("\"\"\"") || text.contains("'''") {
        return (text.to_owned(), vec![]);
    }
    let (mended, done) = lines(text, first, toml_line);
    let errors = |text: &str| DeTable::parse_recoverable(text).1.len();
    if errors(&mended) <= errors(&text.replace('\r', "")) { (mended, done) } else { (text.to_owned(), vec![]) }
}

/// Line ends, blanks at a line's end, and what `mend` does to a line.
fn lines(text: &str, first: usize, mend: impl Fn(&str) -> Option<(String, &'static str)>) -> (String, Done) {
    let mut done: Done = vec![];
    let mut out = String::with_capacity(text.len());
    if text.contains('\r') {
        done.push((first, "换行改为 LF"));
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    for (i, line) in unix.split_inclusive('\n').enumerate() {
        let number = first + i;
        let solid = line.trim_end_matches([' ', '\t', '\n', '\u{3000}', '\u{a0}']);
        if line.trim_end_matches('\n') != solid {
            done.push((number, "去掉行尾的空格"));
        }
        match mend(solid) {
            Some((mended, what)) => {
                done.push((number, what));
                out.push_str(&mended);
            }
            None => out.push_str(solid),
        }
        out.push('\n');
    }
    if !unix.is_empty() && !unix.ends_with('\n') {
        done.push((first + unix.lines().count() - 1, "最后一行补上换行"));
    }
    (out, done)
}

/// `标准说法 别的说法|…` → with a tab, where there is one gap and no more.
fn tab(line: &str) -> Option<(String, &'static str)> {
    if line.starts_with('#') || line.is_empty() {
        return None;
    }
    let bars = line.replace('｜', "|");
    if bars.contains('\t') {
        return (bars != line).then_some((bars, "全角竖线改为 |"));
    }
    let mut words = bars.split([' ', '\u{3000}']).filter(|w| !w.is_empty());
    let (canonical, variants) = (words.next()?, words.next()?);
    words.next().is_none().then(|| (format!("{canonical}\t{variants}"), "标准说法后面的空格改为制表符(Tab)"))
}

fn toml_line(line: &str) -> Option<(String, &'static str)> {
    let marks = ascii_marks(line);
    let figures = figure(&marks);
    match figures {
        Some((mended, what)) => Some((mended, what)),
        None => (marks != line).then_some((marks, "全角符号改为半角")),
    }
}

/// Full-width marks outside quotes and comments as TOML's own; `“…”` as quotes where nothing in it needs another.
fn ascii_marks(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len());
    let (mut quote, mut at) = (None, 0);
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        match quote {
            Some(end) => {
                out.push(c);
                if c == '\\' && end == '"' {
                    out.extend(chars.get(at));
                    at += 1;
                } else if c == end {
                    quote = None;
                }
            }
            None => match c {
                '"' | '\'' => {
                    quote = Some(c);
                    out.push(c);
                }
                '#' => {
                    out.push(c);
                    out.extend(&chars[at..]);
                    return out;
                }
                '“' | '”' | '＂' => {
                    let length = chars[at..].iter().position(|c| matches!(c, '”' | '“' | '＂' | '"' | '\\'));
                    match length.filter(|n| matches!(chars[at + n], '”' | '“' | '＂')) {
                        Some(n) => {
                            out.push('"');
                            out.extend(&chars[at..at + n]);
                            out.push('"');
                            at += n + 1;
                        }
                        None => out.push(c),
                    }
                }
                '＝' | '，' | '［' | '］' | '｛' | '｝' | '＃' | '．' | '－' | '＿' | '０'..='９' | '：' | '／' =>
                {
                    out.extend(char::from_u32(u32::from(c) - 0xfee0));
                }
                '【' => out.push('['),
                '】' => out.push(']'),
                '\u{3000}' | '\u{a0}' => out.push(' '),
                other => out.push(other),
            },
        }
    }
    out
}

/// `key = value` where the value is a day, a figure or a flag written otherwise than TOML or the corpus wants it.
fn figure(line: &str) -> Option<(String, &'static str)> {
    let (key, rest) = line.split_once('=')?;
    let name = key.trim();
    let rest = rest.trim();
    let (value, after) = match rest.strip_prefix('"') {
        Some(inner) => inner.split_once('"')?,
        None => rest.find(" #").map_or((rest, ""), |comment| (rest[..comment].trim(), &rest[comment..])),
    };
    let quoted = rest.starts_with('"');
    if !after.trim().is_empty() && !after.trim().starts_with('#') {
        return None;
    }
    let (wanted, what) = if DAYS.contains(&name) {
        (day(&half_width(value))?.to_string(), "日期改为 2026-01-01 的写法")
    } else if FIGURES.contains(&name) {
        (format!("\"{}\"", plain_figure(&half_width(value))?), "数字改为带引号的半角数字")
    } else if FLAGS.contains(&name) && matches!(value, "true" | "false") {
        (value.to_owned(), "true、false 去掉引号")
    } else {
        return None;
    };
    let written = if quoted { format!("\"{value}\"") } else { value.to_owned() };
    let gap = if after.trim().is_empty() { String::new() } else { format!("  {}", after.trim()) };
    (wanted != written).then(|| {
        (format!("{}= {wanted}{gap}", if key.ends_with(' ') { key.to_owned() } else { format!("{key} ") }), what)
    })
}

fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' | '．' | '％' | '－' | '／' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '，' => ',',
        other => other,
    };
    text.trim().chars().map(narrow).collect()
}

/// A figure without thousands marks, a per cent as its share; `None` for anything else.
fn plain_figure(text: &str) -> Option<String> {
    let (number, share) = text.strip_suffix('%').map_or((text, false), |n| (n.trim(), true));
    let groups: Vec<&str> = number.split('.').next()?.split(',').collect();
    let grouped = groups.len() > 1;
    let lawful = !grouped || !groups[0].is_empty() && groups[0].len() <= 3 && groups[1..].iter().all(|g| g.len() == 3);
    let bare = number.replace(',', "");
    let digits = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !lawful || !digits {
        return None;
    }
    let figure: Decimal = bare.parse().ok()?;
    // A region's zeros, and the places of an amount, stay as they were written.
    Some(if share { (figure / Decimal::ONE_HUNDRED).normalize().to_string() } else { bare })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// File, text before, text after (nothing where it stays), lines that were mended.
    type Row = (&'static str, &'static str, Option<&'static str>, &'static [usize]);

    const ROWS: &[Row] = &[
        ("a.toml", "value = \"6727\"\n", None, &[]),
        ("a.toml", "\u{feff}value = \"6727\"\n", Some("value = \"6727\"\n"), &[1]),
        ("a.toml", "value = \"1\"\r\n# x\r\n", Some("value = \"1\"\n# x\n"), &[1]),
        ("a.toml", "value = \"1\"  \nx = 2", Some("value = \"1\"\nx = 2\n"), &[1, 2]),
        ("a.toml", "value = 6727\n", Some("value = \"6727\"\n"), &[1]),
        ("a.toml", "value = \"６７２７\"\n", Some("value = \"6727\"\n"), &[1]),
        ("a.toml", "value = \"6,727\"  # 元\n", Some("value = \"6727\"  # 元\n"), &[1]),
        ("a.toml", "value = \"6,72\"\n", None, &[]),
        ("a.toml", "value = \"6%\"\n", Some("value = \"0.06\"\n"), &[1]),
        ("a.toml", "value = \"6.5％\"\n", Some("value = \"0.065\"\n"), &[1]),
        ("a.toml", "value = \"很多\"\n", None, &[]),
        ("a.toml", "value = \"unknown\"\n", None, &[]),
        ("a.toml", "region = 000000\n", Some("region = \"000000\"\n"), &[1]),
        ("a.toml", "region ＝ “440300”\n", Some("region = \"440300\"\n"), &[1]),
        ("a.toml", "from = \"2025-01-01\"\n", Some("from = 2025-01-01\n"), &[1]),
        ("a.toml", "from = 2025/1/1\n", Some("from = 2025-01-01\n"), &[1]),
        ("a.toml", "to = 2025年1月1日 # 止\n", Some("to = 2025-01-01  # 止\n"), &[1]),
        ("a.toml", "from = 2025-02-30\n", None, &[]),
        ("a.toml", "from = 去年\n", None, &[]),
        ("a.toml", "truncated = \"true\"\n", Some("truncated = true\n"), &[1]),
        ("a.toml", "truncated = 是\n", None, &[]),
        ("a.toml", "title = \"全角，“引号”＝照旧\"\n", None, &[]),
        ("a.toml", "# 说明，“照旧”＝\n", None, &[]),
        ("a.toml", "topics = [“arrears”，“card”]\n", Some("topics = [\"arrears\",\"card\"]\n"), &[1]),
        ("a.toml", "title = “断缴\"的\"事”\n", None, &[]),
        ("a.toml", "note = \"\"\"\nvalue = 1  \n\"\"\"\n", None, &[]),
        (
            "a.md",
            "+++\nreviewed_on = 2026/1/5\n+++\n正文　 \r\n",
            Some("+++\nreviewed_on = 2026-01-05\n+++\n正文　 \r\n"),
            &[2],
        ),
        ("a.md", "+++\r\nid = \"x\"\r\n+++\r\n正文\r\n", Some("+++\nid = \"x\"\n+++\n正文\r\n"), &[2]),
        ("a.md", "没有文章信息  \n", None, &[]),
        ("a.tsv", "断缴  断交|停缴\n", Some("断缴\t断交|停缴\n"), &[1]),
        ("a.tsv", "断缴　断交｜停缴\n", Some("断缴\t断交|停缴\n"), &[1]),
        ("a.tsv", "断缴\t断交｜停缴\n", Some("断缴\t断交|停缴\n"), &[1]),
        ("a.tsv", "断 缴 断交\n", None, &[]),
        ("a.tsv", "# 说明 文字\n", None, &[]),
        ("a.txt", "词 10 n \n", Some("词 10 n\n"), &[1]),
    ];

    #[test]
    fn what_is_mechanical_is_mended_and_nothing_else() {
        for (path, before, after, numbers) in ROWS {
            let got = mended_text(path, before.as_bytes());
            let text = got.as_ref().map(|(text, _)| text.as_str());
            assert_eq!(text, *after, "{before:?}");
            let done: Vec<usize> = got.iter().flat_map(|(_, done)| done).map(|(line, _)| *line).collect();
            assert_eq!(done, *numbers, "{before:?}");
            if let Some((text, _)) = got {
                assert_eq!(mended_text(path, text.as_bytes()), None, "mended twice: {before:?}");
            }
        }
        let (bytes, ..) = encoding_rs::GB18030.encode("title = \"断缴\"\n");
        assert_eq!(mended_text("a.toml", &bytes).map(|(text, _)| text).as_deref(), Some("title = \"断缴\"\n"));
        assert_eq!(mended_text("a.toml", &[0, 1, 2]), None);
    }
}
