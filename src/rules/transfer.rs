//! `transfer` (个人账户余额转移): whether the insurance relation moves with the person, and what becomes of the money in
//! the individual account. Social Insurance Law art. 32; 医保办发〔2021〕43号.
//!
//! A decision list, first match wins: who is outside the procedure, what must be done first, then where the money goes.
//! The pooled fund never moves. No minimum balance exists: an account of zero moves zero.

use rust_decimal::Decimal;

use super::money::{to_fen, yuan};
use super::{Finding, Stop, Used, Value, Working};
use crate::region::RegionCode;

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    let pooled = w.parameter("pooled_moves")?;
    w.step("统筹基金是否随人转移", if pooled.bool() { "转移" } else { "不转移" }, &[&pooled]);
    w.conflict("X10");
    let pooled_moves = ("pooled_fund_moves", Value::Bool(pooled.bool()));

    if w.bool("retiree") == Some(true) {
        let in_scope = w.parameter("retiree_in_scope")?;
        if !in_scope.bool() {
            w.step("退休人员是否适用转移接续办法", "不适用", &[&in_scope]);
            w.next("已退休并到外省定居的,向参保地(12393)问异地安置备案和个人账户一次性提取");
            return Ok(Finding::computed(
                "退休人员不在医保关系转移接续的范围内,个人账户余额不随之转移",
                outcome(false, pooled_moves, "not_in_transfer_scope", Some(Decimal::ZERO)),
            ));
        }
    }
    if let Some(finding) = blocked(w, &pooled_moves) {
        return Ok(finding);
    }
    w.need(&["scope"])?;
    w.bool_or("dest_enrolled", true);
    w.bool_or("arrears", false);
    let follows = w.parameter("relation_follows")?;
    w.step("医保关系是否随本人转移、缴费年限累计", if follows.bool() { "是" } else { "否" }, &[&follows]);
    let end = |action, amount| outcome(follows.bool(), pooled_moves.clone(), action, amount);

    let scope = w.word("scope").unwrap_or_default();
    let province = move_province(w);
    if scope == "same_pool" || (scope == "intra_province" && is_one_pool(w, province)) {
        w.step("转出、转入是否同一统筹区", "同一统筹区", &[]);
        w.next("请新单位或本人直接在原统筹区接着缴费,个人账户照常使用");
        return Ok(Finding::computed(
            "在同一统筹区内换单位、换区,不需要办理转移,余额留在原账户照常使用",
            end("no_transfer_needed", Some(Decimal::ZERO)),
        ));
    }
    if let Some(says) = without_account(w) {
        w.step("原参保地是否设个人账户", "不设", &says.iter().collect::<Vec<_>>());
        w.next("关系照常转移:在新参保地参保后,凭身份证在国家医保服务平台或两地窗口申请");
        return Ok(Finding::computed(
            "没有个人账户,没有余额可转;医保关系和缴费年限照常转移",
            end("none_no_account", Some(Decimal::ZERO)),
        ));
    }
    w.conflict("X12");
    if scope == "intra_province"
        && let Some(stays) = w.optional_at(province, "stays_in_province", &[])
        && stays.bool()
    {
        w.step("省内跨市转移时余额的去向", "留在原账户,全省可用", &[&stays]);
        w.next("关系转到新参保地即可,原账户的余额在全省定点医药机构继续使用");
        let name = w.case.law.regions.name(stays.value.region);
        return Ok(Finding::computed(
            format!("{name}省内跨市转移,余额留在原账户、全省可用,不划转也不提现,划转金额 {}", yuan(Decimal::ZERO)),
            end("stays_usable_across_province", Some(Decimal::ZERO)),
        ));
    }
    Ok(moved(w, scope, end))
}

