// Members of a host application, who have no password here.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { startServer } from '../server.mjs';

const HOST = {
  JWT_SECRET: 'a secret of at least thirty-two bytes',
  JWT_ISSUER: 'https://host.example',
  HOST_SIGN_IN_URL: 'http://127.0.0.1:9/login?next={next}',
};

// A token of the host, as HS256.
function hostToken(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const told = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${told}.${createHmac('sha256', HOST.JWT_SECRET).update(told).digest('base64url')}`;
}

export const HOST_STORIES = {
  async 'whom the host’s cookie says who they are is not offered to sign out here'(scene) {
    const server = await startServer(scene.binary, `${scene.pictures}/server-host-cookie.log`, {
      ...HOST,
      JWT_COOKIE: 'host_session',
    });
    try {
      Object.assign(scene, server);
      await scene.open();
      const exp = Math.floor(Date.now() / 1000) + 3600;
      const value = hostToken({ iss: HOST.JWT_ISSUER, sub: 'user-7', name: 'Grace Hopper', exp });
      await scene.context.addCookies([{ name: 'host_session', value, url: scene.base }]);
      await scene.go('/account', 'Your account');
      await scene.text('Grace Hopper').waitFor();
      assert.equal(await scene.button('Sign out').count(), 0);
    } finally {
      server.stop();
    }
  },

  async 'a member of a host comes in by the code that its backend asks for, once'(scene) {
    const server = await startServer(scene.binary, `${scene.pictures}/server-host.log`, HOST);
    try {
      Object.assign(scene, server);
      const page = await scene.open();
      const { url } = await scene.backend('sign_in', 'user-42', '/api/v1/auth/codes/');
      await page.goto(`${url}&next=/tokens`);
      await scene.sees('Your AI tokens');
      assert.equal(new URL(page.url()).pathname, '/tokens');
      await page.goBack();
      assert.ok(!page.url().includes('atc_'), 'the code is nowhere to come back to');
      // Somebody else's code does not take the place of who is here without a word.
      const other = await scene.backend('sign_in', 'somebody else', '/api/v1/auth/codes/');
      await page.goto(other.url);
      await scene.text('You are signed in already.').waitFor();
      await scene.picture('enter-again', { more: true });
      await scene.button('Go on').click();
      await page.waitForURL(/\/account\/billing/);
      await scene.go('/account', 'Your account');
      await scene.button('Sign out').click();
      await page.waitForURL(/\/pricing/);
      await page.goto(url);
      await page.getByRole('alert').getByText('This sign-in has expired.').waitFor();
      await scene.picture('enter-expired', { more: true });
      await page.getByRole('link', { name: 'Sign in' }).last().click();
      // The page that is left has a link of that name too.
      await scene.text('You sign in with the application that you came from').waitFor();
      const link = page.getByRole('main').getByRole('link', { name: 'Sign in' });
      const back = encodeURIComponent(`${server.base}/account/billing`);
      assert.equal(await link.getAttribute('href'), `http://127.0.0.1:9/login?next=${back}`);
      await scene.picture('sign-in-host', { more: true });
    } finally {
      server.stop();
    }
  },
};
