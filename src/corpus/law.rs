//! Reads what the rules stand on: places, the working-day calendar and every parameter.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::{Problem, calendar, parameters, regions};
use crate::region::Regions;
use crate::rules::Law;
use crate::rules::calendar::Calendar;
use crate::rules::parameters::Parameters;

/// Reads `vocabulary/regions.csv`, `calendar/*.toml` and `parameters/*.toml` below the corpus folder.
/// What can be read is returned together with every problem found.
pub fn read(corpus: &Path) -> (Law, Vec<Problem>) {
    let mut problems = vec![];
    let mut places = vec![];
    for name in ["vocabulary/regions.csv", "vocabulary/counties.csv"] {
        // The county list is an optional refinement; the prefectures are not.
        if name.ends_with("counties.csv") && !corpus.join(name).exists() {
            continue;
        }
        if let Some(text) = text(corpus, name, &mut problems) {
            let (found, wrong) = regions::read(name, &text);
            places.extend(found);
            problems.extend(wrong);
        }
    }
    let regions = Regions::new(places);

    let mut years = BTreeMap::new();
    for name in files(corpus, "calendar", ".toml", &mut problems) {
        let Some(text) = text(corpus, &name, &mut problems) else { continue };
        let (year, wrong) = calendar::read(&name, &text);
        years.extend(year);
        problems.extend(wrong);
    }

    let mut all = vec![];
    for name in files(corpus, "parameters", ".toml", &mut problems) {
        let Some(text) = text(corpus, &name, &mut problems) else { continue };
        let (found, wrong) = parameters::read(&name, &text, &regions);
        all.extend(found);
        problems.extend(wrong);
    }
    let mut ids: HashMap<&str, &(String, usize)> = HashMap::new();
    for value in all.iter().flat_map(|p| &p.values) {
        if let Some(first) = ids.insert(&value.id, &value.place) {
            let message = format!("编号“{}”与 {}:{} 重复", value.id, first.0, first.1);
            problems.push(Problem { path: value.place.0.clone(), line: value.place.1, message });
        }
    }
    (Law { parameters: Parameters::new(all), calendar: Calendar { years }, regions }, problems)
}

/// The text of a file below the corpus; a missing or unreadable one is a problem.
pub(super) fn text(corpus: &Path, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
    match std::fs::read_to_string(corpus.join(name)) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = match error.kind() {
                std::io::ErrorKind::NotFound => "文件不存在".to_owned(),
                std::io::ErrorKind::InvalidData => "不是 UTF-8 文本,请另存为 UTF-8".to_owned(),
                _ => format!("读不了:{error}"),
            };
            problems.push(Problem { path: name.to_owned(), line: 0, message });
            None
        }
    }
}

/// Names of the files in a folder of the corpus, sorted, so that reading is deterministic.
pub(super) fn files(corpus: &Path, folder: &str, ending: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(corpus.join(folder)) else {
        problems.push(Problem { path: folder.to_owned(), line: 0, message: "文件夹不存在".to_owned() });
        return vec![];
    };
    let mut names: Vec<String> = entries
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| n.ends_with(ending) && !n.starts_with('.'))
        .map(|n| format!("{folder}/{n}"))
        .collect();
    names.sort();
    names
}
