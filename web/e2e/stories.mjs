// The stories. Each gets a scene, and ends when everything that it says holds.
import { LOOK_STORIES } from './stories/look.mjs';

export const STORIES = { ...LOOK_STORIES };
