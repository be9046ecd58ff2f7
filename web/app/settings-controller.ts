/** Keeps the visitor's settings, across visits, and the microphones there are to choose from. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import { loadSettings, storeSettings, type Settings } from './settings.ts';

export interface SettingsControllerOptions {
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly onChange: (before: Settings, after: Settings) => void;
}

/** The one owner of settings. */
export class SettingsController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #options: SettingsControllerOptions;
  #settings: Settings;
  #devices: readonly MediaDeviceInfo[] = [];

  constructor(host: ReactiveControllerHost, options: SettingsControllerOptions) {
    this.#host = host;
    this.#options = options;
    this.#settings = loadSettings(options.storage);
    host.addController(this);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Microphones by name; none before the visitor has allowed one. */
  get devices(): readonly MediaDeviceInfo[] {
    return this.#devices;
  }

  hostConnected(): void {
    if (!('mediaDevices' in navigator)) return;
    navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged);
    void this.refreshDevices();
  }

  hostDisconnected(): void {
    if ('mediaDevices' in navigator) navigator.mediaDevices.removeEventListener('devicechange', this.#devicesChanged);
  }

  change(change: Partial<Settings>): void {
    const before = this.#settings;
    this.#settings = { ...before, ...change };
    storeSettings(this.#options.storage, this.#settings);
    this.#host.requestUpdate();
    this.#options.onChange(before, this.#settings);
  }

  /** Asks again which microphones there are; one that was chosen and is gone gives way to the browser's choice. */
  async refreshDevices(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.#devices = devices.filter(({ kind, label }) => kind === 'audioinput' && label !== '');
    this.#host.requestUpdate();
    const { deviceId } = this.#settings;
    const isGone = this.#devices.length > 0 && deviceId !== '' && !this.#devices.some((device) => device.deviceId === deviceId);
    if (isGone) this.change({ deviceId: '' });
  }

  readonly #devicesChanged = (): void => void this.refreshDevices();
}
