//! `withdrawal` (个人账户提取): whether the money of the individual account may be paid out, and to whom.
//!
//! Provinces and cities publish closed lists of grounds; where one is on file, whatever is not on it is refused. Where
//! none is, only the grounds common to all sources are answered, the rest is left to the place.

use rust_decimal::Decimal;

use super::money::{to_fen, yuan};
use super::{Finding, Stop, Used, Value, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    if let Some(says) = without_account(w) {
        w.step("是否设个人账户", "不设", &says.iter().collect::<Vec<_>>());
        return Ok(Finding::computed("没有个人账户,没有余额可提取", refused("no_individual_account")));
    }
    w.need(&["region", "reason"])?;
    w.bool_or("no_account", false);
    let reason = w.word("reason").unwrap_or_default();
    let name = reason_name(reason);
    conflicts(w, reason);

    let Some(allowed) = w.optional("allowed", &[("reason", reason)]) else {
        w.step(format!("{name}是否属于可提取的情形"), "由当地规定", &[]);
        w.caveat("各地通行的提取情形只有死亡继承、出国(境)定居、退休异地安置;其他情形没有查到当地的官方清单");
        w.next("向参保地医保部门(12393)问清是否可以提取、要带哪些材料");
        let headline = format!("{name}能否提取个人账户,由{}规定,没有查到官方清单", w.place_name());
        return Ok(Finding::depends_local(headline, vec![("allowed", Value::Open)]));
    };
    if !allowed.bool() {
        w.step(format!("{name}是否属于当地列举的提取情形"), "不属于", &[&allowed]);
        if matches!(reason, "dest_refuses" | "cross_province_untransferable") || reason == "intra_province_move" {
            w.caveat("余额仍归本人所有;跨省转移确实划转不了的,请持转入地的答复问参保地(12393)能否划入本人银行账户");
        }
        w.next("余额可继续用于看病买药,也可给近亲属共济");
        return Ok(Finding::computed(
            format!("{name}不在{}列举的提取情形内,不能提取,可提取 {}", w.place_name(), yuan(Decimal::ZERO)),
            refused("not_a_listed_case"),
        ));
    }
    w.step(format!("{name}是否属于可提取的情形"), "属于", &[&allowed]);
    let balance = w.decimal("balance").map(to_fen);
    let (payee, receiver) =
        if reason == "death" { ("heir", "法定继承人") } else { ("self_bank", "本人银行账户") };
    let mut results = vec![("allowed", Value::Bool(true)), ("payee", Value::Word(payee.to_owned()))];
    let amount = match balance {
        Some(amount) => {
            results.push(("amount", Value::Money(amount)));
            let whole = w.decimal("balance").unwrap_or_default();
            w.step(format!("余额 {whole} 元一次付清"), yuan(amount), &[]);
            yuan(amount)
        }
        None => "全部余额".to_owned(),
    };
    if let Some(days) = w.optional("working_days", &[]) {
        w.caveat(format!("{}办理约需 {} 个工作日", w.place_name(), days.text()));
    }
    w.caveat("提取后个人账户随之注销,具体材料以参保地医保部门(12393)的答复为准");
    w.next("向参保地医保经办机构提交身份、银行账户和情形证明(死亡的另需继承关系材料)");
    Ok(Finding::computed(format!("可以提取:{name},{amount}支付给{receiver}"), results))
}

fn refused(cause: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("allowed", Value::Bool(false)),
        ("amount", Value::Money(Decimal::ZERO)),
        ("cause", Value::Word(cause.to_owned())),
    ]
}

/// Resident insurance and plans without an account have nothing to pay out, whatever the ground. What says so, where it
/// is on file.
fn without_account(w: &mut Working) -> Option<Option<Used>> {
    if w.word("scheme") == Some("resident") {
        return Some(w.borrowed("transfer", "has_account", &[("scheme", "resident")]));
    }
    if w.bool("no_account") == Some(true) {
        return Some(w.borrowed("transfer", "has_account", &[("plan", "no_account")]));
    }
    let tier = w.whole("tier")?.to_string();
    let has_account = w.borrowed("transfer", "tier_has_account", &[("tier", &tier)])?;
    (!has_account.bool()).then_some(Some(has_account))
}

fn conflicts(w: &mut Working, reason: &str) {
    match reason {
        "serious_illness" | "give_up" | "resign_need_cash" | "long_remote_care" | "no_special_case" => {
            w.conflict("X07");
            w.conflict("X17");
        }
        "retiree_resettled" | "nonlocal_retiree" => w.conflict("X08"),
        "cross_province_untransferable" | "dest_refuses" => w.conflict("X26"),
        _ => {}
    }
}

/// The ground in the words of an answer.
fn reason_name(reason: &str) -> &'static str {
    match reason {
        "death" => "参保人去世",
        "emigrated" => "出国(境)定居",
        "retiree_resettled" => "退休后异地安置",
        "enlisted" => "应征入伍",
        "cross_province_untransferable" => "跨省转移无法划转",
        "foreigner_leaves" => "外籍或港澳台人员离境",
        "nonlocal_retiree" => "外地户籍达到退休年龄且关系无法转移",
        "dest_refuses" => "转入地不接收余额",
        "intra_province_move" => "省内转移",
        "serious_illness" => "患重病",
        "give_up" => "放弃参保",
        "resign_need_cash" => "离职或急需用钱",
        "long_remote_care" => "长期异地就医",
        _ => "没有特殊情形",
    }
}
