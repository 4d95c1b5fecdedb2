#!/usr/bin/env node
import { main } from '../cli/main.ts';
import { systemClock } from '../kernel/clock.ts';
/** The composition root: the only place that knows every part. */
import { auditVerify } from './audit-anchor.ts';
import { commandTools } from './command-tools.ts';
import { productVersion } from './composition.ts';
import { configReport } from './config-report.ts';
import { runConformance } from './conformance/run-conformance.ts';
import { operateService } from './control-client.ts';
import { convertConfiguration } from './convert-configuration.ts';
import { drillKillSwitch } from './drill/kill-switch.ts';
import { explainRule, rulesStatus } from './explain-rules.ts';
import { inspectCommand } from './inspect-command.ts';
import { journalTail, journalVerify, statusOf } from './inspect-directory.ts';
import { liveGatesOf } from './live-refusal.ts';
import { machineCoverage, savedCoverage } from './machine-coverage.ts';
import { exportMachines, machineSummaries, machineView } from './machine-files.ts';
import { runCommand } from './run-command.ts';
import { runScenarios } from './scenario/run-scenarios.ts';
import { tokenCommands } from './token-list.ts';

// What a process of ours writes is for its owner only. Source: security 4.
process.umask(0o077);

const code = await main(process.argv, {
  version: productVersion,
  run: runCommand,
  operate: operateService,
  liveGates: liveGatesOf,
  status: statusOf,
  journalTail,
  journalVerify,
  auditVerify,
  rulesStatus,
  explainRule,
  config: configReport,
  configConvert: convertConfiguration,
  scenarioRun: runScenarios,
  conformanceRun: runConformance,
  drillKillSwitch,
  machines: machineSummaries,
  machine: machineView,
  exportMachines,
  machineCoverage,
  savedCoverage,
  tokens: tokenCommands,
  inspect: inspectCommand,
  tools: commandTools,
});

process.exitCode = code;
// A fault may leave a thread or a socket behind; the service manager must see the end at once.
if (code !== 0) systemClock.schedule(systemClock.nowMs() + 200, () => process.exit(code));
