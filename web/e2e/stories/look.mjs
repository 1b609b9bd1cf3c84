// Every page at every size and in both themes: kept as pictures, and looked at by programs.
import { VIEWS } from '../scene.mjs';

export async function everywhere(scene, visit) {
  scene.travels = true;
  for (const how of VIEWS) {
    if (scene.context) await scene.again(how);
    else await scene.open(how);
    await visit(how);
  }
  scene.travels = false;
}

export const LOOK_STORIES = {
  async 'pricing looks right to somebody who is not signed in'(scene) {
    await everywhere(scene, async () => {
      await scene.go('/pricing', 'Pick the plan');
      await scene.picture('pricing-signed-out');
    });
  },

  async 'the pages around signing in look right'(scene) {
    await everywhere(scene, async () => {
      await scene.go('/sign-in', 'Sign in');
      await scene.picture('sign-in');
      await scene.go('/register', 'Create an account');
      await scene.picture('register');
    });
    await scene.again({ size: 375 });
    await scene.go('/forgot-password', 'Forgot your password?');
    await scene.picture('forgot-password');
    await scene.go('/reset-password?token=x', 'Set a new password');
    await scene.picture('reset-password');
    await scene.go('/verify-email?token=x', 'Verify your email address');
    await scene.picture('verify-email');
  },

  async 'the pages of a member without a plan look right'(scene) {
    await scene.member();
    await everywhere(scene, async () => {
      await scene.go('/pricing', 'Pick the plan');
      await scene.picture('pricing-member');
      await scene.go('/account/billing', 'Billing');
      await scene.picture('billing-free');
      await scene.go('/tokens', 'Your AI tokens');
      await scene.picture('tokens-empty');
      await scene.go('/account', 'Your account');
      await scene.picture('account');
    });
  },

  async 'the pages of a subscriber look right in Spanish'(scene) {
    await scene.member('Maximiliana Wolfeschlegelsteinhausenbergerdorff-Montgomery');
    await scene.subscribed('community-pro');
    await scene.bought('power');
    for (const size of [375, 768, 1920]) {
      const how = { size, locale: 'es-ES' };
      if (scene.context) await scene.again(how);
      else await scene.open(how);
      await scene.go('/account/billing', 'Facturación');
      await scene.sees('Historial de tu plan');
      await scene.picture('billing-spanish');
    }
    const page = scene.page;
    await page.getByRole('link', { name: /^Ver la factura / }).click();
    await scene.sees('Factura', 1);
    await page.getByRole('button', { name: 'Imprimir o guardar en PDF' }).waitFor();
    await scene.picture('invoice-spanish');
  },

  async 'the subscribe dialog looks right'(scene) {
    await scene.member();
    await everywhere(scene, async () => {
      await scene.go('/pricing?subscribe=community-pro', 'Try Community Pro free');
      await scene.field('number').waitFor();
      await scene.until('the form is ready', () => scene.button('Start Trial').isEnabled());
      await scene.picture('subscribe', { whole: false });
    });
  },
};
