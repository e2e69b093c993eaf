//! Lines and sentences that a site sets around every text and that say nothing of the matter.

use std::ops::Range;

/// What a line of boilerplate begins with, and what it also holds.
const LINES: &[(&str, &str)] = &[
    ("提示:", "不能代替面诊"),
    ("温馨提示", ""),
    ("", "声明:资讯来源于网络"),
    ("声明:", "仅供参考"),
    ("(备注:", "仅供参考"),
    ("备注:", "仅供参考"),
];

/// A link that stands as a line of its own.
const COMPLAIN: &str = "投诉";

/// The line above a site's list of other articles.
const RELATED: &str = "相关推荐";

/// A line that only starts like boilerplate is kept when it is longer than what sites write.
const LONGEST_BARE: usize = 60;

/// True for a line that opens the list of related articles.
pub fn opens_related(line: &str) -> bool {
    line.trim_end_matches([':', '：']) == RELATED
}

/// True for a whole line of boilerplate; `line` is trimmed.
pub fn is_boilerplate(line: &str) -> bool {
    let plain: String = line.chars().map(half_width).collect();
    plain == COMPLAIN
        || LINES.iter().any(|(start, holds)| {
            plain.starts_with(start)
                && plain.contains(holds)
                && (!holds.is_empty() || plain.chars().count() <= LONGEST_BARE)
        })
}

fn half_width(c: char) -> char {
    match c {
        '：' => ':',
        '（' => '(',
        other => other,
    }
}

/// The sentence in which the editor bids the reader to read on (`下面随…小编一起了解具体内容。`), as a byte range of the text.
pub fn editorial(text: &str) -> Option<Range<usize>> {
    let editor = text.find("小编")?;
    let start = text[..editor].rfind(['。', '!', '！', '?', '？', '\n']).map_or(0, |at| {
        let mark = text[at..].chars().next().map_or(1, char::len_utf8);
        at + mark
    });
    let end = text[editor..].find(['。', '!', '！', '\n']).map_or(text.len(), |at| {
        let at = editor + at;
        let mark = text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        at + mark
    });
    let sentence = &text[start..end];
    let bids = sentence.contains("一起") || sentence.contains("来看") || sentence.contains("了解");
    (bids && sentence.chars().count() <= LONGEST_BARE).then_some(start..end)
}
