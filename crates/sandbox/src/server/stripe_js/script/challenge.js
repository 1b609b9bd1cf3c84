// The 3D Secure layer: above everything in the page, also above its own dialogs.

const LAYER_STYLE =
  'position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;margin:0;padding:16px;border:0;' +
  'box-sizing:border-box;background:rgb(9 18 16/.62);pointer-events:auto;z-index:2147483647;overflow:auto';

// Shows the challenge of an intent; answers `{object}` with the intent afterwards, or `{error}`.
function challenge(client, kind, intent) {
  const layer = document.createElement('dialog');
  layer.setAttribute('aria-label', '3D Secure authentication');
  layer.style.cssText = LAYER_STYLE;
  const config = {
    key: client.key,
    path: `/v1/${kind.object}s/${intent.id}/3ds`,
    secret: intent.client_secret,
    amount: intent.amount,
    currency: intent.currency,
  };
  return new Promise((answer) => {
    const done = (result) => {
      frame.remove();
      // Closing gives the focus back to where it was.
      layer.close();
      layer.remove();
      answer(result);
    };
    const frame = new Frame('/elements/three-ds-2-challenge', '3D Secure authentication challenge', config, (event, payload) => {
      if (event === 'done') done(payload);
      if (event === 'loaderror') done({ error: payload });
    });
    frame.element.style.cssText =
      'display:block;border:0;margin:auto;position:absolute;inset:16px;width:min(440px,calc(100% - 32px));' +
      'height:min(360px,calc(100% - 32px));border-radius:12px;background:Canvas;color-scheme:light dark';
    layer.append(frame.element);
    layer.addEventListener('cancel', (event) => {
      event.preventDefault();
      frame.tell({ command: 'cancel' });
    });
    document.body.append(layer);
    layer.showModal();
    frame.element.focus();
  });
}
