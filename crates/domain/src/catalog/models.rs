//! The catalog's AI models and the tiers' limits on them, checked.

use super::file::{AiLimits as LimitsRow, File, LimitField as FieldWord, Model as Row, ModelKind};
use super::read::{InvalidCatalog, between, require};
use crate::ai::{AiLimits, ImagePrice, ImagePrices, Kind, LimitField, Model, Rates, Upstream};
use std::collections::BTreeSet;

/// Our tokens for a thousand of the model's, or for an image: more is a mistake.
const DEAREST: i64 = 1_000_000_000;
/// In tokens of the model.
const LARGEST_OUTPUT: i64 = 1_000_000;
const DEFAULT_OUTPUT: i64 = 1_000;
const DEFAULT_MAX_OUTPUT: i64 = 32_000;

pub(super) fn read(file: &File) -> Result<Vec<Model>, InvalidCatalog> {
    let mut names = BTreeSet::new();
    let built_in = Model::demos();
    for Row { name, .. } in &file.models {
        // As the label of usage, in which it is stored.
        let named =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/');
        require(!name.is_empty() && name.len() <= 100 && name.bytes().all(named), || {
            format!("models: `{name}` must have 1 to 100 letters, digits, `_`, `-`, `.`, `:` or `/`")
        })?;
        require(built_in.iter().all(|demo| demo.name != *name), || {
            format!("models: `{name}` is a model that is built in")
        })?;
        require(names.insert(name), || format!("models: `{name}` is there twice"))?;
    }
    let own = file.models.iter().map(model).collect::<Result<Vec<_>, _>>()?;
    Ok(own.into_iter().chain(built_in).collect())
}

