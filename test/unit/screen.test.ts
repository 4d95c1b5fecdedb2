/** Verifies: the live screen as a pure function, and the sinks that draw it. */
import { describe, expect, it } from 'vitest';
import type { RunProgress } from '../../src/cli/dependencies.ts';
import { createProgressSink } from '../../src/cli/screen/live-screen.ts';
import { renderPlainLine, renderScreen } from '../../src/cli/screen/render-screen.ts';
import { bar, grouped, renderLine, span } from '../../src/cli/screen/style.ts';
import { calmAccount, CliCall, lockedAccount, progressPicture } from '../support/cli-fixtures.ts';

// oxlint-disable-next-line no-control-regex -- colours are control sequences
const colours = /\u001B\[[\d;]*m/g;
const plain = { width: 110, colour: false } as const;

const screenOf = (changes: Partial<RunProgress> = {}, options = {}): string =>
  renderScreen({ ...progressPicture, ...changes }, { ...plain, ...options }).join('\n');

describe('the screen', () => {
  it('shows market time, counts, money, limits, position, notes and journal head', () => {
    const screen = screenOf({}, { title: 'PAPER · ES.csv' });
    for (const text of [
      'PAPER · ES.csv',
      '2026-03-10 15:04:05 UTC',
      '61 %  9,632 of 15,536 rows',
      '12,345 events  6,172/s  4,321 transitions',
      'commit p99 0.4 ms',
      'A1   ACTIVE',
      'realized -120.50   fees 8.14   net -128.64   open -75.00',
      'RULE-003 daily loss',
      'RULE-001 contracts',
      '21,034.25',
      '15:04:02  MNQ is flat',
      'orders 42  denied 7  sent 41  fills 39',
      'journal 54,321 3fa94c1d77aa',
    ]) {
      expect(screen).toContain(text);
    }
  });

  it('draws a bar for each limit: as long as it is used, full beyond it, none when it is unknown', () => {
    const lines = renderScreen(
      { ...progressPicture, accounts: [calmAccount, lockedAccount] },
      plain,
    );
    const blocks = (mark: string) =>
      (lines.find((line) => line.includes(mark)) ?? '').split('█').length - 1;
    // 110 columns leave 36 for a bar.
    expect(blocks(' 40 %')).toBe(14);
    expect(blocks(' 60 %')).toBe(21);
    expect(blocks('305 %')).toBe(36);
    const unknown = lines.find((line) => line.includes('RULE-004')) ?? '';
    expect(unknown).toMatch(/·{36}\s+\?\s+unknown \/ -300\.00\s+UNKNOWN/u);
  });

  it('shows locks with rule, end and reason, and the cause of the state', () => {
    const screen = screenOf({ accounts: [lockedAccount] });
    expect(screen).toContain('LOCKED   lock:L1: daily loss');
    expect(screen).toMatch(
      /■ locked by RULE-003 {2}account · untilReset · daily loss .* until 2026-03-10 22:00 UTC/u,
    );
    expect(screen).toContain('flat');
  });

  it('keeps the end of a lock in sight however long its reason is', () => {
    const [lock] = lockedAccount.locks;
    if (lock === undefined) throw new Error('the picture has a lock');
    const locks = [{ ...lock, reason: 'mark='.repeat(60) }];
    const screen = screenOf({ accounts: [{ ...lockedAccount, locks }] });
    expect(screen).toMatch(/■ locked by RULE-003.*…\s+until 2026-03-10 22:00 UTC/u);
  });

  it('says that a rule of positions has nothing to watch, and shows amounts to the cent', () => {
    const rules = [
      {
        ruleId: 'RULE-004',
        title: 'open loss',
        state: 'armed',
        verdict: 'PASS',
        observed: 'unknown',
        limit: 'unknown',
      },
    ];
    const screen = screenOf({ accounts: [{ ...calmAccount, rules, net: '-545.798935' }] });
    expect(screen).toMatch(/RULE-004 open loss\s+░{36}\s+nothing open\s+PASS/u);
    expect(screen).toContain('net -545.80 ');
  });

  it.each([20, 40, 72, 80, 100, 200])('never has a line wider than %i columns', (width) => {
    const wordy = {
      ...progressPicture,
      accounts: [calmAccount, lockedAccount],
      notes: ['x'.repeat(300)],
    };
    for (const colour of [true, false]) {
      for (const line of renderScreen(wordy, { width, colour, title: 'a long title '.repeat(9) })) {
        expect(line.replace(colours, '').length).toBeLessThanOrEqual(width);
      }
    }
  });

  it.each([5, 12, 20])('fits into %i rows', (height) => {
    expect(renderScreen(progressPicture, { ...plain, height }).length).toBeLessThan(height);
  });

  it('has the same text with and without colour, and no control sequence without', () => {
    const [withColour, without] = [screenOf({}, { colour: true }), screenOf()];
    expect(withColour).toMatch(colours);
    expect(without).not.toContain('\u001B');
    const trimmed = (text: string) => text.split('\n').map((line) => line.trimEnd());
    expect(trimmed(withColour.replace(colours, ''))).toEqual(trimmed(without));
  });

  it('puts many accounts into one line each, and says how many are left out', () => {
    const accounts = Array.from({ length: 15 }, (_, index) => ({
      ...calmAccount,
      accountId: `ACC-${index}`,
    }));
    const screen = screenOf({ accounts });
    expect(screen).toContain('ACC-11');
    expect(screen).not.toContain('ACC-12');
    expect(screen).toContain('and 3 more accounts');
  });

  it('says when the workers are lost', () => {
    expect(screenOf({ evaluator: 'inline' })).toContain('inline (workers lost)');
  });

  it('has no progress bar while the length of the market is unknown', () => {
    const { rowsTotal: _, ...endless } = progressPicture;
    expect(renderScreen(endless, plain).join('\n')).not.toContain('rows');
  });

  it('shows control characters of a text as dots', () => {
    expect(screenOf({ notes: ['a\u001B[2Jb'] })).toContain('a·[2Jb');
  });
});

describe('parts of the screen', () => {
  it.each([
    [-1234567.5, '-1,234,567.5'],
    ['999', '999'],
    ['1000.123456', '1,000.123456'],
    ['unknown', 'unknown'],
  ])('groups %s as %s', (value, text) => {
    expect(grouped(value)).toBe(text);
  });

  it.each([
    [0, '░░░░'],
    [0.5, '██░░'],
    [0.55, '██▏░'],
    [1, '████'],
    [7, '████'],
    [-1, '░░░░'],
  ])('draws a share of %d as %s', (share, text) => {
    expect(renderLine(bar(share, 4, 'good'), 99, false)).toBe(text);
  });

  it('cuts with an ellipsis', () => {
    expect(renderLine([span('abcdef'), span('gh')], 4, false)).toBe('abc…');
  });
});

describe('the sinks', () => {
  it('redraws in place at most ten times a second and shows the last picture at the end', () => {
    const call = new CliCall({ isTerminal: true });
    const sink = createProgressSink('screen', call.io, 'market');
    for (let index = 0; index <= 100; index += 1) {
      sink.show({ ...progressPicture, events: index });
      call.clock.set(call.clock.nowMs() + 10);
    }
    const draws = call.err.split('\u001B[?2026h').length - 1;
    expect(draws).toBe(11);
    sink.show({ ...progressPicture, events: 777 });
    sink.finish();
    expect(call.err.slice(call.err.lastIndexOf('\u001B[?2026h'))).toContain('777 events');
    const rows = renderScreen(progressPicture, { ...plain, width: 100, height: 40 }).length;
    expect(call.err).toContain(`\u001B[${rows}A`);
    expect(call.err.endsWith('\u001B[?25h')).toBe(true);
    expect(call.out).toBe('');
  });

  it('prints one plain line a second where there is no terminal, and each note once', () => {
    const call = new CliCall();
    const sink = createProgressSink('screen', call.io, 'market');
    for (let index = 0; index < 20; index += 1) {
      sink.show(progressPicture);
      call.clock.set(call.clock.nowMs() + 100);
    }
    sink.show({ ...progressPicture, notes: [...progressPicture.notes, 'A1 is locked'] });
    sink.finish();
    const lines = call.err.trimEnd().split('\n');
    expect(lines.filter((line) => line === renderPlainLine(progressPicture))).toHaveLength(3);
    expect(lines.filter((line) => line.endsWith('MNQ is flat'))).toHaveLength(1);
    expect(lines.filter((line) => line === 'A1 is locked')).toHaveLength(1);
    expect(call.err).not.toContain('\u001B');
  });

  it('prints every picture as one JSON line, or nothing', () => {
    const call = new CliCall({ isTerminal: true });
    const sink = createProgressSink('json', call.io, 'market');
    sink.show(progressPicture);
    sink.finish();
    expect(JSON.parse(call.err)).toEqual(progressPicture);
    const silent = new CliCall({ isTerminal: true });
    const none = createProgressSink('none', silent.io, 'market');
    none.show(progressPicture);
    none.finish();
    expect(silent.err).toBe('');
  });
});
