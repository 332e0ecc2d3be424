import safetensors from '@pathfold/checkpoint/formats/safetensors';
import { packagedBase, packagedShape } from '@pathfold/checkpoint/packaged-base';
import type {
  CorpusResource,
  EstimateResource,
  ModuleResource,
  PathResource,
  RouterResource,
  RunResource,
} from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  asOperator,
  createRun,
  startTestCoordinator,
  type TestCoordinator,
  TINY,
  until,
  uploadCorpus,
} from '../testing/coordinator.ts';

let coordinator: TestCoordinator;
let corpus: string;
let origin: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  corpus = await uploadCorpus(coordinator);
  await until('the corpus to be split', async () => {
    const { state } = await get<CorpusResource>(`/api/v1/corpora/${corpus}`);
    return state === 'ready';
  });
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

const get = async <T>(url: string, headers = {}) => (await coordinator.ask({ url, headers })).json<T>();
const post = (url: string, payload?: object) =>
  coordinator.ask({ method: 'POST', url, headers: asOperator, ...(payload ? { payload } : {}) });

const twice = (experts: number) => [
  { experts, blocks: 2 },
  { experts, blocks: 2 },
];

test.each([
  ['no corpus', {}, 'corpus'],
  ['an unknown corpus', { corpus: 'nowhere' }, 'nowhere'],
  ['a zero', { inner: { steps: 0 } }, 'inner.steps'],
  ['a negative number', { inner: { learningRate: -1 } }, 'inner.learningRate'],
  ['an absurd number', { model: { width: 1e9 } }, 'model.width'],
  ['a fraction', { replicas: 1.5 }, 'replicas'],
  ['text for a number', { totalSteps: 'many' }, 'totalSteps'],
  ['null for a number', { totalSteps: null }, 'totalSteps'],
  ['an unknown field', { colour: 'red' }, 'colour'],
  ['heads that do not divide the width', { model: { width: 64, heads: 7 } }, 'model.heads'],
  ['levels that do not add up', { levels: [{ experts: 1, blocks: 9 }] }, 'levels'],
  ['a quorum above the replicas', { replicas: 1, quorum: 2 }, 'quorum'],
  ['an unknown outer optimizer', { outer: { kind: 'magic' } }, 'outer.kind'],
  ['a codec that is not there', { wire: { codec: 'zip' } }, 'wire.codec: "zip" is none of f32, q'],
  ['a level with zero experts', { levels: [{ experts: 0, blocks: 4 }] }, 'levels.0.experts'],
  ['a base that is not there', { base: { run: 'nowhere' } }, 'base: there is no prepared run nowhere'],
  [
    'more overlap than paths',
    { levels: [{ experts: 2, blocks: 4 }], routing: { kind: 'random', overlap: 3 } },
    'routing.overlap',
  ],
  ['more paths than training documents', { levels: twice(16), routing: { kind: 'random' } }, 'levels: 256 paths'],
  [
    'more windows than text',
    { levels: [{ experts: 40, blocks: 4 }], model: { context: 2048 }, routing: { kind: 'random' } },
    'levels: 40 paths of 2049 tokens',
  ],
])('a run spec with %s is refused, and the field is named', async (what, change, field) => {
  const spec = what === 'no corpus' ? {} : { corpus, ...change };
  const answer = await post('/api/v1/runs', spec);
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_run_spec']);
  expect(answer.json().detail).toContain(field);
});

test('a base of another shape, or of several paths, is refused, and the field is named', async () => {
  const dense = await createRun(coordinator, { corpus });
  const several = await createRun(coordinator, {
    corpus,
    levels: [{ experts: 2, blocks: 1 }],
    routing: { kind: 'random' },
  });
  const levels = [{ experts: 2, blocks: 1 }];
  const from = (run: string, model: object) =>
    post('/api/v1/runs', { ...TINY, corpus, levels, base: { run }, model: { ...TINY.model, ...model } });
  for (const [run, model, sentence] of [
    [dense.id, { vocabulary: 400 }, 'base: the run .* is of another shape: .*vocabulary 300.*not .*vocabulary 400'],
    [several.id, {}, 'base: the run .* has 2 paths, a base has one'],
  ] as const) {
    const answer = await from(run, model);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_run_spec']);
    expect(answer.json().detail).toMatch(new RegExp(sentence));
  }
  for (const { id } of [dense, several])
    await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers: asOperator });
});

