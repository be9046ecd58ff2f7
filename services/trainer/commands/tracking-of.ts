/** Where runs are kept, for commands that need nothing else of a configuration. */

import { composeConfig } from '../configuration/compose.ts';
import type { TrackingSettings } from '../tracking/tracking-settings.ts';
import type { CommandContext } from './command.ts';

/** The main file's choice, and what the environment changes of it. @throws {TrainerError} `invalid_config` */
export async function trackingOf(environment: CommandContext['environment']): Promise<TrackingSettings> {
  return (await composeConfig({ environment })).tracking;
}
