//! Question–answer tables in XLSX workbooks: every sheet with a header row that names both columns.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

use super::archive::Archive;
use super::table::{self, Header, Read, Record};

/// The header stands in one of the first rows; a heading may stand above it.
const HEADER_WITHIN: usize = 10;
/// Columns further to the right hold no question.
const COLUMNS: u32 = 256;

/// One sheet's rows; the line of a record is the number of its row, as the spreadsheet program shows it.
pub struct Sheet {
    pub name: String,
    /// `None` where no row of the sheet is a header.
    pub rows: Option<Read>,
}

/// Reads every sheet that is not empty.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    Archive::open(bytes)?;
    let broken = |error: calamine::XlsxError| format!("表格读不了:{error};请用 WPS 或 Excel 打开后重新保存为 .xlsx");
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let mut sheets = vec![];
    for name in workbook.sheet_names() {
        let mut rows: BTreeMap<u32, BTreeMap<usize, Result<String, String>>> = BTreeMap::new();
        // Cell by cell: a sheet that claims a million rows by one cell takes no more than that cell.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        while let Some(cell) = cells.next_cell().map_err(broken)? {
            let (row, column) = cell.get_position();
            let value = shown(cell.get_value());
            if column < COLUMNS && value.as_ref().map_or(true, |text| !text.trim().is_empty()) {
                rows.entry(row + 1).or_default().insert(column as usize, value);
            }
        }
        if !rows.is_empty() {
            sheets.push(Sheet { name, rows: records(&rows) });
        }
    }
    Ok(sheets)
}

fn records(rows: &BTreeMap<u32, BTreeMap<usize, Result<String, String>>>) -> Option<Read> {
    let header_of = |cells: &BTreeMap<usize, Result<String, String>>| {
        let last = *cells.keys().last()?;
        let names: Vec<&str> =
            (0..=last).map(|c| cells.get(&c).and_then(|v| v.as_deref().ok()).unwrap_or_default()).collect();
        Header::read(names.into_iter()).ok()
    };
    let (header_row, header) =
        rows.iter().take(HEADER_WITHIN).find_map(|(row, cells)| Some((*row, header_of(cells)?)))?;
    let (mut records, mut problems) = (vec![], vec![]);
    for (row, cells) in rows.range(header_row + 1..) {
        let wrong = cells.iter().find_map(|(column, value)| {
            let name = header.name(*column)?;
            Some(format!("“{name}”一格是{},请改成文字", value.as_ref().err()?))
        });
        match wrong {
            Some(wrong) => problems.push((*row as usize, wrong)),
            None => {
                let values = cells.iter().filter_map(|(column, value)| Some((*column, value.clone().ok()?)));
                records.extend(Some(Record::new(*row as usize, &header, values)).filter(|r| !r.is_blank()));
            }
        }
    }
    Some((records, problems))
}

/// A cell as text; `Err` names what it is instead.
fn shown(value: &DataRef<'_>) -> Result<String, String> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => table::line_ends(text),
        DataRef::SharedString(text) => table::line_ends(text),
        DataRef::Int(number) => number.to_string(),
        // Shown without a point where there is nothing behind it: 440300 and not 440300.0.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(flag) => if *flag { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(stamp) if !stamp.is_duration() => {
            let (year, month, day, ..) = stamp.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTime(span) => span.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => return Err(format!("公式错误({error})")),
    })
}
