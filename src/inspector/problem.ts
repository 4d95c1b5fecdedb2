/** What the server of the inspector said instead of an answer: its status, and the code that a program can read. */
export class InspectorProblem extends Error {
  override readonly name = 'InspectorProblem';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
