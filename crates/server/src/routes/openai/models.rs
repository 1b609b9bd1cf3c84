//! `GET /v1/models` and `GET /v1/models/{id}`

use super::errors::Refusals;
use crate::answer::Answer;
use crate::extract::MemberOrService;
use crate::problem::Problem;
use crate::routes::Shared;
use axum::extract::{Path, State};
use domain::ai::{Model, Upstream};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
struct ModelsView {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<ModelView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ModelView {
    #[schema(example = "gpt-5-mini")]
    id: String,
    #[schema(example = "model")]
    object: &'static str,
    /// OpenAI's clients want one; nobody here knows it.
    created: i64,
    /// `allthrive-demo` for what is built in and asks no AI, else `allthrive`.
    owned_by: &'static str,
    /// `chat`, `embedding` or `image`.
    kind: &'static str,
}

impl From<&Model> for ModelView {
    fn from(model: &Model) -> Self {
        let owned_by = if model.upstream == Upstream::Demo { "allthrive-demo" } else { "allthrive" };
        Self { id: model.name.clone(), object: "model", created: 0, owned_by, kind: model.kind.as_str() }
    }
}

/// The AI models that one's tier has
#[utoipa::path(get, path = "/v1/models", operation_id = "list_models", tag = "openai",
    params(("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = ModelsView), Refusals))]
pub(super) async fn list(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
) -> Result<Answer, Problem> {
    caller.require("read")?;
    let models = state.billing.ai_models(caller.account()).await?;
    let data = models.into_iter().map(ModelView::from).collect();
    Ok(Answer::ok(ModelsView { object: "list", data }))
}

/// One of them
#[utoipa::path(get, path = "/v1/models/{id}", operation_id = "show_model", tag = "openai",
    params(("id" = String, Path, description = "Its name"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = ModelView), Refusals))]
pub(super) async fn show(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
    Path(id): Path<String>,
) -> Result<Answer, Problem> {
    caller.require("read")?;
    let models = state.billing.ai_models(caller.account()).await?;
    let found = models.into_iter().find(|model| model.name == id);
    found
        .map(|model| Answer::ok(ModelView::from(model)))
        .ok_or_else(|| billing::Error::UnknownModel(id).into())
}

/// The same for a name with a slash that the client has not encoded.
pub(super) async fn show_with_slash(
    state: Shared,
    caller: MemberOrService,
    Path((vendor, name)): Path<(String, String)>,
) -> Result<Answer, Problem> {
    show(state, caller, Path(format!("{vendor}/{name}"))).await
}
