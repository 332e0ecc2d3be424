import type { RouterResource } from '@pathfold/protocol/resources';
import { formatCompact, formatCount, formatLoss } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { Stat, Stats } from '@pathfold/ui/layout/stat';
import { Table } from '@pathfold/ui/layout/table';
import type { LiveRouting } from '@pathfold/ui/run/live-paths';
import { believed } from './believed.ts';
import { Confusion } from './confusion.tsx';

const KINDS: Record<RouterResource['kind'], string> = {
  random: 'at random',
  kmeans: 'by clusters',
  product: 'by clusters, level by level',
  discriminative: 'by what each path reads best',
};

interface Choice {
  readonly name: string;
  readonly bitsPerByte: number;
}

/** The cost of each way to choose the path, in bits per byte of the same held-out texts. */
export function choicesOf({ evaluation }: LiveRouting): Choice[] {
  if (!evaluation?.whole) return [];
  const { routedBitsPerByte, oracleBitsPerByte, rerouted } = evaluation.whole;
  return [
    { name: 'Routed once, by the beginning', bitsPerByte: routedBitsPerByte },
    ...rerouted
      .toSorted((a, b) => b.tokens - a.tokens)
      .map(({ tokens, bitsPerByte }) => ({
        name: `Routed again every ${tokens} tokens, by what every path loses`,
        bitsPerByte,
      })),
    { name: 'The best path, known only afterwards', bitsPerByte: oracleBitsPerByte },
  ];
}

const routingInWords = ({ version, kind, grown, confirmed }: RouterResource): string =>
  [`routing ${formatCount(version)}`, grown && 'grown since it was fitted', kind !== 'random' && believed(confirmed)]
    .filter(Boolean)
    .join(', ');

const percentBelow = (from: number, value: number): string => {
  const percent = (100 * (value - from)) / from;
  return Math.abs(percent) < 0.005 ? '–' : `${percent > 0 ? '+' : '−'}${Math.abs(percent).toFixed(2)} %`;
};

/** How well texts find their paths: balance, confusion, and what better choices would gain. */
export function RoutingQuality({ routing }: { readonly routing: LiveRouting }) {
  const { router, evaluation } = routing;
  const tokens = router.map((item) => item.tokens);
  const mean = tokens.reduce((sum, count) => sum + count, 0) / tokens.length;
  const choices = choicesOf(routing);
  const [once] = choices;
  const first = router[0]!;
  return (
    <Card title="Routing">
      <div className="grid gap-6">
        <Stats>
          <Stat label="Texts are routed" value={KINDS[first.kind]} detail={routingInWords(first)} />
          <Stat
            label="Largest shard"
            value={`${(Math.max(...tokens) / mean).toFixed(2)} × mean`}
            detail={`${formatCompact(Math.max(...tokens))} tokens`}
          />
          <Stat
            label="Smallest shard"
            value={`${(Math.min(...tokens) / mean).toFixed(2)} × mean`}
            detail={`${formatCompact(Math.min(...tokens))} tokens`}
          />
          <Stat
            label="Bits per byte, routed"
            value={formatLoss(evaluation?.validBitsPerByte ?? null)}
            detail={evaluation ? `at round ${evaluation.round}, ${believed(evaluation.confirmed)}` : 'not scored yet'}
          />
        </Stats>
        {once ? (
          <Table<Choice>
            caption={`Bits per byte by choice of the path, at round ${evaluation?.whole?.round}`}
            keyOf={(choice) => choice.name}
            rows={choices}
            columns={[
              {
                name: `Choice of the path, at round ${evaluation?.whole?.round}`,
                wraps: true,
                cell: (choice) => choice.name,
              },
              { name: 'Bits per byte', numeric: true, cell: (choice) => formatLoss(choice.bitsPerByte) },
              {
                name: 'Against once',
                numeric: true,
                cell: (choice) => percentBelow(once.bitsPerByte, choice.bitsPerByte),
              },
            ]}
          />
        ) : (
          <p className="text-soft text-sm">
            “Score now” lets every path score every held-out text, and so does the end of the run. These scores tell the
            gain of routing again by the losses of every path, and of a perfect choice. The prompt page runs one path
            and asks the router instead. That gain is not measured here.
          </p>
        )}
        <Confusion router={router} evaluation={evaluation} />
      </div>
    </Card>
  );
}
