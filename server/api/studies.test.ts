import { StudyResource } from '@pathfold/protocol/study-spec';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerProblems } from './problems.ts';
import { studyRoutes } from './studies.ts';

const app = fastify().setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
let studies: StudyResource[];
beforeAll(async () => {
  answerProblems(app);
  await app.register(studyRoutes);
  const answer = (await app.inject('/studies')).json<{ studies: unknown[] }>();
  studies = answer.studies.map((study) => StudyResource.parse(study));
});
afterAll(() => app.close());

test('the gallery hangs ten papers, and says which studies volunteers can compute here', () => {
  expect(Object.fromEntries(studies.map(({ name, network }) => [name, network]))).toEqual({
    ...{ baldwin: true, 'what-and-how': true },
    ...{ diloco: false, dipaco: false, async: false, warpgrad: false },
    ...{ nevis: false, curl: false, leo: false, darla: false },
  });
});

test('a study that is computed here has a picture and claims, any other has neither', async () => {
  for (const { name, here, claims } of studies) {
    const picture = await app.inject(`/studies/${name}/picture`);
    expect([name, picture.statusCode, claims.length > 0]).toEqual([name, here ? 200 : 404, here !== undefined]);
    if (here) expect(picture.body).toMatch(/^<svg [\s\S]*prefers-color-scheme:dark/);
  }
  expect((await app.inject('/studies/..%2F..%2Fdiloco/picture')).statusCode).toBe(404);
});

test('what the gallery calls a finding has held, what it calls open has not, and ids are those of claims', () => {
  for (const { name, here, claims } of studies) {
    const verdictOf = (id: string) => `${id} ${claims.find((claim) => claim.id === id)?.verdict}`;
    const findings = here?.findings.map(({ claim }) => claim) ?? [];
    expect([name, ...findings.map(verdictOf)]).toEqual([name, ...findings.map((id) => `${id} held`)]);
    for (const { claim } of here?.open ?? []) expect(verdictOf(claim)).toMatch(/ (not_held|undecided)$/);
  }
});

test('claims that figures in sentences of the gallery rest on still say so: when one changes, change its sentence', () => {
  const said = {
    ...{ 'dipaco.2.7.1c': '0.080', 'diloco.1.4.1': '0.18', 'async.3.7.8': '3.8', 'baldwin.A': '0.29' },
    ...{ 'what-and-how.A': '0.21', 'warpgrad.A': '0.26' },
  };
  const claims = studies.flatMap((study) => study.claims).filter(({ id }) => id in said);
  expect(Object.fromEntries(claims.map(({ id, measured }) => [id, measured.mean?.toPrecision(2)]))).toEqual(said);
});
