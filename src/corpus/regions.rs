//! Reads `vocabulary/regions.csv`: `code,name,level,parent_code,short_name,aliases,pinyin,ambiguous`.

use std::collections::HashSet;

use super::Problem;
use crate::region::{Level, Region, RegionCode};

const HEADER: &str = "code,name,level,parent_code,short_name,aliases,pinyin,ambiguous";

/// Reads the places; `aliases` are separated by `|`.
pub fn read(path: &str, text: &str) -> (Vec<Region>, Vec<Problem>) {
    let mut regions: Vec<Region> = vec![];
    let mut problems = vec![];
    let mut seen = HashSet::new();
    let mut problem = |line: usize, message: String| problems.push(Problem { path: path.to_owned(), line, message });
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, l)| l.trim_start_matches('\u{feff}').trim()) != Some(HEADER) {
        problem(1, format!("第一行应是表头 {HEADER}"));
    }
    for (i, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
        let number = i + 1;
        let cells: Vec<&str> = line.split(',').collect();
        let [code, name, level, _parent, short, aliases, pinyin, ambiguous] = cells.as_slice() else {
            problem(number, format!("应有 8 列,实有 {} 列", cells.len()));
            continue;
        };
        let Some(code) = RegionCode::parse(code) else {
            problem(number, format!("地区代码“{code}”不是六位数字"));
            continue;
        };
        let level = match *level {
            "province" => Level::Province,
            // A county directly under its province stands where a prefecture would.
            "prefecture" | "county_direct" => Level::Prefecture,
            "county" => Level::County,
            other => {
                problem(number, format!("级别“{other}”应为 province、prefecture、county_direct 或 county"));
                continue;
            }
        };
        if !seen.insert(code) {
            problem(number, format!("地区代码 {code} 写了两次"));
        }
        if name.is_empty() || short.is_empty() {
            problem(number, "缺少全称或简称".to_owned());
        }
        regions.push(Region {
            code,
            name: (*name).to_owned(),
            short: (*short).to_owned(),
            aliases: aliases.split('|').filter(|a| !a.is_empty()).map(str::to_owned).collect(),
            pinyin: (*pinyin).to_owned(),
            level,
            ambiguous: *ambiguous == "1",
        });
    }
    (regions, problems)
}
