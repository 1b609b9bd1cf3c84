// Coming in, and going out.
import assert from 'node:assert/strict';

// The link in the newest mail to the member.
async function linkOf(scene, path) {
  return scene.until('the mail is there', async () => {
    const { data } = await (await fetch(`${scene.base}/mailbox.json`)).json();
    const text = data.filter(({ to }) => to === scene.email).map((mail) => mail.text);
    return text.map((one) => one.match(new RegExp(`${path}\\?token=[^\\s"]+`))?.[0]).find(Boolean);
  });
}

export const SIGN_IN_STORIES = {
  async 'somebody registers on the way to a plan, and comes to its dialog'(scene) {
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    await page.getByRole('link', { name: 'Start Free Trial' }).click();
    await scene.sees('Sign in', 1);
    await page.getByRole('link', { name: 'Create an account' }).click();
    await scene.sees('Create an account', 1);
    await page.getByLabel('Name').fill('Grace Hopper');
    await page.getByLabel('Email address').fill(`grace-${Date.now()}@members.example`);
    await page.getByLabel('Password').fill('correct horse');
    await scene.press('Create account');
    await scene.sees('Try Community Pro free');
    assert.equal(new URL(page.url()).searchParams.get('subscribe'), 'community-pro');
  },

  async 'a wrong password is said, and the right one leads to where one wanted to go'(scene) {
    await scene.member();
    scene.token = null;
    const page = await scene.open();
    await scene.go('/tokens', 'Sign in');
    await page.getByLabel('Email address').fill(scene.email);
    await page.getByLabel('Password').fill('wrong horse');
    await scene.press('Sign in');
    await scene.text('The email address or the password is wrong').waitFor();
    await scene.picture('sign-in-wrong');
    await page.getByLabel('Password').fill('correct horse');
    await scene.press('Sign in');
    await scene.sees('Your AI tokens');
    assert.equal(new URL(page.url()).pathname, '/tokens');
  },

  async 'the demo account is one click away in the sandbox'(scene) {
    const page = await scene.open();
    await scene.go('/sign-in', 'Sign in');
    await scene.button('Use the demo account').click();
    await scene.sees('Billing', 1);
    await page.getByRole('link', { name: 'Your account' }).click();
    await scene.sees('Your account', 1);
    await scene.button('Sign out').click();
    await scene.sees('Pick the plan');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  },

  async 'who signs out leaves nothing on the page, and nothing in another tab'(scene) {
    await scene.member();
    const other = await scene.open();
    await scene.go('/account/billing', 'Billing');
    const page = await scene.tab();
    await scene.go('/account', 'Your account');
    await page.getByText(scene.email).waitFor();
    await scene.button('Sign out').click();
    await scene.sees('Pick the plan');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await other.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    assert.equal(new URL(other.url()).pathname, '/sign-in');
    await page.goBack();
    await scene.sees('Sign in', 1);
    assert.equal(await page.getByText(scene.email).count(), 0);
  },

  async 'an address is verified by the link in the mail, and only when the button is pressed'(scene) {
    await scene.member();
    await scene.open();
    await scene.go(await linkOf(scene, '/verify-email'), 'Verify your email address');
    assert.equal((await scene.api('GET', '/api/v1/auth/me/')).user.email_verified, false);
    await scene.button('Verify').click();
    await scene.text('Your email address is verified').waitFor();
    assert.equal((await scene.api('GET', '/api/v1/auth/me/')).user.email_verified, true);
  },

  async 'who has lost the mail has it sent again, and its link works'(scene) {
    await scene.member();
    await scene.open();
    const lost = await linkOf(scene, '/verify-email');
    await scene.go('/account', 'Your account');
    await scene.button('Send the verification mail again').click();
    await scene.text('It is on its way.').waitFor();
    await scene.picture('account-mail-sent');
    const link = await scene.until('another mail is there', async () => {
      const newest = await linkOf(scene, '/verify-email');
      return newest !== lost && newest;
    });
    await scene.go(link, 'Verify your email address');
    await scene.button('Verify').click();
    await scene.text('Your email address is verified').waitFor();
  },

  async 'a forgotten password is set anew by the link in the mail, once'(scene) {
    await scene.member();
    scene.token = null;
    const page = await scene.open();
    await scene.go('/forgot-password', 'Forgot your password?');
    await page.getByLabel('Email address').fill(scene.email);
    await scene.press('Send the link');
    await scene.text('Look into your mail').waitFor();
    const link = await linkOf(scene, '/reset-password');
    await scene.go(link, 'Set a new password');
    await page.getByLabel('New password').fill('another horse');
    await scene.press('Set password');
    await scene.text('Your new password is set').waitFor();
    await scene.go(link, 'Set a new password');
    await page.getByLabel('New password').fill('a third horse');
    await scene.press('Set password');
    await scene.text('This link is not valid any more').waitFor();
    const body = { email: scene.email, password: 'another horse' };
    assert.ok((await scene.api('POST', '/api/v1/auth/login/', body)).token);
  },

  async 'an account is deleted with its password, and what it knew can be taken along'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/account', 'Your account');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download my data' }).click();
    assert.equal((await download).suggestedFilename(), 'allthrive-billing.json');
    await scene.button('Delete account').click();
    await scene.sees('Delete your account?');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill('wrong horse');
    await dialog.getByRole('button', { name: 'Delete account' }).click();
    await scene.text('This is not your password').waitFor();
    await scene.picture('delete-account', { whole: false });
    await dialog.getByLabel('Password').fill('correct horse');
    await dialog.getByRole('button', { name: 'Delete account' }).click();
    await scene.sees('Pick the plan');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    assert.equal((await scene.api('GET', '/api/v1/auth/me/')).code, 'unauthenticated');
  },

  async 'the pages speak Spanish to who does, and another language when it is chosen'(scene) {
    const page = await scene.open({ locale: 'es-ES' });
    await scene.go('/pricing', 'Elige el plan');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'es');
    await scene.picture('pricing-spanish');
    await page.getByLabel('Idioma').selectOption('en');
    await scene.sees('Pick the plan');
    await page.reload();
    await scene.sees('Pick the plan');
  },
};
