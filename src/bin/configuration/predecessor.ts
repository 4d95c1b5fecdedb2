/** Names of keys in the files of the predecessor, and those that have gone out of use here. Source: rules 10.8. */

/** Where the new name is not the old one with humps. */
const renamed: Readonly<Record<string, string>> = {
  require_within_seconds: 'graceSeconds',
  grace_period_seconds: 'graceSeconds',
  rearm_grace: 'rearmGraceSeconds',
  loss_threshold: 'lossThresholds',
  lockout_until: 'lockout',
  start_time: 'start',
  end_time: 'end',
  close_positions_at_session_end: 'closePositionsAtSessionEnd',
  session_close_grace: 'sessionCloseGraceSeconds',
};

/** The key of today that a predecessor's key became, of those that are known at its place; or undefined. */
export function successorOf(key: string, known: readonly string[]): string | undefined {
  if (!key.includes('_')) return undefined;
  const humped = key.replace(/_+([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
  return [renamed[key], humped, `${humped}Seconds`].find(
    (name) => name !== undefined && known.includes(name),
  );
}

/** Keys that are still understood, with what to write instead. */
export const deprecatedKeys: Readonly<Record<string, string>> = {
  'rules.dailyRealizedLoss.resetTime': 'dailyReset.time',
  'rules.dailyRealizedLoss.timezone': 'dailyReset.timezone',
};
