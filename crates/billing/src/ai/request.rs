//! A request in OpenAI's form, of which only what decides its cost is read: everything else goes on to the upstream as it
//! came. Pure.

use super::input::{conversation, embedded, invalid};
use super::prepared::{Prepared, Pricing};
use crate::Result;
use domain::ai::{Kind, LimitField, Model, ModelUsage};
use serde_json::{Map, Value, json};

/// Answers of one request.
const MAX_CHOICES: i64 = 128;
const MAX_IMAGES: i64 = 10;

/// By these some services answer with another model, or for another price, than the one that is paid for.
const OTHER_PRICES: [&str; 6] =
    ["models", "route", "provider", "plugins", "service_tier", "web_search_options"];

/// Errors: [`Error::Invalid`], where what decides the cost is not what it should be.
///
/// `max_output` is the limit where the body names none.
pub(super) fn prepare(
    mut body: Map<String, Value>,
    max_output: Option<i64>,
    model: &Model,
) -> Result<Prepared> {
    if let Some(name) = OTHER_PRICES.into_iter().find(|name| body.contains_key(*name)) {
        return invalid(name, "cannot be chosen here: it decides what the service costs");
    }
    body.insert("model".into(), json!(model.upstream_name));
    match &model.kind {
        Kind::Chat { rates, default_output, max_output: most, limit_field } => {
            if max_output.is_some_and(|asked| !(1..=*most).contains(&asked)) {
                return invalid("max_output_tokens", format!("must be from 1 to {most}"));
            }
            let choices = count(&body, "n", MAX_CHOICES)?.unwrap_or(1);
            let limits = [count(&body, "max_completion_tokens", *most)?, count(&body, "max_tokens", *most)?];
            let named = limits.into_iter().flatten().max();
            let otherwise = max_output.unwrap_or(*default_output);
            if named.is_none() || *limit_field == LimitField::MaxTokens {
                // A service that does not know the newer name would not keep to it.
                body.insert(limit_field.as_str().into(), json!(named.unwrap_or(otherwise)));
            }
            let output = named.unwrap_or(otherwise).saturating_mul(choices);
            let input = conversation(&body)?;
            let streamed = flag(&body, "stream")?;
            let wants_usage = streamed && stream_options(&mut body)?;
            Ok(Prepared {
                body,
                streamed,
                wants_usage,
                choices,
                pricing: Pricing::Text(*rates),
                most: ModelUsage { input, cached_input: 0, output },
            })
        }
        Kind::Embedding { rates } => Ok(whole(
            Pricing::Text(*rates),
            ModelUsage {
                input: embedded(body.get("input").unwrap_or(&Value::Null))?,
                ..ModelUsage::default()
            },
            body,
        )),
        Kind::Image { prices } => {
            if !body.get("prompt").is_some_and(Value::is_string) {
                return invalid("prompt", "must be a text");
            }
            if flag(&body, "stream")? {
                return invalid("stream", "images are not streamed here");
            }
            let images = count(&body, "n", MAX_IMAGES)?.unwrap_or(1);
            let pricing = Pricing::Images {
                prices: prices.clone(),
                size: text(&body, "size")?,
                quality: text(&body, "quality")?,
            };
            Ok(whole(pricing, ModelUsage { output: images, ..ModelUsage::default() }, body))
        }
    }
}

fn whole(pricing: Pricing, most: ModelUsage, body: Map<String, Value>) -> Prepared {
    Prepared { body, streamed: false, wants_usage: false, choices: 1, pricing, most }
}

/// A whole number from 1 to `most`, or nothing.
fn count(body: &Map<String, Value>, name: &'static str, most: i64) -> Result<Option<i64>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64().filter(|count| (1..=most).contains(count)) {
            Some(count) => Ok(Some(count)),
            None => invalid(name, format!("must be a whole number from 1 to {most}")),
        },
    }
}

fn text(body: &Map<String, Value>, name: &'static str) -> Result<Option<String>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => invalid(name, "must be a text"),
    }
}

fn flag(body: &Map<String, Value>, name: &'static str) -> Result<bool> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => invalid(name, "must be true or false"),
    }
}