test('a run begins from the packaged base in its shape alone, by its tokenizer, and trains no base', async () => {
  const model = { ...TINY.model, blocks: 4 };
  const spec = { ...TINY, model, corpus, levels: twice(2), base: { packaged: 'starter' as const } };
  const refused = (await post('/api/v1/runs', spec)).json();
  expect(refused.code).toBe('bad_run_spec');
  expect(refused.detail).toMatch(/^base: the packaged base starter is of another shape: width 160.*, not width 8/);
  const run = await createRun(coordinator, { ...spec, model: packagedShape('starter') });
  expect([run.pathCount, run.baseRun]).toEqual([4, null]);
  const file = async (name: string) =>
    (await coordinator.ask({ url: `/api/v1/runs/${run.id}/export/${name}`, headers: asOperator })).rawPayload;
  const { theta, tokenizer } = packagedBase('starter');
  expect((await file('tokenizer.json')).toString()).toBe(tokenizer);
  for (const path of ['0-0', '1-0'])
    expect(
      Buffer.from(theta.buffer).equals(
        Buffer.from(safetensors.read(await file(`${path}.safetensors`), run.spec.model).buffer),
      ),
    ).toBe(true);
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${run.id}`, headers: asOperator });
});

test('an estimate for a speed that is as good as none is refused', async () => {
  const answer = await post('/api/v1/runs/estimate?tokensPerSecond=1e-310', { ...TINY, corpus });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_request']);
});

test('an estimate says what a run would cost, and knows the same specs', async () => {
  const answer = await post('/api/v1/runs/estimate?tokensPerSecond=1000', { ...TINY, corpus });
  const estimate = answer.json<EstimateResource>();
  expect(estimate.tokensPerRound).toBe(4 * 2 * 16);
  expect(estimate.uploadBytesPerRound).toBe(4 * estimate.parametersPerPath);
  expect(estimate.minutesPerRound).toBeCloseTo(128 / 1000 / 60);
  expect((await post('/api/v1/runs/estimate', { corpus, replicas: 0 })).json().code).toBe('bad_run_spec');
});

test('a run is prepared, listed, paused, resumed, stopped and deleted; its corpus is kept while it lives', async () => {
  const run = await createRun(coordinator, { corpus });
  expect(run).toMatchObject({
    round: 0,
    pathCount: 1,
    moduleCount: 3,
    reason: null,
    corpus: { id: corpus, name: 'words' },
  });
  expect(run.baselines!.bigramBitsPerByte).toBeGreaterThan(0);
  expect((await get<{ items: RunResource[] }>('/api/v1/runs')).items.map(({ id }) => id)).toContain(run.id);
  const paths = await get<{ items: PathResource[] }>(`/api/v1/runs/${run.id}/paths`);
  expect(paths.items).toMatchObject([{ id: '0', modules: ['embedding', 'level0.0', 'head'], round: 0, stale: false }]);
  const modules = await get<{ items: ModuleResource[] }>(`/api/v1/runs/${run.id}/modules`);
  expect(modules.items.reduce((sum, { parameterCount }) => sum + parameterCount, 0)).toBe(run.parameterCount);

  const order = (verb: string) => post(`/api/v1/runs/${run.id}/${verb}`);
  expect((await order('pause')).json().state).toBe('paused');
  expect((await order('pause')).json().code).toBe('wrong_state');
  expect((await order('evaluate')).json().state).toBe('paused');
  expect((await order('resume')).json().state).toBe('training');
  expect((await order('evaluate')).json().state).toBe('training');
  for (const mode of ['async', 'hybrid', 'sync'])
    expect((await post(`/api/v1/runs/${run.id}/mode`, { mode })).json()).toMatchObject({ mode, spec: { mode } });
  expect((await post(`/api/v1/runs/${run.id}/mode`, { mode: 'fast' })).json().code).toBe('bad_request');
  const hybrid = (arrivals: unknown) => post(`/api/v1/runs/${run.id}/mode`, { mode: 'hybrid', arrivals });
  expect((await hybrid(['level0', 'head'])).json().spec.async.arrivals).toEqual(['level0', 'head']);
  expect((await hybrid(['level1'])).json()).toMatchObject({
    code: 'bad_request',
    detail: expect.stringContaining('level1'),
  });
  expect((await hybrid(['tail'])).json().code).toBe('bad_request');
  expect((await hybrid(null)).json().spec.async.arrivals).toBeUndefined();
  expect((await order('stop')).json().state).toBe('finished');
  expect((await order('resume')).json().code).toBe('wrong_state');

  const remove = (url: string) => coordinator.ask({ method: 'DELETE', url, headers: asOperator });
  expect((await remove(`/api/v1/corpora/${corpus}`)).json().code).toBe('corpus_in_use');
  expect((await remove(`/api/v1/runs/${run.id}`)).statusCode).toBe(204);
  expect((await get<{ code: string }>(`/api/v1/runs/${run.id}`)).code).toBe('not_found');
});

test('several paths are told with their shards, who trains them, and how old their modules are', async () => {
  const levels = [{ experts: 2, blocks: 1 }];
  const { id } = await createRun(coordinator, { corpus, levels, routing: { kind: 'random' } });
  const list = async <T>(what: string) => (await get<{ items: T[] }>(`/api/v1/runs/${id}/${what}`)).items;
  const router = await until('the routing', async () => {
    const items = await list<RouterResource>('router');
    return items.length > 0 && items;
  });
  expect(router).toMatchObject([
    { path: '0', version: 1, kind: 'random', domains: [{ name: 'words', share: 1 }] },
    { path: '1', version: 1, kind: 'random' },
  ]);
  const trained = router.map(({ documents, splits }) => [documents, splits.train]);
  expect(trained).toEqual(trained.map(([documents]) => [documents, documents]));
  expect(router.every(({ samples }) => samples.length > 0)).toBe(true);
  expect((await list<ModuleResource>('modules')).map(({ sinceStepMs }) => sinceStepMs)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  const evaluation = await get<{ evaluation: unknown }>(`/api/v1/runs/${id}/evaluation`);
  expect(evaluation).toEqual({ evaluation: null });

  const one = new ScriptedVolunteer(origin);
  await one.join();
  const lease = await one.lease();
  const { path } = lease.body as { path: string };
  const trainers = async () => (await list<PathResource>('paths')).find((item) => item.id === path)!.trainers;
  expect(await trainers()).toEqual([one.id]);
  await one.upload(lease, one.work(lease));
  await until('the outer step', async () => {
    const module = (await list<ModuleResource>('modules')).find(({ name }) => name === `level0.${path}`);
    return module!.version === 1 && module!.sinceStepMs !== null;
  });
  expect(await trainers()).toEqual([]);
  one.leave();
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers: asOperator });
});

test('a run of a log that is older than a field of specs is told with its default', async () => {
  const { id } = await createRun(coordinator, { corpus });
  const { facts } = coordinator.coordinator.host.state.runs[id]!;
  const { exchange: _, async: __, ...older } = facts.spec;
  Object.assign(facts, { spec: older });
  const { spec } = await get<RunResource>(`/api/v1/runs/${id}`);
  expect([spec.exchange, spec.async.buffer]).toEqual(['deltas', null]);
  expect((await coordinator.ask({ url: '/api/v1/runs' })).statusCode).toBe(200);
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers: asOperator });
});

test('a run whose corpus is too short fails with its reason, and the others go on', async () => {
  const short = await uploadCorpus(coordinator, 3);
  const { id } = (
    await post('/api/v1/runs', { ...TINY, corpus: short, model: { ...TINY.model, context: 2048 } })
  ).json<RunResource>();
  const run = await until('the failure', async () => {
    const now = await get<RunResource>(`/api/v1/runs/${id}`);
    return now.state === 'failed' && now;
  });
  expect(run.reason).toMatch(/^corpus_too_short: /);
  for (const list of ['paths', 'modules', 'router'])
    expect(await get(`/api/v1/runs/${id}/${list}`)).toEqual({ items: [], next: null });
  for (const file of ['0.safetensors', 'tokenizer.json'])
    expect(await get(`/api/v1/runs/${id}/export/${file}`)).toMatchObject({ code: 'not_ready' });
  expect((await post('/v1/completions', { model: id, prompt: '' })).json().error.code).toBe('not_ready');
  const models = await get<{ data: { id: string }[] }>('/v1/models');
  expect(models.data.map((model) => model.id)).not.toContain(id);
  expect((await post(`/api/v1/runs/${id}/pause`)).json().code).toBe('wrong_state');
  expect((await post('/api/v1/runs', { corpus })).statusCode).toBe(201);
});

test('a run whose base cannot be prepared fails too', async () => {
  const short = await uploadCorpus(coordinator, 3);
  const spec = { ...TINY, model: { ...TINY.model, context: 2048 }, base: { steps: 8 } };
  const reasonOf = (id: string) =>
    until('the failure', async () => {
      const { state, reason } = await get<RunResource>(`/api/v1/runs/${id}`);
      return state === 'failed' && reason;
    });
  const { id } = (await post('/api/v1/runs', { ...spec, corpus: short })).json<RunResource>();
  expect(await reasonOf(id)).toMatch(/^bad_run_spec: base: .* never prepared/);
});

test('a base steps as a whole where the run it is for has levels that step at arrivals', async () => {
  const levels = [
    { experts: 2, blocks: 1 },
    { experts: 1, blocks: 1 },
  ];
  const spec = { ...TINY, model: { ...TINY.model, blocks: 2 }, corpus, levels, base: { steps: 8 } };
  const { id } = (await post('/api/v1/runs', { ...spec, async: { arrivals: ['level1'] } })).json<RunResource>();
  const base = await until('the base', async () => {
    const { items } = await get<{ items: RunResource[] }>('/api/v1/runs');
    return items.find(({ name }) => name.endsWith(' base'));
  });
  expect(base.spec.async.arrivals).toBeUndefined();
  for (const run of [id, base.id])
    await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${run}`, headers: asOperator });
});

