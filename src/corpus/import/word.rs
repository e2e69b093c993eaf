//! Word files (`.docx`): headings, paragraphs and tables, in their order.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::archive::Archive;

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Level, from 1, and words.
    Heading(usize, String),
    Paragraph(String),
    /// Rows of cells.
    Table(Vec<Vec<String>>),
}

const BODY: &str = "word/document.xml";
const STYLES: &str = "word/styles.xml";

/// The document's blocks that hold any text.
pub fn read(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let mut archive = Archive::open(bytes)?;
    let Some(body) = archive.text(BODY)? else {
        return Err("不是 Word 文件(.docx);请用 WPS 或 Word 打开后另存为 .docx".to_owned());
    };
    let styles = archive.text(STYLES)?.map(|xml| headings(&xml)).transpose()?.unwrap_or_default();
    blocks(&body, &styles)
}

fn broken(error: &quick_xml::Error) -> String {
    format!("Word 文件的内容不完整({error});请打开后重新保存")
}

/// The value of an attribute, whatever its prefix.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.to_string())
}

/// Style → level of heading. The names of built-in styles are the same in every language, their ids are not.
fn headings(xml: &str) -> Result<HashMap<String, usize>, String> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut style) = (HashMap::new(), String::new());
    loop {
        match reader.read_event().map_err(|e| broken(&e))? {
            Event::Start(element) if element.local_name().as_ref() == "style" => {
                style = attribute(&element, "styleId").unwrap_or_default();
            }
            Event::Empty(element) if element.local_name().as_ref() == "name" => {
                let name = attribute(&element, "val").unwrap_or_default().to_lowercase();
                let level = match name.as_str() {
                    "title" => Some(1),
                    name => name.strip_prefix("heading ").and_then(|n| n.parse().ok()),
                };
                found.extend(level.map(|level| (style.clone(), level)));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// What is being read.
#[derive(Default)]
struct Document {
    blocks: Vec<Block>,
    /// The paragraph so far, its level of heading, and whether it is an item of a list.
    text: String,
    level: Option<usize>,
    item: bool,
    /// Tables that are open: a table may stand in a cell of another, whose text it then is.
    depth: usize,
    rows: Vec<Vec<String>>,
    cell: Vec<String>,
}

impl Document {
    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        let (level, item) = (self.level.take(), std::mem::take(&mut self.item));
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.depth > 0 {
            self.cell.push(text.to_owned());
            return;
        }
        self.blocks.push(match level {
            Some(level) => Block::Heading(level, text.replace('\n', " ")),
            None if item => Block::Paragraph(format!("- {text}")),
            None => Block::Paragraph(text.to_owned()),
        });
    }
}

fn blocks(xml: &str, styles: &HashMap<String, usize>) -> Result<Vec<Block>, String> {
    let mut reader = Reader::from_str(xml);
    let mut document = Document::default();
    // Text counts only within `w:t`; what was deleted under review stands in `w:delText`.
    let mut within = false;
    loop {
        match reader.read_event().map_err(|e| broken(&e))? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => within = true,
                "tbl" => document.depth += 1,
                "tr" if document.depth == 1 => document.rows.push(vec![]),
                _ => {}
            },
            Event::Empty(element) => match element.local_name().as_ref() {
                "pStyle" => document.level = attribute(&element, "val").and_then(|id| styles.get(&id).copied()),
                "numPr" => document.item = true,
                "tab" => document.text.push(' '),
                "br" | "cr" => document.text.push('\n'),
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "t" => within = false,
                "numPr" => document.item = true,
                "p" => document.paragraph(),
                "tc" if document.depth == 1 => {
                    let cell = std::mem::take(&mut document.cell).join("\n");
                    if let Some(row) = document.rows.last_mut() {
                        row.push(cell);
                    }
                }
                "tbl" => {
                    document.depth -= 1;
                    if document.depth == 0 {
                        let rows = std::mem::take(&mut document.rows);
                        document.blocks.push(Block::Table(rows));
                    }
                }
                _ => {}
            },
            Event::Text(text) if within => document.text.push_str(&text),
            Event::GeneralRef(entity) if within => {
                let named = match &*entity {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                document.text.extend(named);
            }
            Event::DocType(_) => return Err("Word 文件里有文档类型声明,不收;请打开后重新保存".to_owned()),
            Event::Eof => return Ok(document.blocks),
            _ => {}
        }
    }
}
