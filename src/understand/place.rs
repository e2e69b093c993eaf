//! Places in a question and the part each plays: where the person is insured, where the insurance came from or goes to.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::region::{Level, RegionCode, Regions};
use crate::text::numbers::starts_with;

/// What a place is to the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Said without more: the place asked about.
    Plain,
    /// 从A, 原来A, A转…: where the insurance was.
    Origin,
    /// 到B, 去B, 新单位在B: where it goes or is now.
    Destination,
}

/// A place as it stands in a question; positions are folded character offsets, end excluded.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The pooling area: a county's prefecture, a municipality for its districts, a province as itself.
    pub code: RegionCode,
    pub part: Part,
    pub start: usize,
    pub end: usize,
    /// The name fits several places (吉林, 朝阳区); the code is the usual reading.
    pub ambiguous: bool,
    /// The place itself, which may lie inside the pool: 浦东新区 in 上海市.
    pub exact: RegionCode,
}

/// Finds place names.
pub struct Places {
    automaton: AhoCorasick,
    codes: Vec<(RegionCode, bool)>,
}

impl Places {
    pub fn new(regions: &Regions) -> Places {
        let mut names: Vec<(String, RegionCode, Level, bool)> = vec![];
        for region in regions.iter() {
            let mut add = |name: &str, ambiguous: bool| {
                if name.chars().count() >= 2 {
                    names.push((name.to_owned(), region.code, region.level, ambiguous));
                }
            };
            add(&region.name, false);
            if region.short != region.name {
                add(&region.short, region.ambiguous);
            }
            for alias in &region.aliases {
                add(alias, false);
            }
        }
        // The wider place first: of a shared name the province, then the prefecture, is meant; the rest only make it ambiguous.
        names.sort_by(|a, b| (&a.0, a.2, a.1).cmp(&(&b.0, b.2, b.1)));
        let mut patterns: Vec<String> = vec![];
        let mut codes: Vec<(RegionCode, bool)> = vec![];
        for (name, code, _, ambiguous) in names {
            if patterns.last() == Some(&name) {
                let last = codes.len() - 1;
                codes[last].1 |= pool(codes[last].0) != pool(code);
            } else {
                patterns.push(name);
                codes.push((code, ambiguous));
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .unwrap_or_else(|e| unreachable!("a few thousand short names always fit: {e}"));
        Places { automaton, codes }
    }

    /// Every place of the text with its part, from left to right. Neighbours that narrow one another (浙江衢州, 广东省深圳市)
    /// are one place, the narrower.
    pub fn find(&self, text: &str, chars: &[char]) -> Vec<Place> {
        let mut found: Vec<Place> = vec![];
        let mut bytes = 0;
        let mut at = 0;
        for m in self.automaton.find_iter(text) {
            at += text[bytes..m.start()].chars().count();
            let length = text[m.start()..m.end()].chars().count();
            bytes = m.start();
            let (code, ambiguous) = self.codes[m.pattern().as_usize()];
            let (start, mut end) = (at, at + length);
            // 深圳市 said by its short name with a suffix of its own.
            if matches!(chars.get(end), Some('市' | '省'))
                && !starts_with(chars, end, "市场")
                && !starts_with(chars, end, "省内")
            {
                end += 1;
            }
            if is_part_of_a_name(chars, start, end) {
                continue;
            }
            let place = Place { code: pool(code), part: part(chars, start, end), start, end, ambiguous, exact: code };
            match found.last_mut() {
                // 北京朝阳区: the district of the city just named, not its namesake elsewhere.
                Some(before) if place.start <= before.end + 1 && ambiguous && before.code.is_municipality() => {
                    before.end = place.end;
                    before.exact = place.exact;
                }
                Some(before) if narrows(before, &place) => {
                    *before = Place { start: before.start, part: before.part.or(place.part), ..place };
                }
                Some(before) if before.end >= place.start && place.code.province() == before.code => {
                    before.end = place.end;
                }
                _ => found.push(place),
            }
        }
        settle(&mut found);
        found
    }
}

impl Part {
    fn or(self, other: Part) -> Part {
        if self == Part::Plain { other } else { self }
    }
}

/// A county's pooling area is its prefecture; a municipality is one pool.
fn pool(code: RegionCode) -> RegionCode {
    if code.is_municipality() { code.province() } else { code.prefecture() }
}

fn narrows(wide: &Place, narrow: &Place) -> bool {
    let close = narrow.start <= wide.end + 1;
    close && (wide.code == narrow.code || wide.code == narrow.code.province())
}

/// 北京协和医院, 厦门大学, 上海银行, 深圳路: the place is a part of a name.
fn is_part_of_a_name(chars: &[char], start: usize, end: usize) -> bool {
    const DIRECT: &[&str] = &[
        "银行",
        "路",
        "菜",
        "大道",
        "时间",
        "烤鸭",
        "话",
        "理工",
        "师范",
        "交通大学",
        "证券",
        "航空",
        "酒家",
        "饭店",
        "酒店",
        "火锅",
        "拉面",
        "话费",
        "方言",
    ];
    const DISTANT: &[&str] = &["医院", "公司", "集团", "大学", "学院", "药房", "卫生院"];
    const STOPS: &[char] = &[
        ',', '。', '、', ';', '?', '!', ' ', '的', '在', '有', '去', '到', '跟', '读', '念', '转', '上', '是', '看',
        '住', '换', '来', '做', '一', '某', '当', '哪', '好', '用', '给', '那', '这', '没', '什', '二', '三', '个',
        '家', '单', '新', '老', '原', '小', '从', '离', '辞', '入', '与', '和', '调', '至', '迁', '搬', '派', '跳',
    ];
    let university = starts_with(chars, end, "大学") && !starts_with(chars, end, "大学生");
    if university || DIRECT.iter().any(|w| starts_with(chars, end, w)) {
        return true;
    }
    let tail: &[char] = &chars[end.min(chars.len())..(end + 8).min(chars.len())];
    let run = tail.iter().position(|c| STOPS.contains(c) || c.is_ascii_digit()).unwrap_or(tail.len());
    let name: String = tail[..run].iter().collect::<String>().replace("大学生", "");
    let is_name = DISTANT.iter().any(|w| name.find(w).is_some_and(|i| i >= "字".len()));
    // 深圳人民医院 is in 深圳 and still is not where the person is insured, unless the word 医保 stands inside the run.
    is_name && !name.contains("医保") && !name.contains("社保") && start < end
}

/// The part that the words around a place give it.
fn part(chars: &[char], start: usize, end: usize) -> Part {
    const BEFORE_ORIGIN: &[&str] = &[
        "从",
        "由",
        "原来在",
        "原来",
        "以前在",
        "以前",
        "之前在",
        "之前",
        "原",
        "老家",
        "先在",
        "原先在",
        "原先",
        "先前在",
        "离开",
        "早先在",
    ];
    const BEFORE_DESTINATION: &[&str] = &[
        "转到",
        "转去",
        "转入",
        "转回",
        "转往",
        "转移到",
        "转至",
        "迁到",
        "换到",
        "调到",
        "调去",
        "去了",
        "来到",
        "来了",
        "回到",
        "回",
        "到",
        "去",
        "来",
        "现在在",
        "现在",
        "新单位在",
        "新公司在",
        "现在到",
        "人在",
        "搬到",
        "搬去",
        "往",
        "进",
        "进了",
        "跳槽到",
        "换成",
        "改到",
        "如今在",
        "单位在",
        "改成",
        "移到",
        "挪到",
        "转",
    ];
    const AFTER_ORIGIN: &[&str] = &[
        "转到",
        "转去",
        "转入",
        "转往",
        "转",
        "换到",
        "调到",
        "去",
        "到",
        "迁到",
        "跳槽到",
        "挪到",
        "的医保转",
        "医保转",
        "这边转",
        "那边转",
        "搬到",
        "来",
        "离职",
        "辞职",
        "调至",
        "调了去",
        "走到",
        "去了",
        "来到",
        "搬去",
        "调往",
    ];
    const AFTER_DESTINATION: &[&str] =
        &["已经参保", "已参保", "参保了", "那边已", "也参保", "新单位", "上班了", "这边已"];
    let before = |words: &[&str]| {
        words.iter().any(|w| {
            let n = w.chars().count();
            start >= n && starts_with(chars, start - n, w)
        })
    };
    let after = |words: &[&str]| words.iter().any(|w| starts_with(chars, end, w));
    // 转回老家贵阳: where it goes, though 老家 by itself is where it was.
    if before(&["回老家", "到老家", "去老家", "转老家"]) {
        Part::Destination
    } else if before(BEFORE_ORIGIN) {
        Part::Origin
    } else if before(BEFORE_DESTINATION) {
        Part::Destination
    } else if after(AFTER_ORIGIN) {
        Part::Origin
    } else if after(AFTER_DESTINATION) {
        Part::Destination
    } else {
        Part::Plain
    }
}

/// With two places of which one has its part, the other has the opposite one; with two plain ones the first is the
/// origin. A place named again takes the part it had before.
fn settle(places: &mut [Place]) {
    for i in 0..places.len() {
        if places[i].part == Part::Plain
            && let Some(same) = places.iter().find(|p| p.code == places[i].code && p.part != Part::Plain)
        {
            places[i].part = same.part;
        }
    }
    let mut codes: Vec<RegionCode> = places.iter().map(|p| p.code).collect();
    codes.sort();
    codes.dedup();
    if codes.len() != 2 {
        return;
    }
    let has = |places: &[Place], part: Part| places.iter().any(|p| p.part == part);
    if has(places, Part::Destination) && !has(places, Part::Origin) {
        places.iter_mut().filter(|p| p.part == Part::Plain).for_each(|p| p.part = Part::Origin);
    } else if has(places, Part::Origin) && !has(places, Part::Destination) {
        places.iter_mut().filter(|p| p.part == Part::Plain).for_each(|p| p.part = Part::Destination);
    }
}
