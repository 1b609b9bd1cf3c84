// Requests to the sandbox's API, with the publishable key, in Stripe's form encoding.

function formOf(params, prefix, form) {
  for (const [name, value] of Object.entries(params)) {
    const key = prefix ? `${prefix}[${name}]` : name;
    if (value === undefined) continue;
    if (value !== null && typeof value === 'object') formOf(value, key, form);
    else form.append(key, value === null ? '' : String(value));
  }
  return form;
}

// Answers `{object}` or `{error}`, and never fails. The key goes as a parameter: so no preflight is needed.
async function request(base, key, method, path, params) {
  const form = formOf({ ...params, key }, '', new URLSearchParams());
  const inQuery = method === 'GET';
  try {
    const answer = await fetch(`${base}${path}${inQuery ? `?${form}` : ''}`, {
      method,
      body: inQuery ? undefined : form,
      credentials: 'omit',
      cache: 'no-store',
    });
    const body = await answer.json();
    if (answer.ok) return { object: body };
    return { error: body.error ?? connectionError() };
  } catch {
    return { error: connectionError() };
  }
}
