// The frame's life: it greets the page that made it, gets its settings over a channel, and answers calls.

const PARENT = decodeURIComponent(location.hash.slice(1));

function start(config, port) {
  const bare = ['card', 'cardNumber', 'cardExpiry', 'cardCvc'].includes(config.type);
  const element = document.getElementById('form');
  const say = (event, payload) => port.postMessage({ event, payload });
  let form;
  let parts;
  let told;

  const paint = () => {
    applyAppearance(bare ? {} : config.group.appearance);
    if (bare) applyStyle(config.options.style);
  };

  const tell = () => {
    const state = form.state();
    element.className = `Form Form--${form.layout} is-base`;
    if (bare) {
      element.classList.toggle('is-invalid', Boolean(state.error));
      element.classList.toggle('is-complete', state.complete);
      element.classList.toggle('is-empty', state.empty);
    }
    const text = JSON.stringify(state);
    if (text !== told) {
      // The first one is how it begins: no change.
      if (told !== undefined) say('change', state);
      told = text;
    }
  };

  // What was typed stays, when options change, and so does the focus.
  const build = () => {
    const before = new Map(form?.fields.map((field) => [field.name, field.text]));
    const active = document.activeElement?.name;
    form = formOfType(config);
    for (const field of form.fields) {
      const text = before.get(field.name);
      if (!text) continue;
      field.set(text);
      field.input.dispatchEvent(new Event('input', { bubbles: true }));
    }
    const notes = (form.notes ?? []).map((textContent) =>
      Object.assign(document.createElement('p'), { className: 'TermsText', textContent }),
    );
    element.replaceChildren(...form.fields.map((field) => field.element), ...notes);
    form.fields.find((field) => field.name === active)?.input.focus();
    tell();
  };

  const methods = {
    validate: () => validate(form),
    submit: (args) => submit(config.group.key, form, parts, args),
  };
  const commands = {
    focus: () => form.fields[0].input.focus(),
    blur: () => document.activeElement?.blur(),
    clear: () => {
      for (const field of form.fields.filter(({ input }) => input.tagName === 'INPUT')) {
        field.set('');
        field.reset?.();
      }
      tell();
    },
  };

  port.onmessage = async ({ data }) => {
    if (data.call) {
      const result = await methods[data.method](data.args);
      tell();
      port.postMessage({ reply: data.call, result });
    } else if (data.command) {
      commands[data.command]();
    } else if (data.update) {
      const shape = () => JSON.stringify([config.options, config.group.keeps]);
      const before = shape();
      Object.assign(config, data.update);
      paint();
      if (shape() !== before) build();
    }
  };

  loadFonts(config.group.fonts);
  paint();
  build();
  if (bare && config.type !== 'card') {
    parts = new Parts(config.group.id, () => {
      const [[part, field]] = Object.entries(form.card);
      const answer = { part, problem: field.insist(), text: field.text };
      tell();
      return answer;
    });
  }
  element.addEventListener('submit', (event) => event.preventDefault());
  element.addEventListener('input', tell);
  let focused = false;
  addEventListener('focusin', () => {
    if (!focused) say('focus');
    focused = true;
  });
  addEventListener('focusout', ({ relatedTarget }) => {
    tell();
    if (relatedTarget) return;
    focused = false;
    say('blur');
  });
  addEventListener('keydown', ({ key, target }) => {
    if (key === 'Escape') say('escape');
    if (key === 'Enter' && target.tagName === 'INPUT') say('enter');
  });
  // Its height comes first: what is ready does not jump.
  const measure = () => say('height', Math.ceil(document.body.getBoundingClientRect().height));
  measure();
  new ResizeObserver(measure).observe(document.body);
  say('ready');
}

// Only the page around, and only with the origin that it named when it made the frame.
addEventListener('message', ({ source, origin, data, ports }) => {
  if (source === parent && origin === PARENT && data?.sandboxStripe === 'connect') start(data.config, ports[0]);
});
parent.postMessage({ sandboxStripe: 'hello' }, PARENT);
