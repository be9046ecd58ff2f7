/** What a visitor has chosen: which engine, which microphone, which words and how sure the model must be. */

import { z } from 'zod';

import type { Knobs } from '#shared/client/session.ts';

const score = z.number().min(0).max(1);

/** Everything is optional in what was stored, so that an older page's settings still count. */
export const SettingsSchema = z.object({
  engine: z.enum(['server', 'device']).default('server'),
  /** Address of another server; this page's own where empty. */
  server: z.string().max(2048).default(''),
  token: z.string().max(8192).default(''),
  /** One of those that the engine has; its first one where empty. */
  model: z.string().max(64).default(''),
  deviceId: z.string().max(512).default(''),
  echoCancellation: z.boolean().default(false),
  noiseSuppression: z.boolean().default(false),
  autoGainControl: z.boolean().default(true),
  /** Keywords that are switched off. */
  muted: z.array(z.string().max(64)).max(512).default([]),
  /** Those that differ from the model's own. */
  thresholds: z.record(z.string().max(64), score).default({}),
  patience: z.int().min(1).max(50).optional(),
  refractoryMs: z.number().min(0).max(60_000).optional(),
});
export type Settings = Readonly<z.infer<typeof SettingsSchema>>;

export const DEFAULT_SETTINGS: Settings = SettingsSchema.parse({});

const STORAGE_KEY = 'kws-settings';

/** What is stored, or the defaults where nothing is, or nothing that fits. */
export function loadSettings(storage: Pick<Storage, 'getItem'>): Settings {
  return SettingsSchema.safeParse(parseJson(storage.getItem(STORAGE_KEY) ?? '{}')).data ?? DEFAULT_SETTINGS;
}

/** Stores all but the token, which is nobody's but this visit's. */
export function storeSettings(storage: Pick<Storage, 'setItem'>, { token: _, ...settings }: Settings): void {
  storage.setItem(STORAGE_KEY, JSON.stringify(settings));
}

/** The knobs for a model with these keywords; choices about words it does not have are left out. */
export function knobsOf({ muted, thresholds, patience, refractoryMs }: Settings, keywords: readonly string[]): Knobs {
  const known = Object.entries(thresholds).filter(([keyword]) => keywords.includes(keyword));
  return {
    keywords: heardKeywords(muted, keywords),
    threshold: Object.fromEntries(known),
    ...(patience === undefined ? {} : { patience }),
    ...(refractoryMs === undefined ? {} : { refractoryMs }),
  };
}

/** The knobs to begin with: they name as few words as they can, so that a model with others may take over. */
export function firstKnobsOf(settings: Settings, keywords: readonly string[]): Knobs {
  const { keywords: chosen = [], ...knobs } = knobsOf(settings, keywords);
  return chosen.length === keywords.length ? knobs : { ...knobs, keywords: chosen };
}

/** The keywords that are on; all of them where nothing would be left. */
function heardKeywords(muted: readonly string[], keywords: readonly string[]): string[] {
  const chosen = keywords.filter((keyword) => !muted.includes(keyword));
  return chosen.length > 0 ? chosen : [...keywords];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours: the defaults count
  }
}
