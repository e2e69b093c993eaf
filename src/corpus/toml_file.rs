//! Strict reading of a TOML file by hand: every value keeps its line, every unknown key and wrong type is reported.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// A TOML text being read, and what was found wrong in it so far.
pub struct TomlFile<'t> {
    path: &'t str,
    text: &'t str,
    /// Added to each line number: the text may start further down in its file (front matter).
    first_line: usize,
    /// Where each line of the text ends.
    ends: Vec<usize>,
    pub problems: Vec<Problem>,
}

/// A key with its value, both with their places.
pub type Entry<'a, 't> = (&'a Spanned<std::borrow::Cow<'t, str>>, &'a Spanned<DeValue<'t>>);

impl<'t> TomlFile<'t> {
    /// `path` is relative to the corpus; `first_line` is the line of the file on which `text` starts, counted from 1.
    pub fn new(path: &'t str, text: &'t str, first_line: usize) -> TomlFile<'t> {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
        TomlFile { path, text, first_line, ends, problems: vec![] }
    }

    /// Parses as much as can be parsed, noting syntax errors.
    pub fn parse(&mut self) -> DeTable<'t> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |s| s.start);
            let message = error.message().lines().next().unwrap_or_default();
            self.problem(at, format!("TOML 语法错误:{}", mend_of(message).unwrap_or(message)));
        }
        table.into_inner()
    }

    /// Notes a problem at a byte offset of the text.
    pub fn problem(&mut self, at: usize, message: impl Into<String>) {
        let line = self.line(at);
        self.problems.push(Problem { path: self.path.to_owned(), line, message: message.into() });
    }

    /// The line of a byte offset, counted from 1 in the file.
    pub fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + self.first_line
    }

    /// The path as it stands in problems.
    pub fn path(&self) -> &'t str {
        self.path
    }

    /// Reports every key that is not in `known`.
    pub fn only(&mut self, table: &DeTable<'t>, known: &[&str]) {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.problem(key.span().start, format!("不认识的键“{}”;可用的键:{}", key.get_ref(), known.join("、")));
            }
        }
    }

    /// The entry of this key, if present.
    pub fn entry<'a>(&self, table: &'a DeTable<'t>, key: &str) -> Option<Entry<'a, 't>> {
        table.iter().find(|(k, _)| k.get_ref().as_ref() == key)
    }

    /// Where the value of a key stands; the table's beginning where the key is absent.
    pub fn place(&self, table: &DeTable<'t>, key: &str) -> usize {
        self.entry(table, key).map_or(0, |(_, value)| value.span().start)
    }

    /// Reports an absent key at `at`.
    pub fn require(&mut self, table: &DeTable<'t>, key: &str, at: usize) {
        if self.entry(table, key).is_none() {
            self.problem(at, format!("缺少“{key}”"));
        }
    }

    fn typed<'a, T>(
        &mut self,
        table: &'a DeTable<'t>,
        key: &str,
        wanted: &str,
        read: impl Fn(&'a DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let (_, value) = self.entry(table, key)?;
        let got = read(value.get_ref());
        if got.is_none() {
            self.problem(value.span().start, format!("“{key}”应为{wanted}"));
        }
        got
    }

    /// A non-empty text.
    pub fn string(&mut self, table: &DeTable<'t>, key: &str) -> Option<String> {
        self.typed(table, key, "非空文字(写在双引号里)", |v| {
            v.as_str().filter(|s| !s.trim().is_empty()).map(str::to_owned)
        })
    }

    /// A bare date.
    pub fn date(&mut self, table: &DeTable<'t>, key: &str) -> Option<Date> {
        self.typed(table, key, "真实存在的日期,形如 2025-01-01(不加引号)", date_of)
    }

    /// `true` or `false`.
    pub fn bool(&mut self, table: &DeTable<'t>, key: &str) -> Option<bool> {
        self.typed(table, key, " true 或 false", DeValue::as_bool)
    }

    /// A list of non-empty texts.
    pub fn strings(&mut self, table: &DeTable<'t>, key: &str) -> Option<Vec<String>> {
        self.typed(table, key, "文字列表,形如 [\"…\", \"…\"]", strings_of)
    }

    /// A table.
    pub fn table<'a>(&mut self, table: &'a DeTable<'t>, key: &str) -> Option<(usize, &'a DeTable<'t>)> {
        let at = self.entry(table, key)?.0.span().start;
        self.typed(table, key, "一个表", DeValue::as_table).map(|t| (at, t))
    }

    /// An array of tables, each with its place.
    pub fn tables<'a>(&mut self, table: &'a DeTable<'t>, key: &str) -> Vec<(usize, &'a DeTable<'t>)> {
        let Some((_, value)) = self.entry(table, key) else { return vec![] };
        let Some(items) = value.get_ref().as_array() else {
            self.problem(value.span().start, format!("“{key}”应写成 [[…{key}]] 的多个表"));
            return vec![];
        };
        let mut found = vec![];
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(t) => found.push((item.span().start, t)),
                None => self.problem(item.span().start, format!("“{key}”里的每一项应是一个表")),
            }
        }
        found
    }
}

