/** An incident as one file, for whoever may export: auditors and admins. The server judges again. */
import { useState } from 'preact/hooks';
import type { BundleFiles } from '../../tool-reports.ts';
import { get } from '../data/api.ts';
import type { Query } from '../data/router.ts';
import { useSelect } from '../data/store.ts';

export function ExportButton({ of }: { of: Query }) {
  const role = useSelect((context) => context.hello?.role);
  const [state, setState] = useState<'' | 'busy' | 'failed'>('');
  const [problem, setProblem] = useState('');
  if (role !== 'auditor' && role !== 'admin') return null;
  const save = async (): Promise<void> => {
    setState('busy');
    try {
      const files = await get<BundleFiles>('export', of);
      saveAs(`bulkhead-${nameOf(of)}.json`, JSON.stringify(files));
      setState('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setState('failed');
    }
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        disabled={state === 'busy'}
        title="Rows, charts and a manifest with hashes; open it with bulkhead inspect --bundle"
        onClick={() => void save()}
      >
        {state === 'busy' ? 'Exporting …' : 'Export bundle'}
      </button>
      {state === 'failed' && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}

function nameOf(of: Query): string {
  return Object.values(of)
    .filter((value) => value !== undefined)
    .join('-')
    .replaceAll(/[^\w.-]+/gu, '-');
}

function saveAs(name: string, text: string): void {
  const link = document.createElement('a');
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
