//! Gaps as rows for new articles: a clerk fills in the answer, and `yiwen import` reads the file back.

use serde_json::json;

use super::Group;

/// JSON lines, one a group: `question`, an empty `answer`, `region` and `topic` where known, `questions` with the other
/// ways of asking; `count`, `reasons` and `lacking` are for the reader and not imported.
pub fn jsonl(groups: &[Group]) -> String {
    let row = |g: &Group| {
        json!({
            "question": g.question, "answer": "", "region": region(g), "topic": topic(g), "questions": g.variants,
            "source": "", "url": "", "count": g.count, "reasons": g.reasons, "lacking": lacking(g),
        })
    };
    groups.iter().map(|g| format!("{}\n", row(g))).collect()
}

/// A table for a spreadsheet program: UTF-8 with a byte order mark, which those programs need to show Chinese.
pub fn csv(groups: &[Group]) -> String {
    let mut writer = ::csv::Writer::from_writer(vec![]);
    let mut rows =
        vec![["问题", "答案", "地区", "主题", "别的问法", "来源", "网址", "次数", "还缺"].map(str::to_owned)];
    rows.extend(groups.iter().map(|g| {
        let (count, lacking) = (g.count.to_string(), lacking(g).join(";"));
        let (region, topic) = (region(g).to_owned(), topic(g).to_owned());
        [
            g.question.clone(),
            String::new(),
            region,
            topic,
            g.variants.join("|"),
            String::new(),
            String::new(),
            count,
            lacking,
        ]
    }));
    // Writing into memory cannot fail.
    for row in rows {
        let _ = writer.write_record(row);
    }
    let table = writer.into_inner().unwrap_or_default();
    format!("\u{feff}{}", String::from_utf8_lossy(&table))
}

fn region(group: &Group) -> &str {
    group.region.as_ref().map_or("", |r| r.code.as_str())
}

/// Import judges the topic itself where none is known.
fn topic(group: &Group) -> &str {
    if group.topic == crate::understand::OUT_OF_SCOPE { "" } else { &group.topic }
}

/// What each rule lacked, in words.
pub fn lacking(group: &Group) -> Vec<String> {
    let words = |l: &super::Lacking| match &l.parameter {
        Some(parameter) => format!("{}:{parameter}", l.label),
        None => format!("{}:还要知道{}", l.label, l.facts.join("、")),
    };
    group.lacking.iter().map(words).collect()
}
