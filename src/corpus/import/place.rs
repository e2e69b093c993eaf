//! Which place a text speaks of. A crawled page's title is not believed alone: sites print one text under every city's
//! name, so a place counts when the sentences below the title name it too.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::region::{Level, RegionCode, Regions};

/// Short names that are words first: they count only at the start of a text or straight after a province.
const COMMON_WORDS: &[&str] = &["东方", "安康", "大同", "朝阳", "和平", "双河", "海东", "海南", "中山"];

/// Finds the names of provinces and cities in a text.
pub struct Places {
    names: AhoCorasick,
    /// For each pattern: the place, and whether it is a common word.
    of: Vec<(RegionCode, bool)>,
}

/// A place for an article, and in Chinese why it is not the one in the title, where it is not.
pub type Judgement = (RegionCode, Option<&'static str>);

impl Places {
    /// Takes full and short names down to the prefecture. Where a province and its city share a short name, it is the
    /// province's.
    pub fn new(regions: &Regions) -> Places {
        let mut patterns: Vec<&str> = vec![];
        let mut of = vec![];
        for region in regions.iter().filter(|r| matches!(r.level, Level::Province | Level::Prefecture)) {
            patterns.push(&region.name);
            of.push((region.code, false));
            let taken = region.ambiguous && region.level == Level::Prefecture;
            if region.short != region.name && region.short.chars().count() > 1 && !taken {
                patterns.push(&region.short);
                of.push((region.code, COMMON_WORDS.contains(&region.short.as_str())));
            }
        }
        let names = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns);
        match names {
            Ok(names) => Places { names, of },
            // Only a list of many gigabytes would not build: then no place is ever named.
            Err(_) => {
                Places { names: AhoCorasick::new::<_, &str>([]).unwrap_or_else(|e| unreachable!("{e}")), of: vec![] }
            }
        }
    }

    /// Every place named, in order, with where its name stands.
    fn named(&self, text: &str) -> Vec<(Range<usize>, RegionCode)> {
        let mut found: Vec<(Range<usize>, RegionCode)> = vec![];
        for hit in self.names.find_iter(text) {
            let (code, common) = self.of[hit.pattern().as_usize()];
            let after_province = found.last().is_some_and(|(r, c)| r.end == hit.start() && code.province() == *c);
            if !common || hit.start() == 0 || after_province {
                found.push((hit.range(), code));
            }
        }
        found
    }

    /// The first place a title names, the city where province and city are named together.
    pub fn first(&self, title: &str) -> Option<RegionCode> {
        let all: Vec<RegionCode> = self.named(title).into_iter().map(|(_, code)| code).collect();
        finest(&all).first().copied()
    }

    /// The place of an article from its title and its text. `trusted`: a title may speak for a text that names no place,
    /// as where only the beginning of the text is known, or a clerk wrote it.
    pub fn judge(&self, title: &str, text: &str, trusted: bool) -> Judgement {
        let mentions: Vec<(Range<usize>, RegionCode)> =
            self.named(text).into_iter().filter(|(r, _)| !in_brackets(text, r.start)).collect();
        let codes: Vec<RegionCode> = mentions.iter().map(|(_, code)| *code).collect();
        let spoken = finest(&codes);
        let Some(title) = self.first(title) else {
            return (without_title(text, &mentions, &spoken), None);
        };
        if codes.iter().any(|c| *c == title || c.chain().any(|above| above == title && above != RegionCode::NATION)) {
            return (title, None);
        }
        match spoken.as_slice() {
            [] if trusted => (title, None),
            [] => (RegionCode::NATION, Some("正文没有提到标题里的地方,按全国收")),
            [only] if *only == title.province() => (*only, Some("正文只说到省,按省收")),
            all if all.iter().all(|c| c.province() == title.province()) => {
                (title.province(), Some("标题与正文说的不是同一个市,按省收"))
            }
            _ => (RegionCode::NATION, Some("正文说的是别处或只是举例,按全国收")),
        }
    }
}

/// A text without a place in its title belongs to the one place it speaks of from its first sentence on, or repeatedly.
fn without_title(text: &str, mentions: &[(Range<usize>, RegionCode)], spoken: &[RegionCode]) -> RegionCode {
    let [only] = spoken else { return RegionCode::NATION };
    let first_sentence = text.trim_start().find(['。', '\n']).unwrap_or(text.len());
    let early = mentions.iter().any(|(r, c)| c == only && r.start < first_sentence);
    let often = mentions.iter().filter(|(_, c)| c == only).count() > 1;
    if early || often { *only } else { RegionCode::NATION }
}

/// The places without those that hold another of them, each once, in order.
fn finest(all: &[RegionCode]) -> Vec<RegionCode> {
    let mut finest: Vec<RegionCode> = vec![];
    for code in all {
        let holds_another = all.iter().any(|c| c != code && c.chain().any(|above| above == *code));
        if !holds_another && !finest.contains(code) {
            finest.push(*code);
        }
    }
    finest
}

/// Asides quote other places: `(如广东省)`.
fn in_brackets(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let before = &text[line..at];
    let open = before.rfind(['(', '（']);
    let close = before.rfind([')', '）']);
    open.is_some() && open > close
}