/// The upstream is always asked for the usage; true when the client has asked as well.
fn stream_options(body: &mut Map<String, Value>) -> Result<bool> {
    const NAME: &str = "stream_options";
    let mut options = match body.get(NAME) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(options)) => options.clone(),
        Some(_) => return invalid(NAME, "must be an object"),
    };
    let asked = options.get("include_usage") == Some(&Value::Bool(true));
    options.insert("include_usage".into(), Value::Bool(true));
    body.insert(NAME.into(), Value::Object(options));
    Ok(asked)
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` makes values")]
mod tests {
    use super::*;
    use crate::Error;
    use domain::ai::{ImagePrice, ImagePrices, Rates, Upstream};

    fn model(kind: Kind) -> Model {
        Model { name: "ours".into(), upstream_name: "theirs".into(), upstream: Upstream::Default, kind }
    }

    fn chat_model() -> Model {
        let rates = Rates { input: 1_000, cached_input: 100, output: 2_000 };
        model(Kind::Chat {
            rates,
            default_output: 500,
            max_output: 1_000,
            limit_field: LimitField::MaxCompletionTokens,
        })
    }

    fn chat(body: Value) -> Result<Prepared> {
        prepare(body.as_object().unwrap().clone(), None, &chat_model())
    }

    fn saying(content: Value, more: Value) -> Value {
        let mut body = json!({"model": "ours", "messages": [{"role": "user", "content": content}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn refused(body: Value) -> &'static str {
        let Err(Error::Invalid { field, .. }) = chat(body) else { panic!("not refused") };
        field
    }

    #[test]
    fn what_goes_on_to_the_upstream_is_what_came_under_its_own_name_for_the_model() {
        let more = json!({"temperature": 0.25, "seed": 7, "unheard_of": {"a": [1]}, "max_tokens": 9});
        let prepared = chat(saying(json!("Hi"), more)).unwrap();
        let sent = Value::Object(prepared.body);
        assert_eq!(
            sent,
            json!({"model": "theirs", "messages": [{"role": "user", "content": "Hi"}],
                    "temperature": 0.25, "seed": 7, "unheard_of": {"a": [1]}, "max_tokens": 9})
        );
        assert!(!prepared.streamed);
    }

    #[test]
    fn without_a_limit_of_the_client_ours_is_asked_and_estimated() {
        let prepared = chat(saying(json!("abcde"), json!({"max_tokens": null}))).unwrap();
        assert_eq!(prepared.body["max_completion_tokens"], 500);
        assert_eq!(prepared.most, ModelUsage { input: 2, cached_input: 0, output: 500 });
        assert_eq!(prepared.estimate().get(), 2 + 1_000);
        let both =
            chat(saying(json!(""), json!({"max_tokens": 10, "max_completion_tokens": 20, "n": 3}))).unwrap();
        assert_eq!((both.most.output, both.choices), (60, 3));
    }

    #[test]
    fn the_usage_is_always_asked_of_a_stream() {
        for (options, wanted) in [
            (json!({}), false),
            (json!({"stream_options": {"include_usage": true, "include_obfuscation": false}}), true),
            (json!({"stream_options": {"include_usage": false}}), false),
            (json!({"stream_options": null}), false),
        ] {
            let mut more = options;
            more["stream"] = json!(true);
            let prepared = chat(saying(json!("Hi"), more)).unwrap();
            assert!(prepared.streamed);
            assert_eq!(prepared.wants_usage, wanted);
            assert_eq!(prepared.body["stream_options"]["include_usage"], true);
        }
    }

    #[test]
    fn what_decides_the_cost_must_be_what_it_should_be() {
        for name in OTHER_PRICES {
            assert_eq!(refused(saying(json!("Hi"), json!({name: "priority"}))), name);
        }
        assert_eq!(refused(json!({"messages": "Hi"})), "messages");
        assert_eq!(refused(json!({"messages": []})), "messages");
        assert_eq!(refused(json!({"messages": ["Hi"]})), "messages");
        for wrong in [json!(0), json!(1_001), json!("many"), json!(1.5), json!(-1)] {
            assert_eq!(refused(saying(json!("Hi"), json!({"max_tokens": wrong}))), "max_tokens");
        }
        assert_eq!(refused(saying(json!("Hi"), json!({"n": 129}))), "n");
        assert_eq!(refused(saying(json!("Hi"), json!({"stream": "yes"}))), "stream");
        let options = json!({"stream": true, "stream_options": 1});
        assert_eq!(refused(saying(json!("Hi"), options)), "stream_options");
    }

    #[test]
    fn an_embedding_costs_its_input_and_at_least_one_token() {
        let kind = Kind::Embedding { rates: Rates { input: 500, cached_input: 500, output: 0 } };
        let read = |body: Value| prepare(body.as_object().unwrap().clone(), None, &model(kind.clone()));
        let prepared = read(json!({"input": ["1234", "1"]})).unwrap();
        assert_eq!(prepared.most, ModelUsage { input: 2, ..ModelUsage::default() });
        assert_eq!(read(json!({"input": ""})).unwrap().estimate().get(), 1);
        assert!(read(json!({})).is_err(), "no input at all");
    }

    #[test]
    fn a_service_that_knows_the_old_name_of_the_limit_only_is_told_it_by_that() {
        let rates = Rates { input: 1_000, cached_input: 100, output: 2_000 };
        let limit_field = LimitField::MaxTokens;
        let old = model(Kind::Chat { rates, default_output: 500, max_output: 1_000, limit_field });
        for (asked, told) in [(json!({"max_completion_tokens": 7}), 7), (json!({}), 500)] {
            let body = saying(json!("Hi"), asked);
            let prepared = prepare(body.as_object().unwrap().clone(), None, &old).unwrap();
            assert_eq!((&prepared.body["max_tokens"], prepared.most.output), (&json!(told), told));
        }
    }

    #[test]
    fn images_count_by_their_number_size_and_quality() {
        let special = vec![ImagePrice { size: None, quality: Some("high".into()), tokens: 9 }];
        let kind = Kind::Image { prices: ImagePrices { special, otherwise: 4 } };
        let read = |body: Value| prepare(body.as_object().unwrap().clone(), None, &model(kind.clone()));
        assert_eq!(read(json!({"prompt": "a cat"})).unwrap().estimate().get(), 4);
        let high = json!({"prompt": "a cat", "n": 3, "quality": "high", "size": "1024x1024"});
        assert_eq!(read(high).unwrap().estimate().get(), 27);
        for wrong in [
            json!({}),
            json!({"prompt": 1}),
            json!({"prompt": "", "n": 11}),
            json!({"prompt": "", "stream": true}),
            json!({"prompt": "", "quality": ["high"]}),
            json!({"prompt": "", "size": 1024}),
        ] {
            assert!(read(wrong).is_err());
        }
    }

    #[test]
    fn what_the_service_chose_itself_is_what_is_paid() {
        let special = vec![ImagePrice { size: None, quality: Some("high".into()), tokens: 9 }];
        let kind = Kind::Image { prices: ImagePrices { special, otherwise: 4 } };
        let paid = |asked: Value, came: Option<&str>| {
            let mut prepared =
                prepare(asked.as_object().unwrap().clone(), None, &model(kind.clone())).unwrap();
            prepared.pricing.made(None, came.map(str::to_owned));
            prepared.pricing.cost(ModelUsage { output: 2, ..ModelUsage::default() }).get()
        };
        assert_eq!(paid(json!({"prompt": "", "quality": "auto"}), Some("high")), 18);
        assert_eq!(paid(json!({"prompt": ""}), Some("high")), 18);
        assert_eq!(paid(json!({"prompt": "", "quality": "high"}), Some("low")), 8);
        assert_eq!(paid(json!({"prompt": "", "quality": "high"}), None), 18);
    }

    #[test]
    fn a_report_of_more_than_any_model_takes_or_writes_is_a_mistake() {
        let prepared = chat(saying(json!("Hi"), json!({"n": 128, "max_tokens": 1_000}))).unwrap();
        for (input, output, can) in [
            (1_000_000, 1_000_000, true),
            (1, 1_000_001, false),
            (1_000_001, 1, false),
            (i64::MAX, i64::MAX, false),
        ] {
            assert_eq!(
                prepared.can_use(ModelUsage { input, cached_input: 0, output }),
                can,
                "{input}, {output}"
            );
        }
        let rates = Rates { input: 1, cached_input: 1, output: 1 };
        let limit_field = LimitField::MaxTokens;
        let large = model(Kind::Chat { rates, default_output: 500, max_output: 100_000, limit_field });
        let body = saying(json!("Hi"), json!({"n": 128, "max_tokens": 100_000}));
        let prepared = prepare(body.as_object().unwrap().clone(), None, &large).unwrap();
        assert!(
            prepared.can_use(ModelUsage { input: 1, cached_input: 0, output: 128 * 200_000 }),
            "what was asked, twice"
        );
    }
}
