//! Personal data out of a question before it is stored: identity and card numbers, telephones, mail addresses, names.
//!
//! Numbers are told by their length and shape, so every one of that shape goes; amounts, years and dates stay, because a
//! gap without them says little. A name is told only by what stands around it (`我叫…`, `姓名:…`, `…女士`): one that
//! stands bare among other words is not found.

use std::ops::Range;

use jiff::civil::Date;

/// The text with what is personal replaced by a word in 〔〕. Masking a masked text changes nothing.
///
/// ```
/// use yiwen::gaps::mask;
/// assert_eq!(mask("我叫张三,电话13800138000,工资8000"), "我叫〔姓名〕,电话〔手机号〕,工资8000");
/// ```
pub fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let plain: Vec<char> = chars.iter().map(|c| half_width(*c)).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        match mail(&plain, at).or_else(|| number(&plain, at)).or_else(|| name(&plain, at)) {
            Some((span, word)) => {
                out.extend(&chars[at..span.start]);
                out.push_str(word);
                at = span.end;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

/// Full-width digits, letters and marks as their ASCII selves.
fn half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '　' => ' ',
        other => other,
    }
}

type Hit = (Range<usize>, &'static str);

/// `someone@example.org` from `at` on.
fn mail(plain: &[char], at: usize) -> Option<Hit> {
    let part = |c: &char| c.is_ascii_alphanumeric() || "._%+-".contains(*c);
    if !part(&plain[at]) || at > 0 && part(&plain[at - 1]) {
        return None;
    }
    let sign = at + plain[at..].iter().position(|c| !part(c))?;
    if plain[sign] != '@' {
        return None;
    }
    let end = sign + 1 + plain[sign + 1..].iter().take_while(|c| part(c)).count();
    plain[sign + 1..end].contains(&'.').then_some((at..end, "〔邮箱〕"))
}

/// Numbers shorter than this are amounts, years, codes of regions.
const LONG: usize = 7;
/// So many digits are no amount, whatever unit follows.
const NO_AMOUNT: usize = 15;

/// A long number that begins at `at`, with a letter or three in front where it has them.
fn number(plain: &[char], at: usize) -> Option<Hit> {
    let fresh = at == 0
        || match plain[at - 1] {
            before if plain[at].is_ascii_digit() => !before.is_ascii_digit(),
            before => !before.is_ascii_alphanumeric(),
        };
    if !fresh || !plain[at].is_ascii_alphanumeric() && plain[at] != '+' {
        return None;
    }
    let first = at + plain[at..].iter().take(4).position(char::is_ascii_digit)?;
    let lead = &plain[at..first];
    if !lead.iter().all(|c| c.is_ascii_alphabetic() || *c == '+') {
        return None;
    }
    // The digits in one piece decide first; grouped by blanks or hyphens only where the whole is of a known kind.
    let mut digits: Vec<char> = vec![];
    let mut end = first;
    let mut solid = None;
    while let Some(c) = plain.get(end) {
        if c.is_ascii_digit() {
            digits.push(*c);
        } else {
            solid = solid.or(Some((digits.clone(), end)));
            let goes_on = matches!(c, ' ' | '-') && plain.get(end + 1).is_some_and(char::is_ascii_digit);
            if !goes_on || is_day(&plain[first..]) {
                break;
            }
        }
        end += 1;
    }
    let (alone, alone_end) = solid.unwrap_or_else(|| (digits.clone(), end));
    let after = |end: usize| plain.get(end).copied().unwrap_or(' ');
    let tried = [(digits, end, true), (alone, alone_end, false)];
    tried.into_iter().find_map(|(digits, end, grouped)| {
        let check_letter = digits.len() == 17 && matches!(after(end), 'x' | 'X');
        let end = end + usize::from(check_letter);
        let word = kind(&digits, check_letter).or_else(|| {
            (!grouped && (anonymous(&digits, after(end)) || !lead.is_empty() && digits.len() >= LONG))
                .then_some("〔号码〕")
        })?;
        Some((at..end, word))
    })
}

/// What a number of this shape is.
fn kind(digits: &[char], check_letter: bool) -> Option<&'static str> {
    let mobile = |d: &[char]| d.len() == 11 && d[0] == '1' && ('3'..='9').contains(&d[1]);
    match digits.len() {
        17 if check_letter => Some("〔证件号〕"),
        18 => Some("〔证件号〕"),
        15 if digits[0] != '0' => Some("〔证件号〕"),
        16..=19 => Some("〔卡号〕"),
        11 if mobile(digits) => Some("〔手机号〕"),
        13 if digits.starts_with(&['8', '6']) && mobile(&digits[2..]) => Some("〔手机号〕"),
        10..=12 if digits[0] == '0' && digits[1] != '0' => Some("〔电话〕"),
        _ => None,
    }
}

/// A long number of no known kind that is neither an amount nor a day.
fn anonymous(digits: &[char], after: char) -> bool {
    let amount = matches!(after, '元' | '块' | '万' | '亿' | '.' | ',' | '%') && digits.len() < NO_AMOUNT;
    digits.len() >= LONG && !amount && !(digits.len() == 8 && date(digits).is_some())
}

/// `20261123`.
fn date(digits: &[char]) -> Option<Date> {
    let number = |r: Range<usize>| digits.get(r)?.iter().collect::<String>().parse::<i16>().ok();
    let day = Date::new(number(0..4)?, number(4..6)? as i8, number(6..8)? as i8).ok()?;
    (1900..2200).contains(&day.year()).then_some(day)
}