fn model(row: &Row) -> Result<Model, InvalidCatalog> {
    let upstream = match row.upstream.as_deref() {
        None => Upstream::Default,
        Some(name) => {
            let fits = !name.is_empty() && name.len() <= 60 && name.bytes().all(is_of_a_name);
            require(fits, || {
                format!("models.{}.upstream must have 1 to 60 letters, digits, `-` or `_`", row.name)
            })?;
            Upstream::Named(name.to_owned())
        }
    };
    Ok(Model {
        name: row.name.clone(),
        upstream_name: row.upstream_name.clone().unwrap_or_else(|| row.name.clone()),
        upstream,
        kind: kind(row)?,
    })
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn kind(row: &Row) -> Result<Kind, InvalidCatalog> {
    let name = |field: &str| format!("models.{}.{field}", row.name);
    let only = |fields: &[(&str, bool)], what: &str| {
        let wrong = fields.iter().find(|(_, given)| *given);
        wrong.map_or(Ok(()), |(field, _)| Err(InvalidCatalog(format!("{}: {what} has none", name(field)))))
    };
    let of_text = [
        ("input", row.input.is_some()),
        ("cached_input", row.cached_input.is_some()),
        ("output", row.output.is_some()),
    ];
    let of_chat = [
        ("output", row.output.is_some()),
        ("cached_input", row.cached_input.is_some()),
        ("default_output", row.default_output.is_some()),
        ("max_output", row.max_output.is_some()),
        ("limit_field", row.limit_field.is_some()),
    ];
    let of_images = [("image", row.image.is_some()), ("image_prices", !row.image_prices.is_empty())];
    match row.kind {
        ModelKind::Chat => {
            only(&of_images, "a chat model")?;
            let max_output = between(
                &name("max_output"),
                row.max_output.unwrap_or(DEFAULT_MAX_OUTPUT),
                1,
                LARGEST_OUTPUT,
            )?;
            let default_output = row.default_output.unwrap_or(DEFAULT_OUTPUT.min(max_output));
            let limit_field = match row.limit_field {
                None | Some(FieldWord::MaxCompletionTokens) => LimitField::MaxCompletionTokens,
                Some(FieldWord::MaxTokens) => LimitField::MaxTokens,
            };
            Ok(Kind::Chat {
                rates: rates(row, price(&name("output"), row.output)?)?,
                default_output: between(&name("default_output"), default_output, 1, max_output)?,
                max_output,
                limit_field,
            })
        }
        ModelKind::Embedding => {
            only(&of_chat, "an embedding model")?;
            only(&of_images, "an embedding model")?;
            Ok(Kind::Embedding { rates: rates(row, 0)? })
        }
        ModelKind::Image => {
            only(&of_text, "an image model")?;
            only(&of_chat, "an image model")?;
            let special = row.image_prices.iter().map(|price| {
                Ok(ImagePrice {
                    size: price.size.clone(),
                    quality: price.quality.clone(),
                    tokens: between(&name("image_prices.tokens"), price.tokens, 0, DEAREST)?,
                })
            });
            let special = special.collect::<Result<Vec<_>, _>>()?;
            let otherwise = price(&name("image"), row.image)?;
            Ok(Kind::Image { prices: ImagePrices { special, otherwise } })
        }
    }
}

fn rates(row: &Row, output: i64) -> Result<Rates, InvalidCatalog> {
    let input = price(&format!("models.{}.input", row.name), row.input)?;
    let cached = row.cached_input.unwrap_or(input);
    let cached_input = between(&format!("models.{}.cached_input", row.name), cached, 0, input)?;
    Ok(Rates { input, cached_input, output })
}

fn price(name: &str, value: Option<i64>) -> Result<i64, InvalidCatalog> {
    let value = value.ok_or_else(|| InvalidCatalog(format!("{name} is needed")))?;
    between(name, value, 0, DEAREST)
}

pub(super) fn limits(row: &LimitsRow, file: &File, name: &str) -> Result<AiLimits, InvalidCatalog> {
    for (field, limit) in [("requests_per_minute", row.requests_per_minute), ("concurrent", row.concurrent)] {
        if let Some(limit) = limit {
            between(&format!("{name}.{field}"), limit.into(), 1, u32::MAX.into())?;
        }
    }
    for model in row.models.iter().flatten() {
        require(file.models.iter().any(|row| row.name == *model), || {
            format!("{name}.models: there is no model `{model}`")
        })?;
    }
    Ok(AiLimits {
        requests_per_minute: row.requests_per_minute,
        concurrent: row.concurrent,
        models: row.models.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Catalog, TierSlug};
    use super::*;

    const OURS: &str = include_str!("../../../../catalog.toml");

    fn with(models: &str) -> Result<Catalog, String> {
        Catalog::from_toml(&format!("{OURS}\n{models}")).map_err(|error| error.to_string())
    }

    fn read(rest: &str) -> Result<Model, String> {
        let catalog = with(&format!("[[models]]\nname = \"x\"\n{rest}"))?;
        Ok(catalog.models.into_iter().find(|model| model.name == "x").unwrap())
    }

    #[test]
    fn a_model_costs_what_the_catalog_says() {
        let chat = read("kind = \"chat\"\ninput = 250\ncached_input = 25\noutput = 2_000").unwrap();
        let Kind::Chat { rates, default_output, max_output, limit_field } = chat.kind else { panic!() };
        assert_eq!(rates, Rates { input: 250, cached_input: 25, output: 2_000 });
        assert_eq!((default_output, max_output), (DEFAULT_OUTPUT, DEFAULT_MAX_OUTPUT));
        assert_eq!((limit_field, chat.upstream), (LimitField::MaxCompletionTokens, Upstream::Default));
        assert_eq!(chat.upstream_name, "x");

        let other = "upstream = \"local\"\nupstream_model = \"llama\"\nlimit_field = \"max_tokens\"";
        let other =
            read(&format!("kind = \"chat\"\ninput = 1\noutput = 1\nmax_output = 10\n{other}")).unwrap();
        assert_eq!(
            (other.upstream_name.as_str(), &other.upstream),
            ("llama", &Upstream::Named("local".into()))
        );
        assert!(matches!(
            other.kind,
            Kind::Chat { default_output: 10, limit_field: LimitField::MaxTokens, .. }
        ));

        let embedding = read("kind = \"embedding\"\ninput = 5").unwrap().kind;
        assert_eq!(
            embedding,
            Kind::Embedding { rates: Rates { input: 5, cached_input: 5, output: 0 } },
            "nothing is cached cheaper unless it says so"
        );
        let image = "image_prices = [{ quality = \"high\", tokens = 9 }]";
        let Kind::Image { prices } = read(&format!("kind = \"image\"\nimage = 4\n{image}")).unwrap().kind
        else {
            panic!()
        };
        assert_eq!((prices.otherwise, prices.special[0].tokens), (4, 9));
    }

    #[test]
    fn a_mistake_in_a_model_names_it() {
        for (wrong, named) in [
            ("kind = \"chat\"\ninput = 1", "models.x.output is needed"),
            ("kind = \"chat\"\ninput = 1\noutput = -1", "models.x.output"),
            ("kind = \"chat\"\ninput = 1\ncached_input = 2\noutput = 1", "models.x.cached_input"),
            ("kind = \"chat\"\ninput = 1\noutput = 1\nimage = 1", "models.x.image"),
            ("kind = \"chat\"\ninput = 1\noutput = 1\ndefault_output = 32_001", "models.x.default_output"),
            ("kind = \"chat\"\ninput = 1\noutput = 1\nmax_output = 0", "models.x.max_output"),
            ("kind = \"embedding\"\ninput = 1\noutput = 1", "models.x.output"),
            ("kind = \"image\"\nimage = 1\ninput = 1", "models.x.input"),
            ("kind = \"image\"", "models.x.image is needed"),
            ("kind = \"video\"", "video"),
            ("kind = \"embedding\"\ninput = 1\nupstream = \"a b\"", "models.x.upstream"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        let twice = "[[models]]\nname = \"x\"\nkind = \"embedding\"\ninput = 1\n".repeat(2);
        assert!(with(&twice).unwrap_err().contains("`x` is there twice"));
        let ours = "[[models]]\nname = \"demo\"\nkind = \"embedding\"\ninput = 1\n";
        assert!(with(ours).unwrap_err().contains("built in"));
    }

    #[test]
    fn the_built_in_models_come_last_and_are_there_without_any_other() {
        let (without, _) = OURS.split_once("# ── AI models").unwrap();
        let unlimited = without.lines().filter(|line| !line.starts_with("ai_limits"));
        let catalog = Catalog::from_toml(&unlimited.collect::<Vec<_>>().join("\n")).unwrap();
        assert_eq!(catalog.models, Model::demos());
        assert_eq!(catalog.tiers[0].ai_limits, AiLimits::default(), "nothing is limited unless it says so");
        assert_eq!(Catalog::from_toml(OURS).unwrap().models[..].last(), Model::demos().last());
    }

    #[test]
    fn a_model_that_a_tier_lacks_is_in_a_dearer_one() {
        let catalog = Catalog::from_toml(OURS).unwrap();
        let free = catalog.tier(&TierSlug::free()).unwrap();
        let lacks = catalog.models.iter().find(|model| !free.ai_limits.allows(model)).unwrap();
        let upgrade = catalog.upgrade_for(lacks).unwrap();
        assert!(upgrade.ai_limits.allows(lacks) && catalog.rank(&upgrade.slug) > Some(0));
        let unknown = OURS.replacen("models = [", "models = [\"gtp\", ", 1);
        let error = Catalog::from_toml(&unknown).unwrap_err().to_string();
        assert!(error.contains("tiers.free.ai_limits.models: there is no model `gtp`"), "{error}");
        let never = OURS.replacen("concurrent = ", "concurrent = 0 # ", 1);
        assert!(Catalog::from_toml(&never).is_err());
    }
}