/// What the parser finds wrong, in the words of whoever typed it: part of its message, and what to mend.
const MENDS: &[(&str, &str)] = &[
    ("string values must be quoted", "文字要写在英文双引号里,形如 \"深圳\""),
    ("missing opening quote", "少了前面的英文双引号"),
    ("invalid basic string", "双引号没有成对;文字里要用引号的,写成中文引号“”"),
    ("invalid literal string", "单引号没有成对"),
    ("missing assignment", "少了等号;应写成 键 = 值"),
    ("key with no value", "这一行只有键没有值;应写成 键 = 值"),
    ("missing value", "等号后面没有值"),
    ("extra `=`", "多了一个等号"),
    ("extra assignment", "多了一个等号"),
    ("missing comma", "两项之间少了英文逗号"),
    ("extra comma", "多了一个逗号"),
    ("unclosed array table", "少了右边的 ]];应写成 [[名称.values]]"),
    ("unclosed array", "列表少了右边的 ]"),
    ("unclosed inline table", "少了右边的 }"),
    ("unclosed table", "少了右边的 ];应写成 [名称]"),
    ("unexpected leading zero", "数字前面有多余的 0;代码和数值要写在英文双引号里"),
    ("duplicate key", "同一个键写了两次,请删去一个"),
    ("invalid unquoted key", "键只能用英文字母、数字和下划线;也可能是上一行的引号或括号没有写完"),
    ("unexpected key or value", "这里多了内容;应是一行一个 键 = 值"),
    ("unexpected content", "这里多了内容;应是一行一个 键 = 值"),
    ("carriage return", "换行不对;请运行 yiwen check --fix"),
    ("invalid datetime", "日期不存在;应形如 2025-01-01(不加引号)"),
    ("invalid date", "日期不存在;应形如 2025-01-01(不加引号)"),
];

/// The mend of a parser's message, where it is known.
fn mend_of(message: &str) -> Option<&'static str> {
    MENDS.iter().find(|(part, _)| message.contains(part)).map(|(_, mend)| *mend)
}

/// A TOML date as a civil date; times and offsets are refused.
pub fn date_of(value: &DeValue<'_>) -> Option<Date> {
    let stamp = value.as_datetime()?;
    if stamp.time.is_some() || stamp.offset.is_some() {
        return None;
    }
    let d = stamp.date?;
    Date::new(i16::try_from(d.year).ok()?, d.month as i8, d.day as i8).ok()
}

/// A list of non-empty texts.
pub fn strings_of(value: &DeValue<'_>) -> Option<Vec<String>> {
    let items = value.as_array()?;
    items.iter().map(|i| i.get_ref().as_str().filter(|s| !s.trim().is_empty()).map(str::to_owned)).collect()
}
