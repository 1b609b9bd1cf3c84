// The shop: a server of pages, which talks to the sandbox with its secret key, as an application does.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

// Of Debian's fonts-liberation, which the stories need in any case.
const FONT = '/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf';

function formOf(params, prefix = '', form = new URLSearchParams()) {
  for (const [name, value] of Object.entries(params)) {
    const key = prefix ? `${prefix}[${name}]` : name;
    if (value !== null && typeof value === 'object') formOf(value, key, form);
    else if (value !== undefined) form.append(key, value);
  }
  return form;
}

// The sandbox as its owner sees it.
export function owner(base) {
  return async (method, path, params = {}) => {
    const form = formOf(params);
    const inQuery = method === 'GET';
    const answer = await fetch(`${base}/v1/${path}${inQuery ? `?${form}` : ''}`, {
      method,
      headers: { authorization: 'Bearer sk_test_sandbox' },
      body: inQuery ? undefined : form,
    });
    return answer.json();
  };
}

// Bundles the page, and serves it and `POST /intent`.
export async function openShop({ port, sandbox, tools, require }) {
  const built = await require('esbuild').build({
    entryPoints: [join(here, 'page/main.jsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    nodePaths: [join(tools, 'node_modules')],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const page = readFileSync(join(here, 'page/index.html'), 'utf8').replace('{sandbox}', sandbox);
  const files = {
    '/shop.ttf': ['font/ttf', readFileSync(FONT)],
    '/page.js': ['text/javascript', built.outputFiles[0].text],
    '/page.css': ['text/css', readFileSync(join(here, 'page/page.css'), 'utf8')],
  };
  const stripe = owner(sandbox);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://shop').pathname;
    if (request.method === 'POST' && path === '/intent') {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { object, ...params } = JSON.parse(body);
      const answer = await stripe('POST', object, params);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
      return;
    }
    const [kind, text] = files[path] ?? ['text/html; charset=utf-8', path === '/back' ? '<title>Back</title><h1>Back</h1>' : page];
    response.setHeader('content-type', kind);
    // A font is taken from another origin only if that says so.
    response.setHeader('access-control-allow-origin', '*');
    response.end(text);
  });
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  return { base: `http://127.0.0.1:${port}`, close: () => server.close() };
}
