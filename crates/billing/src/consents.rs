//! To what a member said yes when something was bought: the terms, and that it renews by itself. Kept for ever, with what
//! stood there, in the transaction that keeps the wish.

use crate::{Billing, Error, Result, secrets};
use domain::ids::AccountId;
use serde_json::Value;
use store::Tx;
use store::consents::{Kind, NewConsent};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    pub terms: bool,
    /// That it is paid again and again until it is canceled.
    pub renewal: bool,
    /// The address that the request came from.
    pub address: Option<String>,
}

impl Billing {
    /// Where the catalog wants it: to the terms, and for what `renews` to that, too.
    pub(crate) fn require_consent(&self, consent: &Consent, renews: bool) -> Result<()> {
        if !self.catalog.consent.required || (consent.terms && (consent.renewal || !renews)) {
            return Ok(());
        }
        let reason =
            if renews { "`terms` and `renewal` must be agreed to" } else { "`terms` must be agreed to" };
        Err(Error::Invalid { field: "consent", reason: reason.to_owned() })
    }

    /// Once for each request, however often it is tried. `shown` is what the member agreed to.
    pub(crate) async fn record_consent(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        consent: &Consent,
        request_key: &str,
        shown: &Value,
    ) -> Result<()> {
        let given = [(consent.terms, Kind::Terms), (consent.renewal, Kind::Renewal)];
        for kind in given.into_iter().filter(|(given, _)| *given).map(|(_, kind)| kind) {
            let address = consent.address.as_ref();
            let new = NewConsent {
                id: &format!("con_{}", self.new_uuid()?.simple()),
                account,
                kind,
                version: &self.catalog.consent.terms_version,
                request_key,
                shown: &shown.to_string(),
                address_hash: address.map(|address| secrets::hash(&format!("{account}:{address}"))),
                business_at: self.now(),
                recorded_at: self.wall(),
            };
            store::consents::insert(tx, new).await?;
        }
        Ok(())
    }
}
