#!/usr/bin/env node
import { main } from '../cli/main.ts';
import { systemClock } from '../kernel/clock.ts';
/** The composition root: the only place that knows every part. */
import { productVersion } from './composition.ts';
import { configReport } from './config-report.ts';
import { runConformance } from './conformance/run-conformance.ts';
import { explainRule, rulesStatus } from './explain-rules.ts';
import { journalTail, journalVerify, statusOf } from './inspect-directory.ts';
import { runCommand } from './run-command.ts';
import { runScenarios } from './scenario/run-scenarios.ts';

const code = await main(process.argv, {
  version: productVersion,
  run: runCommand,
  status: statusOf,
  journalTail,
  journalVerify,
  rulesStatus,
  explainRule,
  config: configReport,
  scenarioRun: runScenarios,
  conformanceRun: runConformance,
});

process.exitCode = code;
// A fault may leave a thread or a socket behind; the service manager must see the end at once.
if (code !== 0) systemClock.schedule(systemClock.nowMs() + 200, () => process.exit(code));
