/** How elements say that the visitor has chosen something. */

import type { Settings } from './settings.ts';

/** Bubbles out of every element. `detail` holds what changes. */
export class SettingsChange extends CustomEvent<Partial<Settings>> {
  static readonly type = 'kws-settings';

  constructor(change: Partial<Settings>) {
    super(SettingsChange.type, { detail: change, bubbles: true, composed: true });
  }
}
