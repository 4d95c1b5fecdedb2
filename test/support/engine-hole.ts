/** One hole of other engines with its evidence, and the files that most evidence is in. */

/** A test file or scenario file below `test`, and a name in it. */
export type Evidence = readonly [file: string, name: string];

export type EngineHole = {
  /** What is wrong elsewhere. */
  readonly hole: string;
  /** How it is here. */
  readonly ours: string;
  /** Empty only with `later`. */
  readonly evidence: readonly Evidence[];
  /** The work it belongs to, where it is not of this version. */
  readonly later?: string;
};

export type HoleGroup = {
  /** Section of the reference. */
  readonly section: string;
  readonly title: string;
  readonly rows: readonly EngineHole[];
};

export const answers = 'scenarios/venue-answers.yaml';
export const requests = 'scenarios/from-the-spec-requests.yaml';
export const submitted = 'scenarios/from-the-spec-answers.yaml';
export const others = 'scenarios/other-engines.yaml';
export const gate = 'scenarios/from-the-spec-gate.yaml';
export const kill = 'scenarios/kill.yaml';
export const specKill = 'scenarios/from-the-spec-kill.yaml';
export const comparison = 'scenarios/reconciliation.yaml';
export const specComparison = 'scenarios/from-the-spec-reconciliation.yaml';
export const groups = 'scenarios/from-the-spec-groups.yaml';
export const restarts = 'scenarios/restarts.yaml';
export const misbehaving = 'scenarios/misbehaving-venue.yaml';
export const portfolio = 'scenarios/portfolio.yaml';
