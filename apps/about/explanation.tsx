import type { RunResource } from '@pathfold/protocol/resources';
import { formatCompact, formatCount } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import type { LivePaths } from '@pathfold/ui/run/live-paths';
import type { ReactNode } from 'react';

const LINK = 'underline underline-offset-2 hover:text-ink';

function Chapter({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Card title={title}>
      <div className="grid gap-3 text-base">{children}</div>
    </Card>
  );
}

/** How large the shown model is, and how little of it a computer needs. */
function Sizes({ run, paths }: { readonly run: RunResource; readonly paths: LivePaths }) {
  const sizes = new Map(paths.modules.map(({ name, parameterCount }) => [name, parameterCount]));
  const first = paths.paths[0]?.modules.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0) ?? 0;
  if (run.pathCount === 1)
    return (
      <p>
        The model above has one path, so every computer carries all of its {formatCompact(run.parameterCount)}{' '}
        parameters. That is the special case called DiLoCo.
      </p>
    );
  return (
    <p>
      The model above has {formatCount(run.pathCount)} paths. All its modules together hold{' '}
      {formatCompact(run.parameterCount)} parameters; a computer that trains or asks one path needs{' '}
      {formatCompact(first)}.
    </p>
  );
}

/** DiPaCo in plain words. */
export function Explanation({ run, paths }: { readonly run: RunResource | null; readonly paths: LivePaths | null }) {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Chapter title="A path is a whole model">
        <p>
          Read the picture from left to right. The embedding turns a text into numbers, each level works on them, and
          the head turns the result into a guess of the next token. Each level has several modules to choose from,
          called experts. One expert of each level makes a path, and a path alone is a complete small model.
        </p>
        {run && paths && <Sizes run={run} paths={paths} />}
      </Chapter>
      <Chapter title="Paths learn from each other">
        <p>
          Paths cross. Two paths that use the same expert both train it, on different texts. So an expert knows more
          than any single path could teach it. Knowledge of one kind of text stays in the experts that only its paths
          use.
        </p>
      </Chapter>
      <Chapter title="Computers that seldom talk">
        <p>
          A volunteer fetches the modules of one path, trains them on its own for many steps, and uploads the
          difference. The coordinator averages the differences of each module and takes one step with the average: the
          module gets a new version, and its cell above lights up. Between fetch and upload a volunteer needs nobody
          else. A volunteer that leaves costs the round one contribution.
        </p>
      </Chapter>
      <Chapter title="A text finds its path">
        <p>
          Before the paths train, the texts are sorted by how they begin, so that each path reads its own kind: verse
          here, manuals there. Nobody names the kinds; they come out of the texts. A question is sorted in the same way:
          one path answers, and only that path is downloaded. Point at a path above to see what it reads.
        </p>
      </Chapter>
      <Chapter title="What you can do">
        <p>
          <a href="/" className={LINK}>
            Lend this computer
          </a>
          : it trains a path for as long as the page is open.{' '}
          <a href="/prompt" className={LINK}>
            Ask the model
          </a>
          : it answers in your browser. It is small and young, so expect the manner of its texts rather than knowledge.
        </p>
      </Chapter>
      <Chapter title="Where this comes from">
        <p>
          Paths through shared modules are DiPaCo (
          <a href="https://arxiv.org/abs/2403.10616" className={LINK}>
            arXiv 2403.10616
          </a>
          ). Training each path for many steps between two averages is DiLoCo (
          <a href="https://arxiv.org/abs/2311.08105" className={LINK}>
            arXiv 2311.08105
          </a>
          ). Pathfold does both on computers that come and go.
        </p>
      </Chapter>
    </div>
  );
}
