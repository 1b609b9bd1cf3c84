//! Which models an account can ask.

use super::endpoint::Endpoint;
use super::limits::Place;
use super::upstream::Answerer;
use crate::{Billing, Error, Result};
use domain::ai::Model;
use domain::ids::AccountId;

/// A model that an account has asked for and may ask, and who answers.
pub(super) struct Found<'a> {
    pub(super) model: &'a Model,
    pub(super) answerer: Answerer<'a>,
}

impl Billing {
    /// Those that somebody answers for and that the account's tier allows, in the catalog's order.
    pub async fn ai_models(&self, account: &AccountId) -> Result<Vec<&Model>> {
        let tier = self.standing(&mut self.db.reader(), account, self.now()).await?.entitled.tier;
        let limits = &self.catalog.tier_or_free(&tier).ai_limits;
        let offered = self.catalog.models.iter().filter(|model| self.ai.upstreams.of(model).is_some());
        Ok(offered.filter(|model| limits.allows(model)).collect())
    }

    /// Without a name the first that fits the endpoint and the tier.
    ///
    /// Errors: [`Error::UnknownModel`], [`Error::ModelNotInTier`], [`Error::Invalid`] for a model of another kind.
    pub(super) fn find_model(
        &self,
        place: &Place,
        name: Option<&str>,
        endpoint: Endpoint,
    ) -> Result<Found<'_>> {
        let limits = &self.catalog.tier_or_free(&place.tier).ai_limits;
        let offered =
            self.catalog.models.iter().filter_map(|model| Some((model, self.ai.upstreams.of(model)?)));
        let Some(name) = name else {
            let mut fitting = offered.filter(|(model, _)| endpoint.fits(&model.kind) && limits.allows(model));
            let (model, answerer) = fitting.next().ok_or_else(|| Error::UnknownModel(String::new()))?;
            return Ok(Found { model, answerer });
        };
        let found = offered.into_iter().find(|(model, _)| model.name == name);
        let (model, answerer) = found.ok_or_else(|| Error::UnknownModel(name.to_owned()))?;
        if !endpoint.fits(&model.kind) {
            let reason = format!("`{name}` is a model of another kind: {}", model.kind.as_str());
            return Err(Error::Invalid { field: "model", reason });
        }
        if !limits.allows(model) {
            let upgrade = self.catalog.upgrade_for(model).map(|tier| tier.slug.clone());
            return Err(Error::ModelNotInTier { model: name.to_owned(), upgrade_to: upgrade });
        }
        Ok(Found { model, answerer })
    }
}
