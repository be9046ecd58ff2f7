/** How `<kws-listener>` looks until the page says otherwise. */

import { css } from 'lit';

/** White on the button's green is 5.7 : 1; everything else takes the page's own colours. */
export const listenerStyles = css`
  :host {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.4em 0.8em;
    align-items: center;
  }
  :host([hidden]) {
    display: none;
  }
  button {
    position: relative;
    isolation: isolate; /* the halo lies behind this button, not behind the page */
    display: inline-flex;
    gap: 0.5em;
    align-items: center;
    min-height: 2.75em;
    padding: 0.4em 1.2em 0.4em 0.9em;
    border: none;
    border-radius: 2em;
    background: var(--kws-colour, #0a7558);
    color: var(--kws-on-colour, #fff);
    font: inherit;
    font-weight: 600;
    cursor: pointer;
  }
  .halo {
    position: absolute;
    inset: 0;
    z-index: -1;
    border-radius: inherit;
    background: var(--kws-colour, #0a7558);
    opacity: 0;
    will-change: transform; /* a layer of its own: moved, not painted anew */
  }
  .listening .halo {
    opacity: 0.35;
    transform: scale(calc(1.03 + var(--level, 0) * 0.1), calc(1.1 + var(--level, 0) * 0.4));
  }
  button[aria-disabled='true'] {
    opacity: 0.75;
    cursor: progress;
  }
  button:focus-visible {
    outline: 3px solid var(--kws-colour, #0a7558);
    outline-offset: 3px;
  }
  svg {
    width: 1.3em;
    height: 1.3em;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.8;
    stroke-linecap: round;
  }
  svg rect {
    fill: currentColor;
  }
  [part='heard'] {
    font-weight: 700;
  }
  [part='message'] {
    flex-basis: 100%;
    margin: 0;
    font-size: 0.9em;
  }
`;
