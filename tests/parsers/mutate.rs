//! Inputs that nearly are what a reader expects: real ones with some of it changed, the same for the same number.

use serde_json::Value;
use yiwen::eval::seeded::Seeded;

/// No input is longer, in bytes.
pub const LONGEST: usize = 8 * 1024;

/// What readers have stumbled over elsewhere.
const WORDS: &[&str] = &[
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "\u{200d}",
    "\u{e0041}",
    "𠮷",
    "👨‍👩‍👧",
    "ﷺ",
    "İ",
    "ß",
    "㎡",
    "①",
    "Ⅷ",
    "％",
    "．",
    "，",
    "。",
    "、",
    "：",
    "零",
    "两",
    "半",
    "十",
    "百",
    "千",
    "万",
    "亿",
    "一亿亿亿万万",
    "负",
    "-",
    "+",
    "1e999",
    "99999999999999999999999999999",
    "0.000000001",
    "1/0",
    "３．５万",
    "2026-02-30",
    "9999-99-99",
    "0000年0月0日",
    "明年",
    "去年13月",
    "上上个月",
    "到",
    "至",
    "~",
    "~个月",
    "年",
    "月",
    "日",
    "岁",
    "元",
    "块钱",
    "%",
    "个月",
    "深圳",
    "吉林",
    "朝阳区",
    "新疆",
    "不",
    "没有",
    "吗",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "1e400",
    "-0",
    "<",
    ">",
    "&",
    "&#0;",
    "&#x110000;",
    "&a;",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "<?xml?>",
    "+++",
    "+++\n",
    "---",
    "#",
    "##",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    ";",
    "|",
    "相关推荐",
    "2025-06-04 09:12:25社保网",
    "region = \"",
    "topics = []",
    "=",
    "%00",
    "%ff",
    "%E6",
    "+",
    "?",
    "q=",
    "&q=",
    "limit=-1",
    "offset=18446744073709551616",
    "region=%E5%90%89%E6%9E%97",
    "at=2026-11-23",
];

/// One input made from the seeds.
pub fn mutated(seeds: &[Vec<u8>], figures: &mut Seeded) -> Vec<u8> {
    let mut bytes = figures.one(seeds).clone();
    bytes.truncate(LONGEST);
    if figures.below(3) == 0
        && let Ok(mut json) = serde_json::from_slice::<Value>(&bytes)
    {
        for _ in 0..=figures.below(3) {
            change(&mut json, figures);
        }
        bytes = json.to_string().into_bytes();
    } else {
        for _ in 0..=figures.below(6) {
            alter(&mut bytes, seeds, figures);
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Alters bytes in one place.
fn alter(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], figures: &mut Seeded) {
    let at = figures.below(bytes.len() + 1);
    let end = (at + figures.below(40)).min(bytes.len());
    match figures.below(9) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            let again = piece.repeat(figures.below(6));
            bytes.splice(at..at, again);
        }
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = figures.figure() as u8;
            }
        }
        4 => {
            let other = figures.one(seeds);
            let from = figures.below(other.len() + 1);
            let to = (from + figures.below(200)).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        5 => {
            let word = figures.one(WORDS).repeat(1 << figures.below(8));
            bytes.splice(at..at, word.into_bytes());
        }
        6 => {
            // A character of anywhere.
            let c = char::from_u32((figures.figure() % 0x11_0000) as u32).unwrap_or('\u{fffd}');
            bytes.splice(at..at, c.to_string().into_bytes());
        }
        _ => drop(bytes.splice(at..end, figures.one(WORDS).bytes())),
    }
}

/// Puts something else for one value somewhere in a document.
fn change(json: &mut Value, figures: &mut Seeded) {
    let here = figures.below(4) == 0;
    match json {
        Value::Object(members) if !here && !members.is_empty() => {
            let name = members.keys().nth(figures.below(members.len())).cloned().unwrap_or_default();
            match figures.below(8) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert((*figures.one(WORDS)).to_owned(), Value::Null)),
                _ => members.get_mut(&name).into_iter().for_each(|member| change(member, figures)),
            }
        }
        Value::Array(items) if !here && !items.is_empty() => {
            let at = figures.below(items.len());
            match figures.below(8) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => change(&mut items[at], figures),
            }
        }
        Value::String(text) if figures.below(3) > 0 => {
            let mut bytes = std::mem::take(text).into_bytes();
            let seeds = [bytes.clone()];
            alter(&mut bytes, &seeds, figures);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        other => *other = odd(figures),
    }
}

/// A value that was not expected.
fn odd(figures: &mut Seeded) -> Value {
    match figures.below(9) {
        0 => Value::Null,
        1 => figures.figure().into(),
        2 => (-(figures.figure() as i64)).into(),
        3 => f64::from_bits(figures.figure()).into(),
        4 => (figures.below(2) == 0).into(),
        5 => Value::Array(vec![]),
        6 => (0..figures.below(100)).fold(Value::Null, |inner, _| Value::Array(vec![inner])),
        7 => serde_json::json!({"": {}}),
        _ => figures.one(WORDS).repeat(figures.below(50)).into(),
    }
}
