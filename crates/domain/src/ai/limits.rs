//! What a tier allows of AI requests beside its allowance: how fast, how many at a time, and which models.

/// `None` is unlimited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AiLimits {
    /// At least 1.
    pub requests_per_minute: Option<u32>,
    /// Requests that run at the same time; at least 1.
    pub concurrent: Option<u32>,
    /// Names of models; the built-in ones are for everybody.
    pub models: Option<Vec<String>>,
}

impl AiLimits {
    pub fn allows(&self, model: &super::Model) -> bool {
        model.upstream == super::Upstream::Demo
            || self.models.as_ref().is_none_or(|allowed| allowed.contains(&model.name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Model, Upstream};
    use super::*;

    #[test]
    fn a_tier_that_names_models_allows_those_and_the_built_in_ones() {
        let [demo, ..] = Model::demos();
        let real = |name: &str| Model { name: name.into(), upstream: Upstream::Default, ..demo.clone() };
        let some = AiLimits { models: Some(vec!["small".into()]), ..AiLimits::default() };
        assert!(some.allows(&demo) && some.allows(&real("small")) && !some.allows(&real("large")));
        assert!(AiLimits::default().allows(&real("large")));
    }
}
