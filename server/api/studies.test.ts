import { StudyResource } from '@pathfold/protocol/study-spec';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { studyRoutes } from './studies.ts';

test('the gallery says which studies volunteers can compute here', async () => {
  const app = fastify().setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  await app.register(studyRoutes);
  const { studies } = (await app.inject('/studies')).json<{ studies: StudyResource[] }>();
  const told = studies.map((study) => StudyResource.parse(study)).map(({ name, network }) => [name, network]);
  expect(Object.fromEntries(told)).toEqual({
    ...{ baldwin: true, 'what-and-how': true },
    ...{ diloco: false, dipaco: false, async: false, warpgrad: false },
  });
  await app.close();
});
