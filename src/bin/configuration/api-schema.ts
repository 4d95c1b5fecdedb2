/** The keys of `api.yaml`: how a venue's interface is called. Seconds unless a name says otherwise. Source: rules 10.6, execution 13. */
import { z } from 'zod';
import { PercentValue, WholeValue } from '../../domain/config-values.ts';

const whole = (initial: number, min: number, max: number) =>
  WholeValue.refine((value) => value >= min && value <= max, {
    error: `a whole number from ${min} to ${max}`,
  })
    .meta({ minimum: min, maximum: max })
    .default(initial);

const unused = 'checked, and without effect while there is no live venue';

const budget = (perWindow: number, windowSeconds: number) =>
  z
    .strictObject({
      max: whole(perWindow, 1, 100_000).describe('calls in the window'),
      windowSeconds: whole(windowSeconds, 1, 86_400).describe('length of the window'),
    })
    .prefault({});

export const apiShape = {
  connection: z
    .strictObject({
      requestTimeoutSeconds: whole(5, 1, 120).describe('deadline of one call'),
      connectTimeoutSeconds: whole(10, 1, 120).describe('deadline of a connection'),
    })
    .prefault({})
    .describe(`deadlines of calls; ${unused}`),
  retry: z
    .strictObject({
      max: whole(3, 0, 20).describe('further attempts of a call that may be repeated'),
      baseSeconds: whole(1, 1, 60).describe('first pause'),
      capSeconds: whole(30, 1, 600).describe('longest pause'),
    })
    .refine(({ baseSeconds, capSeconds }) => baseSeconds <= capSeconds, {
      error: 'baseSeconds is not greater than capSeconds',
    })
    .prefault({})
    .describe('reads that failed, and placements that the venue was too busy for'),
  reconnect: z
    .strictObject({
      delaysSeconds: z
        .array(WholeValue)
        .min(1)
        .max(20)
        .default([0, 2, 10, 30, 60])
        .describe('pauses between attempts; the last one repeats'),
      maxAttempts: whole(10, 1, 1_000).describe('attempts before it only polls'),
      maxMinutes: whole(5, 1, 1_440).describe('minutes before it only polls'),
      pollSeconds: whole(5, 1, 600).describe('pause between polls without a stream'),
      pollMaxMinutes: whole(10, 1, 1_440).describe('minutes of polling before a critical alert'),
    })
    .prefault({})
    .describe('a stream that was lost'),
  keepalive: z
    .strictObject({
      pingSeconds: whole(15, 1, 600).describe('pause between pings'),
      probeSeconds: whole(30, 1, 600).describe('pause between probes'),
      probeTimeoutSeconds: whole(5, 1, 600).describe('deadline of a probe'),
      failures: whole(3, 1, 100).describe('missed probes that make a dead link'),
      staleHubSeconds: whole(120, 1, 3_600).describe(
        'silence while something is expected, after which everything is compared anew',
      ),
    })
    .prefault({})
    .describe(`whether a stream is alive; pingSeconds ${unused}`),
  token: z
    .strictObject({
      refreshBeforeHours: whole(2, 1, 23).describe('hours before its end at which it is renewed'),
      maxAttempts: whole(4, 1, 100).describe('attempts to renew it'),
    })
    .prefault({})
    .describe(`the session at the venue; ${unused}`),
  rateLimits: z
    .strictObject({
      general: budget(200, 60).describe('all calls but history'),
      history: budget(30, 30).describe('calls for history'),
      warnPct: PercentValue.default(800_000)
        .meta({ default: 80 })
        .describe('share of a budget at which it warns'),
      alertPct: PercentValue.default(900_000)
        .meta({ default: 90 })
        .describe('share of a budget at which it raises an alert'),
    })
    .refine(({ warnPct, alertPct }) => warnPct <= alertPct, {
      error: 'warnPct is not greater than alertPct',
    })
    .prefault({})
    .describe(
      'calls that the venue permits; the simulated venue counts them only when this block is given',
    ),
  caches: z
    .strictObject({
      contractSeconds: whole(86_400, 1, 604_800).describe('age of a contract specification'),
      accountSeconds: whole(30, 1, 86_400).describe('age of an account'),
    })
    .prefault({})
    .describe(`answers that are kept; ${unused}`),
  polling: z
    .strictObject({
      positionsSeconds: whole(7, 5, 10).describe('pause between looks at positions'),
      openOrdersSeconds: whole(7, 5, 10).describe('pause between looks at open orders'),
    })
    .prefault({})
    .describe(`looks at the venue beside the stream; ${unused}`),
};
