/** The page of the blast radius. Source: inspector 3 (Blast radius). */
import type { BlastReport } from '../../protocol-reports.ts';
import { useFetch } from '../data/fetching.ts';
import type { PageProps } from '../data/router.ts';
import { useSelect } from '../data/store.ts';
import { ActionButton, flattenOf, haltOf, pausingOf } from '../ui/actions.tsx';
import { ActorLink, PageHead, Panel, Pending } from '../ui/parts.tsx';
import { BlastView } from './blast-view.tsx';

export function BlastPage({ query }: PageProps) {
  const first = useSelect(({ hello }) => hello?.accounts[0]);
  const id = query['id'] ?? (first === undefined ? '' : `account/${first}`);
  const report = useFetch<BlastReport>('blast', id === '' ? undefined : { id });
  const [, account = ''] = id.split('/');
  return (
    <>
      <PageHead title="Blast radius" note={<ActorLink id={id} text={id} />}>
        <ActionButton action={pausingOf('pause', account, id)} label="Pause it" />
        <ActionButton action={flattenOf(account)} label="Flatten account" kind="danger" />
        <ActionButton action={haltOf(account)} label="Halt account" kind="danger" />
      </PageHead>
      <Panel>
        <Pending {...report} />
        {report.data !== undefined && <BlastView report={report.data} />}
      </Panel>
    </>
  );
}
