#!/usr/bin/env node
import { main } from '../cli/main.ts';
/** The composition root: the only place that knows every part. */
import { productVersion } from './composition.ts';
import { runConformance } from './conformance/run-conformance.ts';
import { journalTail, journalVerify, statusOf } from './inspect-directory.ts';
import { runCommand } from './run-command.ts';
import { runScenarios } from './scenario/run-scenarios.ts';

process.exitCode = await main(process.argv, {
  version: productVersion,
  run: runCommand,
  status: statusOf,
  journalTail,
  journalVerify,
  scenarioRun: runScenarios,
  conformanceRun: runConformance,
});
