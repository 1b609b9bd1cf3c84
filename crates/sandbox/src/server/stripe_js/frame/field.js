// One field: label, input, and what is wrong with it, for eyes and for screen readers.

class Field {
  #left = false;
  #insisted = false;

  // `format(text, deleting)` gives the text as it is shown; `problem(text)` what is wrong with it, or null.
  constructor({ name, label, bare, choices, format, problem, value = '', decoration, ...attributes }) {
    this.name = name;
    this.format = format;
    this.problemOf = problem ?? (() => null);
    const id = `Field-${name}Input`;
    this.input = document.createElement(choices ? 'select' : 'input');
    Object.assign(this.input, { id, name, className: 'Input' });
    for (const [key, text] of Object.entries(attributes)) this.input.setAttribute(key, text);
    for (const [key, text] of choices ?? []) this.input.append(new Option(text, key));
    this.input.value = value;
    this.error = Object.assign(document.createElement('p'), { id: `${id}-error`, className: 'Error' });
    this.error.setAttribute('role', 'alert');
    this.label = Object.assign(document.createElement('label'), { htmlFor: id, className: 'Label', textContent: label });
    this.element = Object.assign(document.createElement('div'), { className: `Field Field--${name}` });
    const box = Object.assign(document.createElement('div'), { className: 'Field-box' });
    box.append(this.input, ...(decoration ? [decoration] : []));
    this.element.append(this.label, box, this.error);
    if (bare) {
      this.label.classList.add('is-hidden');
      this.error.classList.add('is-hidden');
    }
    this.input.addEventListener('input', (event) => this.#edited(event));
    this.input.addEventListener('blur', () => this.#leave());
    this.show();
  }

  get text() {
    return this.input.value.trim();
  }

  get empty() {
    return this.text === '';
  }

  get problem() {
    return this.element.hidden ? null : this.problemOf(this.input.value);
  }

  // What is missing is said when the field is left, or when all of it is asked for; what is wrong, at once.
  get shown() {
    const { problem } = this;
    const missing = problem?.code.startsWith('incomplete');
    return problem && (!missing || this.#insisted || (this.#left && !this.empty)) ? problem : null;
  }

  set(text) {
    this.input.value = this.format ? this.format(text, false) : text;
    this.show();
  }

  insist() {
    this.#insisted = true;
    this.show();
    return this.problem;
  }

  show() {
    const { shown } = this;
    const { classList } = this.input;
    classList.toggle('Input--invalid', Boolean(shown));
    classList.toggle('Input--empty', this.empty);
    classList.toggle('is-invalid', Boolean(shown));
    classList.toggle('is-empty', this.empty);
    classList.toggle('is-complete', !this.empty && !this.problem);
    this.label.classList.toggle('Label--invalid', Boolean(shown));
    this.input.setAttribute('aria-invalid', String(Boolean(shown)));
    // Written only when it differs, or screen readers say it again.
    if (this.error.textContent !== (shown?.message ?? '')) this.error.textContent = shown?.message ?? '';
    if (shown) this.input.setAttribute('aria-describedby', this.error.id);
    else this.input.removeAttribute('aria-describedby');
  }

  #leave() {
    this.#left = true;
    this.show();
  }

  #edited(event) {
    this.#left = false;
    this.#insisted = false;
    if (this.format) this.#reformat(event.inputType?.startsWith('delete') ?? false);
    this.show();
  }

  // The caret stays behind the digit that it was behind.
  #reformat(deleting) {
    const { value, selectionStart } = this.input;
    const before = value.slice(0, selectionStart ?? value.length).replace(/[^\dA-Za-z]/g, '').length;
    const atEnd = selectionStart === value.length;
    const text = this.format(value, deleting);
    if (text === value) return;
    this.input.value = text;
    let caret = text.length;
    if (!atEnd) {
      caret = 0;
      for (let seen = 0; caret < text.length && seen < before; caret += 1) if (/[\dA-Za-z]/.test(text[caret])) seen += 1;
    }
    this.input.setSelectionRange(caret, caret);
  }
}