/// `2026-11-23` or `2026-11` at the start.
fn is_day(plain: &[char]) -> bool {
    let digits = |from: usize| plain.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let year = digits(0) == 4 && matches!(plain[..2], ['1', '9'] | ['2', '0' | '1']);
    year && plain.get(4) == Some(&'-') && (1..=2).contains(&digits(5))
}

/// After these a name stands, whatever follows it.
const SAYS: &[&str] = &["我叫", "名叫", "名字叫", "名字是", "姓名", "叫做"];
/// After these a name may stand, if nothing but it comes before the next mark.
const MAY_SAY: &[&str] = &["本人", "患者", "户主", "参保人", "联系人", "家属", "经办人"];
/// After a name these may stand.
const TITLES: &[&str] = &["先生", "女士", "小姐", "阿姨", "师傅", "大爷", "大妈", "大姐", "同志"];
/// No given name holds these: they go on with the sentence.
const GO_ON: &str = "的在是想要有今和与从去来到问于被给把也就都现住交缴买办看过没已因为能会";
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝";
const LONGEST_NAME: usize = 3;

/// A name at `at` or, behind a word that says that one follows, a little later.
fn name(plain: &[char], at: usize) -> Option<Hit> {
    let rest = &plain[at..];
    let begins = |words: &[&str]| {
        words.iter().find(|w| rest.iter().take(w.chars().count()).copied().eq(w.chars())).map(|w| w.chars().count())
    };
    if let Some(length) = begins(SAYS) {
        let gap = rest[length..].iter().take_while(|c| matches!(c, ':' | '是' | '为' | ' ')).count();
        let from = at + length + gap;
        let length = name_length(&plain[from..]);
        return (length >= 2).then_some((from..from + length, "〔姓名〕"));
    }
    if let Some(length) = begins(MAY_SAY) {
        let gap = rest[length..].iter().take_while(|c| matches!(c, ':' | ' ')).count();
        let from = at + length + gap;
        let length = name_length(&plain[from..]);
        let ends = plain.get(from + length).is_none_or(|c| !c.is_alphanumeric());
        return (length >= 2 && ends).then_some((from..from + length, "〔姓名〕"));
    }
    let titled =
        (1..=LONGEST_NAME).find(|n| TITLES.iter().any(|t| rest.iter().skip(*n).take(2).copied().eq(t.chars())))?;
    // 张小明先生, and 李先生 where what stands before is no name.
    (name_length(rest) >= titled || titled == 1 && SURNAMES.contains(rest[0])).then_some((at..at + titled, "〔姓名〕"))
}

/// How many characters from the start may be a name: a surname and one or two more; 0 where none.
fn name_length(plain: &[char]) -> usize {
    let Some(first) = plain.first() else { return 0 };
    if !SURNAMES.contains(*first) {
        return 0;
    }
    let given = plain[1..].iter().take(LONGEST_NAME - 1);
    1 + given.take_while(|c| c.is_alphabetic() && !c.is_ascii() && !GO_ON.contains(**c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked, and what is kept of it.
    const ROWS: &[(&str, &str)] = &[
        ("身份证440305199001011234能查吗", "身份证〔证件号〕能查吗"),
        ("证号44030519900101123X", "证号〔证件号〕"),
        ("老证440305900101123", "老证〔证件号〕"),
        ("４４０３０５１９９００１０１１２３４", "〔证件号〕"),
        ("440305 19900101 1234", "〔证件号〕"),
        ("电话13800138000", "电话〔手机号〕"),
        ("打+86 138-0013-8000", "打〔手机号〕"),
        ("0755-83456789打不通", "〔电话〕打不通"),
        ("卡号6222021234567890123", "卡号〔卡号〕"),
        ("6222 0212 3456 7890", "〔卡号〕"),
        ("微信wxid13800138000", "微信wxid〔手机号〕"),
        ("社保卡A12345678丢了", "社保卡〔号码〕丢了"),
        ("邮箱zhang.san@example.com.cn收不到", "邮箱〔邮箱〕收不到"),
        ("我叫张三,在深圳", "我叫〔姓名〕,在深圳"),
        ("我叫王小明在深圳断缴", "我叫〔姓名〕在深圳断缴"),
        ("姓名:李四 工资8000", "姓名:〔姓名〕 工资8000"),
        ("本人张三,断缴4个月", "本人〔姓名〕,断缴4个月"),
        ("本人于2020年参保", "本人于2020年参保"),
        ("患者高血压能报吗", "患者高血压能报吗"),
        ("王女士的医保", "〔姓名〕女士的医保"),
        ("张小明先生退休", "〔姓名〕先生退休"),
        ("我是灵活就业人员", "我是灵活就业人员"),
        ("2026-11-23 2026-12-01之间", "2026-11-23 2026-12-01之间"),
        ("20261123办的", "20261123办的"),
        ("工资12000000元", "工资12000000元"),
        ("工资8000,缴5年", "工资8000,缴5年"),
        ("医保发〔2024〕19号", "医保发〔2024〕19号"),
        ("地区440300", "地区440300"),
        ("打12393", "打12393"),
        ("", ""),
    ];

    proptest::proptest! {
        #[test]
        fn no_long_number_stays_in_any_text(text in "[0-9０-９a-zA-Z我叫姓名王张女士@. :-]{0,40}") {
            let kept = mask(&text);
            let digits: Vec<bool> = kept.chars().map(|c| half_width(c).is_ascii_digit()).collect();
            assert!(!digits.windows(NO_AMOUNT).any(|w| w.iter().all(|d| *d)), "{text} → {kept}");
        }
    }

    #[test]
    fn what_is_personal_goes_and_the_rest_stays() {
        for (asked, kept) in ROWS {
            assert_eq!(mask(asked), *kept, "{asked}");
            assert_eq!(mask(kept), *kept, "masked again: {kept}");
        }
    }
}
