//! Disputes: a cardholder's bank asks for a charge's money back.

mod evidence;
mod life;
mod visa;

pub(crate) use life::{blocks_refunds, fall_due, open};

use crate::core::value::Value;

use super::balance_transaction;
use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "disputes", LIST, all),
    route("GET", "disputes/*", NONE, retrieve),
    route("POST", "disputes/*", UPDATE, update),
    route("POST", "disputes/*/close", NONE, close),
];

pub(crate) const UPDATE: Shape =
    &[("evidence", Kind::Nested(evidence::SHAPE)), ("metadata", Kind::Metadata), ("submit", Kind::Bool)];
const LIST: Shape = &[AFTER, BEFORE, ("charge", Kind::Text), CREATED, LIMIT, ("payment_intent", Kind::Text)];

/// As it is shown now: its balance transactions may have become available since.
fn shown(work: &Work<'_>, dispute: &Value) -> Value {
    let mut dispute = dispute.clone();
    let now: Vec<Value> = dispute
        .list("balance_transactions")
        .iter()
        .map(|entry| balance_transaction::shown(work, &entry.id()))
        .collect();
    dispute.set("balance_transactions", now);
    dispute
}

/// # Errors
/// 400 for a dispute that is decided: nothing moves it any more.
fn refuse_closed(dispute: &Value) -> Result<()> {
    match dispute.text("status") {
        Some("won" | "lost" | "warning_closed") => {
            Err(ApiError::invalid("This dispute is already closed").begun())
        }
        _ => Ok(()),
    }
}

fn found(work: &Work<'_>, id: &str) -> Result<String> {
    // Stripe names the parameter of its own path here.
    Ok(work.path("dispute", id).map_err(|error| error.param("dispute"))?.id())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = found(work, args.id())?;
    Ok(shown(work, &work.see(&id)))
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = found(work, args.id())?;
    change(work, args, &id)
}

/// Stages evidence, and sends it to the bank unless `submit` is false.
fn change(work: &mut Work<'_>, args: &Args, id: &str) -> Result<Value> {
    let dispute = work.see(id);
    refuse_closed(&dispute)?;
    let sent = args.at("evidence").is_object();
    let submit = args.at("submit").as_bool().unwrap_or(sent);
    let said = evidence::merged(work, dispute.at("evidence"), args.at("evidence"))?;
    let types = dispute.list("enhanced_eligibility_types");
    let eligibility = visa::eligibility(types, &said, submit);
    if submit && eligibility.is(&format!("{}.status", visa::COMPLIANCE), "requires_fee_acknowledgement") {
        let message = "The network fee for submitting evidence for Visa compliance disputes has not been \
                       acknowledged. Submitting evidence for this dispute is not permitted.";
        return Err(ApiError::invalid(message)
            .param("evidence[enhanced_evidence][visa_compliance][fee_acknowledged]"));
    }
    let late = work.now > dispute.num("evidence_details.due_by");
    work.edit(id, |dispute| {
        dispute.set("evidence_details.has_evidence", evidence::is_there(&said));
        dispute.set("evidence_details.enhanced_eligibility", eligibility);
        dispute.set("evidence", said);
        if submit {
            dispute.set(
                "evidence_details.submission_count",
                dispute.num("evidence_details.submission_count") + 1,
            );
            dispute.set("evidence_details.past_due", late);
        }
        args.metadata(dispute);
    });
    if submit {
        life::submitted(work, id);
    }
    work.tell_if_changed("charge.dispute.updated", id);
    Ok(shown(work, &work.see(id)))
}

/// The merchant has nothing to say: lost. An inquiry is only closed.
fn close(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = found(work, args.id())?;
    give_up(work, &id)
}

fn give_up(work: &mut Work<'_>, id: &str) -> Result<Value> {
    let dispute = work.see(id);
    refuse_closed(&dispute)?;
    life::close(work, id, if life::is_inquiry(&dispute) { "warning_closed" } else { "lost" });
    Ok(shown(work, &work.see(id)))
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("charge"), args.text("payment_intent")) {
        (Some(charge), _) => Some(work.matching("dispute", "charge", charge)),
        (None, Some(intent)) => Some(work.matching("dispute", "payment_intent", intent)),
        _ => None,
    };
    let mut page = list(work, args, "dispute", "/v1/disputes", among, |dispute| {
        agrees(args, "charge", dispute) && agrees(args, "payment_intent", dispute)
    })?;
    let data: Vec<Value> = page.list("data").iter().map(|dispute| shown(work, dispute)).collect();
    page.set("data", data);
    Ok(page)
}

/// The newest dispute of the charge in the path.
fn newest(work: &Work<'_>, args: &Args) -> Result<String> {
    let charge = work.path("charge", args.id()).map_err(|error| error.param("charge"))?;
    charge.text("dispute").map(str::to_owned).ok_or_else(|| {
        ApiError::new(404, "invalid_request_error", format!("No dispute for charge: {}", charge.id()))
    })
}

pub(crate) fn of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = newest(work, args)?;
    Ok(shown(work, &work.see(&id)))
}

pub(crate) fn update_of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = newest(work, args)?;
    change(work, args, &id)
}

pub(crate) fn close_of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = newest(work, args)?;
    give_up(work, &id)
}
