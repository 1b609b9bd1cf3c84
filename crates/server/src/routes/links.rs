//! Where the links of mails lead: small pages that pass the link's token to the API. Following a link alone
//! changes nothing, because mail scanners follow links too.

use super::page::page;
use axum::response::Response;
use uuid::Uuid;

pub(super) async fn verify_email() -> Response {
    let body =
        "<h1>Verify your e-mail address</h1><form><button>Verify</button></form><p role=\"status\"></p>";
    form("Verify your e-mail address", body, "verify-email", "Your e-mail address is verified.")
}

pub(super) async fn reset_password() -> Response {
    let body = "<h1>Set a new password</h1><form><p><label>New password <input name=\"password\" type=\"password\" \
                minlength=\"8\" autocomplete=\"new-password\" required></label></p><button>Set it</button></form>\
                <p role=\"status\"></p>";
    form("Set a new password", body, "reset-password", "Your password is set. You can sign in with it now.")
}

/// `endpoint` and `done` are constants of this file.
fn form(title: &str, body: &str, endpoint: &str, done: &str) -> Response {
    let script = format!(
        "document.forms[0].onsubmit = async (event) => {{
            event.preventDefault();
            const fields = Object.fromEntries(new FormData(event.target));
            fields.token = new URLSearchParams(location.search).get('token') ?? '';
            const answer = await fetch('/api/v1/auth/{endpoint}/', {{
                method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify(fields) }});
            const problem = answer.ok ? null : await answer.json();
            document.querySelector('[role=status]').textContent = problem
                ? (problem.errors?.map((error) => `${{error.field}} ${{error.reason}}`).join(', ') ?? problem.title)
                : '{done}';
            if (answer.ok) event.target.remove();
        }};"
    );
    let nonce = Uuid::new_v4().simple().to_string();
    page(title, body, Some((&nonce, &script)))
}
