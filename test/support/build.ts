/** Processes are started from `dist`: built once before the suites that start them. */
import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit' });
}
