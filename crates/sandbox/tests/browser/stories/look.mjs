// The look: the page's own colours, font and corners in the frame, light and dark, wide and narrow.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const THEMES = {
  light: {
    theme: 'stripe',
    variables: {
      colorPrimary: '#0b5c4a', colorBackground: '#ffffff', colorText: '#13201c', colorDanger: '#b3261e',
      colorTextSecondary: '#4d5c56', fontFamily: '"Liberation Serif", serif', borderRadius: '8px', fontSizeBase: '15px',
    },
    rules: { '.Input': { border: '1px solid #d8dfdb', boxShadow: 'none' }, '.Input:focus': { borderColor: '#0b5c4a' }, '.Label': { fontWeight: '700' } },
  },
  dark: {
    theme: 'night',
    variables: {
      colorPrimary: '#6fcdb1', colorBackground: '#131c19', colorText: '#e8efeb', colorDanger: '#ff8a7d',
      colorTextSecondary: '#a7b6b0', borderRadius: '8px', fontFamily: '"Liberation Sans", sans-serif',
    },
    rules: { '.Input': { border: '1px solid #3a4a43' } },
  },
};

const elements = (appearance) => ({ mode: 'payment', amount: 1099, currency: 'usd', appearance });
const FORM = { flow: 'deferred', intent: { object: 'payment_intents', amount: 1099, currency: 'usd' } };

const computed = (locator, names) =>
  locator.evaluate((node, wanted) => {
    const style = getComputedStyle(node);
    return Object.fromEntries(wanted.map((name) => [name, style[name]]));
  }, names);

export const LOOK_STORIES = {
  async 'the page\'s look reaches the fields'(scene) {
    await scene.open({ ...FORM, elements: elements(THEMES.light) });
    const style = await computed(scene.field('number'), ['color', 'backgroundColor', 'borderTopColor', 'borderTopLeftRadius', 'fontFamily', 'fontSize', 'boxShadow']);
    assert.deepEqual(style, {
      color: 'rgb(19, 32, 28)', backgroundColor: 'rgb(255, 255, 255)', borderTopColor: 'rgb(216, 223, 219)',
      borderTopLeftRadius: '8px', fontFamily: '"Liberation Serif", serif', fontSize: '15px', boxShadow: 'none',
    });
    assert.equal((await computed(scene.frame().getByText('Card number'), ['fontWeight'])).fontWeight, '700');
    await scene.field('number').focus();
    assert.equal((await computed(scene.field('number'), ['borderTopColor'])).borderTopColor, 'rgb(11, 92, 74)');
  },

  async 'the page\'s font is loaded in the frame'(scene) {
    const fonts = [{ family: 'Shop', src: 'url(/shop.ttf)', weight: '400' }];
    const options = { ...elements({ variables: { fontFamily: 'Shop, serif' } }), fonts };
    await scene.open({ ...FORM, elements: options });
    await scene.field('number').waitFor();
    const loaded = (frame) => frame.evaluate(() => [...document.fonts].some(({ family, status }) => family === 'Shop' && status === 'loaded'));
    await scene.until('the font', () => loaded(scene.page.frames().at(-1)));
  },

  async 'a rule cannot break out of its place'(scene) {
    const rules = { '.Input } body { display': { color: 'red' }, 'body': { display: 'none' }, '.Input': { color: 'rgb(9, 9, 9); display: none' } };
    await scene.open({ ...FORM, elements: elements({ rules }) });
    await scene.field('number').waitFor();
    assert.equal(await scene.field('number').isVisible(), true);
  },

  async 'the card element takes the older style'(scene) {
    const style = { base: { color: 'rgb(1, 2, 3)', fontSize: '18px', '::placeholder': { color: 'rgb(4, 5, 6)' } }, invalid: { color: 'rgb(7, 8, 9)' } };
    await scene.open({ flow: 'cardToken', show: ['card'], options: { card: { style } } });
    const number = scene.field('cardnumber', 'Secure card payment input frame');
    assert.deepEqual(await computed(number, ['color', 'fontSize']), { color: 'rgb(1, 2, 3)', fontSize: '18px' });
    await number.pressSequentially('4242424242424241');
    assert.equal((await computed(number, ['color'])).color, 'rgb(7, 8, 9)');
  },

  async 'light and dark, wide and narrow, nothing is cut off and axe finds nothing'(scene) {
    const looks = [['light', false], ['dark', true]];
    for (const [name, dark] of looks) {
      for (const width of [1280, 375]) {
        await scene.open({ ...FORM, elements: elements(THEMES[name]), options: { payment: { terms: { card: 'always' } } } }, { width, height: width === 375 ? 812 : 900, dark });
        await scene.type(CARDS.good);
        await scene.until('the whole form', () => scene.page.evaluate(() => document.querySelector('iframe').clientHeight > 250));
        const wide = await scene.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, 'the page scrolls sideways');
        const cut = await scene.page.frames().at(-1).evaluate(() => document.body.scrollWidth - innerWidth);
        assert.ok(cut <= 0, 'the form is wider than its frame');
        await scene.picture(`payment ${name} ${width}`);
        assert.deepEqual(await scene.findings(), [], `${name} ${width}`);
        await scene.turn();
        await scene.open({ flow: 'cardToken', show: ['card'], options: { card: { style: { base: { color: dark ? '#e8efeb' : '#13201c' } } } } }, { width, height: 812, dark });
        await scene.typeCard(CARDS.good);
        await scene.picture(`card ${name} ${width}`);
        await scene.turn();
        const intent = await scene.intent();
        await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret, appearance: THEMES[name] } }, { width, height: 812, dark });
        await scene.type(CARDS.secure);
        await scene.pay();
        await scene.challenge().getByRole('button', { name: 'Complete' }).waitFor();
        await scene.picture(`3D Secure ${name} ${width}`);
        assert.deepEqual(await scene.findings(), [], `3D Secure ${name} ${width}`);
        await scene.turn();
      }
    }
  },
};
