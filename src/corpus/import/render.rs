//! An article as a file: its id, and its front matter with the text below.

use pinyin::ToPinyin;
use sha2::{Digest, Sha256};

use crate::corpus::article::Article;

const LONGEST_SLUG: usize = 60;

/// A file name for a title: its reading for the eye, then a short hash that keeps titles apart. The text has no part in
/// it: a page whose text was changed since is the same article.
pub fn slug(title: &str, date: Option<jiff::civil::Date>, site: &str) -> String {
    let mut words: Vec<String> = vec![];
    let mut latin = false;
    for c in title.chars() {
        let reading = c.to_pinyin().map(|p| p.plain().replace('ü', "v"));
        if let Some(reading) = reading {
            words.push(reading);
            latin = false;
        } else if c.is_ascii_alphanumeric() {
            match words.last_mut().filter(|_| latin) {
                Some(word) => word.push(c.to_ascii_lowercase()),
                None => words.push(c.to_ascii_lowercase().to_string()),
            }
            latin = true;
        } else {
            latin = false;
        }
    }
    let mut slug = String::new();
    for word in words.iter().filter(|w| w.is_ascii()) {
        if slug.len() + word.len() >= LONGEST_SLUG {
            break;
        }
        slug.push_str(word);
        slug.push('-');
    }
    let date = date.map(|d| d.to_string()).unwrap_or_default();
    let hash = Sha256::digest(format!("{title}\0{date}\0{site}").as_bytes());
    for byte in &hash[..4] {
        slug.push_str(&format!("{byte:02x}"));
    }
    slug
}

/// The whole file. The text stands below the front matter byte for byte.
pub fn file(article: &Article) -> String {
    let mut out = String::from("+++\n");
    let mut line = |key: &str, value: String| {
        out.push_str(key);
        out.push_str(" = ");
        out.push_str(&value);
        out.push('\n');
    };
    line("id", quoted(&article.id));
    line("title", quoted(&article.title));
    line("questions", list(&article.questions));
    line("region", quoted(&article.region.to_string()));
    line("topics", list(&article.topics));
    if let Some(date) = article.published {
        line("published", date.to_string());
    }
    line("reviewed_on", article.reviewed_on.to_string());
    line("level", quoted("seed"));
    if article.truncated {
        line("truncated", "true".to_owned());
    }
    let source = &article.source;
    line("\n[source]\ntitle", quoted(&source.title));
    for (key, value) in [("document", &source.document), ("url", &source.url)] {
        if let Some(value) = value {
            line(key, quoted(value));
        }
    }
    if let Some(date) = source.published {
        line("published", date.to_string());
    }
    out.push_str("+++\n");
    out.push_str(&article.text);
    out
}

fn list(items: &[String]) -> String {
    match items {
        [] => "[]".to_owned(),
        [only] => format!("[{}]", quoted(only)),
        many => format!("[\n{}]", many.iter().map(|i| format!("  {},\n", quoted(i))).collect::<String>()),
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
