// @vitest-environment happy-dom
import { cleanup, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test } from 'vitest';
import { announce } from '../lib/announce';
import { Announcer } from './Announcer';
import { Dialog } from './Dialog';
import { rendered } from './rendered.samples';

afterEach(cleanup);

const isHeld = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));

test.each([true, false])('the page is held while a dialog is locked, and no longer: %s', (locked) => {
  const { unmount } = rendered(
    <Dialog locked={locked} onClose={() => {}} title="Paying">
      <p>…</p>
    </Dialog>,
  );
  expect(isHeld()).toBe(locked);
  unmount();
  expect(isHeld()).toBe(false);
});

function Paying({ onClose }: { onClose: () => void }) {
  const [sent, setSent] = useState(false);
  return (
    <Dialog onClose={onClose} title="Paying">
      {sent ? (
        <p>Confirming</p>
      ) : (
        <button type="button" onClick={() => setSent(true)}>
          Pay
        </button>
      )}
    </Dialog>
  );
}

function Page() {
  const [open, setOpen] = useState(true);
  return <main tabIndex={-1}>{open && <Paying onClose={() => setOpen(false)} />}</main>;
}

test('who pays stays in the dialog when the button is gone, and comes to the page when the dialog is', async () => {
  rendered(<Page />);
  const pay = screen.getByRole('button', { name: 'Pay' });
  pay.focus();
  pay.click();
  await screen.findByText('Confirming');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('dialog')));
  screen.getByRole('button', { name: 'Close' }).click();
  await waitFor(() => expect(document.activeElement?.tagName).toBe('MAIN'));
});

test('what is announced is said in a region that was there before, and again when it is the same', async () => {
  const { container } = rendered(<Announcer />);
  const region = container.querySelector('[aria-live=polite]');
  announce('Paid');
  await waitFor(() => expect(region?.textContent).toBe('Paid'));
  announce('Paid');
  await waitFor(() => expect(region?.textContent).toBe('Paid\u00a0'));
});
