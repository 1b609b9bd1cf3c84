// @vitest-environment happy-dom
import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
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
