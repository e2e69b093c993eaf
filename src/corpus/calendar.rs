//! Reads `calendar/<year>.toml`: the State Council's notice of one year.
//!
//! ```toml
//! title = "国务院办公厅关于2026年部分节假日安排的通知"
//! url = "https://…"
//!
//! [holidays]
//! "元旦" = [2026-01-01, 2026-01-02, 2026-01-03]
//!
//! [makeup_workdays]
//! "元旦" = [2026-01-04]
//! ```

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use toml::de::DeTable;

use super::toml_file::date_of;
use super::{Problem, TomlFile};
use crate::rules::calendar::Year;
use crate::rules::parameters::Reference;

/// Reads one file; the year is the file's stem.
pub fn read(path: &str, text: &str) -> (Option<(i16, Year)>, Vec<Problem>) {
    let mut file = TomlFile::new(path, text, 1);
    let root = file.parse();
    file.only(&root, &["title", "document", "url", "holidays", "makeup_workdays"]);
    file.require(&root, "title", 0);
    let stem = path.rsplit('/').next().and_then(|f| f.strip_suffix(".toml")).unwrap_or(path);
    let year = stem.parse::<i16>().ok().filter(|y| (1949..=2200).contains(y));
    if year.is_none() {
        file.problem(0, format!("文件名“{stem}.toml”应是四位年份,形如 2026.toml"));
    }
    let reference = Reference {
        title: file.string(&root, "title").unwrap_or_default(),
        document: file.string(&root, "document"),
        url: file.string(&root, "url"),
    };
    let holidays = days(&mut file, &root, "holidays", year);
    let makeup_workdays = days(&mut file, &root, "makeup_workdays", year);
    for day in makeup_workdays.keys() {
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            file.problem(file.place(&root, "makeup_workdays"), format!("补班日 {day} 本来就不是周末"));
        }
        if holidays.contains_key(day) {
            file.problem(file.place(&root, "makeup_workdays"), format!("{day} 同时写成了放假和补班"));
        }
    }
    (year.map(|y| (y, Year { holidays, makeup_workdays, reference })), file.problems)
}

fn days<'t>(file: &mut TomlFile<'t>, root: &DeTable<'t>, key: &str, year: Option<i16>) -> BTreeMap<Date, String> {
    let Some((_, table)) = file.table(root, key) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for (name, list) in table {
        let Some(items) = list.get_ref().as_array() else {
            file.problem(list.span().start, format!("“{}”应是日期列表,形如 [2026-01-01, 2026-01-02]", name.get_ref()));
            continue;
        };
        for item in items.iter() {
            match date_of(item.get_ref()).filter(|d| year.is_none_or(|y| d.year() == y)) {
                Some(day) => drop(found.insert(day, name.get_ref().to_string())),
                None => file.problem(item.span().start, "应是本年的日期,形如 2026-01-01(不加引号)"),
            }
        }
    }
    found
}
