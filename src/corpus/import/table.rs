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
    /// Other ways of asking, separated by `|` or line ends.
    Also,
}

const NAMES: &[(Column, &[&str])] = &[
    (Column::Question, &["question", "title", "query", "q", "问题", "标题", "提问", "问"]),
    (Column::Answer, &["answer", "text", "content", "body", "a", "答案", "回答", "正文", "内容", "答复", "答"]),
    (Column::Region, &["region", "地区", "城市", "区划", "统筹区"]),
    (Column::Topic, &["topic", "topics", "主题"]),
    (Column::Date, &["date", "published", "日期", "发布日期", "发布时间"]),
    (Column::Source, &["source", "document", "来源", "出处", "文号"]),
    (Column::Url, &["url", "link", "链接", "网址"]),
    (Column::Also, &["questions", "别的问法", "相似问法", "相似问题"]),
];

/// One question with its answer, and what else the table says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The row's first line in the file, counted from 1.
    pub line: usize,
    cells: HashMap<Column, String>,
}

/// Which column of a table holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header(Vec<(String, Option<Column>)>);

impl Header {
    /// Reads the names in order; `Err` names the column that is lacking.
    pub fn read<'n>(names: impl Iterator<Item = &'n str>) -> Result<Header, String> {
        let header = Header(names.map(|name| (name.trim().to_owned(), column(name))).collect());
        for (wanted, name) in [(Column::Question, "问题(question)"), (Column::Answer, "答案(answer)")] {
            if !header.0.iter().any(|(_, column)| *column == Some(wanted)) {
                return Err(format!("表头里没有“{name}”一列;第一行应是列名"));
            }
        }
        Ok(header)
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The name of a column that is read.
    pub fn name(&self, at: usize) -> Option<&str> {
        self.0.get(at).filter(|(_, column)| column.is_some()).map(|(name, _)| name.as_str())
    }
}

impl Record {
    /// A row of a table with this header: the place of each cell, counted from 0, and what stands in it. Of two columns of
    /// one kind the first that holds anything counts.
    pub fn new(line: usize, header: &Header, values: impl Iterator<Item = (usize, String)>) -> Record {
        let mut cells = HashMap::new();
        for (at, value) in values {
            if let Some(column) = header.0.get(at).and_then(|(_, column)| *column).filter(|_| !value.trim().is_empty())
            {
                cells.entry(column).or_insert(value);
            }
        }
        Record { line, cells }
    }

    /// True where nothing stands in any column that is read.
    pub fn is_blank(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cell as it stands; `None` where it is absent or blank.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.cells.get(&column).map(String::as_str).filter(|c| !c.trim().is_empty())
    }

    /// The date of the row, if it has one: `2025-06-04`, `2025/6/4` or `2025年6月4日`. `Err` holds what it is instead.
    pub fn date(&self) -> Result<Option<Date>, String> {
        let Some(cell) = self.get(Column::Date).map(str::trim) else { return Ok(None) };
        day(cell.split(' ').next().unwrap_or(cell)).map(Some).ok_or_else(|| cell.to_owned())
    }
}

/// A day as people write it: `2025-06-04`, `2025/6/4`, `2025.6.4`, `2025年6月4日`.
pub fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.trim().split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A cell's line ends as a text file has them; spreadsheet programs write `\r\n`, some of them as `_x000D_`.
pub fn line_ends(text: &str) -> String {
    text.replace("_x000D_", "").replace("\r\n", "\n").replace('\r', "\n")
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
    let header = match reader.headers() {
        Ok(names) => Header::read(names.iter())?,
        Err(error) => return Err(format!("表头读不了:{error}")),
    };
    let (mut records, mut problems) = (vec![], vec![]);
    for row in reader.records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, |p| line_of(text, p));
                if row.iter().all(|c| c.trim().is_empty()) {
                    continue;
                }
                if row.len() != header.len() {
                    problems.push((line, format!("这一行有 {} 列,表头有 {} 列", row.len(), header.len())));
                    continue;
                }
                records.push(Record::new(line, &header, row.iter().map(str::to_owned).enumerate()));
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
                Some((column(name)?, words.join("|")))
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