test('a run that is deleted while it prepares stays deleted, and trains no base', async () => {
  const fresh = await uploadCorpus(coordinator);
  const spec = { ...TINY, name: 'gone', corpus: fresh, base: { steps: 8 } };
  const { id } = (await post('/api/v1/runs', spec)).json<RunResource>();
  expect((await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers: asOperator })).statusCode).toBe(
    204,
  );
  const later = await createRun(coordinator, { corpus: fresh, name: 'later' });
  const { items } = await get<{ items: RunResource[] }>('/api/v1/runs');
  expect(items.filter(({ name }) => name.startsWith('gone'))).toEqual([]);
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${later.id}`, headers: asOperator });
});

test('a private run and its blobs are for operators and the holders of its leases', async () => {
  const run = await createRun(coordinator, { corpus, visibility: 'private', seed: 99 });
  expect((await get<{ code: string }>(`/api/v1/runs/${run.id}`)).code).toBe('not_found');
  expect((await get<{ code: string }>(`/api/v1/runs/${run.id}/modules`)).code).toBe('not_found');
  const listed = await get<{ items: RunResource[] }>('/api/v1/runs');
  expect(listed.items.map(({ id }) => id)).not.toContain(run.id);

  const { items } = await get<{ items: ModuleResource[] }>(`/api/v1/runs/${run.id}/modules`, asOperator);
  const url = `/api/v1/blobs/${items[0]!.blob.sha256}`;
  for (const other of await get<{ items: RunResource[] }>('/api/v1/runs').then((page) => page.items))
    await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${other.id}`, headers: asOperator });
  expect((await coordinator.ask({ url })).json().code).toBe('not_found');
  expect((await coordinator.ask({ url, headers: asOperator })).headers['cache-control']).toMatch(/^private/);

  const one = new ScriptedVolunteer(origin);
  await one.join();
  const lease = await one.lease();
  expect((await coordinator.ask({ url, headers: { authorization: `Bearer ${lease.token}` } })).statusCode).toBe(200);
  expect((await coordinator.ask({ url, headers: { authorization: `Bearer ${lease.lease}.x` } })).statusCode).toBe(404);

  await one.upload(lease, one.work(lease));
  const works = `/api/v1/volunteers/${one.id}/contributions`;
  expect((await get<{ items: unknown[] }>(works)).items).toEqual([]);
  expect((await get<{ items: unknown[] }>(works, asOperator)).items).toHaveLength(1);
  one.leave();
});
