//! `family_share` (家庭共济): whether a relative may be paid for from one's individual account. 国办发〔2021〕14号, then
//! 国办发〔2024〕38号.
//!
//! The law of the day lists the relatives; the list is closed, so in-laws, uncles and partners are not on it. For the
//! cost of care the relative must be in basic medical insurance; a relative's resident premium may be paid in any case.

use super::{Finding, Stop, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["relation"])?;
    let relation = listed_as(w.word("relation").unwrap_or_default());
    let as_of = w.date_or("as_of", w.case.at);
    w.law_of(as_of);
    let purpose = w.word_or("purpose", "care");

    let allowed = w.parameter("allowed_relations")?;
    let range: Vec<&str> = allowed.words().iter().map(|word| name(word)).collect();
    let listed = allowed.words().iter().any(|word| word == relation);
    w.step(format!("可共济的亲属:{}", range.join("、")), if listed { "在范围内" } else { "不在范围内" }, &[&allowed]);
    if !listed {
        w.next("可以用本人账户支付的亲属仅限上述范围;其他人请用自己的账户或参加居民医保");
        let headline = format!("不可以:家庭共济仅限{}", range.join("、"));
        return Ok(Finding::computed(headline, vec![("allowed", Value::Bool(false))]));
    }
    if let Some(done) = w.optional("rollout_done", &[]).and_then(|used| used.date())
        && as_of < done
    {
        w.caveat(format!("扩大到近亲属由各省分步落实,全国到 {done} 前完成,此前以本省开通为准"));
    }
    if purpose == "care" && !w.bool_or("relative_insured", true) {
        w.step("支付医疗费用,要求亲属参加基本医保", "未参保", &[]);
        w.next("请亲属先参加居民医保或职工医保;亲属的居民医保保费可以用本人账户缴");
        let headline = "不可以支付医疗费用:亲属须参加基本医疗保险";
        return Ok(Finding::computed(headline, vec![("allowed", Value::Bool(false))]));
    }
    if let Some(pools) = w.optional("cross_province_pools", &[]) {
        let since = pools.value.from.map(|d| d.to_string()).unwrap_or_default();
        w.caveat(format!("跨省共济须两地都开通医保钱包,截至 {since} 有 {} 个统筹区开通", pools.text()));
    }
    w.caveat("只共济账户里的钱:各人仍用自己的医保卡(码),待遇各算各的");
    w.next("在国家医保服务平台或当地医保小程序里办理“家庭共济”绑定");
    let what = if purpose == "care" { "医疗费用" } else { "居民医保保费" };
    Ok(Finding::computed(format!("可以:个人账户能给该亲属支付{what}"), vec![("allowed", Value::Bool(true))]))
}

/// The word of the legal list that a relation falls under; a relation outside it stands for itself.
fn listed_as(relation: &str) -> &str {
    match relation {
        "father" | "mother" => "parent",
        "son" | "daughter" => "child",
        "brother" | "sister" => "sibling",
        "grandfather" | "grandmother" => "grandparent",
        "maternal_grandfather" | "maternal_grandmother" => "maternal_grandparent",
        other => other,
    }
}

/// The Chinese name of a word of the legal list.
fn name(word: &str) -> &str {
    match word {
        "spouse" => "配偶",
        "parent" => "父母",
        "child" => "子女",
        "sibling" => "兄弟姐妹",
        "grandparent" => "祖父母",
        "maternal_grandparent" => "外祖父母",
        "grandchild" => "孙子女",
        "maternal_grandchild" => "外孙子女",
        other => other,
    }
}
