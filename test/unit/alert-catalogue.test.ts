/** Verifies: the reference of alerts, incidents and timers names what the code raises, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import {
  alertCatalogue,
  incidentCatalogue,
  timerCatalogue,
} from '../../src/domain/alert-catalogue.ts';
import { denialCatalogue } from '../../src/domain/denial.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const texts = ['actors', 'machines']
  .flatMap((folder) => readdirSync(join(source, folder)).map((name) => join(source, folder, name)))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'));

/** First groups of every match. */
function found(pattern: RegExp): ReadonlySet<string> {
  return new Set(
    texts.flatMap((text) => [...text.matchAll(pattern)].flatMap((match) => match[1] ?? [])),
  );
}

/** Whatever stands in quotes anywhere: names reach their record over constants and tables too. */
const quoted = found(/['"`]([A-Za-z][A-Za-z_]{2,})[:'"`]/gu);
const denials = new Set<string>(denialCatalogue.map(({ code }) => code));

it('every alert that is raised is in the catalogue, or has the code of a refusal', () => {
  const raised = found(/severity: ?(?:'\w+')?,[^;{}]{0,40}code: '([A-Z_]+)'/gu);
  const known = new Set(alertCatalogue.map(({ code }) => code));
  expect(raised.size).toBeGreaterThan(10);
  expect([...raised].filter((code) => !known.has(code) && !denials.has(code))).toEqual([]);
});

it('every incident that is written is in the catalogue', () => {
  const written = found(/(?:'incident', code: |ncident\((?:[\w.]+, )?)'([A-Z_]+)'/gu);
  expect(written.size).toBeGreaterThan(10);
  expect([...written].filter((code) => incidentCatalogue[code] === undefined)).toEqual([]);
});

it('every timer that is armed is in the catalogue', () => {
  const armed = found(/(?:timer: |putTimer\()'(\w+)'/gu);
  expect(armed.size).toBeGreaterThan(8);
  expect([...armed].filter((name) => timerCatalogue[name] === undefined)).toEqual([]);
});

it('names nothing that the code does not have', () => {
  const made = (code: string): boolean => code.startsWith('LATE_FILL_AFTER_') || quoted.has(code);
  const all = [
    ...alertCatalogue.map(({ code }) => code),
    ...Object.keys(incidentCatalogue),
    ...Object.keys(timerCatalogue),
  ];
  expect(all.filter((code) => !made(code))).toEqual([]);
});

it('names each alert once', () => {
  const codes = alertCatalogue.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});
