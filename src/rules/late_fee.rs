//! `late_fee` (滞纳金): what an employer owes for paying contributions late. Social Insurance Law art. 86.
//!
//! Simple interest by the day, never compounded. From two dates, the first overdue day counts and the day of payment
//! does not. Days before the law came into force bear the older rate, so a debt that spans the change is split there.
//! The article reaches employers only: for people who pay themselves the places decide, and the figure is an indication.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::money::{percent, to_fen, yuan};
use super::{Finding, Stop, Used, Value, Working};

/// Days that bear one rate.
struct Piece {
    days: i64,
    rate: Used,
}

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    let has_days = w.said("days") || (w.said("first_overdue_date") && w.said("paid_date"));
    if has_days {
        w.need(&["principal"])?;
    } else if w.said("first_overdue_date") {
        w.need(&["principal", "paid_date"])?;
    } else {
        w.need(&["principal", "days"])?;
    }
    let (least, most) = w.decimal_ends("principal").unwrap_or_default();
    let payer = w.word_or("payer", "employer");

    let (fewest, longest) = match (w.date("first_overdue_date"), w.date("paid_date")) {
        (Some(first), Some(paid)) => {
            let pieces = between(w, first, paid)?;
            (pieces, None)
        }
        _ => {
            let (few, many) = w.whole_ends("days").unwrap_or_default();
            let rate = w.parameter("daily_rate")?;
            let longest = (many > few).then(|| vec![Piece { days: many, rate: rate.clone() }]);
            (vec![Piece { days: few, rate }], longest)
        }
    };
    let days: i64 = fewest.iter().map(|p| p.days).sum();
    let late_fee = fee(w, least, &fewest);
    let mut results = vec![("days", Value::Whole(days)), ("late_fee", Value::Money(late_fee))];
    let mut told = (yuan(late_fee), format!("{days} 天"));
    // A range was said: the results hold its lower end, the sentence both.
    let high = (most > least || longest.is_some()).then(|| {
        let pieces = longest.as_deref().unwrap_or(&fewest);
        w.caveat("说的是一个范围:结果按较少的一端,较多的一端见结论和计算过程");
        (fee(w, most, pieces), pieces.iter().map(|p| p.days).sum::<i64>())
    });
    if let Some((fee, many)) = high {
        told.0 = format!("{} 至 {}", told.0, yuan(fee));
        if many > days {
            told.1 = format!("{days} 至 {many} 天");
        }
    }
    let mut headline = format!("滞纳金 {},共 {}", told.0, told.1);
    if w.bool("want_total") == Some(true) {
        let total = with_principal(w, least, late_fee);
        results.push(("total", Value::Money(total)));
        headline = format!("{headline};连同本金共 {}", yuan(total));
        if let Some((fee, _)) = high {
            headline = format!("{headline} 至 {}", yuan(with_principal(w, most, fee)));
        }
    }
    if payer != "employer" {
        w.caveat("社会保险法第86条针对用人单位;个人断缴是否加收滞纳金由当地规定,此数仅供参照");
        w.next("向当地医保部门(12393)确认个人补缴是否加收滞纳金");
        w.conflict("X23");
        return Ok(Finding::depends_local(
            format!("个人断缴是否加收滞纳金由当地规定,法律的滞纳金只针对用人单位;照单位的比例估算:{headline}"),
            results,
        ));
    }
    if let Some(bears) = w.optional("employee_bears", &[])
        && !bears.bool()
    {
        results.push(("borne_by", Value::Word("employer".to_owned())));
        headline.push_str(",由单位承担,不得转嫁给职工");
    }
    w.next("要求单位到税务(社保费征收)部门申报补缴;单位不办的,可向当地社保费征收机构或 12393 投诉");
    if let (Some(low), Some(high)) = (w.optional("fine_min_times", &[]), w.optional("fine_max_times", &[])) {
        w.caveat(format!("责令限期后仍不缴的,另处欠缴数额 {} 倍以上 {} 倍以下罚款", low.text(), high.text()));
    }
    Ok(Finding::computed(headline, results))
}

/// The days between the first overdue day and the day of payment, split where the rate changes.
fn between(w: &mut Working, first: Date, paid: Date) -> Result<Vec<Piece>, Stop> {
    let days = i64::from((paid - first).get_days());
    if days <= 0 {
        w.step(format!("{paid} 不晚于 {first}"), "0 天", &[]);
        w.law_of(first);
        return Ok(vec![Piece { days: 0, rate: w.parameter("daily_rate")? }]);
    }
    w.step(format!("自 {first} 起(含当日)至 {paid} 前一日"), format!("{days} 天"), &[]);
    let mut pieces = vec![];
    let mut from = first;
    while from < paid {
        w.law_of(from);
        let rate = w.parameter("daily_rate")?;
        // A rate holds up to its last day; the next piece starts the day after.
        let until = rate.value.to.and_then(|to| to.tomorrow().ok()).filter(|end| *end < paid).unwrap_or(paid);
        let days = i64::from((until - from).get_days());
        if until < paid || from > first {
            w.step(
                format!("{from} 起(含当日)至 {until} 前一日,按每日 {}", percent(rate.decimal())),
                format!("{days} 天"),
                &[&rate],
            );
        }
        pieces.push(Piece { days, rate });
        from = until;
    }
    Ok(pieces)
}

/// Principal × rate × days, rounded once over all pieces.
fn fee(w: &mut Working, principal: Decimal, pieces: &[Piece]) -> Decimal {
    let each: Vec<String> = pieces.iter().map(|p| format!("{} × {} 天", percent(p.rate.decimal()), p.days)).collect();
    let formula = match each.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(" + ")),
    };
    let fee = to_fen(principal * pieces.iter().map(|p| p.rate.decimal() * Decimal::from(p.days)).sum::<Decimal>());
    let rates: Vec<&Used> = pieces.iter().map(|p| &p.rate).collect();
    w.step(format!("{} × {formula}", yuan(principal)), yuan(fee), &rates);
    fee
}

fn with_principal(w: &mut Working, principal: Decimal, fee: Decimal) -> Decimal {
    let total = to_fen(principal) + fee;
    w.step(format!("{} + {}", yuan(principal), yuan(fee)), yuan(total), &[]);
    total
}
