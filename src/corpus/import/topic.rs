//! Which topics a text is about, by the words of its title and text. The ids are those the rules know.

/// Topic, and words that speak for it. A clerk may set better ones in the article; these only give it a place.
const CUES: &[(&str, &[&str])] = &[
    ("balance_transfer", &["转移", "转出", "转入", "接续", "转走", "迁出", "余额去哪", "清零", "转到其他城市"]),
    (
        "arrears",
        &[
            "断缴",
            "断交",
            "停缴",
            "停交",
            "补缴",
            "补交",
            "欠费",
            "滞纳金",
            "缴费中断",
            "重新缴纳",
            "白交",
            "没交",
            "续交",
            "等待期",
            "再交",
            "今年想交",
        ],
    ),
    ("withdrawal", &["提取", "取出", "提现", "取出来", "继承"]),
    ("retirement", &["缴费年限", "终身", "退休待遇", "交满", "缴满", "多少年", "60岁"]),
    (
        "contribution",
        &["缴费基数", "费率", "缴费标准", "缴费比例", "收费标准", "网上缴费", "怎么缴费", "手机上缴费", "参保缴费"],
    ),
    (
        "account_credit",
        &["每月划入", "每月返", "每个月返", "月返", "应该返", "每月打", "打入", "每月有多少", "划入账户", "余额为零"],
    ),
    ("family_sharing", &["共济", "亲情账户", "给家人", "给父母", "家里人", "给亲人", "家里的亲人", "近亲属"]),
    ("remote_care", &["异地就医", "跨省使用", "外地可以用", "在外地", "备案", "异地就医直接结算"]),
    ("incentive", &["连续参保激励", "大病封顶", "零报销"]),
    (
        "enrollment",
        &[
            "参保证明",
            "参保登记",
            "办理条件",
            "参保条件",
            "怎么参保",
            "必须交",
            "必须缴纳",
            "只买医保",
            "参保地",
            "两次钱",
            "重复缴费",
            "退费",
            "新生儿",
            "少儿",
        ],
    ),
    ("balance_inquiry", &["查询", "怎么查", "怎么看", "有多少钱", "余额和", "余额为零", "查余额"]),
    ("reimbursement", &["报销", "能走医保", "能报多少", "手术", "自费药", "医保目录", "种牙", "起付线"]),
    ("card", &["电子医保卡", "实体卡", "实体医保卡", "医保电子凭证", "社保卡"]),
    ("out_of_scope", &["的医院有哪些", "养老金", "公积金", "工伤", "商业保险", "失业金"]),
];

const FALLBACK: &str = "enrollment";
/// A word in the title weighs as much as many in the text.
const IN_TITLE: usize = 12;
/// A text that repeats a word does not thereby become its topic.
const MOST_IN_TEXT: usize = 3;
const MOST_TOPICS: usize = 2;
/// A second topic needs a good part of the first one's weight.
const SECOND_SHARE: usize = 2;

/// Every topic an imported article may get.
pub fn known() -> impl Iterator<Item = &'static str> {
    CUES.iter().map(|(topic, _)| *topic)
}

/// One or two topic ids, the main one first.
pub fn topics(title: &str, text: &str) -> Vec<String> {
    let mut weights: Vec<(usize, &str)> =
        CUES.iter().map(|(topic, cues)| (weight(cues, title, text), *topic)).filter(|(w, _)| *w > 0).collect();
    weights.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let Some((best, _)) = weights.first().copied() else { return vec![FALLBACK.to_owned()] };
    let enough = weights.into_iter().filter(|(weight, _)| weight * SECOND_SHARE >= best);
    enough.take(MOST_TOPICS).map(|(_, topic)| topic.to_owned()).collect()
}

fn weight(cues: &[&str], title: &str, text: &str) -> usize {
    cues.iter()
        .map(|cue| title.matches(cue).count().min(1) * IN_TITLE + text.matches(cue).count().min(MOST_IN_TEXT))
        .sum()
}
