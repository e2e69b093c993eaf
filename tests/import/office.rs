//! Office files made of rows: `office.jsonl` holds what stands in a workbook or a Word file and what it must give.
//!
//! `{"name","file":"t.xlsx","sheets":[{"name","rows":[[cell]]}]}` or `{"file":"t.docx","blocks":[["h",level,"…"],["p","…"],
//! ["li","…"],["table",[["…"]]]]}`; a cell is a text, a number, `{"day":days}` (days since 1899-12-30, shown as a date) or
//! `{"error":"#N/A"}`. `articles` are region, title and text, `problems` the lines of what was not taken.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip archive of these parts.
pub fn archive(parts: &[(&str, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(vec![]));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "<c/>".to_owned(),
        Value::Number(n) => format!("<c><v>{n}</v></c>"),
        Value::String(text) => {
            format!("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", escaped(text))
        }
        other => match other["day"].as_i64() {
            Some(day) => format!("<c s=\"1\"><v>{day}</v></c>"),
            None => format!("<c t=\"e\"><v>{}</v></c>", other["error"].as_str().unwrap()),
        },
    }
}

/// A workbook as spreadsheet programs write it, down to what a reader needs.
pub fn workbook(sheets: &[(&str, Vec<Vec<Value>>)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut parts = vec![];
    let (mut listed, mut related) = (String::new(), String::new());
    for (i, (name, rows)) in sheets.iter().enumerate() {
        let n = i + 1;
        listed.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"));
        related.push_str(&format!(
            "<Relationship Id=\"rId{n}\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        ));
        let rows: String = rows
            .iter()
            .enumerate()
            .map(|(r, row)| format!("<row r=\"{}\">{}</row>", r + 1, row.iter().map(cell).collect::<String>()))
            .collect();
        parts.push((
            format!("xl/worksheets/sheet{n}.xml"),
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    related.push_str(&format!("<Relationship Id=\"rId99\" Type=\"{relations}/styles\" Target=\"styles.xml\"/>"));
    let named: Vec<(&str, String)> = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{listed}</sheets></workbook>"),
        ),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{package}\">{related}</Relationships>")),
        (
            "xl/styles.xml",
            format!("<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ),
    ]
    .into_iter()
    .chain(parts.iter().map(|(name, text)| (name.as_str(), text.clone())))
    .collect();
    archive(&named)
}

fn run_of(text: &str) -> String {
    format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(text).replace('\n', "</w:t><w:br/><w:t>"))
}

fn block(block: &Value) -> String {
    let text = |i: usize| block[i].as_str().unwrap_or_default();
    match text(0) {
        "h" => {
            format!(
                "<w:p><w:pPr><w:pStyle w:val=\"{}\"/></w:pPr>{}</w:p>",
                block[1].as_u64().unwrap() + 1,
                run_of(text(2))
            )
        }
        "li" => format!("<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/></w:numPr></w:pPr>{}</w:p>", run_of(text(1))),
        "table" => {
            let cell = |c: &Value| format!("<w:tc><w:p>{}</w:p></w:tc>", run_of(c.as_str().unwrap()));
            let row =
                |r: &Value| format!("<w:tr>{}</w:tr>", r.as_array().unwrap().iter().map(cell).collect::<String>());
            format!("<w:tbl>{}</w:tbl>", block[1].as_array().unwrap().iter().map(row).collect::<String>())
        }
        _ => format!("<w:p>{}<w:r><w:delText>删去的字</w:delText></w:r></w:p>", run_of(text(1))),
    }
}

fn document(blocks: &[Value]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    // WPS numbers its styles: heading 1 is the style 2.
    let styles: String = (1..=3)
        .map(|level| format!("<w:style w:styleId=\"{}\"><w:name w:val=\"heading {level}\"/></w:style>", level + 1))
        .collect();
    let body: String = blocks.iter().map(block).collect();
    archive(&[
        ("word/document.xml", format!("<w:document xmlns:w=\"{main}\"><w:body>{body}</w:body></w:document>")),
        ("word/styles.xml", format!("<w:styles xmlns:w=\"{main}\">{styles}</w:styles>")),
    ])
}

/// The bytes of a row's file.
pub fn bytes(row: &Value) -> Vec<u8> {
    if let Some(blocks) = row["blocks"].as_array() {
        return document(blocks);
    }
    let sheets: Vec<(&str, Vec<Vec<Value>>)> = row["sheets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["name"].as_str().unwrap(), serde_json::from_value(s["rows"].clone()).unwrap()))
        .collect();
    workbook(&sheets)
}