/// What must be put right before a transfer can be applied for.
fn blocked(w: &mut Working, pooled_moves: &(&'static str, Value)) -> Option<Finding> {
    let (blocker, headline, next) = if w.bool("dest_enrolled") == Some(false) {
        (
            "enrol_at_destination_first",
            "要先在新参保地参保缴费,再申请转移,余额才能划过去",
            "先由新单位(或本人)在新参保地办好参保,再申请转移",
        )
    } else if w.bool("arrears") == Some(true) {
        (
            "clear_arrears_first",
            "原参保地有欠费,要先结清,再申请转移",
            "先向原参保地的医保、税务部门结清欠费并办理停保,再申请转移",
        )
    } else {
        return None;
    };
    w.step("能否申请转移", headline, &[]);
    w.conflict("X09");
    w.next(next);
    let results = vec![pooled_moves.clone(), ("blocker", Value::Word(blocker.to_owned()))];
    Some(Finding::condition_unmet(headline, results))
}

/// The usual case: the money goes along with the relation.
fn moved(
    w: &mut Working,
    scope: &str,
    end: impl Fn(&'static str, Option<Decimal>) -> Vec<(&'static str, Value)>,
) -> Finding {
    let said = w.decimal("balance");
    let balance = said.map(to_fen);
    if balance.is_none_or(|b| b.is_zero()) {
        w.conflict("X01");
    }
    if w.said("dest_enrolled") || w.said("arrears") {
        w.conflict("X09");
    }
    let headline = match balance {
        Some(amount) => {
            let whole = said.unwrap_or_default();
            w.step(format!("个人账户余额 {whole} 元全部划转,没有最低金额"), yuan(amount), &[]);
            format!("余额 {} 全部随医保关系划转到新参保地的个人账户,统筹基金不转", yuan(amount))
        }
        None => {
            w.step("个人账户余额全部划转,没有最低金额", "余额多少转多少", &[]);
            "个人账户余额全部随医保关系划转到新参保地的个人账户,统筹基金不转".to_owned()
        }
    };
    if scope == "inter_province" {
        w.conflict("X26");
        w.caveat("余额一般划到新参保地的个人账户;只有确实划转不了的,有的省才允许划入本人银行账户,请问 12393");
    } else {
        w.caveat("没有查到该省省内转移的规定,按一般转移计算;已实行省级统筹的地方可能不用划转,请问 12393");
    }
    if let Some(forbidden) = w.optional("dual_enrolment_forbidden", &[])
        && forbidden.bool()
    {
        w.caveat("同一时间不得在两地重复参保、重复享受待遇");
    }
    w.next("在国家医保服务平台(网站、App)或两地医保窗口申请“关系转移接续”");
    Finding::computed(headline, end("transfer_to_destination", balance))
}

fn outcome(
    transferable: bool,
    pooled_moves: (&'static str, Value),
    action: &'static str,
    amount: Option<Decimal>,
) -> Vec<(&'static str, Value)> {
    let mut results = vec![
        ("relation_transferable", Value::Bool(transferable)),
        pooled_moves,
        ("balance_action", Value::Word(action.to_owned())),
    ];
    results.extend(amount.map(|a| ("amount_moved", Value::Money(a))));
    results
}

/// The province an intra-province move stays in: the one said, else that of the place asked about.
fn move_province(w: &Working) -> RegionCode {
    w.word("province").and_then(RegionCode::parse).unwrap_or(w.place()).province()
}

fn is_one_pool(w: &mut Working, province: RegionCode) -> bool {
    w.optional_at(province, "one_pool", &[]).is_some_and(|p| p.bool())
}

/// Resident insurance never has an individual account; some cities' second tiers and plans have none either. What says
/// so, where it is on file.
fn without_account(w: &mut Working) -> Option<Option<Used>> {
    if w.word_or("scheme", "employee") == "resident" {
        return Some(w.optional("has_account", &[("scheme", "resident")]));
    }
    if let Some(tier) = w.whole("tier")
        && let Some(has_account) = w.optional("tier_has_account", &[("tier", &tier.to_string())])
        && !has_account.bool()
    {
        return Some(Some(has_account));
    }
    w.bool_or("no_account", false).then(|| w.optional("has_account", &[("plan", "no_account")]))
}
