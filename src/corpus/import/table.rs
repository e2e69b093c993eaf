//! Question–answer tables: CSV with a header row, and JSONL with one object a line. Columns go by Chinese or English names.

use std::collections::HashMap;

use jiff::civil::Date;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Question,
    Answer,
    Region,
    Topic,
    Date,
    Source,
    Url,
}

const NAMES: &[(Column, &[&str])] = &[
    (Column::Question, &["question", "title", "query", "q", "问题", "标题", "提问", "问"]),
    (Column::Answer, &["answer", "text", "content", "body", "a", "答案", "回答", "正文", "内容", "答复", "答"]),
    (Column::Region, &["region", "地区", "城市", "区划", "统筹区"]),
    (Column::Topic, &["topic", "topics", "主题"]),
    (Column::Date, &["date", "published", "日期", "发布日期", "发布时间"]),
    (Column::Source, &["source", "document", "来源", "出处", "文号"]),
    (Column::Url, &["url", "link", "链接", "网址"]),
];

/// One question with its answer, and what else the table says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The row's first line in the file, counted from 1.
    pub line: usize,
    cells: HashMap<Column, String>,
}

impl Record {
    /// The cell as it stands; `None` where it is absent or blank.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.cells.get(&column).map(String::as_str).filter(|c| !c.trim().is_empty())
    }

    /// The date of the row, if it has one: `2025-06-04`, `2025/6/4` or `2025年6月4日`. `Err` holds what it is instead.
    pub fn date(&self) -> Result<Option<Date>, String> {
        let Some(cell) = self.get(Column::Date).map(str::trim) else { return Ok(None) };
        let day = cell.split(' ').next().unwrap_or(cell);
        let parts: Vec<&str> = day.split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect();
        let date = match parts.as_slice() {
            [y, m, d] => y.parse().ok().zip(m.parse().ok()).zip(d.parse().ok()),
            _ => None,
        };
        date.and_then(|((y, m), d)| Date::new(y, m, d).ok()).map(Some).ok_or_else(|| cell.to_owned())
    }
}

/// Rows that could be read, and for each that could not its line and the reason.
pub type Read = (Vec<Record>, Vec<(usize, String)>);

fn column(name: &str) -> Option<Column> {
    let name = name.trim().to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(column, _)| *column)
}

/// Reads a CSV table as RFC 4180 has it, separated by commas, semicolons or tabs; `Err` where it is not a table of
/// questions and answers.
pub fn csv(text: &str) -> Result<Read, String> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = *[b',', b'\t', b';']
        .iter()
        .max_by_key(|d| (header.bytes().filter(|b| b == *d).count(), **d == b','))
        .unwrap_or(&b',');
    let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns: Vec<Option<Column>> = match reader.headers() {
        Ok(names) => names.iter().map(column).collect(),
        Err(error) => return Err(format!("表头读不了:{error}")),
    };
    for (wanted, name) in [(Column::Question, "问题(question)"), (Column::Answer, "答案(answer)")] {
        if !columns.contains(&Some(wanted)) {
            return Err(format!("表头里没有“{name}”一列;第一行应是列名"));
        }
    }
    let (mut records, mut problems) = (vec![], vec![]);
    for row in reader.records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, |p| line_of(text, p));
                if row.iter().all(|c| c.trim().is_empty()) {
                    continue;
                }
                if row.len() != columns.len() {
                    problems.push((line, format!("这一行有 {} 列,表头有 {} 列", row.len(), columns.len())));
                    continue;
                }
                let cells = columns.iter().zip(row.iter()).filter_map(|(c, v)| Some(((*c)?, v.to_owned()))).collect();
                records.push(Record { line, cells });
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| line_of(text, p));
                problems.push((line, format!("这一行读不了:{error}")));
            }
        }
    }
    Ok((records, problems))
}

/// The line of a row. The reader's position is before the blank lines that it passed over to come to the row.
fn line_of(text: &str, position: &::csv::Position) -> usize {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(number(position.byte())..).unwrap_or_default();
    let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    number(position.line()) + blank
}

/// Reads one JSON object a line; blank lines are passed over. `Err` where no line is one.
pub fn jsonl(text: &str) -> Result<Read, String> {
    let (mut records, mut problems) = (vec![], vec![]);
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let object: serde_json::Map<String, serde_json::Value> = match serde_json::from_str(line) {
            Ok(object) => object,
            Err(_) => {
                problems.push((i + 1, "这一行不是 JSON 对象".to_owned()));
                continue;
            }
        };
        let cell = |(name, value): (&String, &serde_json::Value)| match value {
            serde_json::Value::String(text) => Some((column(name)?, text.clone())),
            serde_json::Value::Array(items) => {
                let words: Vec<&str> = items.iter().filter_map(serde_json::Value::as_str).collect();
                Some((column(name)?, words.join(",")))
            }
            serde_json::Value::Number(number) => Some((column(name)?, number.to_string())),
            _ => None,
        };
        // An earlier name of a column in the list wins: an object may hold both `question` and `title`.
        let mut cells = HashMap::new();
        for (_, names) in NAMES {
            for name in *names {
                if let Some((column, value)) =
                    object.iter().find(|(k, _)| k.trim().to_lowercase() == **name).and_then(cell)
                {
                    cells.entry(column).or_insert(value);
                }
            }
        }
        records.push(Record { line: i + 1, cells });
    }
    if records.is_empty() {
        return Err("没有一行是 JSON 对象".to_owned());
    }
    Ok((records, problems))
}
